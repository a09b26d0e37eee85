//! Groups, which exist as long as they have a member.

use serde_json::{Value, json};

use super::{NO_USER, about, good, refused, serve, sign_in, with};
use crate::support::{ID, Token, builder};

fn in_group(username: &str, group: &str) -> Value {
    with(about(username), &json!({"GroupName": group}))
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Groups"].as_array().unwrap().iter().map(|group| group["GroupName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_next_tokens_have_the_groups_of_the_user() {
    let server = serve(builder()).await;
    good(&server, "AdminAddUserToGroup", in_group("ada", "night-shift")).await;
    good(&server, "AdminAddUserToGroup", in_group("ada", "night-shift")).await;
    let groups = |tokens: &Value| Token::of(tokens["AccessToken"].as_str().unwrap()).claim("cognito:groups");
    let tokens = sign_in(&server, "ada", "her-password").await;
    assert_eq!(groups(&tokens), json!(["ops", "admins", "night-shift"]));
    let answer = good(&server, "AdminListGroupsForUser", about("ada")).await;
    assert_eq!(names(&answer), ["ops", "admins", "night-shift"]);
    assert_eq!(answer["Groups"][0]["UserPoolId"], ID);
    good(&server, "AdminRemoveUserFromGroup", in_group("ada", "ops")).await;
    assert_eq!(groups(&sign_in(&server, "ada", "her-password").await), json!(["admins", "night-shift"]));
}

#[tokio::test]
async fn groups_and_their_users_are_listed() {
    let server = serve(builder()).await;
    let pool = json!({"UserPoolId": ID});
    let first = good(&server, "ListGroups", with(pool.clone(), &json!({"Limit": 1}))).await;
    assert_eq!(names(&first), ["admins"]);
    let rest =
        good(&server, "ListGroups", with(pool.clone(), &json!({"NextToken": first["NextToken"]}))).await;
    assert_eq!((names(&rest), rest.get("NextToken")), (vec!["ops"], None));
    let users = good(&server, "ListUsersInGroup", with(pool.clone(), &json!({"GroupName": "ops"}))).await;
    assert_eq!(users["Users"][0]["Username"], "ada");
    assert_eq!(
        refused(&server, "ListUsersInGroup", with(pool, &json!({"GroupName": "none"}))).await,
        "ResourceNotFoundException: Group not found."
    );
}

#[tokio::test]
async fn a_bad_group_name_and_an_unknown_user_are_refused() {
    let server = serve(builder()).await;
    assert_eq!(refused(&server, "AdminAddUserToGroup", in_group("nobody", "ops")).await, NO_USER);
    let why = refused(&server, "AdminAddUserToGroup", in_group("ada", "night shift")).await;
    assert!(why.contains("Value at 'groupName' failed to satisfy constraint"), "{why}");
    for number in 2..100 {
        good(&server, "AdminAddUserToGroup", in_group("ada", &format!("group-{number}"))).await;
    }
    assert_eq!(
        refused(&server, "AdminAddUserToGroup", in_group("ada", "one-more")).await,
        "LimitExceededException: the user is in 100 groups, which is the most"
    );
}

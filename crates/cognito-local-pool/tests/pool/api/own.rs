//! What users do with their access tokens.

use std::time::Duration;

use cognito_local_pool::SignInAttribute;
use serde_json::{Value, json};

use super::{INCORRECT, NO_USER, about, good, refused, serve, sign_in, with};
use crate::support::builder;

#[tokio::test]
async fn a_user_reads_their_own_attributes() {
    let server = serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    let user = good(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    let members: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(members, ["UserAttributes", "Username"]);
    assert_eq!(user["Username"], "ada");
    let attributes = user["UserAttributes"].as_array().unwrap();
    assert_eq!(attributes[0]["Name"], "sub");
    assert_eq!(
        attributes[1..],
        [
            json!({"Name": "custom:role", "Value": "chief"}),
            json!({"Name": "email", "Value": "ada@example.com"}),
            json!({"Name": "email_verified", "Value": "true"}),
        ]
    );
}

#[tokio::test]
async fn each_bad_access_token_has_its_exception() {
    let pool = builder().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let invalid = "NotAuthorizedException: Invalid Access Token";
    let scopes = "NotAuthorizedException: Access Token does not have required scopes";
    let cases = [
        ("guess".to_owned(), invalid),
        (pool.access_token("ada").forged().sign(), invalid),
        (pool.id_token("ada").sign(), invalid),
        (pool.machine_token("m2m").sign(), invalid),
        (pool.access_token("ada").expired().sign(), "NotAuthorizedException: Access Token has expired"),
        (pool.access_token("ada").scope("openid").sign(), scopes),
        (pool.access_token("nobody").sign(), NO_USER),
    ];
    for (token, expected) in cases {
        for operation in ["GetUser", "GlobalSignOut", "UpdateUserAttributes", "DeleteUser"] {
            let body = json!({"AccessToken": token, "UserAttributes": []});
            assert_eq!(refused(&server, operation, body).await, expected, "{operation}");
        }
    }
    good(&server, "GetUser", json!({"AccessToken": pool.access_token("ada").sign()})).await;
}

#[tokio::test]
async fn a_global_sign_out_ends_all_tokens_until_the_next_sign_in() {
    let pool = builder().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let one = sign_in(&server, "ada", "her-password").await;
    let two = sign_in(&server, "ada", "her-password").await;
    let access = |tokens: &Value| json!({"AccessToken": tokens["AccessToken"]});
    assert_eq!(good(&server, "GlobalSignOut", access(&one)).await, json!({}));
    for tokens in [&one, &two] {
        let revoked = "NotAuthorizedException: Access Token has been revoked";
        assert_eq!(refused(&server, "GetUser", access(tokens)).await, revoked);
        let body = json!({"ClientId": "web", "RefreshToken": tokens["RefreshToken"]});
        assert_eq!(
            refused(&server, "GetTokensFromRefreshToken", body).await,
            "NotAuthorizedException: Refresh Token has been revoked"
        );
    }
    pool.clock().advance(Duration::from_secs(1));
    let later = sign_in(&server, "ada", "her-password").await;
    good(&server, "GetUser", access(&later)).await;
}

#[tokio::test]
async fn a_password_is_changed_with_the_one_before() {
    let server = serve(builder()).await;
    let token = sign_in(&server, "ada", "her-password").await["AccessToken"].clone();
    let change = |previous: Value, proposed: &str| json!({"AccessToken": token, "PreviousPassword": previous, "ProposedPassword": proposed});
    let cases = [
        (change(json!("guess"), "Chosen-passw0rd"), INCORRECT),
        (
            change(Value::Null, "Chosen-passw0rd"),
            "InvalidParameterException: Missing required parameter OldPassword",
        ),
        (
            change(json!("her-password"), "chosen-passw0rd"),
            "InvalidPasswordException: Password did not conform with policy: Password must have uppercase characters",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(refused(&server, "ChangePassword", body).await, expected);
    }
    assert_eq!(
        good(&server, "ChangePassword", change(json!("her-password"), "Chosen-passw0rd")).await,
        json!({})
    );
    sign_in(&server, "ada", "Chosen-passw0rd").await;
}

#[tokio::test]
async fn a_changed_address_is_not_verified_and_a_user_cannot_say_that_it_is() {
    let server = serve(builder()).await;
    let token = sign_in(&server, "ada", "her-password").await["AccessToken"].clone();
    let update = |attributes: Value| json!({"AccessToken": token, "UserAttributes": attributes});
    let forged = json!([{"Name": "email_verified", "Value": "true"}]);
    assert_eq!(
        refused(&server, "UpdateUserAttributes", update(forged)).await,
        "NotAuthorizedException: A client attempted to write unauthorized attribute"
    );
    let cases = [
        (json!([{"Name": "sub", "Value": "x"}]), "Cannot modify the non-mutable attribute sub"),
        (json!([{"Name": "email", "Value": "nowhere"}]), "Invalid email address format."),
    ];
    for (attributes, why) in cases {
        let expected = format!("InvalidParameterException: {why}");
        assert_eq!(refused(&server, "UpdateUserAttributes", update(attributes)).await, expected);
    }
    let unknown = json!([{"Name": "shoe_size", "Value": "38"}]);
    let why = refused(&server, "UpdateUserAttributes", update(unknown)).await;
    assert!(why.contains("shoe_size: Attribute does not exist in the schema"), "{why}");

    let attributes = json!([
        {"Name": "email", "Value": "countess@example.com"},
        {"Name": "name", "Value": "Ada"},
        {"Name": "custom:role", "Value": ""},
    ]);
    let answer = good(&server, "UpdateUserAttributes", update(attributes)).await;
    assert_eq!(answer, json!({"CodeDeliveryDetailsList": []}));
    let user = good(&server, "GetUser", json!({"AccessToken": token})).await;
    assert_eq!(
        user["UserAttributes"].as_array().unwrap()[1..],
        [
            json!({"Name": "email", "Value": "countess@example.com"}),
            json!({"Name": "email_verified", "Value": "false"}),
            json!({"Name": "name", "Value": "Ada"}),
        ]
    );
}

#[tokio::test]
async fn a_user_cannot_take_the_name_of_another_user() {
    let pool = builder().alias_attribute(SignInAttribute::PreferredUsername);
    let server = serve(pool).await;
    for (name, preferred) in [("bob", "builder"), ("eve", "spy")] {
        let attributes = json!({"UserAttributes": [{"Name": "preferred_username", "Value": preferred}]});
        good(&server, "AdminCreateUser", with(about(name), &attributes)).await;
        let permanent = json!({"Password": "Chosen-passw0rd", "Permanent": true});
        good(&server, "AdminSetUserPassword", with(about(name), &permanent)).await;
    }
    let token = sign_in(&server, "spy", "Chosen-passw0rd").await["AccessToken"].clone();
    for taken in ["builder", "bob", "ada"] {
        let attributes = json!([{"Name": "preferred_username", "Value": taken}]);
        let body = json!({"AccessToken": token, "UserAttributes": attributes});
        assert_eq!(
            refused(&server, "UpdateUserAttributes", body).await,
            "AliasExistsException: An account with the preferred username already exists."
        );
    }
}

#[tokio::test]
async fn a_user_deletes_their_own_account() {
    let server = serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    good(&server, "DeleteUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    assert_eq!(refused(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await, NO_USER);
    assert_eq!(
        refused(&server, "InitiateAuth", super::password_auth("ada", "her-password")).await,
        INCORRECT
    );
}

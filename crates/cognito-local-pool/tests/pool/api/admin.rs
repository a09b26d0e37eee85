//! What administrators do with users.

use std::sync::{Arc, Mutex};

use cognito_local_pool::{CodePurpose, SignInAttribute};
use serde_json::{Value, json};

use super::{INCORRECT, NO_USER, about, good, password_auth, refused, serve, sign_in, with};
use crate::support::{ID, NOW, addresses, builder};

#[tokio::test]
async fn a_created_user_has_a_temporary_password() {
    let server = serve(builder()).await;
    let more = json!({
        "TemporaryPassword": "Temp0rary!",
        "UserAttributes": [{"Name": "email", "Value": "bob@example.com"}, {"Name": "email_verified", "Value": "true"}],
    });
    let answer = good(&server, "AdminCreateUser", with(about("bob"), &more)).await;
    let user = &answer["User"];
    let members: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["Attributes", "Enabled", "UserCreateDate", "UserLastModifiedDate", "UserStatus", "Username"]
    );
    assert_eq!((&user["Username"], &user["UserStatus"]), (&json!("bob"), &json!("FORCE_CHANGE_PASSWORD")));
    assert_eq!((&user["Enabled"], &user["UserCreateDate"]), (&json!(true), &json!(NOW)));
    let found = good(&server, "AdminGetUser", about("bob")).await;
    assert_eq!(found["UserAttributes"], user["Attributes"]);
    assert!(
        user["Attributes"].as_array().unwrap().contains(&json!({"Name": "email_verified", "Value": "true"}))
    );
    let challenge = good(&server, "InitiateAuth", password_auth("bob", "Temp0rary!")).await;
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
}

#[tokio::test]
async fn a_generated_password_is_only_told_to_the_hook() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let pool = builder().on_code(move |sent| {
        heard.lock().unwrap().push((sent.purpose(), sent.code().to_owned()));
    });
    let server = serve(pool).await;
    let answer = good(&server, "AdminCreateUser", about("bob")).await;
    let (purpose, password) = told.lock().unwrap()[0].clone();
    assert_eq!(purpose, CodePurpose::Invitation);
    assert!(!answer.to_string().contains(&password));
    good(&server, "InitiateAuth", password_auth("bob", &password)).await;

    good(&server, "AdminCreateUser", with(about("bob"), &json!({"MessageAction": "RESEND"}))).await;
    let (_, second) = told.lock().unwrap()[1].clone();
    assert_ne!(password, second);
    assert_eq!(refused(&server, "InitiateAuth", password_auth("bob", &password)).await, INCORRECT);
    good(&server, "InitiateAuth", password_auth("bob", &second)).await;

    good(&server, "AdminCreateUser", with(about("carl"), &json!({"MessageAction": "SUPPRESS"}))).await;
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn each_bad_request_about_a_user_has_its_exception() {
    let server = serve(builder()).await;
    let policy = "InvalidPasswordException: Password did not conform with policy: Password not long enough";
    let cases = [
        ("AdminCreateUser", about("ada"), "UsernameExistsException: User account already exists"),
        ("AdminCreateUser", with(about("bob"), &json!({"TemporaryPassword": "weak"})), policy),
        ("AdminCreateUser", with(about("bob"), &json!({"MessageAction": "RESEND"})), NO_USER),
        (
            "AdminCreateUser",
            json!({"UserPoolId": "eu-west-1_other", "Username": "bob"}),
            "ResourceNotFoundException: User pool eu-west-1_other does not exist.",
        ),
        ("AdminGetUser", about("nobody"), NO_USER),
        ("AdminSetUserPassword", with(about("nobody"), &json!({"Password": "Chosen-passw0rd"})), NO_USER),
        ("AdminSetUserPassword", with(about("ada"), &json!({"Password": "weak"})), policy),
        ("AdminUserGlobalSignOut", about("nobody"), NO_USER),
        ("AdminDeleteUser", about("nobody"), NO_USER),
        (
            "AdminConfirmSignUp",
            about("ada"),
            "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED",
        ),
    ];
    for (operation, body, expected) in cases {
        assert_eq!(refused(&server, operation, body).await, expected, "{operation}");
    }
    let why =
        refused(&server, "AdminCreateUser", with(about("bob"), &json!({"MessageAction": "SHOUT"}))).await;
    assert!(why.contains("Value at 'messageAction' failed to satisfy constraint"), "{why}");
    let spaced = refused(&server, "AdminCreateUser", about("b ob")).await;
    assert!(spaced.contains("Value at 'username' failed to satisfy constraint"), "{spaced}");
}

#[tokio::test]
async fn a_password_is_set_for_good_or_for_the_next_sign_in() {
    let server = serve(builder()).await;
    let set = |permanent: Value| {
        with(about("ada"), &json!({"Password": "Chosen-passw0rd", "Permanent": permanent}))
    };
    good(&server, "AdminSetUserPassword", set(json!(true))).await;
    sign_in(&server, "ada", "Chosen-passw0rd").await;
    for temporary in [json!(false), Value::Null] {
        good(&server, "AdminSetUserPassword", set(temporary)).await;
        let challenge = good(&server, "InitiateAuth", password_auth("ada", "Chosen-passw0rd")).await;
        assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
        good(&server, "AdminSetUserPassword", set(json!(true))).await;
    }
}

#[tokio::test]
async fn an_administrator_finds_a_user_by_any_of_their_names() {
    let server = serve(
        addresses()
            .username_attribute(SignInAttribute::Email)
            .username_attribute(SignInAttribute::PhoneNumber),
    )
    .await;
    let user = good(&server, "AdminGetUser", about("ada@example.com")).await;
    let sub = user["Username"].as_str().unwrap();
    assert_eq!(good(&server, "AdminGetUser", about(sub)).await, user);
    let created = good(&server, "AdminCreateUser", about("bob@example.com")).await;
    let attributes = created["User"]["Attributes"].as_array().unwrap();
    assert!(attributes.contains(&json!({"Name": "email", "Value": "bob@example.com"})));
    assert!(attributes.contains(&json!({"Name": "sub", "Value": created["User"]["Username"]})));
}

#[tokio::test]
async fn sub_names_a_user_to_administrators_and_does_not_sign_in() {
    let server = serve(builder()).await;
    let user = good(&server, "AdminGetUser", about("ada")).await;
    let sub = user["UserAttributes"][0]["Value"].as_str().unwrap();
    assert_eq!(good(&server, "AdminGetUser", about(sub)).await["Username"], "ada");
    assert_eq!(refused(&server, "InitiateAuth", password_auth(sub, "her-password")).await, INCORRECT);
}

#[tokio::test]
async fn the_tokens_of_a_disabled_user_stay_revoked() {
    let server = serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    good(&server, "AdminDisableUser", about("ada")).await;
    let disabled = "NotAuthorizedException: User is disabled.";
    assert_eq!(refused(&server, "InitiateAuth", password_auth("ada", "her-password")).await, disabled);
    assert_eq!(refused(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await, disabled);
    good(&server, "AdminEnableUser", about("ada")).await;
    assert_eq!(
        refused(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await,
        "NotAuthorizedException: Access Token has been revoked"
    );
    sign_in(&server, "ada", "her-password").await;
}

#[tokio::test]
async fn an_administrator_signs_a_user_out_everywhere() {
    let server = serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    good(&server, "AdminUserGlobalSignOut", about("ada")).await;
    assert_eq!(
        refused(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await,
        "NotAuthorizedException: Access Token has been revoked"
    );
}

#[tokio::test]
async fn an_administrator_confirms_a_sign_up_and_verifies_an_address() {
    let server = serve(builder().allow_self_sign_up().alias_attribute(SignInAttribute::Email)).await;
    let body = json!({
        "ClientId": "web",
        "Username": "bob",
        "Password": "Chosen-passw0rd",
        "UserAttributes": [{"Name": "email", "Value": "bob@example.com"}],
    });
    good(&server, "SignUp", body).await;
    good(&server, "AdminConfirmSignUp", about("bob")).await;
    sign_in(&server, "bob", "Chosen-passw0rd").await;
    let by_address = password_auth("bob@example.com", "Chosen-passw0rd");
    assert_eq!(refused(&server, "InitiateAuth", by_address.clone()).await, INCORRECT);
    let verified =
        json!([{"Name": "email_verified", "Value": "true"}, {"Name": "email", "Value": "b@example.com"}]);
    let body = json!({"UserPoolId": ID, "Username": "bob", "UserAttributes": verified});
    good(&server, "AdminUpdateUserAttributes", body).await;
    sign_in(&server, "b@example.com", "Chosen-passw0rd").await;
    let taken =
        json!([{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"}]);
    let body = json!({"UserPoolId": ID, "Username": "bob", "UserAttributes": taken});
    assert_eq!(
        refused(&server, "AdminUpdateUserAttributes", body).await,
        "AliasExistsException: An account with the email already exists."
    );
}

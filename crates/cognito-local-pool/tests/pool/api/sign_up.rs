//! Users who make their own accounts.

use std::sync::{Arc, Mutex};

use cognito_local_pool::{AppClient, CodePurpose, LocalPool, PoolServer, SignInAttribute};
use serde_json::{Value, json};

use super::{about, good, password_auth, refused, secret_hash, sign_in, with};
use crate::support::{addresses, builder};

async fn open() -> (LocalPool, PoolServer) {
    let pool = builder().allow_self_sign_up().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

fn sign_up(username: &str, email: &str) -> Value {
    json!({
        "ClientId": "web",
        "Username": username,
        "Password": "Chosen-passw0rd",
        "UserAttributes": [{"Name": "email", "Value": email}],
    })
}

fn confirm(username: &str, code: &str) -> Value {
    json!({"ClientId": "web", "Username": username, "ConfirmationCode": code})
}

const MISMATCH: &str = "CodeMismatchException: Invalid verification code provided, please try again.";

#[tokio::test]
async fn a_user_signs_up_confirms_and_signs_in() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let pool = builder().allow_self_sign_up().on_code(move |sent| {
        let said = (sent.username().to_owned(), sent.purpose(), sent.code().to_owned());
        heard.lock().unwrap().push((said, sent.destination().map(str::to_owned)));
    });
    let pool = pool.build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let answer = good(&server, "SignUp", sign_up("bob", "bob@example.com")).await;
    assert_eq!(answer["UserConfirmed"], false);
    assert_eq!(
        answer["CodeDeliveryDetails"],
        json!({"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "b***@e***"})
    );
    let code = pool.sent_code("bob").unwrap();
    let said = ("bob".to_owned(), CodePurpose::ConfirmSignUp, code.clone());
    assert_eq!(*told.lock().unwrap(), [(said, Some("bob@example.com".to_owned()))]);
    assert_eq!(
        refused(&server, "InitiateAuth", password_auth("bob", "Chosen-passw0rd")).await,
        "UserNotConfirmedException: User is not confirmed."
    );
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(refused(&server, "ConfirmSignUp", confirm("bob", wrong)).await, MISMATCH);
    good(&server, "ConfirmSignUp", confirm("bob", &code)).await;
    assert_eq!(
        refused(&server, "ConfirmSignUp", confirm("bob", &code)).await,
        "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED"
    );
    sign_in(&server, "bob", "Chosen-passw0rd").await;
    let user = good(&server, "AdminGetUser", about("bob")).await;
    let attributes = user["UserAttributes"].as_array().unwrap();
    assert!(
        attributes.contains(&json!({"Name": "email_verified", "Value": "true"})),
        "the code came by mail"
    );
    assert!(attributes.contains(&json!({"Name": "sub", "Value": answer["UserSub"]})));
}

/// Whatever an administrator or a test says of `countess` must not be of the user who signed up later.
#[tokio::test]
async fn a_sign_up_takes_no_name_that_means_another_user() {
    let ada = cognito_local_pool::User::new("countess-of-lovelace", "her-password")
        .attribute("preferred_username", "countess")
        .subject("11111111-1111-4111-8111-111111111111");
    let pool = builder().alias_attribute(SignInAttribute::PreferredUsername).allow_self_sign_up().user(ada);
    let server = pool.build().unwrap().serve("127.0.0.1:0").await.unwrap();
    for name in ["countess", "11111111-1111-4111-8111-111111111111", "countess-of-lovelace"] {
        let refusal = refused(&server, "SignUp", sign_up(name, "mallory@example.com")).await;
        assert_eq!(refusal, "UsernameExistsException: User already exists", "{name}");
    }
    for name in ["ada\u{200b}", "\u{202e}ada"] {
        let refusal = refused(&server, "SignUp", sign_up(name, "mallory@example.com")).await;
        assert!(refusal.starts_with("InvalidParameterException: 1 validation error"), "{refusal}");
    }
}

#[tokio::test]
async fn an_attribute_has_a_short_name() {
    let (_, server) = open().await;
    let body =
        |name: &str| with(sign_up("bob", ""), &json!({"UserAttributes": [{"Name": name, "Value": "x"}]}));
    for name in [
        format!("custom:{}", "x".repeat(21)),
        "custom:a b".to_owned(),
        "custom:".to_owned(),
        "x".repeat(1000),
    ] {
        let refusal = refused(&server, "SignUp", body(&name)).await;
        assert!(refusal.ends_with("Attribute does not exist in the schema.\n"), "{refusal}");
    }
    good(&server, "SignUp", body(&format!("custom:{}", "x".repeat(20)))).await;
}

#[tokio::test]
async fn each_bad_sign_up_has_its_exception() {
    let (_, server) = open().await;
    let weak = with(sign_up("bob", "bob@example.com"), &json!({"Password": "weak"}));
    let verified = json!({"UserAttributes": [{"Name": "email_verified", "Value": "true"}]});
    let cases = [
        (sign_up("ada", "a@example.com"), "UsernameExistsException: User already exists"),
        (sign_up("bob", "nowhere"), "InvalidParameterException: Invalid email address format."),
        (weak, "InvalidPasswordException: Password did not conform with policy: Password not long enough"),
        (
            with(sign_up("bob", ""), &verified),
            "NotAuthorizedException: A client attempted to write unauthorized attribute",
        ),
        (
            with(sign_up("bob", "bob@example.com"), &json!({"ClientId": "none"})),
            "ResourceNotFoundException: User pool client none does not exist.",
        ),
        (
            with(sign_up("bob", "bob@example.com"), &json!({"ClientId": "m2m"})),
            "NotAuthorizedException: Client m2m is configured with secret but SECRET_HASH was not received",
        ),
        (
            with(sign_up("bob", "bob@example.com"), &json!({"SecretHash": "x"})),
            "NotAuthorizedException: Client web is not configured for secret but secret hash was received",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(refused(&server, "SignUp", body).await, expected);
    }
    let proven = json!({"ClientId": "m2m", "SecretHash": secret_hash("bob")});
    good(&server, "SignUp", with(sign_up("bob", "bob@example.com"), &proven)).await;
}

#[tokio::test]
async fn sign_up_is_refused_unless_the_pool_allows_it() {
    let server = super::serve(builder()).await;
    assert_eq!(
        refused(&server, "SignUp", sign_up("bob", "bob@example.com")).await,
        "NotAuthorizedException: SignUp is not permitted for this user pool"
    );
}

#[tokio::test]
async fn a_new_code_replaces_the_one_before() {
    let (pool, server) = open().await;
    good(&server, "SignUp", sign_up("bob", "bob@example.com")).await;
    let first = pool.sent_code("bob").unwrap();
    let resend = |name: &str| json!({"ClientId": "web", "Username": name});
    let answer = good(&server, "ResendConfirmationCode", resend("bob")).await;
    assert_eq!(answer["CodeDeliveryDetails"]["Destination"], "b***@e***");
    let second = pool.sent_code("bob").unwrap();
    if first != second {
        assert_eq!(refused(&server, "ConfirmSignUp", confirm("bob", &first)).await, MISMATCH);
    }
    good(&server, "ConfirmSignUp", confirm("bob", &second)).await;
    assert_eq!(
        refused(&server, "ResendConfirmationCode", resend("bob")).await,
        "InvalidParameterException: User is already confirmed."
    );
    // A name of no user is answered as if it were one.
    let answer = good(&server, "ResendConfirmationCode", resend("carl@example.com")).await;
    assert_eq!(answer["CodeDeliveryDetails"]["Destination"], "c***@e***");
    assert_eq!(refused(&server, "ConfirmSignUp", confirm("carl@example.com", "000000")).await, MISMATCH);
}

#[tokio::test]
async fn users_sign_up_with_addresses_in_a_pool_of_addresses() {
    let pool = addresses()
        .username_attribute(SignInAttribute::Email)
        .username_attribute(SignInAttribute::PhoneNumber);
    let pool = pool.allow_self_sign_up().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let body = |name: &str| json!({"ClientId": "web", "Username": name, "Password": "Chosen-passw0rd"});
    assert_eq!(
        refused(&server, "SignUp", body("bob")).await,
        "InvalidParameterException: Username should be either an email or a phone number."
    );
    assert_eq!(
        refused(&server, "SignUp", body("ada@example.com")).await,
        "UsernameExistsException: An account with the given email already exists."
    );
    let phone = good(&server, "SignUp", body("+4915112345678")).await;
    assert_eq!(
        phone["CodeDeliveryDetails"],
        json!({"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******5678"})
    );
    let answer = good(&server, "SignUp", body("bob@example.com")).await;
    let code = pool.sent_code("bob@example.com").unwrap();
    good(&server, "ConfirmSignUp", confirm("bob@example.com", &code)).await;
    let tokens = sign_in(&server, "bob@example.com", "Chosen-passw0rd").await;
    let user = good(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    assert_eq!(user["Username"], answer["UserSub"], "the user name is the sub");
}

#[tokio::test]
async fn a_sign_up_cannot_take_a_verified_alias() {
    let pool = builder().alias_attribute(SignInAttribute::Email).allow_self_sign_up();
    let pool = pool.app_client(AppClient::public("app")).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    good(&server, "SignUp", sign_up("thief", "ada@example.com")).await;
    let code = pool.sent_code("thief").unwrap();
    assert_eq!(
        refused(&server, "ConfirmSignUp", confirm("thief", &code)).await,
        "AliasExistsException: An account with the email already exists."
    );
    sign_in(&server, "ada@example.com", "her-password").await;
}

#[tokio::test]
async fn a_code_is_locked_after_five_guesses() {
    let (pool, server) = open().await;
    good(&server, "SignUp", sign_up("bob", "bob@example.com")).await;
    let code = pool.sent_code("bob").unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(refused(&server, "ConfirmSignUp", confirm("bob", wrong)).await, MISMATCH);
    }
    assert_eq!(
        refused(&server, "ConfirmSignUp", confirm("bob", &code)).await,
        "LimitExceededException: Attempt limit exceeded, please try after some time."
    );
}

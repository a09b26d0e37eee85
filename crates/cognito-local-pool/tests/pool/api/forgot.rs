//! Passwords that were forgotten.

use std::time::Duration;

use cognito_local_pool::{LocalPool, PoolServer, User};
use serde_json::{Value, json};

use super::{INCORRECT, about, good, password_auth, refused, sign_in, with};
use crate::support::builder;

async fn serve() -> (LocalPool, PoolServer) {
    let pool = builder()
        .user(User::new("eve", "x").unconfirmed())
        .user(User::new("dan", "x").disabled())
        .user(User::new("tim", "x").must_change_password())
        .user(User::new("bob", "x"))
        .build()
        .unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

fn forgot(username: &str) -> Value {
    json!({"ClientId": "web", "Username": username})
}

fn confirm(username: &str, code: &str, password: &str) -> Value {
    with(forgot(username), &json!({"ConfirmationCode": code, "Password": password}))
}

const MISMATCH: &str = "CodeMismatchException: Invalid verification code provided, please try again.";
const EXPIRED: &str = "ExpiredCodeException: Invalid code provided, please request a code again.";

#[tokio::test]
async fn a_code_resets_the_password_once() {
    let (pool, server) = serve().await;
    let answer = good(&server, "ForgotPassword", forgot("ada")).await;
    assert_eq!(
        answer,
        json!({
            "CodeDeliveryDetails":
                {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"}
        })
    );
    let code = pool.sent_code("ada").unwrap();
    assert_eq!(
        refused(&server, "ConfirmForgotPassword", confirm("ada", &code, "weak")).await,
        "InvalidPasswordException: Password did not conform with policy: Password not long enough"
    );
    good(&server, "ConfirmForgotPassword", confirm("ada", &code, "Chosen-passw0rd")).await;
    assert_eq!(
        refused(&server, "ConfirmForgotPassword", confirm("ada", &code, "Other-passw0rd")).await,
        EXPIRED
    );
    assert_eq!(refused(&server, "InitiateAuth", password_auth("ada", "her-password")).await, INCORRECT);
    sign_in(&server, "ada", "Chosen-passw0rd").await;
}

#[tokio::test]
async fn an_unknown_user_gets_the_answers_of_a_known_one() {
    let (pool, server) = serve().await;
    // bob and dan have no address, so all are made up; a made-up one stays the same. dan is disabled.
    for name in ["bob", "nobody", "dan"] {
        let wrong = confirm(name, "000000", "Chosen-passw0rd");
        assert_eq!(
            refused(&server, "ConfirmForgotPassword", wrong.clone()).await,
            EXPIRED,
            "{name} asked for none"
        );
        let first = good(&server, "ForgotPassword", forgot(name)).await;
        assert_eq!(first, good(&server, "ForgotPassword", forgot(name)).await);
        let details = &first["CodeDeliveryDetails"];
        assert_eq!(
            (&details["AttributeName"], &details["DeliveryMedium"]),
            (&json!("email"), &json!("EMAIL"))
        );
        assert_eq!(details["Destination"].as_str().unwrap().len(), "a***@e***".len());
        let wrong = if pool.sent_code(name).as_deref() == Some("000000") { "000001" } else { "000000" };
        let wrong = confirm(name, wrong, "Chosen-passw0rd");
        for _ in 0..5 {
            assert_eq!(refused(&server, "ConfirmForgotPassword", wrong.clone()).await, MISMATCH, "{name}");
        }
        assert_eq!(
            refused(&server, "ConfirmForgotPassword", wrong.clone()).await,
            "LimitExceededException: Attempt limit exceeded, please try after some time.",
            "{name}"
        );
        pool.clock().advance(Duration::from_secs(3600));
        assert_eq!(refused(&server, "ConfirmForgotPassword", wrong).await, EXPIRED, "{name} is late");
    }
    assert_eq!((pool.sent_code("nobody"), pool.sent_code("dan")), (None, None));
}

/// The developer guide, "Managing user existence error responses".
#[tokio::test]
async fn a_user_who_is_disabled_gets_the_answers_of_an_enabled_one() {
    let (pool, server) = serve().await;
    let before = good(&server, "ForgotPassword", forgot("ada")).await;
    let code = pool.sent_code("ada").unwrap();
    good(&server, "AdminDisableUser", about("ada")).await;
    let right = confirm("ada", &code, "Chosen-passw0rd");
    assert_eq!(refused(&server, "ConfirmForgotPassword", right.clone()).await, EXPIRED);
    assert_eq!(good(&server, "ForgotPassword", forgot("ada")).await, before);
    assert_eq!(refused(&server, "ConfirmForgotPassword", right).await, MISMATCH);
    good(&server, "AdminEnableUser", about("ada")).await;
    sign_in(&server, "ada", "her-password").await;
}

/// A page of any website may send these calls, and a code has six digits only.
#[tokio::test]
async fn new_codes_do_not_bring_new_guesses_for_ever() {
    let (pool, server) = serve().await;
    for name in ["bob", "nobody"] {
        let mut refusals = Vec::new();
        for _ in 0..21 {
            good(&server, "ForgotPassword", forgot(name)).await;
            let wrong = if pool.sent_code(name).as_deref() == Some("000000") { "000001" } else { "000000" };
            for _ in 0..5 {
                let body = confirm(name, wrong, "Chosen-passw0rd");
                refusals.push(refused(&server, "ConfirmForgotPassword", body).await);
            }
        }
        assert!(refusals[..100].iter().all(|refusal| refusal == MISMATCH), "{name}: {refusals:?}");
        assert!(
            refusals[100..].iter().all(|refusal| refusal.starts_with("LimitExceeded")),
            "{name}: {refusals:?}"
        );
    }
    let code = pool.sent_code("bob").unwrap();
    let right = confirm("bob", &code, "Chosen-passw0rd");
    assert!(refused(&server, "ConfirmForgotPassword", right).await.starts_with("LimitExceeded"));
    pool.clock().advance(Duration::from_secs(3600));
    good(&server, "ForgotPassword", forgot("bob")).await;
    let code = pool.sent_code("bob").unwrap();
    good(&server, "ConfirmForgotPassword", confirm("bob", &code, "Chosen-passw0rd")).await;
}

#[tokio::test]
async fn a_user_whose_password_cannot_be_reset_is_told_why() {
    let (_, server) = serve().await;
    let address = "InvalidParameterException: Cannot reset password for the user as there is no registered/verified \
                   email or phone_number";
    let cases = [
        ("eve", address),
        ("tim", "NotAuthorizedException: User password cannot be reset in the current state."),
    ];
    for (name, expected) in cases {
        assert_eq!(refused(&server, "ForgotPassword", forgot(name)).await, expected);
    }
}

#[tokio::test]
async fn an_administrator_can_require_a_new_password() {
    let (pool, server) = serve().await;
    good(&server, "AdminResetUserPassword", about("ada")).await;
    assert_eq!(
        refused(&server, "InitiateAuth", password_auth("ada", "her-password")).await,
        "PasswordResetRequiredException: Password reset required for the user"
    );
    assert_eq!(refused(&server, "InitiateAuth", password_auth("ada", "guess")).await, INCORRECT);
    assert_eq!(good(&server, "AdminGetUser", about("ada")).await["UserStatus"], "RESET_REQUIRED");
    let code = pool.sent_code("ada").unwrap();
    good(&server, "ConfirmForgotPassword", confirm("ada", &code, "Chosen-passw0rd")).await;
    sign_in(&server, "ada", "Chosen-passw0rd").await;
}

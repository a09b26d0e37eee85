//! Challenges after the password: a new password, and the code of an authenticator app.

use std::time::Duration;

use cognito_local_pool::{LocalPool, PoolServer, TriggerSource, User};
use serde_json::{Value, json};

use super::{INCORRECT, about, good, password_auth, refused, secret_hash, sign_in, with};
use crate::support::{NOW, Token, builder, code, code_with};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

async fn serve(user: User) -> (LocalPool, PoolServer) {
    let pool = builder().user(user).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

fn answer(challenge: &str, session: &Value, responses: &Value) -> Value {
    json!({"ChallengeName": challenge, "ClientId": "web", "Session": session, "ChallengeResponses": responses})
}

fn new_password(session: &Value, password: &str) -> Value {
    answer("NEW_PASSWORD_REQUIRED", session, &json!({"USERNAME": "eve", "NEW_PASSWORD": password}))
}

fn mfa(session: &Value, code: &str) -> Value {
    answer("SOFTWARE_TOKEN_MFA", session, &json!({"USERNAME": "eve", "SOFTWARE_TOKEN_MFA_CODE": code}))
}

const ONCE: &str = "NotAuthorizedException: Invalid session for the user, session can only be used once.";
const INVALID: &str = "NotAuthorizedException: Invalid session for the user.";

#[tokio::test]
async fn a_temporary_password_is_replaced() {
    let user = User::new("eve", "temporary").must_change_password().attribute("email", "eve@example.com");
    let (_, server) = serve(user).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "temporary")).await;
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let parameters = &challenge["ChallengeParameters"];
    assert_eq!(
        (&parameters["USER_ID_FOR_SRP"], &parameters["requiredAttributes"]),
        (&json!("eve"), &json!("[]"))
    );
    let attributes: Value = serde_json::from_str(parameters["userAttributes"].as_str().unwrap()).unwrap();
    assert_eq!(attributes, json!({"email": "eve@example.com", "email_verified": "false"}));

    let session = &challenge["Session"];
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", new_password(session, "short")).await,
        "InvalidPasswordException: Password did not conform with policy: Password not long enough"
    );
    let result = good(&server, "RespondToAuthChallenge", new_password(session, "Chosen-passw0rd")).await;
    assert!(result["AuthenticationResult"]["RefreshToken"].is_string());
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", new_password(session, "Other-passw0rd")).await,
        ONCE
    );
    assert_eq!(refused(&server, "InitiateAuth", password_auth("eve", "temporary")).await, INCORRECT);
    sign_in(&server, "eve", "Chosen-passw0rd").await;
}

#[tokio::test]
async fn attributes_can_be_set_with_the_new_password_but_not_verified() {
    let (_, server) = serve(User::new("eve", "temporary").must_change_password()).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "temporary")).await;
    let session = &challenge["Session"];
    let responses = |name: &str, value: &str| {
        let name = format!("userAttributes.{name}");
        json!({"USERNAME": "eve", "NEW_PASSWORD": "Chosen-passw0rd", name: value})
    };
    let cases = [
        (
            responses("email_verified", "true"),
            "NotAuthorizedException: A client attempted to write unauthorized attribute",
        ),
        (responses("email", "nowhere"), "InvalidParameterException: Invalid email address format."),
        (json!({"USERNAME": "eve"}), "InvalidParameterException: Missing required parameter NEW_PASSWORD"),
        (json!({"NEW_PASSWORD": "x"}), "InvalidParameterException: Missing required parameter USERNAME"),
        (json!({"USERNAME": "ada", "NEW_PASSWORD": "Chosen-passw0rd"}), INVALID),
    ];
    for (responses, expected) in cases {
        let body = answer("NEW_PASSWORD_REQUIRED", session, &responses);
        assert_eq!(refused(&server, "RespondToAuthChallenge", body).await, expected);
    }
    let body = answer("NEW_PASSWORD_REQUIRED", session, &responses("name", "Eve"));
    good(&server, "RespondToAuthChallenge", body).await;
    let user = good(&server, "AdminGetUser", about("eve")).await;
    assert!(user["UserAttributes"].as_array().unwrap().contains(&json!({"Name": "name", "Value": "Eve"})));
    assert_eq!(user["UserStatus"], "CONFIRMED");
}

#[tokio::test]
async fn a_temporary_password_expires_after_a_week() {
    let (pool, server) = serve(User::new("eve", "temporary").must_change_password()).await;
    pool.clock().advance(Duration::from_secs(7 * 86_400));
    assert_eq!(
        refused(&server, "InitiateAuth", password_auth("eve", "temporary")).await,
        "NotAuthorizedException: Temporary password has expired and must be reset by an administrator."
    );
}

#[tokio::test]
async fn an_authenticator_app_is_asked_for_its_code() {
    let (pool, server) = serve(User::new("eve", "x").software_token(SECRET)).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "x")).await;
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    assert_eq!(challenge["ChallengeParameters"]["USER_ID_FOR_SRP"], "eve");
    let session = &challenge["Session"];
    let wrong = "CodeMismatchException: Invalid code received for user";
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(session, &code(NOW + 90))).await, wrong);
    let result = good(&server, "RespondToAuthChallenge", mfa(session, &code(NOW))).await;
    assert!(result["AuthenticationResult"]["AccessToken"].is_string());
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(session, &code(NOW))).await, ONCE);

    let again = good(&server, "InitiateAuth", password_auth("eve", "x")).await;
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", mfa(&again["Session"], &code(NOW))).await,
        "ExpiredCodeException: Your software token has already been used once."
    );
    pool.clock().advance(Duration::from_secs(30));
    good(&server, "RespondToAuthChallenge", mfa(&again["Session"], &code(NOW + 30))).await;
    let user = good(&server, "AdminGetUser", about("eve")).await;
    assert_eq!(user["UserMFASettingList"], json!(["SOFTWARE_TOKEN_MFA"]));
    assert_eq!(user["PreferredMfaSetting"], "SOFTWARE_TOKEN_MFA");
}

#[tokio::test]
async fn a_challenge_ends_after_five_wrong_codes() {
    let (_, server) = serve(User::new("eve", "x").software_token(SECRET)).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "x")).await;
    let session = &challenge["Session"];
    for _ in 0..5 {
        let why = refused(&server, "RespondToAuthChallenge", mfa(session, &code(NOW + 90))).await;
        assert_eq!(why, "CodeMismatchException: Invalid code received for user");
    }
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(session, &code(NOW))).await, ONCE);
}

#[tokio::test]
async fn a_new_password_and_a_code_can_both_be_asked_for() {
    let sources = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&sources);
    let user = User::new("eve", "temporary").must_change_password().software_token(SECRET);
    let pool = builder().user(user).on_token(move |event| seen.lock().unwrap().push(event.trigger_source()));
    let server = pool.build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "temporary")).await;
    let body = new_password(&challenge["Session"], "Chosen-passw0rd");
    let challenge = good(&server, "RespondToAuthChallenge", body).await;
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    good(&server, "RespondToAuthChallenge", mfa(&challenge["Session"], &code(NOW))).await;
    assert_eq!(*sources.lock().unwrap(), [TriggerSource::NewPasswordChallenge]);
}

#[tokio::test]
async fn a_challenge_ends_with_the_password_that_led_to_it_and_with_the_user() {
    let (_, server) = serve(User::new("eve", "x").software_token(SECRET)).await;
    let session = good(&server, "InitiateAuth", password_auth("eve", "x")).await["Session"].clone();
    let permanent = json!({"Password": "Other-passw0rd", "Permanent": true});
    good(&server, "AdminSetUserPassword", with(about("eve"), &permanent)).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(&session, &code(NOW))).await, INVALID);

    let session =
        good(&server, "InitiateAuth", password_auth("eve", "Other-passw0rd")).await["Session"].clone();
    good(&server, "AdminDisableUser", about("eve")).await;
    let disabled = "NotAuthorizedException: User is disabled.";
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(&session, &code(NOW))).await, disabled);
    good(&server, "AdminEnableUser", about("eve")).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(&session, &code(NOW))).await, INVALID);

    let session =
        good(&server, "InitiateAuth", password_auth("eve", "Other-passw0rd")).await["Session"].clone();
    good(&server, "AdminDeleteUser", about("eve")).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", mfa(&session, &code(NOW))).await, INVALID);
}

#[tokio::test]
async fn a_session_is_for_its_client_its_challenge_and_a_few_minutes() {
    let (pool, server) = serve(User::new("eve", "x").software_token(SECRET)).await;
    let session = good(&server, "InitiateAuth", password_auth("eve", "x")).await["Session"].clone();
    let other_client = with(mfa(&session, &code(NOW)), &json!({"ClientId": "m2m"}));
    assert_eq!(refused(&server, "RespondToAuthChallenge", other_client).await, INVALID);
    let other_challenge = new_password(&session, "Chosen-passw0rd");
    assert_eq!(refused(&server, "RespondToAuthChallenge", other_challenge).await, INVALID);
    let guess = mfa(&json!("a-session-that-was-never-handed-out"), &code(NOW));
    assert_eq!(refused(&server, "RespondToAuthChallenge", guess).await, INVALID);
    pool.clock().advance(Duration::from_secs(180));
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", mfa(&session, &code(NOW + 180))).await,
        "NotAuthorizedException: Invalid session for the user, session is expired."
    );
}

/// The code of an app with this secret in Base32, as [`code`] makes it.
pub(super) fn code_of(secret: &str, seconds: u64) -> String {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_usize, 0);
    for character in secret.chars() {
        bits = bits << 5 | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(character).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
        bits &= 0xff;
    }
    code_with(&bytes, seconds)
}

#[tokio::test]
async fn a_user_sets_an_authenticator_app_up() {
    let (pool, server) = serve(User::new("eve", "x")).await;
    let token = sign_in(&server, "eve", "x").await["AccessToken"].clone();
    let own = |more: Value| with(json!({"AccessToken": token}), &more);
    let prefer = |enabled: bool| {
        own(json!({"SoftwareTokenMfaSettings": {"Enabled": enabled, "PreferredMfa": enabled}}))
    };
    assert_eq!(
        refused(&server, "VerifySoftwareToken", own(json!({"UserCode": "000000"}))).await,
        "EnableSoftwareTokenMFAException: No software token has been associated."
    );
    let secret = good(&server, "AssociateSoftwareToken", own(json!({}))).await["SecretCode"].clone();
    let secret = secret.as_str().unwrap();
    let unverified = "InvalidParameterException: User has not verified software token mfa";
    assert_eq!(refused(&server, "SetUserMFAPreference", prefer(true)).await, unverified);
    let late = own(json!({"UserCode": code_of(secret, NOW + 90)}));
    assert_eq!(
        refused(&server, "VerifySoftwareToken", late).await,
        "EnableSoftwareTokenMFAException: Code mismatch"
    );
    let verified = good(&server, "VerifySoftwareToken", own(json!({"UserCode": code_of(secret, NOW)}))).await;
    assert_eq!(verified, json!({"Status": "SUCCESS"}));
    sign_in(&server, "eve", "x").await;

    good(&server, "SetUserMFAPreference", prefer(true)).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "x")).await;
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let session = &challenge["Session"];
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", mfa(session, &code_of(secret, NOW))).await,
        "ExpiredCodeException: Your software token has already been used once."
    );
    pool.clock().advance(Duration::from_secs(30));
    good(&server, "RespondToAuthChallenge", mfa(session, &code_of(secret, NOW + 30))).await;

    good(&server, "SetUserMFAPreference", prefer(false)).await;
    sign_in(&server, "eve", "x").await;
    good(&server, "SetUserMFAPreference", prefer(true)).await;
    let challenge = good(&server, "InitiateAuth", password_auth("eve", "x")).await;
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let sms = own(json!({"SMSMfaSettings": {"Enabled": true}}));
    assert_eq!(
        refused(&server, "SetUserMFAPreference", sms).await,
        "InvalidParameterException: a local pool has no SMS_MFA and EMAIL_MFA; use SoftwareTokenMfaSettings"
    );
}

#[tokio::test]
async fn a_client_with_a_secret_proves_it_at_each_step() {
    let (_, server) = serve(User::new("eve", "x").software_token(SECRET)).await;
    let parameters = json!({"USERNAME": "eve", "PASSWORD": "x", "SECRET_HASH": secret_hash("eve")});
    let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "m2m", "AuthParameters": parameters});
    let session = good(&server, "InitiateAuth", body).await["Session"].clone();
    let mut responses = json!({"USERNAME": "eve", "SOFTWARE_TOKEN_MFA_CODE": code(NOW)});
    let body = |responses: &Value| {
        with(answer("SOFTWARE_TOKEN_MFA", &session, &responses.clone()), &json!({"ClientId": "m2m"}))
    };
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", body(&responses)).await,
        "NotAuthorizedException: Client m2m is configured with secret but SECRET_HASH was not received"
    );
    responses["SECRET_HASH"] = secret_hash("eve").into();
    let result = good(&server, "RespondToAuthChallenge", body(&responses)).await;
    let access = Token::of(result["AuthenticationResult"]["AccessToken"].as_str().unwrap());
    assert_eq!(access.claim("client_id"), "m2m");
}

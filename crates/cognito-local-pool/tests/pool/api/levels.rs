//! `USER_AUTH` with `TARGET_ACR_VALUES`, `ACCESS_TOKEN` and `MAX_AGE`: signing in up to an authentication level.

use std::time::Duration;

use cognito_local_pool::{AcrLevel, LocalPool, PoolServer, User};
use serde_json::{Value, json};

use super::{good, refused, with};
use crate::support::{ID, NOW, Token, builder, code};

const GOLD: &str = "urn:cognito:loa:4";

async fn serve() -> (LocalPool, PoolServer) {
    let eve = User::new("eve", "her-password").software_token("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let pool = builder().user(eve).user(User::new("bob", "his-password")).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

fn user_auth(user: &str, password: &str, more: &Value) -> Value {
    let parameters = json!({"USERNAME": user, "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password});
    json!({"AuthFlow": "USER_AUTH", "ClientId": "web", "AuthParameters": with(parameters, more)})
}

fn mfa(session: &Value, code: &str) -> Value {
    json!({
        "ChallengeName": "SOFTWARE_TOKEN_MFA", "ClientId": "web", "Session": session,
        "ChallengeResponses": {"USERNAME": "eve", "SOFTWARE_TOKEN_MFA_CODE": code},
    })
}

fn levels(result: &Value) -> Vec<(Value, Value)> {
    let result = &result["AuthenticationResult"];
    let tokens = [&result["AccessToken"], &result["IdToken"]].map(|token| Token::of(token.as_str().unwrap()));
    tokens.iter().map(|token| (token.claims()["acr"].clone(), token.claims()["amr"].clone())).collect()
}

#[tokio::test]
async fn a_sign_in_without_a_target_says_no_level() {
    let (_, server) = serve().await;
    let result = good(&server, "InitiateAuth", user_auth("bob", "his-password", &json!({}))).await;
    assert_eq!(levels(&result), vec![(Value::Null, Value::Null); 2]);
}

#[tokio::test]
async fn the_first_level_that_the_user_reaches_counts() {
    let (_, server) = serve().await;
    let target = json!({"TARGET_ACR_VALUES": "urn:cognito:loa:4 urn:unknown urn:cognito:loa:1"});
    let result = good(&server, "InitiateAuth", user_auth("bob", "his-password", &target)).await;
    assert_eq!(levels(&result), vec![(json!("urn:cognito:loa:1"), json!(["pwd"])); 2]);

    let challenge = good(&server, "InitiateAuth", user_auth("eve", "her-password", &target)).await;
    let result = good(&server, "RespondToAuthChallenge", mfa(&challenge["Session"], &code(NOW))).await;
    assert_eq!(levels(&result), vec![(json!(GOLD), json!(["pwd", "otp", "mfa"])); 2]);
}

#[tokio::test]
async fn a_target_that_is_unknown_or_out_of_reach_is_an_error() {
    let (_, server) = serve().await;
    let refused_with = async |password: &str, more: Value| {
        refused(&server, "InitiateAuth", user_auth("bob", password, &more)).await
    };
    assert_eq!(
        refused_with("his-password", json!({"TARGET_ACR_VALUES": "urn:unknown"})).await,
        "InvalidParameterException: TARGET_ACR_VALUES names no authentication level of this pool"
    );
    assert_eq!(
        refused_with("his-password", json!({"TARGET_ACR_VALUES": GOLD})).await,
        "InvalidParameterException: The user has no factors for the levels of TARGET_ACR_VALUES."
    );
    // Without the password, a client does not learn which factors a user has.
    assert_eq!(
        refused_with("wrong", json!({"TARGET_ACR_VALUES": GOLD})).await,
        "NotAuthorizedException: Incorrect username or password."
    );
    assert_eq!(
        refused_with("his-password", json!({"MAX_AGE": "soon"})).await,
        "InvalidParameterException: MAX_AGE is not a number of seconds"
    );
}

/// The user turns an authenticator app on after a sign-in with only the password.
#[tokio::test]
async fn an_access_token_saves_the_password_of_a_step_up() {
    let (pool, server) = serve().await;
    let target = json!({"TARGET_ACR_VALUES": "urn:cognito:loa:1"});
    let result = good(&server, "InitiateAuth", user_auth("bob", "his-password", &target)).await;
    let token = &result["AuthenticationResult"]["AccessToken"];
    let step_up = |user: &str, target: &str, more: Value| {
        let parameters = json!({"USERNAME": user, "TARGET_ACR_VALUES": target, "ACCESS_TOKEN": token});
        json!({"AuthFlow": "USER_AUTH", "ClientId": "web", "AuthParameters": with(parameters, &more)})
    };
    // Without the app, it begins with a first factor.
    let offer = good(&server, "InitiateAuth", step_up("bob", GOLD, json!({}))).await;
    assert_eq!(offer["ChallengeName"], "SELECT_CHALLENGE");

    let secret = good(&server, "AssociateSoftwareToken", json!({"AccessToken": token})).await;
    let secret = secret["SecretCode"].as_str().unwrap();
    let app_code = super::challenges::code_of(secret, NOW);
    good(&server, "VerifySoftwareToken", json!({"AccessToken": token, "UserCode": app_code})).await;
    let on = json!({"AccessToken": token, "SoftwareTokenMfaSettings": {"Enabled": true}});
    good(&server, "SetUserMFAPreference", on).await;
    pool.clock().advance(Duration::from_secs(60));

    let challenge = good(&server, "InitiateAuth", step_up("bob", GOLD, json!({"MAX_AGE": "60"}))).await;
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let answer = json!({
        "ChallengeName": "SOFTWARE_TOKEN_MFA", "ClientId": "web", "Session": challenge["Session"],
        "ChallengeResponses": {
            "USERNAME": "bob", "SOFTWARE_TOKEN_MFA_CODE": super::challenges::code_of(secret, NOW + 60),
        },
    });
    let result = good(&server, "RespondToAuthChallenge", answer).await;
    assert_eq!(levels(&result), vec![(json!(GOLD), json!(["pwd", "otp", "mfa"])); 2]);

    let too_old = good(&server, "InitiateAuth", step_up("bob", GOLD, json!({"MAX_AGE": "59"}))).await;
    assert_eq!(too_old["ChallengeName"], "SELECT_CHALLENGE");
    for (request, expected) in [
        (
            step_up("bob", "urn:cognito:loa:1", json!({})),
            "InvalidParameterException: The access token already meets the requested level.",
        ),
        (step_up("eve", GOLD, json!({})), "NotAuthorizedException: The access token is not of this user."),
        (step_up("bob", "", json!({})), "InvalidParameterException: ACCESS_TOKEN needs TARGET_ACR_VALUES"),
        (
            step_up("bob", GOLD, json!({"ACCESS_TOKEN": pool.access_token("bob").expired().sign()})),
            "NotAuthorizedException: Access Token has expired",
        ),
    ] {
        assert_eq!(refused(&server, "InitiateAuth", request).await, expected);
    }
}

#[tokio::test]
async fn renamed_levels_are_described_and_asked_for_by_their_names() {
    let pool = builder().acr_name(AcrLevel::Level1, "urn:example:silver").build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let described = good(&server, "DescribeUserPool", json!({"UserPoolId": ID})).await;
    assert_eq!(
        described["UserPool"]["AcrConfiguration"],
        json!({
            "Level1": {"AcrValue": "urn:example:silver"},
            "Level2": {"AcrValue": "urn:cognito:loa:2"},
            "Level3": {"AcrValue": "urn:cognito:loa:3"},
            "Level4": {"AcrValue": "urn:cognito:loa:4"},
        })
    );
    let target = json!({"TARGET_ACR_VALUES": "urn:example:silver"});
    let result = good(&server, "InitiateAuth", user_auth("ada", "her-password", &target)).await;
    assert_eq!(levels(&result), vec![(json!("urn:example:silver"), json!(["pwd"])); 2]);
}

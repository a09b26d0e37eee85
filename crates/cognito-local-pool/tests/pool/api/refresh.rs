//! Refresh tokens: two ways to use them, rotation, and revocation.

use std::time::Duration;

use cognito_local_pool::{AppClient, LocalPool, PoolServer, TriggerSource};
use serde_json::{Value, json};

use super::{good, password_auth, refused, secret_hash, sign_in};
use crate::support::{Token, builder, token_request};

/// A pool whose client `rotating` replaces refresh tokens, with a grace of ten seconds.
async fn rotating() -> (LocalPool, PoolServer, String) {
    let client = AppClient::public("rotating").refresh_token_rotation(Duration::from_secs(10));
    let pool = builder().app_client(client).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let body = super::with(password_auth("ada", "her-password"), &json!({"ClientId": "rotating"}));
    let result = good(&server, "InitiateAuth", body).await;
    let token = result["AuthenticationResult"]["RefreshToken"].as_str().unwrap().to_owned();
    (pool, server, token)
}

fn refresh(client: &str, token: &Value) -> Value {
    json!({"ClientId": client, "RefreshToken": token})
}

#[tokio::test]
async fn a_refresh_without_rotation_gives_no_new_refresh_token() {
    let server = super::serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    let answer = good(&server, "GetTokensFromRefreshToken", refresh("web", &tokens["RefreshToken"])).await;
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(members, ["AuthenticationResult"]);
    let result = &answer["AuthenticationResult"];
    let names: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert_eq!(names, ["AccessToken", "ExpiresIn", "IdToken", "TokenType"]);
    let origin = |token: &Value| Token::of(token.as_str().unwrap()).claim("origin_jti");
    assert_eq!(origin(&result["AccessToken"]), origin(&tokens["AccessToken"]));
}

#[tokio::test]
async fn rotation_replaces_the_refresh_token_and_tells_reuse() {
    let (pool, server, first) = rotating().await;
    let first = json!(first);
    let answer = good(&server, "GetTokensFromRefreshToken", refresh("rotating", &first)).await;
    let second = answer["AuthenticationResult"]["RefreshToken"].clone();
    assert!(second.is_string() && second != first);
    pool.clock().advance(Duration::from_secs(9));
    good(&server, "GetTokensFromRefreshToken", refresh("rotating", &first)).await;
    pool.clock().advance(Duration::from_secs(1));
    assert_eq!(
        refused(&server, "GetTokensFromRefreshToken", refresh("rotating", &first)).await,
        "RefreshTokenReuseException: Refresh token has been invalidated by rotation"
    );
    good(&server, "GetTokensFromRefreshToken", refresh("rotating", &second)).await;
}

#[tokio::test]
async fn a_client_that_rotates_cannot_refresh_by_initiate_auth() {
    let (_, server, token) = rotating().await;
    for flow in ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"] {
        let body =
            json!({"AuthFlow": flow, "ClientId": "rotating", "AuthParameters": {"REFRESH_TOKEN": token}});
        assert_eq!(
            refused(&server, "InitiateAuth", body).await,
            "InvalidParameterException: REFRESH_TOKEN_AUTH flow not enabled for this client"
        );
    }
}

#[tokio::test]
async fn a_refresh_token_is_for_its_client_and_for_as_long_as_its_user() {
    let pool = builder().app_client(AppClient::public("app")).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let token = sign_in(&server, "ada", "her-password").await["RefreshToken"].clone();
    let invalid = "NotAuthorizedException: Invalid Refresh Token";
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("app", &token)).await, invalid);
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("web", &json!("guess"))).await, invalid);
    good(&server, "AdminDisableUser", super::about("ada")).await;
    let revoked = "NotAuthorizedException: Refresh Token has been revoked";
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("web", &token)).await, revoked);
    good(&server, "AdminEnableUser", super::about("ada")).await;
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("web", &token)).await, revoked);

    let token = sign_in(&server, "ada", "her-password").await["RefreshToken"].clone();
    pool.clock().advance(Duration::from_secs(30 * 86_400));
    let expired = "NotAuthorizedException: Refresh Token has expired";
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("web", &token)).await, expired);
}

#[tokio::test]
async fn a_new_user_of_the_same_name_does_not_inherit_tokens() {
    let server = super::serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    good(&server, "AdminDeleteUser", super::about("ada")).await;
    good(&server, "AdminCreateUser", super::about("ada")).await;
    let permanent = json!({"Password": "Other-passw0rd", "Permanent": true});
    good(&server, "AdminSetUserPassword", super::with(super::about("ada"), &permanent)).await;
    sign_in(&server, "ada", "Other-passw0rd").await;
    let body = refresh("web", &tokens["RefreshToken"]);
    assert_eq!(
        refused(&server, "GetTokensFromRefreshToken", body).await,
        "NotAuthorizedException: Refresh Token has been revoked"
    );
    let body = json!({"AccessToken": tokens["AccessToken"]});
    assert_eq!(refused(&server, "GetUser", body).await, super::NO_USER);
}

#[tokio::test]
async fn a_client_with_a_secret_sends_it_to_refresh_and_to_revoke() {
    let server = super::serve(builder()).await;
    let parameters =
        json!({"USERNAME": "ada", "PASSWORD": "her-password", "SECRET_HASH": secret_hash("ada")});
    let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "m2m", "AuthParameters": parameters});
    let token = good(&server, "InitiateAuth", body).await["AuthenticationResult"]["RefreshToken"].clone();
    let refresh = |secret: Value| json!({"ClientId": "m2m", "RefreshToken": token, "ClientSecret": secret});
    let revoke = |secret: Value| json!({"ClientId": "m2m", "Token": token, "ClientSecret": secret});
    let none = "Client m2m is configured for secret but secret was not received";
    let wrong = "Unable to verify secret for client m2m";
    for (secret, why) in [(Value::Null, none), (json!("guess"), wrong)] {
        let refusal = refused(&server, "GetTokensFromRefreshToken", refresh(secret.clone())).await;
        assert_eq!(refusal, format!("NotAuthorizedException: {why}"));
        let refusal = refused(&server, "RevokeToken", revoke(secret)).await;
        assert_eq!(refusal, format!("UnauthorizedException: {why}"));
    }
    good(&server, "GetTokensFromRefreshToken", refresh(json!("its:secret+%"))).await;
    good(&server, "RevokeToken", revoke(json!("its:secret+%"))).await;
    let unneeded = json!({"ClientId": "web", "RefreshToken": token, "ClientSecret": "x"});
    assert_eq!(
        refused(&server, "GetTokensFromRefreshToken", unneeded).await,
        "NotAuthorizedException: Client web is not configured for secret but secret was received"
    );
}

#[tokio::test]
async fn a_revoked_token_takes_all_tokens_of_its_sign_in_with_it() {
    let server = super::serve(builder()).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    let other = sign_in(&server, "ada", "her-password").await;
    let revoke = |token: &Value| json!({"ClientId": "web", "Token": token});
    assert_eq!(good(&server, "RevokeToken", revoke(&tokens["RefreshToken"])).await, json!({}));
    good(&server, "RevokeToken", revoke(&tokens["RefreshToken"])).await;
    good(&server, "RevokeToken", revoke(&json!("unknown"))).await;

    let revoked = "NotAuthorizedException: Refresh Token has been revoked";
    let body = refresh("web", &tokens["RefreshToken"]);
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", body).await, revoked);
    let form = format!(
        "grant_type=refresh_token&client_id=web&refresh_token={}",
        tokens["RefreshToken"].as_str().unwrap()
    );
    assert_eq!(token_request(&server, None, &form).await.json()["error"], "invalid_grant");
    assert_eq!(
        refused(&server, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await,
        "NotAuthorizedException: Access Token has been revoked"
    );
    good(&server, "GetUser", json!({"AccessToken": other["AccessToken"]})).await;
}

#[tokio::test]
async fn a_revocation_that_is_not_possible_says_why() {
    let forever = AppClient::public("forever").without_token_revocation();
    let server = super::serve(builder().app_client(forever).app_client(AppClient::public("app"))).await;
    let tokens = sign_in(&server, "ada", "her-password").await;
    let revoke = |client: &str, token: &Value| json!({"ClientId": client, "Token": token});
    assert_eq!(
        refused(&server, "RevokeToken", revoke("web", &tokens["AccessToken"])).await,
        "UnsupportedTokenTypeException: Unsupported token type"
    );
    assert_eq!(
        refused(&server, "RevokeToken", revoke("forever", &tokens["RefreshToken"])).await,
        "UnsupportedOperationException: Token revocation is not enabled for client forever"
    );
    assert_eq!(
        refused(&server, "RevokeToken", revoke("app", &tokens["RefreshToken"])).await,
        "UnauthorizedException: The token was issued to another client"
    );
    good(&server, "GetTokensFromRefreshToken", refresh("web", &tokens["RefreshToken"])).await;
}

#[tokio::test]
async fn a_parameter_that_is_null_is_missing() {
    let server = super::serve(builder()).await;
    let token = sign_in(&server, "ada", "her-password").await["RefreshToken"].clone();
    // As amazon-cognito-identity-js sends it from a page.
    let parameters = json!({"REFRESH_TOKEN": token, "DEVICE_KEY": null});
    let body = json!({"ClientId": "web", "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters});
    good(&server, "InitiateAuth", body).await;
    let body = json!({"ClientId": "web", "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": null}});
    let error = refused(&server, "InitiateAuth", body).await;
    assert_eq!(error, "InvalidParameterException: Missing required parameter REFRESH_TOKEN");
}

#[tokio::test]
async fn a_trigger_sees_what_the_client_says_at_a_refresh() {
    let pool = builder().on_token(|event| {
        let tenant = event.client_metadata("tenant").map(str::to_owned);
        if let Some(tenant) = tenant {
            event.access_token().add_or_override_claim("tenant", tenant).add_scope("orders/read");
        }
    });
    let server = super::serve(pool).await;
    let token = sign_in(&server, "ada", "her-password").await["RefreshToken"].clone();
    let body =
        super::with(refresh("web", &token), &json!({"ClientMetadata": {"tenant": "acme", "other": null}}));
    let answer = good(&server, "GetTokensFromRefreshToken", body).await;
    let access = Token::of(answer["AuthenticationResult"]["AccessToken"].as_str().unwrap());
    assert_eq!(access.claim("tenant"), "acme");
    assert_eq!(access.claim("scope"), "aws.cognito.signin.user.admin orders/read");
}

#[tokio::test]
async fn a_trigger_that_fails_refuses_the_sign_in_and_the_refresh() {
    let pool = builder().on_token(|event| {
        if event.trigger_source() == TriggerSource::RefreshTokens || event.client_id() == "m2m" {
            event.fail("out of office");
        }
    });
    let server = super::serve(pool).await;
    let failed = "UserLambdaValidationException: PreTokenGeneration failed with error out of office.";
    let token = sign_in(&server, "ada", "her-password").await["RefreshToken"].clone();
    assert_eq!(refused(&server, "GetTokensFromRefreshToken", refresh("web", &token)).await, failed);
    let parameters =
        json!({"USERNAME": "ada", "PASSWORD": "her-password", "SECRET_HASH": secret_hash("ada")});
    let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "m2m", "AuthParameters": parameters});
    assert_eq!(refused(&server, "InitiateAuth", body).await, failed);
}

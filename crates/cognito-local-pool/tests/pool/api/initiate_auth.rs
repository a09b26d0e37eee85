//! `InitiateAuth` as an SDK sends it.

use std::time::Duration;

use cognito_local_pool::PoolServer;
use serde_json::{Value, json};

use super::{refusal, secret_hash};
use crate::support::{Token, initiate_auth, pool, send};

fn password_request(client: &str, parameters: &Value) -> Value {
    json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": parameters})
}

async fn refused(server: &PoolServer, body: &Value) -> String {
    refusal(&initiate_auth(server, body).await)
}

#[tokio::test]
async fn a_user_signs_in_with_a_password() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let request = password_request("web", &json!({"USERNAME": "ada", "PASSWORD": "her-password"}));
    let response = initiate_auth(&server, &request).await;
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.header("content-type"), Some("application/x-amz-json-1.1"));
    let body = response.json();
    assert_eq!(body["ChallengeParameters"], json!({}));
    let result = &body["AuthenticationResult"];
    let names: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert_eq!(names, ["AccessToken", "ExpiresIn", "IdToken", "RefreshToken", "TokenType"]);
    assert_eq!((&result["ExpiresIn"], &result["TokenType"]), (&json!(3600), &json!("Bearer")));

    let access = Token::of(result["AccessToken"].as_str().unwrap());
    assert!(access.signed_by(&pool, &pool.access_key_id()));
    assert_eq!(
        access.names(),
        "auth_time client_id cognito:groups event_id exp iat iss jti origin_jti scope sub token_use username"
    );
    assert_eq!(access.claim("scope"), "aws.cognito.signin.user.admin");
    let id = Token::of(result["IdToken"].as_str().unwrap());
    assert!(id.signed_by(&pool, &pool.id_key_id()));
    assert_eq!((id.claim("aud"), id.claim("email")), (json!("web"), json!("ada@example.com")));
    for shared in ["sub", "origin_jti", "event_id", "auth_time"] {
        assert_eq!(access.claim(shared), id.claim(shared), "{shared}");
    }
}

#[tokio::test]
async fn a_client_with_a_secret_needs_the_secret_hash() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let request = |hash: Option<&str>| {
        let mut parameters = json!({"USERNAME": "ada", "PASSWORD": "her-password"});
        if let Some(hash) = hash {
            parameters["SECRET_HASH"] = hash.into();
        }
        password_request("m2m", &parameters)
    };
    assert_eq!(initiate_auth(&server, &request(Some(&secret_hash("ada")))).await.status, 200);
    assert_eq!(
        refused(&server, &request(None)).await,
        "NotAuthorizedException: Client m2m is configured with secret but SECRET_HASH was not received"
    );
    assert_eq!(
        refused(&server, &request(Some(&secret_hash("bob")))).await,
        "NotAuthorizedException: Unable to verify secret hash for client m2m"
    );
}

#[tokio::test]
async fn each_bad_request_has_the_exception_of_aws() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let good = json!({"USERNAME": "ada", "PASSWORD": "her-password"});
    let null = "failed to satisfy constraint: Member must not be null";
    let incorrect = "NotAuthorizedException: Incorrect username or password.";
    let cases = [
        (password_request("web", &json!({"USERNAME": "ada", "PASSWORD": "guess"})), incorrect.to_owned()),
        (password_request("web", &json!({"USERNAME": "nobody", "PASSWORD": "x"})), incorrect.to_owned()),
        (
            password_request("none", &good),
            "ResourceNotFoundException: User pool client none does not exist.".to_owned(),
        ),
        (
            password_request("web", &json!({"PASSWORD": "x"})),
            "InvalidParameterException: Missing required parameter USERNAME".to_owned(),
        ),
        (
            password_request("web", &json!({"USERNAME": "ada", "PASSWORD": ""})),
            "InvalidParameterException: Missing required parameter PASSWORD".to_owned(),
        ),
        (
            password_request("web", &json!({"USERNAME": "ada", "PASSWORD": "x", "SECRET_HASH": "x"})),
            "NotAuthorizedException: Client web is not configured for secret but secret hash was received"
                .to_owned(),
        ),
        (
            json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": "web"}),
            "InvalidParameterException: Missing required parameter USERNAME".to_owned(),
        ),
        (
            json!({"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": "web"}),
            "InvalidParameterException: Missing required parameter REFRESH_TOKEN".to_owned(),
        ),
        (
            json!({"AuthFlow": "REFRESH_TOKEN", "ClientId": "web", "AuthParameters": {"REFRESH_TOKEN": "guess"}}),
            "NotAuthorizedException: Invalid Refresh Token".to_owned(),
        ),
        (
            json!({"ClientId": "web"}),
            format!("InvalidParameterException: 1 validation error detected: Value at 'authFlow' {null}"),
        ),
        (
            json!({"AuthFlow": "USER_PASSWORD_AUTH"}),
            format!("InvalidParameterException: 1 validation error detected: Value at 'clientId' {null}"),
        ),
        (json!([1]), "SerializationException: the body is not a JSON object".to_owned()),
    ];
    for (request, expected) in cases {
        assert_eq!(refused(&server, &request).await, expected, "{request}");
    }
    let unknown = json!({"AuthFlow": "MAGIC", "ClientId": "web"});
    assert!(refused(&server, &unknown).await.contains("Member must satisfy enum value set"));
}

#[tokio::test]
async fn a_client_id_that_no_header_can_carry_is_refused_as_any_other() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let response = initiate_auth(&server, &password_request("a\r\nx: y", &json!({}))).await;
    assert_eq!((response.status, response.header("x")), (400, None));
    assert_eq!(response.json()["__type"], "ResourceNotFoundException");
}

#[tokio::test]
async fn other_operations_are_unknown() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for target in ["X-Amz-Target: AWSCognitoIdentityProviderService.CreateUserPool", "X-Other: x"] {
        let response = send(&server, "POST /", &[target], "{}").await;
        assert!(refusal(&response).starts_with("UnknownOperationException"), "{target}");
    }
}

#[tokio::test]
async fn a_refresh_keeps_the_sign_in_and_sends_no_new_refresh_token() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let parameters =
        json!({"USERNAME": "ada", "PASSWORD": "her-password", "SECRET_HASH": secret_hash("ada")});
    let first = initiate_auth(&server, &password_request("m2m", &parameters)).await.json();
    let first = &first["AuthenticationResult"];
    let signed_in = Token::of(first["AccessToken"].as_str().unwrap());
    pool.clock().advance(Duration::from_secs(1000));

    let subject = signed_in.claim("sub").as_str().unwrap().to_owned();
    let refresh = |hash: String| {
        json!({
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "ClientId": "m2m",
            "AuthParameters": {"REFRESH_TOKEN": first["RefreshToken"], "SECRET_HASH": hash},
        })
    };
    for name in ["ada", &subject] {
        let again = initiate_auth(&server, &refresh(secret_hash(name))).await.json();
        let again = &again["AuthenticationResult"];
        assert!(again.get("RefreshToken").is_none());
        let token = Token::of(again["IdToken"].as_str().unwrap());
        assert_eq!(token.claim("origin_jti"), signed_in.claim("origin_jti"));
        assert_eq!(token.claim("auth_time"), signed_in.claim("auth_time"));
        assert_eq!(token.claim("iat"), signed_in.claim("iat").as_u64().unwrap() + 1000);
    }
    assert!(refused(&server, &refresh(secret_hash("bob"))).await.contains("Unable to verify secret hash"));
    pool.clock().advance(Duration::from_secs(30 * 86_400));
    let late = refused(&server, &refresh(secret_hash("ada"))).await;
    assert_eq!(late, "NotAuthorizedException: Refresh Token has expired");
}

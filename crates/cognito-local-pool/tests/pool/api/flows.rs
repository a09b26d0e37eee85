//! Which flows and challenges there are, and in which words the others are refused.

use std::time::Duration;

use cognito_local_pool::{AppClient, AuthFlow};
use serde_json::{Value, json};

use super::{call, good, refused, serve};
use crate::support::{ID, builder, send};

fn initiate(flow: &str, client: &str) -> Value {
    json!({
        "AuthFlow": flow,
        "ClientId": client,
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "her-password", "SRP_A": "abc", "REFRESH_TOKEN": "x"},
    })
}

fn by_administrator(flow: &str, client: &str) -> Value {
    super::with(initiate(flow, client), &json!({"UserPoolId": ID}))
}

#[tokio::test]
async fn a_flow_that_the_client_does_not_allow_has_the_message_of_aws() {
    let only = |id: &str, flow| AppClient::public(id).allow_auth_flow(flow);
    let pool = builder()
        .app_client(only("none", AuthFlow::RefreshToken))
        .app_client(only("srp", AuthFlow::UserSrp))
        .app_client(only("password", AuthFlow::UserPassword))
        .app_client(only("choice", AuthFlow::UserAuth))
        .app_client(only("admin", AuthFlow::AdminUserPassword));
    let server = serve(pool).await;
    let cases = [
        ("USER_SRP_AUTH", "srp", "USER_SRP_AUTH is not enabled for the client."),
        ("USER_PASSWORD_AUTH", "password", "USER_PASSWORD_AUTH flow not enabled for this client"),
        ("USER_AUTH", "choice", "USER_AUTH flow not enabled for this client"),
    ];
    for (flow, allowed, why) in cases {
        good(&server, "InitiateAuth", initiate(flow, allowed)).await;
        let refusal = refused(&server, "InitiateAuth", initiate(flow, "none")).await;
        assert_eq!(refusal, format!("InvalidParameterException: {why}"));
    }
    for flow in ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"] {
        good(&server, "AdminInitiateAuth", by_administrator(flow, "admin")).await;
        assert_eq!(
            refused(&server, "AdminInitiateAuth", by_administrator(flow, "srp")).await,
            "InvalidParameterException: Auth flow not enabled for this client"
        );
    }
    for flow in ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"] {
        assert_eq!(
            refused(&server, "InitiateAuth", initiate(flow, "srp")).await,
            "InvalidParameterException: REFRESH_TOKEN_AUTH flow not enabled for this client"
        );
    }
}

#[test]
fn a_client_that_rotates_refresh_tokens_cannot_allow_the_flow_that_does_not() {
    let client = AppClient::public("app").refresh_token_rotation(Duration::ZERO);
    assert!(builder().app_client(client.clone()).build().is_ok(), "by default the flow is left out");
    let wrong = builder().app_client(client.allow_auth_flow(AuthFlow::RefreshToken)).build().unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the app client `app` rotates refresh tokens and allows `ALLOW_REFRESH_TOKEN_AUTH`, which Cognito refuses; \
         remove one of them (`GetTokensFromRefreshToken` refreshes without that flow)"
    );
}

#[tokio::test]
async fn flows_of_users_and_of_administrators_are_kept_apart() {
    let server = serve(builder()).await;
    let why = "InvalidParameterException: Initiate Auth method not supported.";
    for flow in ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"] {
        assert_eq!(refused(&server, "InitiateAuth", initiate(flow, "web")).await, why);
    }
    let body = by_administrator("USER_PASSWORD_AUTH", "web");
    assert_eq!(refused(&server, "AdminInitiateAuth", body).await, why);
    for flow in ["USER_SRP_AUTH", "USER_AUTH"] {
        good(&server, "AdminInitiateAuth", by_administrator(flow, "web")).await;
    }
}

#[tokio::test]
async fn an_unsupported_flow_is_refused_with_the_supported_ones() {
    let server = serve(builder()).await;
    assert_eq!(
        refused(&server, "InitiateAuth", initiate("CUSTOM_AUTH", "web")).await,
        "InvalidParameterException: CUSTOM_AUTH needs Lambda functions, which a local pool does not run; use \
         USER_SRP_AUTH, USER_PASSWORD_AUTH or USER_AUTH"
    );
    let respond = |name: &str| json!({"ChallengeName": name, "ClientId": "web", "ChallengeResponses": {}});
    for name in ["CUSTOM_CHALLENGE", "SMS_MFA", "DEVICE_SRP_AUTH", "MFA_SETUP", "WEB_AUTHN"] {
        let why = refused(&server, "RespondToAuthChallenge", respond(name)).await;
        let expected =
            format!("InvalidParameterException: a local pool never sends the challenge {name}; it has ");
        assert!(why.starts_with(&expected), "{why}");
    }
    let why = refused(&server, "RespondToAuthChallenge", respond("MAGIC")).await;
    assert!(why.contains("Member must satisfy enum value set"), "{why}");
}

#[tokio::test]
async fn an_administrator_signs_a_user_in_and_answers_challenges() {
    let server = serve(builder()).await;
    let body = by_administrator("ADMIN_USER_PASSWORD_AUTH", "web");
    let result = good(&server, "AdminInitiateAuth", body).await;
    assert!(result["AuthenticationResult"]["RefreshToken"].is_string());

    let temporary = json!({"UserPoolId": ID, "Username": "eve", "TemporaryPassword": "Temp0rary!"});
    good(&server, "AdminCreateUser", temporary).await;
    let parameters = json!({"USERNAME": "eve", "PASSWORD": "Temp0rary!"});
    let body = json!({
        "UserPoolId": ID,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "ClientId": "web",
        "AuthParameters": parameters,
    });
    let challenge = good(&server, "AdminInitiateAuth", body).await;
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let mut body = json!({
        "UserPoolId": "eu-west-1_other",
        "ClientId": "web",
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": "eve", "NEW_PASSWORD": "Chosen-passw0rd"},
    });
    assert_eq!(
        refused(&server, "AdminRespondToAuthChallenge", body.clone()).await,
        "ResourceNotFoundException: User pool eu-west-1_other does not exist."
    );
    body["UserPoolId"] = ID.into();
    let result = good(&server, "AdminRespondToAuthChallenge", body).await;
    assert!(result["AuthenticationResult"]["AccessToken"].is_string());
}

#[tokio::test]
async fn missing_members_are_named_at_once() {
    let server = serve(builder()).await;
    let null =
        |member: &str| format!("Value at '{member}' failed to satisfy constraint: Member must not be null");
    let cases = [
        ("AdminInitiateAuth", vec!["userPoolId", "authFlow", "clientId"]),
        ("RespondToAuthChallenge", vec!["clientId", "challengeName"]),
        ("AdminRespondToAuthChallenge", vec!["userPoolId", "clientId", "challengeName"]),
        ("GetTokensFromRefreshToken", vec!["refreshToken", "clientId"]),
        ("RevokeToken", vec!["token", "clientId"]),
        ("GetUser", vec!["accessToken"]),
        ("SignUp", vec!["clientId", "username", "password"]),
        ("ConfirmSignUp", vec!["clientId", "username", "confirmationCode"]),
        ("ForgotPassword", vec!["clientId", "username"]),
        ("ConfirmForgotPassword", vec!["clientId", "username", "confirmationCode", "password"]),
        ("AdminCreateUser", vec!["userPoolId", "username"]),
        ("AdminSetUserPassword", vec!["password", "userPoolId", "username"]),
        ("AdminAddUserToGroup", vec!["groupName", "userPoolId", "username"]),
        ("ListUsers", vec!["userPoolId"]),
        ("DescribeUserPoolClient", vec!["userPoolId", "clientId"]),
    ];
    for (operation, members) in cases {
        let errors: Vec<String> = members.iter().map(|member| null(member)).collect();
        let count = if errors.len() == 1 {
            "1 validation error".to_owned()
        } else {
            format!("{} validation errors", errors.len())
        };
        let expected = format!("InvalidParameterException: {count} detected: {}", errors.join("; "));
        assert_eq!(refused(&server, operation, json!({})).await, expected, "{operation}");
    }
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_before_it_is_stored() {
    let server = serve(builder()).await;
    let long = "x".repeat(129);
    let body = json!({"AuthFlow": "USER_AUTH", "ClientId": "web", "AuthParameters": {"USERNAME": long}});
    assert_eq!(
        refused(&server, "InitiateAuth", body).await,
        "InvalidParameterException: USERNAME is longer than 128 characters"
    );
    let length = "InvalidParameterException: 1 validation error detected: Value at 'username' failed to satisfy \
                  constraint: Member must have length less than or equal to 128";
    let body = json!({"ClientId": "web", "Username": long});
    for operation in ["ForgotPassword", "ResendConfirmationCode"] {
        assert_eq!(refused(&server, operation, body.clone()).await, length, "{operation}");
    }
}

#[tokio::test]
async fn an_unknown_call_is_refused_with_the_list_of_calls() {
    let server = serve(builder()).await;
    let why = refused(&server, "CreateUserPool", json!({})).await;
    let expected = "UnknownOperationException: `CreateUserPool` is not a call of a local pool; it has \
                    AdminAddUserToGroup, AdminConfirmSignUp, AdminCreateUser, ";
    assert!(
        why.starts_with(expected) && why.ends_with("SignUp, UpdateUserAttributes, VerifySoftwareToken"),
        "{why}"
    );
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_in_json() {
    let server = serve(builder()).await;
    let response = call(&server, "GetUser", &json!({"AccessToken": "x".repeat(64 * 1024)})).await;
    assert_eq!(response.status, 413);
    assert_eq!(response.header("x-amzn-errortype"), Some("RequestEntityTooLargeException"));
    assert_eq!(response.json()["message"], "a local pool reads at most 64 KiB");
}

#[tokio::test]
async fn a_long_message_is_only_in_the_body() {
    let server = serve(builder()).await;
    let response = call(&server, "InitiateAuth", &initiate("USER_AUTH", &"x".repeat(10_000))).await;
    assert_eq!((response.status, response.header("x-amzn-errormessage")), (400, None));
    assert_eq!(response.json()["__type"], "ResourceNotFoundException");
}

#[tokio::test]
async fn a_malformed_body_is_refused_and_not_repeated() {
    let server = serve(builder()).await;
    let target = ["X-Amz-Target: AWSCognitoIdentityProviderService.SignUp"];
    let bodies = [
        "her-password",
        "[\"her-password\"]",
        "{\"Password\": {\"her-password\": 1}}",
        "{\"Password\": \"her-password\", \"Password\": \"x\"}",
        "{\"UserAttributes\": {\"her-password\": 1}}",
        "{\"Username\": \"\\ud800her-password\"}",
    ];
    for body in bodies {
        let response = send(&server, "POST /", &target, body).await;
        assert_eq!(
            (response.status, response.json()["__type"].as_str()),
            (400, Some("SerializationException")),
            "{body}"
        );
        assert!(!response.body.contains("her-password"), "{}", response.body);
    }
    let deep = format!("{{\"ClientMetadata\": {}", "[".repeat(60_000));
    assert_eq!(send(&server, "POST /", &target, &deep).await.status, 400);
}

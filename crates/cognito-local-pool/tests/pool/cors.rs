//! Scripts of other origins: which endpoints they may ask, and which not.

use serde_json::json;

use crate::support::{ID, pool, send};

const ORIGIN: &str = "Origin: http://localhost:3000";

#[tokio::test]
async fn a_preflight_is_answered_for_what_scripts_ask() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let (jwks, discovery) =
        (format!("/{ID}/.well-known/jwks.json"), format!("/{ID}/.well-known/openid-configuration"));
    for path in ["/", "/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo", &jwks, &discovery] {
        let asked = "content-type,x-amz-target,x-amz-user-agent,cache-control,authorization";
        let headers = [
            ORIGIN,
            "Access-Control-Request-Method: POST",
            &format!("Access-Control-Request-Headers: {asked}"),
        ];
        let response = send(&server, &format!("OPTIONS {path}"), &headers, "").await;
        assert_eq!((response.status, response.body.as_str()), (200, ""), "{path}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(response.header("access-control-allow-headers"), Some(asked), "{path}");
        assert_eq!(response.header("access-control-allow-methods"), Some("GET,POST"), "{path}");
        assert!(response.header("access-control-allow-credentials").is_none(), "{path}");
    }
    let odd = [ORIGIN, "Access-Control-Request-Headers: <script>"];
    let response = send(&server, "OPTIONS /", &odd, "").await;
    assert_eq!(response.header("access-control-allow-headers"), None);
}

#[tokio::test]
async fn answers_and_refusals_can_be_read_by_scripts() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let jwks = format!("GET /{ID}/.well-known/jwks.json");
    for request in ["POST /", "POST /oauth2/token", "POST /oauth2/revoke", "GET /oauth2/userInfo", &jwks] {
        let response = send(&server, request, &[ORIGIN], "{}").await;
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{request}");
        let exposed = response.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("x-amzn-ErrorType") && exposed.contains("x-amzn-ErrorMessage"), "{exposed}");
    }
}

#[tokio::test]
async fn the_pages_are_closed_to_scripts_of_other_origins() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for path in ["/login", "/signup", "/oauth2/authorize", "/logout", "/error"] {
        let preflight = send(&server, &format!("OPTIONS {path}"), &[ORIGIN], "").await;
        assert_eq!(preflight.status, 405, "{path}");
        for response in [preflight, send(&server, &format!("GET {path}"), &[ORIGIN], "").await] {
            assert!(response.header("access-control-allow-origin").is_none(), "{path}");
        }
    }
}

#[tokio::test]
async fn no_page_in_a_browser_administers_the_pool() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let call = |operation: &str| format!("X-Amz-Target: AWSCognitoIdentityProviderService.{operation}");
    let body = json!({
        "UserPoolId": ID, "Username": "ada", "Password": "Aa1!aaaa", "Permanent": true,
    });
    for operation in ["AdminSetUserPassword", "AdminCreateUser", "ListUsers", "DescribeUserPoolClient"] {
        for origin in
            ["Origin: https://evil.example", ORIGIN, "Origin: null", "Origin: http://localhost:9229"]
        {
            let response = send(&server, "POST /", &[origin, &call(operation)], &body.to_string()).await;
            assert_eq!(response.status, 400, "{operation} {origin}");
            assert_eq!(response.json()["__type"], "AccessDeniedException", "{operation} {origin}");
        }
    }
    let set = send(&server, "POST /", &[&call("AdminSetUserPassword")], &body.to_string()).await;
    assert_eq!(set.status, 200, "a program may: {}", set.body);
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web",
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "Aa1!aaaa"},
    });
    let signed_in = send(&server, "POST /", &[ORIGIN, &call("InitiateAuth")], &request.to_string()).await;
    assert_eq!(signed_in.status, 200, "a page signs its user in: {}", signed_in.body);
}

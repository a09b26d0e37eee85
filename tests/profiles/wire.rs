//! The bytes on the wire, compared with captures from API Gateway.

use super::World;
use cognito_authorizer::Profile;

/// The answer to `GET path`, byte for byte.
async fn raw(world: &World, path: &str, authorization: &str) -> String {
    let header =
        if authorization.is_empty() { String::new() } else { format!("Authorization: {authorization}\r\n") };
    let request = format!("GET {path} HTTP/1.1\r\nHost: api.example\r\n{header}Connection: close\r\n\r\n");
    world.api.exchange(request.as_bytes()).await
}

/// Checks the status line, the header lines that each capture has, and the body.
fn assert_has(answer: &str, status: &str, lines: &[&str], body: &str) {
    let (head, found) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let mut head = head.split("\r\n");
    assert_eq!(head.next(), Some(status));
    let head: Vec<&str> = head.collect();
    for line in lines {
        assert!(head.contains(line), "{line} is not in {head:?}");
    }
    assert_eq!(found.as_bytes(), body.as_bytes());
}

/// The complete capture of a REST API without a token: these headers, a body of 26 bytes, and no challenge.
#[tokio::test]
async fn a_rest_api_sends_the_bytes_of_the_capture() {
    let world = World::new(Profile::RestApi, |builder| builder).await;
    let answer = raw(&world, "/plain", "").await;
    let lines =
        ["content-type: application/json", "content-length: 26", "x-amzn-errortype: UnauthorizedException"];
    assert_has(&answer, "HTTP/1.1 401 Unauthorized", &lines, r#"{"message":"Unauthorized"}"#);
    let lower = answer.to_ascii_lowercase();
    assert!(lower.contains("\r\nx-amzn-requestid: ") && lower.contains("\r\nx-amz-apigw-id: "));
    assert!(!lower.contains("www-authenticate"));
    let expired = world.pool.id_token("ada").expired().sign();
    let answer = raw(&world, "/plain", &expired).await;
    let lines = ["content-length: 44"];
    assert_has(
        &answer,
        "HTTP/1.1 401 Unauthorized",
        &lines,
        r#"{"message":"The incoming token has expired"}"#,
    );
}

/// The captures of HTTP APIs: lower-case names, parameters separated by spaces, scopes of the route first, no content type.
#[tokio::test]
async fn an_http_api_sends_the_bytes_of_the_captures() {
    let world = World::new(Profile::HttpApi, |builder| builder).await;
    let body = r#"{"message":"Unauthorized"}"#;
    let expired = world.pool.access_token("ada").expired().sign();
    for (path, token, challenge) in [
        ("/plain", "", "www-authenticate: Bearer"),
        (
            "/plain",
            "Bearer x",
            r#"www-authenticate: Bearer scope="" error="invalid_token" error_description="token contains an invalid number of segments""#,
        ),
        (
            "/scoped",
            &*expired,
            r#"www-authenticate: Bearer scope="orders/read orders/write" error="invalid_token" error_description="the token has expired""#,
        ),
    ] {
        let answer = raw(&world, path, token).await;
        assert_has(&answer, "HTTP/1.1 401 Unauthorized", &["content-length: 26", challenge], body);
        assert!(answer.contains("\r\napigw-requestid: ") && answer.contains("\r\ndate: "), "{answer}");
        assert!(!answer.contains("content-type") && !answer.contains("x-amzn"), "{answer}");
    }
}

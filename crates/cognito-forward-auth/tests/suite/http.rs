//! The contract of HTTP forward auth, per proxy.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    RestApi,
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
};
use cognito_forward_auth::{ClaimsHeader, ForwardAuth, IDENTITY_HEADERS, Proxy};
use http::{Request, StatusCode, header::AUTHORIZATION};
use tower::ServiceExt;

use super::support::{Answer, ask, builder, check, clock, layer, nginx, pool, rows};
use crate::suite::support::{POOL, keys};

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

#[tokio::test]
async fn every_method_of_a_check_is_answered_alike_and_success_is_an_empty_200() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let token = format!("Bearer {}", pool.access_token("ada").scope("orders/read").sign());
    for method in METHODS {
        let allowed = check("GET", "/orders?page=2").method(method).header(AUTHORIZATION, &token);
        let answer = ask(&checks, allowed).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{method}");
        let refused = ask(&checks, check("GET", "/orders").method(method)).await;
        assert_eq!(refused, ask(&checks, check("GET", "/orders")).await, "{method}");
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{method}");
    }
}

/// Each check allocates such a future and moves it. What only a check that waits needs is therefore in boxes of its own.
#[tokio::test]
async fn the_future_of_a_check_is_small() {
    let clock = clock();
    let auth = layer(&pool(POOL, &clock), &clock);
    let (parts, ()) = Request::new(()).into_parts();
    assert!(size_of_val(&auth.authorizer().authorize(&parts)) <= 512);
    assert!(size_of_val(&nginx(&auth).answer(Request::new(()))) <= 1_280);
}

#[tokio::test]
async fn an_allowed_answer_has_every_identity_header() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let token = pool.access_token("ada").scope("orders/read").scope("orders/write").group("a,b");
    let token = format!("Bearer {}", token.sign());
    let answer = ask(&checks, check("GET", "/orders").header(AUTHORIZATION, &token)).await;
    let subject = answer.header("x-cognito-subject").expect("a subject");
    assert!(!subject.is_empty());
    for (name, value) in [
        ("x-cognito-client-id", "4example23456789"),
        ("x-cognito-username", "ada"),
        ("x-cognito-scope", "orders/read orders/write"),
        ("x-cognito-groups", "ops,a%2Cb"),
        ("x-cognito-token-use", "access"),
        ("x-cognito-claims", ""),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.headers.len(), IDENTITY_HEADERS.len());
}

/// API Gateway lets a response to a refused request have any status. A proxy takes 2xx for permission.
#[tokio::test]
async fn a_gateway_response_with_a_status_of_success_does_not_permit() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    for (set, expected) in [(200, 403), (204, 403), (299, 403), (302, 302), (418, 418)] {
        let response = GatewayResponse::new().status(set).header("X-Customised", "'yes'");
        let responses = GatewayResponses::new().response(ResponseType::Default4xx, response);
        let profile = RestApi::new().gateway_responses(responses);
        let layer = builder(&clock).profile(profile).with_keys([(POOL, keys(&pool))]).expect("a layer");
        for uri in ["/orders", "/nothing"] {
            let answer = ask(&nginx(&layer), check("GET", uri)).await;
            assert_eq!(answer.status.as_u16(), expected, "{set} {uri}");
            assert_eq!(answer.header("x-customised"), Some("yes"), "{set} {uri}");
        }
    }
}

#[tokio::test]
async fn a_clone_with_other_settings_has_answers_of_its_own() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let without = nginx(&layer(&pool, &clock));
    let with = without.clone().claims_header(ClaimsHeader::Base64Url);
    let token = format!("Bearer {}", pool.access_token("ada").sign());
    for _ in 0..20 {
        for (checks, has_claims) in [(&without, false), (&with, true)] {
            let answer = ask(checks, check("GET", "/me").header(AUTHORIZATION, &token)).await;
            assert_eq!(
                answer.header("x-cognito-claims").is_some_and(|claims| !claims.is_empty()),
                has_claims
            );
        }
    }
}

#[tokio::test]
async fn the_prefix_may_end_with_a_slash() {
    let clock = clock();
    let layer = layer(&pool(POOL, &clock), &clock);
    for prefix in ["/check", "/check/"] {
        let checks = ForwardAuth::new(layer.authorizer(), Proxy::Envoy).path_prefix(prefix);
        assert_eq!(ask(&checks, Request::get("/check/health")).await.status, StatusCode::OK, "{prefix}");
    }
}

#[tokio::test]
async fn an_open_route_has_empty_identity_headers_whatever_the_client_sends() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let token = format!("Bearer {}", pool.access_token("ada").sign());
    let mut spoofed = check("GET", "/health").header(AUTHORIZATION, token);
    for name in IDENTITY_HEADERS {
        spoofed = spoofed.header(name, "evil");
    }
    let answer = ask(&checks, spoofed).await;
    assert_eq!(answer.status, StatusCode::OK);
    for name in IDENTITY_HEADERS {
        assert_eq!(answer.header(name), Some(""), "{name}");
    }
}

#[tokio::test]
async fn claims_are_the_signed_bytes_where_they_are_asked_for() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock)).claims_header(ClaimsHeader::Base64Url);
    let token = pool.access_token("ada").claim("tenant", "é\r\n").sign();
    let check = check("GET", "/me").header(AUTHORIZATION, format!("Bearer {token}"));
    let answer = ask(&checks, check).await;
    let claims =
        URL_SAFE_NO_PAD.decode(answer.header("x-cognito-claims").expect("claims")).expect("base64url");
    let payload = token.split('.').nth(1).expect("a payload");
    assert_eq!(claims, URL_SAFE_NO_PAD.decode(payload).expect("base64url"));
}

#[tokio::test]
async fn a_check_without_its_carriers_is_a_500_and_never_a_decision() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let token = format!("Bearer {}", pool.access_token("ada").scope("orders/read").sign());
    let original = ["x-original-method", "x-original-uri"];
    let forwarded = ["x-forwarded-method", "x-forwarded-uri"];
    for (proxy, own, foreign) in [
        (Proxy::Nginx, original, forwarded),
        (Proxy::Haproxy, original, forwarded),
        (Proxy::Caddy, forwarded, original),
        (Proxy::Traefik, forwarded, original),
    ] {
        let checks = ForwardAuth::new(layer(&pool, &clock).authorizer(), proxy);
        let request = || Request::get("/health").header(AUTHORIZATION, &token);
        // The path of the check itself and the headers of other proxies open nothing.
        let foreign = request().header(foreign[0], "GET").header(foreign[1], "/health");
        for (what, check) in [
            ("no carrier", request()),
            ("the carriers of another proxy", foreign),
            ("no method", request().header(own[1], "/health")),
            ("no path", request().header(own[0], "GET")),
            (
                "two paths",
                request().header(own[0], "GET").header(own[1], "/orders").header(own[1], "/health"),
            ),
        ] {
            let answer = ask(&checks, check).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{proxy}: {what}");
        }
        let complete = request().header(own[0], "GET").header(own[1], "/health");
        assert_eq!(ask(&checks, complete).await.status, StatusCode::OK, "{proxy}");
    }
    for proxy in [Proxy::Envoy, Proxy::GatewayApi] {
        let checks = ForwardAuth::new(layer(&pool, &clock).authorizer(), proxy).path_prefix("/check");
        let spoofed = Request::get("/check/orders").header("x-original-uri", "/health");
        assert_eq!(ask(&checks, spoofed).await.status, StatusCode::UNAUTHORIZED, "{proxy}");
        assert_eq!(
            ask(&checks, Request::get("/health")).await.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{proxy}"
        );
        assert_eq!(ask(&checks, Request::get("/check/health")).await.status, StatusCode::OK, "{proxy}");
    }
}

#[tokio::test]
async fn a_preflight_is_recognised_by_the_headers_of_the_original_request() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let options = || check("OPTIONS", "/orders");
    let preflight =
        options().header("origin", "https://app.example").header("access-control-request-method", "POST");
    assert_eq!(ask(&checks, preflight).await.status, StatusCode::OK);
    assert_ne!(ask(&checks, options()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_next_check_is_decided_by_the_replaced_authorizer() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let clone = checks.clone();
    assert_eq!(ask(&checks, check("GET", "/new")).await.status, StatusCode::NOT_FOUND);
    let table = rows().open("GET /new").build().expect("the rows are valid");
    let new =
        cognito_authorizer::CognitoAuthLayer::builder(cognito_authorizer::UserPool::new(POOL).any_client())
            .routes(table);
    let new = new.with_keys([(POOL, keys(&pool))]).expect("the settings are valid");
    checks.set_authorizer(new.authorizer());
    assert_eq!(ask(&clone, check("GET", "/new")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_is_a_tower_service_for_any_body() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let request = check("GET", "/health").body("a body").expect("a request");
    let Ok(response) = checks.oneshot(request).await;
    assert_eq!(Answer::of(response).await.status, StatusCode::OK);
}

/// What is logged, until it is dropped.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// While there is only one subscriber, `tracing` asks the thread that first logs an event whether it is wanted, and caches the answer for all
/// threads. The thread of another test has no subscriber and would answer no.
static SECOND_SUBSCRIBER: LazyLock<tracing::Dispatch> =
    LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));

#[tokio::test]
async fn missing_carriers_are_one_log_line_that_says_what_to_do_and_has_no_token() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = nginx(&layer(&pool, &clock));
    let (log, token) = (Log::default(), pool.access_token("ada").sign());
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    LazyLock::force(&SECOND_SUBSCRIBER);
    let logging = tracing::subscriber::set_default(subscriber);
    for _ in 0..100 {
        let bare =
            Request::get(format!("/check?token={token}")).header(AUTHORIZATION, format!("Bearer {token}"));
        assert_eq!(ask(&checks, bare).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    drop(logging);
    let log = String::from_utf8(log.0.lock().expect("a lock").clone()).expect("text");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("ERROR") && log.contains("x-original-uri"), "{log}");
    assert!(log.contains("serve --print-config nginx") && !log.contains(&token[..20]), "{log}");
}

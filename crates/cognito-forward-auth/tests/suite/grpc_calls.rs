//! Checks about gRPC calls. The protocol of a call answers with 200 and a `grpc-status`, but a proxy takes 200 for permission, so an
//! answer has the HTTP status of any other refusal.

use std::time::Duration;

use cognito_forward_auth::{ForwardAuth, Proxy, WhenUnavailable};
use http::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};

use super::{
    support::{Answer, POOL, ask, builder, check, clock, keys, layer, nginx, pool},
    unavailable::{HeldKeys, lazy, pool_now},
};

/// Content types that are gRPC's, and others that are not.
const CONTENT_TYPES: [&str; 16] = [
    "application/grpc",
    "Application/gRPC",
    "application/grpc+proto",
    "application/grpc+JSON",
    "application/grpc+thrift",
    "application/grpc+proto+x",
    "application/grpc ; charset=utf-8",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text+x",
    "application/grpcweb",
    "application/grpc-",
    "application/grpc+",
    "application/grpc, text/html",
    "application/json",
    "",
];

/// What a client of gRPC reads: the content type, `grpc-status` and whether there is a body.
fn form(answer: &Answer) -> (Option<&str>, Option<&str>, bool) {
    (answer.header("content-type"), answer.header("grpc-status"), answer.body.is_empty())
}

#[tokio::test]
async fn a_refused_call_never_looks_allowed_to_a_proxy() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let layer = builder(&clock).with_keys([(POOL, keys(&pool))]).expect("the settings are valid");
    for proxy in [Proxy::Nginx, Proxy::Caddy, Proxy::Traefik, Proxy::Haproxy, Proxy::Envoy, Proxy::GatewayApi]
    {
        let checks = ForwardAuth::new(layer.authorizer(), proxy);
        for content_type in ["application/grpc", "application/grpc+proto", "application/grpc-web"] {
            let check = Request::post("/orders")
                .header("x-original-method", "POST")
                .header("x-original-uri", "/orders")
                .header("x-forwarded-method", "POST")
                .header("x-forwarded-uri", "/orders")
                .header(CONTENT_TYPE, content_type);
            let answer = ask(&checks, check).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{proxy} {content_type}");
            // For the proxies that pass the answer on: their clients read this, and no body.
            assert_eq!(answer.header("grpc-status"), Some("16"), "{proxy} {content_type}");
            assert_eq!(answer.header("content-type"), Some(content_type), "{proxy}");
            assert_eq!(answer.body, "", "{proxy} {content_type}");
        }
    }
}

/// Envoy makes a gRPC response of it: it keeps a `grpc-status` that is there, and sets the status to 200.
#[cfg(feature = "grpc")]
#[tokio::test]
async fn envoy_gets_the_status_of_both_protocols() {
    use cognito_forward_auth::ExtAuthz;
    use envoy_types::pb::envoy::service::auth::v3::check_response::HttpResponse;

    use super::{
        grpc::{check, original},
        support::nginx,
    };

    let clock = clock();
    let pool = pool(POOL, &clock);
    let layer = builder(&clock).with_keys([(POOL, keys(&pool))]).expect("the settings are valid");
    let service = ExtAuthz::new(nginx(&layer));
    let call = original("POST", "/orders", &[("content-type", "application/grpc")]);
    let Some(HttpResponse::DeniedResponse(denied)) = check(&service, call).await.http_response else {
        panic!("it is refused")
    };
    assert_eq!(denied.status.map(|status| status.code), Some(401));
    assert_eq!(denied.body, "");
    let headers = denied.headers.iter().filter_map(|option| option.header.as_ref());
    let found = headers.filter(|header| header.key == "grpc-status").map(|header| &*header.value);
    assert_eq!(found.collect::<Vec<_>>(), ["16"]);
}

/// The layer and this crate must agree on what a call is, or a client would get a form that it cannot read.
#[tokio::test]
async fn an_answer_of_our_own_has_the_form_of_the_layers_refusal() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let refusing = nginx(&layer(&pool, &clock));
    let token = format!("Bearer {}", pool_now().access_token("ada").scope("orders/write").sign());
    let server = HeldKeys::serve(String::new()).await;
    let hanging =
        ForwardAuth::new(lazy(&server.url).authorizer(), Proxy::Nginx).timeout(Duration::from_millis(1));
    for (method, content_types) in
        [("POST", &CONTENT_TYPES[..]), ("GET", &["application/grpc"]), ("PUT", &["application/grpc"])]
    {
        for content_type in content_types {
            let call = |path| check(method, path).header(CONTENT_TYPE, *content_type);
            let refused = ask(&refusing, call("/me").header(AUTHORIZATION, "Bearer a.b.c")).await;
            let (expected, status, is_empty) = form(&refused);
            let what = format!("{method} {content_type:?}");
            let bad = ask(&refusing, call("*")).await;
            assert_eq!(bad.status, StatusCode::BAD_REQUEST, "{what}");
            assert_eq!(form(&bad), (expected, status.map(|_| "12"), is_empty), "{what}, no path");
            let late = ask(&hanging, call("/orders").header(AUTHORIZATION, &token)).await;
            if method == "POST" {
                assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
                assert_eq!(late.header("retry-after"), Some("1"), "{what}");
                assert_eq!(form(&late), (expected, status.map(|_| "14"), is_empty), "{what}, time-out");
            }
        }
    }
    let several = check("POST", "*").header(CONTENT_TYPE, "application/grpc").header(CONTENT_TYPE, "a/b");
    assert_eq!(ask(&refusing, several).await.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_call_that_times_out_is_unavailable_with_any_status() {
    let pool = pool_now();
    let token = format!("Bearer {}", pool.access_token("ada").scope("orders/write").sign());
    let server = HeldKeys::serve(String::new()).await;
    let checks = ForwardAuth::new(lazy(&server.url).authorizer(), Proxy::Envoy)
        .timeout(Duration::from_millis(1))
        .when_unavailable(WhenUnavailable::Forbidden);
    let call = Request::post("/orders").header(CONTENT_TYPE, "application/grpc").header(AUTHORIZATION, token);
    let answer = ask(&checks, call).await;
    assert_eq!((answer.status, answer.header("grpc-status")), (StatusCode::FORBIDDEN, Some("14")));
    // A mistake in the proxy's configuration.
    let misplaced = Request::post("/orders").header(CONTENT_TYPE, "application/grpc");
    let answer = ask(&checks.clone().path_prefix("/check"), misplaced).await;
    assert_eq!((answer.status, answer.header("grpc-status")), (StatusCode::FORBIDDEN, Some("13")));
}

/// However Envoy sends the headers.
#[cfg(feature = "grpc")]
#[tokio::test]
async fn a_call_without_a_path_is_denied_in_its_own_form() {
    use cognito_forward_auth::ExtAuthz;
    use envoy_types::pb::envoy::{
        config::core::v3::{HeaderMap as RawHeaders, HeaderValue as RawHeader},
        service::auth::v3::{attribute_context::HttpRequest, check_response::HttpResponse},
    };

    use super::grpc;

    let clock = clock();
    let pool = pool(POOL, &clock);
    let service = ExtAuthz::new(nginx(&layer(&pool, &clock)));
    let raw = |name: &str, value: &str| RawHeader {
        key: name.into(),
        raw_value: value.into(),
        ..RawHeader::default()
    };
    let bare = |headers: Vec<RawHeader>| {
        grpc::message(HttpRequest {
            method: "POST".into(),
            path: "*".into(),
            header_map: Some(RawHeaders { headers }),
            ..HttpRequest::default()
        })
    };
    let text =
        RawHeader { key: "content-type".into(), value: "application/grpc".into(), ..RawHeader::default() };
    for (what, message, expected) in [
        ("joined", grpc::original("POST", "*", &[("content-type", "application/grpc")]), Some("12")),
        ("bytes", bare(vec![raw("content-type", "application/grpc")]), Some("12")),
        ("text", bare(vec![text]), Some("12")),
        ("two", bare(vec![raw("content-type", "application/grpc"), raw("content-type", "a/b")]), None),
        ("another name", bare(vec![raw("x-type", "application/grpc")]), None),
        ("another method", grpc::original("GET", "*", &[("content-type", "application/grpc")]), None),
        ("a bad header", bare(vec![raw("content-type", "application/grpc"), raw("a b", "")]), Some("12")),
    ] {
        let Some(HttpResponse::DeniedResponse(denied)) = grpc::check(&service, message).await.http_response
        else {
            panic!("{what} is refused")
        };
        assert_eq!(denied.status.map(|status| status.code), Some(400), "{what}");
        let headers = denied.headers.iter().filter_map(|option| option.header.as_ref());
        let found = headers.filter(|header| header.key == "grpc-status").map(|header| &*header.value);
        assert_eq!(found.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(denied.body.is_empty(), expected.is_some(), "{what}");
    }
}

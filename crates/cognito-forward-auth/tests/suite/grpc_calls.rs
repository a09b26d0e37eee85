//! Checks about gRPC calls. The protocol of a call answers with 200 and a `grpc-status`, but a proxy takes 200 for permission, so an
//! answer has the HTTP status of any other refusal.

use cognito_forward_auth::{ForwardAuth, Proxy};
use http::{Request, StatusCode, header::CONTENT_TYPE};

use super::support::{POOL, ask, builder, clock, keys, pool};

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

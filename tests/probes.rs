//! The answers to a readiness probe.

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::CognitoAuthLayer;
use http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{POOL, PoolSettings, builder, clock, keys, pool};

async fn probe(auth: &CognitoAuthLayer) -> (u16, String, String) {
    let router: Router = Router::new()
        .route("/orders", get(async || "the orders"))
        .route_layer(auth.clone())
        .route("/readyz", get(auth.readiness()));
    let request = Request::get("/readyz").body(Body::empty()).expect("a request");
    let (head, body) = router.oneshot(request).await.expect("an answer").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let cache_control = head.headers[header::CACHE_CONTROL].to_str().expect("text").to_owned();
    (head.status.as_u16(), String::from_utf8_lossy(&body).into_owned(), cache_control)
}

#[tokio::test]
async fn a_service_is_ready_while_every_pool_has_keys() {
    let pool = pool(&clock());
    let auth = builder(&clock()).with_keys([(POOL, keys(&pool))]).expect("a layer");
    assert_eq!(probe(&auth).await, (200, "ready\n".to_owned(), "no-store".to_owned()));

    let lazy = builder(&clock()).jwks_url("http://127.0.0.1:1/jwks.json").connect_lazy().expect("a layer");
    lazy.refresh().await;
    assert_eq!(probe(&lazy).await, (503, "not ready\n".to_owned(), "no-store".to_owned()));
}

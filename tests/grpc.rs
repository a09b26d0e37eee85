//! Refusals of gRPC calls: in gRPC's own form, whatever the profile. The example `grpc` has real clients.

use axum::{
    Router,
    body::{Body, HttpBody as _},
    routing::post,
};
use cognito_authorizer::{
    CognitoAuthLayer, Profile, ProfileSettings, Refusal, RequireScope, RestApi, RouteTable,
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    keys::Jwks,
    scope, scopes,
};
use cognito_local_pool::LocalPool;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{POOL, PoolSettings, bearer, builder, clock, keys, pool, served};

scopes! { pub(crate) ReadOrders = "orders/read"; }

const PROFILES: [Profile; 3] = [Profile::Standard, Profile::RestApi, Profile::HttpApi];

fn layer(pool: &LocalPool, profile: impl Into<ProfileSettings>) -> CognitoAuthLayer {
    let table = RouteTable::builder()
        .require("POST /orders.v1.Orders/Get", scope("orders/read"))
        .refuse("POST /orders.v1.Orders/Drop")
        .build()
        .expect("a table");
    let builder = builder(&clock()).profile(profile).routes(table);
    builder.with_keys([(POOL, keys(pool))]).expect("a layer")
}

fn call(method: &str, authorization: &str) -> Request<Body> {
    let request = Request::post(format!("/orders.v1.Orders/{method}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::AUTHORIZATION, authorization);
    request.body(Body::empty()).expect("a request")
}

/// `grpc-status`, after the HTTP status if that is not 200.
fn status_of<B>(response: &Response<B>) -> String {
    let header = |name| response.headers().get(name).map_or("", |value| value.to_str().expect("text"));
    match response.status() {
        StatusCode::OK => header("grpc-status").to_owned(),
        status => format!("{} {}", status.as_u16(), header("grpc-status")),
    }
}

#[tokio::test]
async fn every_profile_refuses_a_call_in_the_form_of_grpc() {
    let pool = pool(&clock());
    let token = |scope| bearer(pool.access_token("ada").scope(scope).sign());
    let expired = bearer(pool.access_token("ada").scope("orders/read").expired().sign());
    for profile in PROFILES {
        let auth = layer(&pool, profile);
        for (method, authorization, by_layer, message) in [
            ("Get", "", "16", "the call needs an access token"),
            ("Get", "Basic dXNlcjpwYXNz", "16", "the call needs an access token"),
            ("Get", "Bearer a.b.c d.e.f", "16", "the request must carry exactly one token"),
            ("Get", &expired, "16", "the token has expired"),
            ("Get", &token("orders/write"), "7", "the token does not permit this call"),
            ("Drop", &token("orders/read"), "7", "the service does not permit this call"),
            ("Nothing", &token("orders/read"), "12", "there is no such method"),
        ] {
            let response = tower::Layer::layer(&auth, served()).oneshot(call(method, authorization)).await;
            let response = response.expect("an answer");
            assert_eq!(status_of(&response), by_layer, "{profile:?} {method}");
            assert_eq!(response.headers()["grpc-message"], message, "{profile:?} {method}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/grpc");
            assert!(response.extensions().get::<Refusal>().is_some());
            // Trailers-only: the response ends with its headers.
            assert!(response.body().is_end_stream());
            assert!(response.into_body().collect().await.expect("a body").to_bytes().is_empty());
        }
        let good = call("Get", &token("orders/read"));
        let response = tower::Layer::layer(&auth, served()).oneshot(good).await.expect("an answer");
        assert_eq!((response.status().as_u16(), status_of(&response)), (200, String::new()));
    }
}

/// Any other status would tell clients that their token is bad.
#[tokio::test]
async fn keys_out_of_reach_are_unavailable_in_every_profile() {
    let pool = pool(&clock());
    let token = bearer(pool.access_token("ada").scope("orders/read").sign());
    for profile in PROFILES {
        let settings = builder(&clock()).profile(profile).jwks_url("http://127.0.0.1:1/jwks.json");
        let auth = settings.keys(Jwks::https()).connect_lazy().expect("a layer");
        auth.refresh().await;
        let response = tower::Layer::layer(&auth, served()).oneshot(call("Get", &token)).await;
        let response = response.expect("an answer");
        assert_eq!(status_of(&response), "14", "{profile:?}");
        assert_eq!(
            response.headers().contains_key(header::RETRY_AFTER),
            profile == Profile::Standard,
            "the profile's own headers are metadata"
        );
    }
}

/// A proxy treats 200 as permission.
#[tokio::test]
async fn what_is_passed_on_has_the_http_status_of_a_refusal() {
    let pool = pool(&clock());
    for (profile, scope_status) in
        [(Profile::Standard, "403 7"), (Profile::RestApi, "401 7"), (Profile::HttpApi, "403 7")]
    {
        let authorizer = layer(&pool, profile).authorizer();
        let token = bearer(pool.access_token("ada").sign());
        for (authorization, expected) in [("", "401 16"), (&*token, scope_status)] {
            let (parts, _) = call("Get", authorization).into_parts();
            let refused = authorizer.authorize(&parts).await.expect_err("a refusal");
            assert_eq!(status_of(refused.response()), expected, "{profile:?}");
            let explained = authorizer.explain(&parts).await;
            assert_eq!(status_of(explained.outcome().expect_err("a refusal").response()), expected);
        }
    }
}

#[tokio::test]
async fn an_extractor_refuses_a_call_in_the_form_of_grpc() {
    let pool = pool(&clock());
    let get = async |_: RequireScope<ReadOrders>| "an order";
    let open = post(get);
    let auth = builder(&clock()).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let router: Router = Router::new()
        .route("/orders.v1.Orders/Get", post(get))
        .route_layer(auth)
        .route("/orders.v1.Orders/Open", open);
    let token = bearer(pool.access_token("ada").scope("orders/write").sign());
    for (method, expected) in [("Get", "7"), ("Open", "13")] {
        let response = router.clone().oneshot(call(method, &token)).await.expect("an answer");
        assert_eq!(status_of(&response), expected, "{method}");
        assert!(response.body().is_end_stream(), "{method}");
    }
}

/// Any client can send this content type, and a cache may store a 200 for a `GET` request.
#[tokio::test]
async fn only_a_post_request_is_answered_as_a_grpc_call() {
    let pool = pool(&clock());
    let auth = builder(&clock()).with_keys([(POOL, keys(&pool))]).expect("a layer");
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let mut request = call("Get", "");
        *request.method_mut() = method.clone();
        let response = tower::Layer::layer(&auth, served()).oneshot(request).await.expect("an answer");
        assert_eq!(status_of(&response), "401 ", "{method}");
    }
    let mut request = call("Get", "");
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().expect("a value"));
    let response = tower::Layer::layer(&auth, served()).oneshot(request).await.expect("an answer");
    assert_eq!(status_of(&response), "401 ");
}

/// API Gateway has them for REST APIs, which have no gRPC.
#[tokio::test]
async fn gateway_responses_do_not_apply_to_grpc_calls() {
    let pool = pool(&clock());
    let html = GatewayResponse::new().template("text/html", "<p>no</p>");
    let responses = GatewayResponses::new().response(ResponseType::Unauthorized, html);
    let auth = layer(&pool, RestApi::new().gateway_responses(responses));
    let response = tower::Layer::layer(&auth, served()).oneshot(call("Get", "")).await.expect("an answer");
    assert_eq!(status_of(&response), "16");
    assert!(response.body().is_end_stream());
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/grpc");
}

/// gRPC-Web requires the content type of the request.
#[tokio::test]
async fn a_grpc_web_call_gets_the_content_type_that_it_sent() {
    let pool = pool(&clock());
    let auth = layer(&pool, Profile::Standard);
    for content_type in ["application/grpc-web+proto", "application/grpc-web-text"] {
        let mut request = call("Get", "");
        request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().expect("a value"));
        let response = tower::Layer::layer(&auth, served()).oneshot(request).await.expect("an answer");
        assert_eq!(status_of(&response), "16");
        assert_eq!(response.headers()[header::CONTENT_TYPE], content_type);
    }
}

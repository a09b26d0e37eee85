//! The header with the token is marked as sensitive before the inner service is called, so that no inner layer prints it.

use std::convert::Infallible;

use axum::body::Body;
use cognito_authorizer::{CognitoAuthLayer, Revocation, RouteTable, Standard, scope};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{AlwaysInForce, POOL, bearer, builder, clock, keys, pool};

/// Whether each of these values is sensitive when it reaches the inner service.
async fn seen(auth: &CognitoAuthLayer, path: &str, headers: &[(&'static str, &str)]) -> Vec<bool> {
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a value"));
    }
    let inner = service_fn(async |request: Request<Body>| {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(request.headers().clone());
        Ok::<_, Infallible>(response)
    });
    let response = auth.layer(inner).oneshot(request).await.expect("an answer");
    let seen: &HeaderMap = response.extensions().get().expect("the request was let in");
    headers
        .iter()
        .map(|(name, sent)| {
            let mut values = seen.get_all(*name).iter();
            values.find(|value| value == sent).expect("headers are not changed").is_sensitive()
        })
        .collect()
}

#[tokio::test]
async fn the_header_of_the_token_is_sensitive_and_no_other() {
    let pool = pool(&clock());
    let token = pool.access_token("ada").scope("orders/read").sign();
    let (authorization, keys) = (bearer(&token), || [(POOL, keys(&pool))]);
    let auth = builder(&clock()).with_keys(keys()).expect("a layer");
    let headers = [("authorization", &*authorization), ("x-token", &token), ("accept", "*/*")];
    assert_eq!(seen(&auth, "/", &headers).await, [true, false, false]);

    let other = Standard::new().identity_source("method.request.header.X-Token");
    let auth = builder(&clock()).profile(other).with_keys(keys()).expect("a layer");
    assert_eq!(seen(&auth, "/", &headers).await, [false, true, false]);

    // The decision waits for the revocation check.
    let auth =
        builder(&clock()).revocation(Revocation::check(AlwaysInForce)).with_keys(keys()).expect("a layer");
    assert_eq!(seen(&auth, "/", &headers).await, [true, false, false]);
}

#[tokio::test]
async fn a_header_that_is_not_read_is_sensitive_too() {
    let pool = pool(&clock());
    let table = RouteTable::builder().open("GET /health").require("GET /", scope("orders/read")).build();
    let auth = builder(&clock()).routes(table.expect("a table"));
    let auth = auth.with_keys([(POOL, keys(&pool))]).expect("a layer");
    let headers =
        [("authorization", "Basic dXNlcjpwYXNz"), ("authorization", "Bearer a.b.c"), ("accept", "*/*")];
    assert_eq!(seen(&auth, "/health", &headers).await, [true, true, false]);
}

/// A `HeaderMap` has room for 24,576 names; reserving more is an error.
#[tokio::test]
async fn credentials_are_sensitive_in_a_full_header_map_too() {
    let pool = pool(&clock());
    let table = RouteTable::builder().open("GET /health").build().expect("a table");
    let auth = builder(&clock()).routes(table).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let mut request = Request::get("/health").body(Body::empty()).expect("a request");
    let headers = request.headers_mut();
    for value in ["Basic dXNlcjpwYXNz", "Bearer a.b.c"] {
        headers.append("authorization", HeaderValue::from_static(value));
    }
    let name = |number: u32| format!("x-{number}").parse::<HeaderName>().expect("a name");
    let added = (0..).take_while(|number| headers.try_insert(name(*number), HeaderValue::from(0)).is_ok());
    assert!(added.count() > 20_000);
    let inner = service_fn(async |request: Request<Body>| {
        let values = request.headers().get_all("authorization").iter();
        assert!(values.map(HeaderValue::is_sensitive).eq([true, true]));
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    assert_eq!(auth.layer(inner).oneshot(request).await.expect("an answer").status(), 200);
}

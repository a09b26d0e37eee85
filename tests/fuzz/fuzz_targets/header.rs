//! `Authorization` headers, one in each line, sent through the layer: every answer is 401, and the handler is never called.
#![no_main]

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use cognito_authorizer::{CognitoAuth, CognitoAuthLayer, KeySet, UserPool};
use cognito_local_pool::LocalPool;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use libfuzzer_sys::fuzz_target;
use tower::{Layer, Service, ServiceExt, service_fn};

type Inner = fn(Request<()>) -> std::future::Ready<Result<Response<String>, Infallible>>;

static API: LazyLock<CognitoAuth<tower::util::ServiceFn<Inner>>> = LazyLock::new(|| {
    let pool = LocalPool::builder("ap-south-1_abcdefghi").key_id("k").build().unwrap();
    let builder = CognitoAuthLayer::builder(UserPool::new("ap-south-1_abcdefghi").any_client());
    let layer = builder.with_keys([(pool.id(), KeySet::from_json(pool.jwks().as_bytes()).unwrap())]).unwrap();
    layer.layer(service_fn(|_| panic!("an unsigned token was let in")))
});

fuzz_target!(|data: &[u8]| {
    let mut request = Request::new(());
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        request.headers_mut().append(AUTHORIZATION, value);
    }
    let mut api = API.clone();
    let ready = pin!(api.ready());
    let Poll::Ready(Ok(api)) = ready.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it is always ready")
    };
    let answer = pin!(api.call(request));
    // The keys are supplied, so no request waits.
    let Poll::Ready(Ok(response)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits")
    };
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains("=\"") && challenge.len() < 200);
});

//! The types of `cognito-forward-auth`.

use cognito_forward_auth::{
    AnswerBody, ClaimsHeader, ExtAuthz, ForwardAuth, Metadata, Proxy, UnknownProxy, WhenUnavailable,
};
use http::{Request, Response, header::AUTHORIZATION};
use tower::Service;

use super::Scene;
use crate::support;

#[tokio::test]
async fn no_type_of_forward_auth_tells_a_token_its_claims_or_a_secret() {
    let scene = Scene::new();
    let mut looked = scene.look_at("cognito-forward-auth");
    let auth =
        support::builder(&scene.clock).with_keys([(support::POOL, scene.keys.clone())]).expect("a layer");
    let mut checks = ForwardAuth::new(auth.authorizer(), Proxy::Nginx).claims_header(ClaimsHeader::Base64Url);
    looked.at(&checks);
    looked.at_each([
        Proxy::Nginx,
        Proxy::Caddy,
        Proxy::Traefik,
        Proxy::Haproxy,
        Proxy::Envoy,
        Proxy::GatewayApi,
    ]);
    looked.at_each([ClaimsHeader::Empty, ClaimsHeader::Base64Url]);
    looked.at_each([WhenUnavailable::ServiceUnavailable, WhenUnavailable::Forbidden]);
    looked.at_each([Metadata::Empty, Metadata::Claims]);
    looked.at::<UnknownProxy>(&"apache".parse::<Proxy>().expect_err("not a proxy"));

    let check = Request::get("/check")
        .header("x-original-method", "GET")
        .header("x-original-uri", format!("/?token={}", scene.access))
        .header(AUTHORIZATION, support::bearer(&scene.access));
    let answer = checks.call(check.body(()).expect("a request"));
    looked.at(&answer);
    let Ok(response) = answer.await;
    assert_eq!(response.status(), 200);
    looked.at::<AnswerBody>(response.body());

    let mut service = ExtAuthz::with(checks, Metadata::Claims);
    looked.at(&service);
    let call = Request::post(ExtAuthz::PATH).header("content-type", "application/grpc");
    let call = call.body(http_body_util::Empty::<axum::body::Bytes>::new()).expect("a request");
    let answer = service.call(call);
    looked.at(&answer);
    let Ok(response) = answer.await;
    let response: Response<_> = response;
    looked.at(response.body());
    looked.at_all();
}

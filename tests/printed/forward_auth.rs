//! The types of `cognito-forward-auth`.

use cognito_forward_auth::{
    AnswerBody, ClaimsHeader, ExtAuthz, ForwardAuth, Metadata, Proxy, UnknownProxy, WhenUnavailable,
};
use http::{Request, Response, header::AUTHORIZATION};
use tower::Service;

use super::Scene;
use crate::support;

#[tokio::test]
async fn no_type_of_forward_auth_prints_a_token_its_claims_or_a_secret() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("cognito-forward-auth");
    let auth =
        support::builder(&scene.clock).with_keys([(support::POOL, scene.keys.clone())]).expect("a layer");
    let mut checks = ForwardAuth::new(auth.authorizer(), Proxy::Nginx).claims_header(ClaimsHeader::Base64Url);
    printer.print(&checks);
    printer.print_each([
        Proxy::Nginx,
        Proxy::Caddy,
        Proxy::Traefik,
        Proxy::Haproxy,
        Proxy::Envoy,
        Proxy::GatewayApi,
    ]);
    printer.print_each([ClaimsHeader::Empty, ClaimsHeader::Base64Url]);
    printer.print_each([WhenUnavailable::ServiceUnavailable, WhenUnavailable::Forbidden]);
    printer.print_each([Metadata::Empty, Metadata::Claims]);
    printer.print::<UnknownProxy>(&"apache".parse::<Proxy>().expect_err("not a proxy"));

    let check = Request::get("/check")
        .header("x-original-method", "GET")
        .header("x-original-uri", format!("/?token={}", scene.access))
        .header(AUTHORIZATION, support::bearer(&scene.access));
    let answer = checks.call(check.body(()).expect("a request"));
    printer.print(&answer);
    let Ok(response) = answer.await;
    assert_eq!(response.status(), 200);
    printer.print::<AnswerBody>(response.body());

    let mut service = ExtAuthz::with(checks, Metadata::Claims);
    printer.print(&service);
    let call = Request::post(ExtAuthz::PATH).header("content-type", "application/grpc");
    let call = call.body(http_body_util::Empty::<axum::body::Bytes>::new()).expect("a request");
    let answer = service.call(call);
    printer.print(&answer);
    let Ok(response) = answer.await;
    let response: Response<_> = response;
    printer.print(response.body());
    printer.assert_all_printed();
}

//! Customised gateway responses, compared with those of ministack's API Gateway.

use cognito_authorizer::RestApi;
use cognito_authorizer::gateway::{GatewayResponse, GatewayResponses, ResponseType};
use expect_test::expect;
use http::HeaderName;
use serde_json::{Map, Value, json};

use super::{
    gateway::{Gateway, STAGE, backend, serve, table},
    peer::{Both, Differences, ROUTES, expired, get, rest, rest_api},
    scene::Scene,
};
use crate::support::{Answer, bearer};

/// A gateway response for both: type, status, headers, template.
type Customised = (ResponseType, Option<u16>, &'static [(&'static str, &'static str)], &'static str);

const CUSTOMISED: &[Customised] = &[
    (
        ResponseType::Unauthorized,
        None,
        &[
            ("Access-Control-Allow-Origin", "'*'"),
            ("X-Origin", "method.request.header.Origin"),
            ("X-Query", "method.request.querystring.q"),
            ("X-Absent", "method.request.header.X-Absent"),
            ("X-Id", "context.requestId"),
        ],
        concat!(
            r#"{"message":$context.error.messageString,"again":"$context.error.message","#,
            r#""type":"$context.error.responseType","route":"$context.resourcePath","#,
            r#""stage":"$context.stage","id":"$context.requestId"}"#
        ),
    ),
    (
        ResponseType::Default4xx,
        Some(418),
        &[("Access-Control-Allow-Origin", "method.request.header.Origin")],
        r#"{"because":$context.error.messageString,"type":"$context.error.responseType"}"#,
    ),
];

const CUSTOMISED_DIFFER: Differences = &[
    ("an expired ID token · GET /plain", "AWS has a message of its own for an expired token"),
    ("nobody · GET /nowhere", "in AWS, the status of DEFAULT_4XX applies to all 4XX"),
];

/// The customisation for ministack.
fn theirs() -> Vec<(&'static str, Value)> {
    let response = |(of, status, headers, template): &Customised| {
        let parameters: Map<String, Value> = headers
            .iter()
            .map(|(name, value)| (format!("gatewayresponse.header.{name}"), json!(value)))
            .collect();
        let mut response = json!({
            "responseParameters": parameters,
            "responseTemplates": {"application/json": template},
        });
        if let Some(status) = status {
            response["statusCode"] = status.to_string().into();
        }
        (of.name(), response)
    };
    CUSTOMISED.iter().map(response).collect()
}

/// The same for us.
fn ours() -> GatewayResponses {
    let add = |all: GatewayResponses, (of, status, headers, template): &Customised| {
        let new = GatewayResponse::new().template("application/json", *template);
        let new = status.iter().fold(new, |new, status| new.status(*status));
        all.response(*of, headers.iter().fold(new, |new, (name, value)| new.header(*name, *value)))
    };
    CUSTOMISED.iter().fold(GatewayResponses::new().stage(STAGE), add)
}

/// The answer with its customised headers. The id differs each time, and must be that of `x-amzn-RequestId`.
fn with_headers(answer: &Answer) -> String {
    let mut line = rest(answer);
    for name in ["access-control-allow-origin", "x-origin", "x-query", "x-absent", "x-id"] {
        if let Some(value) = answer.headers.get(name) {
            line += &format!(" {name}={}", value.to_str().expect("visible ASCII"));
        }
    }
    let id = answer.header(HeaderName::from_static("x-amzn-requestid"));
    if id.is_empty() { line } else { line.replace(id, "<id>") }
}

#[tokio::test]
async fn gateway_responses_are_those_of_ministacks_rest_api() {
    let scene = Scene::new().await;
    let auth = rest_api(&scene, RestApi::new().gateway_responses(ours())).routes(table(ROUTES));
    let auth = auth.connect().await.expect("ministack has the keys");
    let backend = backend().await;
    let gateway = Gateway::new();
    let theirs = gateway.deploy_rest_api(ROUTES, scene.pool.id(), &theirs(), &backend).await;
    let both = Both::new(serve(ROUTES, auth).await, theirs);
    let (expired_id, _) = expired(&scene).await;
    let cases = [
        get("nobody", "/plain", ""),
        get("nobody", "/plain?q=a%20b&q=c", ""),
        get("nobody", "/orders/7?q=", ""),
        get("garbage", "/scoped", bearer("garbage")),
        get("an expired ID token", "/plain", expired_id),
        get("an ID token", "/scoped", bearer(&scene.ada.id)),
        get("an ID token", "/plain", bearer(&scene.ada.id)),
        get("nobody", "/nowhere", ""),
        get("nobody", "/open", ""),
    ];
    both.compare(&cases, with_headers, CUSTOMISED_DIFFER, expect![[r#"
        nobody · GET /plain · 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/plain","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-id=<id>
        nobody · GET /plain?q=a%20b&q=c · 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/plain","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-query=a b x-id=<id>
        nobody · GET /orders/7?q= · 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/orders/{id}","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-query= x-id=<id>
        garbage · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/scoped","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-id=<id>
        an expired ID token · GET /plain · 401 UnauthorizedException {"message":"The incoming token has expired","again":"The incoming token has expired","type":"UNAUTHORIZED","route":"/plain","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-id=<id>
            ministack: 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/plain","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-id=<id>; AWS has a message of its own for an expired token
        an ID token · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized","again":"Unauthorized","type":"UNAUTHORIZED","route":"/scoped","stage":"prod","id":"<id>"} access-control-allow-origin=* x-origin=https://app.example x-id=<id>
        an ID token · GET /plain · 200 route 1
        nobody · GET /nowhere · 418 MissingAuthenticationTokenException {"because":"Missing Authentication Token","type":"MISSING_AUTHENTICATION_TOKEN"} access-control-allow-origin=https://app.example
            ministack: 403 MissingAuthenticationTokenException {"because":"Missing Authentication Token","type":"MISSING_AUTHENTICATION_TOKEN"} access-control-allow-origin=https://app.example; in AWS, the status of DEFAULT_4XX applies to all 4XX
        nobody · GET /open · 200 route 0
    "#]]).await;
}

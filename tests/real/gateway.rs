//! One API definition in two places: in ministack's emulation of API Gateway, and as a layer around an axum router.

use std::collections::HashMap;

use axum::{
    Router,
    extract::Path,
    routing::{MethodFilter, any, on},
};
use cognito_authorizer::{
    CognitoAuthLayer, Requirement, RouteTable, requirement::any_scope, routes::RouteTableBuilder,
};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::setting;
use crate::support::Api;

/// The stage of every deployment.
pub(super) const STAGE: &str = "prod";

/// A route of the definition: method, path in API Gateway's syntax, and rule.
pub(super) type Route = (&'static str, &'static str, Rule);

/// The rule of a route.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    Open,
    /// A token, with one of these scopes if there are any.
    Token(&'static [&'static str]),
}

impl Rule {
    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Open => &[],
            Self::Token(scopes) => scopes,
        }
    }
}

/// The definition as a route table.
pub(super) fn table(routes: &[Route]) -> RouteTable {
    let add = |table: RouteTableBuilder, (method, path, rule): &Route| {
        let key = format!("{method} {path}");
        match rule {
            Rule::Open => table.open(key),
            Rule::Token([]) => table.require(key, Requirement::nothing()),
            Rule::Token(scopes) => table.require(key, any_scope(scopes.iter().copied())),
        }
    };
    routes.iter().fold(RouteTable::builder(), add).build().expect("the routes hold")
}

/// The definition as a router behind the layer. Each handler answers with the index of its route.
pub(super) async fn serve(routes: &[Route], auth: CognitoAuthLayer) -> Api {
    let mut router = Router::new();
    for (index, (method, path, _)) in routes.iter().enumerate() {
        let path = path.replace("{proxy+}", "{*proxy}");
        let handler = move || async move { served(index) };
        let handler = match *method {
            "ANY" => any(handler),
            method => {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                on(MethodFilter::try_from(method).expect("a method of axum"), handler)
            }
        };
        router = router.route(&path, handler);
    }
    Api::serve(router.layer(auth)).await
}

fn served(route: usize) -> String {
    format!("route {route}")
}

/// The back end of ministack's APIs: `/2`, and all below it, answers as the handler of route 2 does.
pub(super) async fn backend() -> Api {
    let one = any(async |Path(route): Path<usize>| served(route));
    let below = any(async |Path((route, _)): Path<(usize, String)>| served(route));
    Api::serve(Router::new().route("/{route}", one).route("/{route}/{*below}", below)).await
}

/// ministack's API Gateway.
pub(super) struct Gateway {
    url: String,
    http: reqwest::Client,
}

impl Gateway {
    pub(super) fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { url: setting("MINISTACK_URL"), http }
    }

    /// A REST API with an authorizer of type `COGNITO_USER_POOLS`, and with these gateway responses. Returns its URL.
    pub(super) async fn deploy_rest_api(
        &self,
        routes: &[Route],
        pool_id: &str,
        responses: &[(&str, Value)],
        backend: &Api,
    ) -> String {
        let api = self.create("/restapis", json!({"name": "ci"}), "/id").await;
        let pool = format!("arn:aws:cognito-idp:ap-south-1:000000000000:userpool/{pool_id}");
        let settings = json!({
            "name": "ci",
            "type": "COGNITO_USER_POOLS",
            "providerARNs": [pool],
            "identitySource": "method.request.header.Authorization",
        });
        let authorizer = self.create(&format!("/restapis/{api}/authorizers"), settings, "/id").await;
        let resources = format!("/restapis/{api}/resources");
        let root = self.call(Method::GET, &resources, Value::Null).await;
        let mut known = HashMap::from([(String::new(), text(&root, "/item/0/id"))]);
        for (index, (method, path, rule)) in routes.iter().enumerate() {
            let (mut reached, mut resource) = (String::new(), known[""].clone());
            for segment in path.split('/').skip(1) {
                reached = format!("{reached}/{segment}");
                if !known.contains_key(&reached) {
                    let parent = format!("{resources}/{resource}");
                    let child = self.create(&parent, json!({"pathPart": segment}), "/id").await;
                    known.insert(reached.clone(), child);
                }
                resource.clone_from(&known[&reached]);
            }
            let settings = match rule {
                Rule::Open => json!({"authorizationType": "NONE"}),
                Rule::Token(_) => json!({
                    "authorizationType": "COGNITO_USER_POOLS",
                    "authorizerId": authorizer,
                    "authorizationScopes": rule.scopes(),
                }),
            };
            let served = format!("{resources}/{resource}/methods/{method}");
            self.call(Method::PUT, &served, settings).await;
            let uri = format!("{}/{index}", backend.url());
            let integration = json!({"type": "HTTP_PROXY", "httpMethod": method, "uri": uri});
            self.call(Method::PUT, &format!("{served}/integration"), integration).await;
        }
        for (response_type, response) in responses {
            let path = format!("/restapis/{api}/gatewayresponses/{response_type}");
            self.call(Method::PUT, &path, response.clone()).await;
        }
        self.create(&format!("/restapis/{api}/deployments"), json!({"stageName": STAGE}), "/id").await;
        self.invoke_url(&api)
    }

    /// An HTTP API with an authorizer of type `JWT`. Returns its URL.
    pub(super) async fn deploy_http_api(
        &self,
        routes: &[Route],
        issuer: &str,
        audience: &[&str],
        backend: &Api,
    ) -> String {
        let api = json!({"name": "ci", "protocolType": "HTTP"});
        let api = self.create("/v2/apis", api, "/apiId").await;
        let path = |part: &str| format!("/v2/apis/{api}/{part}");
        let settings = json!({
            "name": "ci",
            "authorizerType": "JWT",
            "identitySource": ["$request.header.Authorization"],
            "jwtConfiguration": {"issuer": issuer, "audience": audience},
        });
        let authorizer = self.create(&path("authorizers"), settings, "/authorizerId").await;
        for (index, (method, route, rule)) in routes.iter().enumerate() {
            let integration = json!({
                "integrationType": "HTTP_PROXY",
                "integrationMethod": method,
                "integrationUri": format!("{}/{index}", backend.url()),
            });
            let integration = self.create(&path("integrations"), integration, "/integrationId").await;
            let mut settings = json!({
                "routeKey": format!("{method} {route}"),
                "target": format!("integrations/{integration}"),
            });
            if let Rule::Token(scopes) = rule {
                settings["authorizationType"] = "JWT".into();
                settings["authorizerId"] = authorizer.as_str().into();
                settings["authorizationScopes"] = json!(scopes);
            }
            self.create(&path("routes"), settings, "/routeId").await;
        }
        self.create(&path("stages"), json!({"stageName": STAGE, "autoDeploy": true}), "/stageName").await;
        self.invoke_url(&api)
    }

    fn invoke_url(&self, api: &str) -> String {
        format!("{}/_aws/execute-api/{api}/{STAGE}", self.url)
    }

    /// Creates a resource. Returns its id, or another member.
    async fn create(&self, path: &str, settings: Value, id: &str) -> String {
        text(&self.call(Method::POST, path, settings).await, id)
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let what = format!("{method} {path}");
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        let response = request.send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let status = response.status();
        let body = response.text().await.expect("a body of text");
        assert!([StatusCode::OK, StatusCode::CREATED].contains(&status), "{what}: {status} {body}");
        serde_json::from_str(&body).expect("JSON")
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{answer} has no {pointer}")).to_owned()
}

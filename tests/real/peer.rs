//! Sends the same requests to our API and to ministack's, and compares the answers.

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, RestApi, UserPool, scope};
use expect_test::Expect;
use http::{HeaderName, Method, header};

use super::{
    gateway::{Route, Rule},
    scene::{API_SCOPE, Scene},
    until,
};
use crate::support::{Answer, Api, bearer};

/// The definition of both APIs.
pub(super) const ROUTES: &[Route] = &[
    ("GET", "/open", Rule::Open),
    ("GET", "/plain", Rule::Token(&[])),
    ("GET", "/scoped", Rule::Token(&[API_SCOPE, "orders/write"])),
    ("GET", "/orders/{id}", Rule::Token(&["orders/read"])),
    ("POST", "/orders/{id}", Rule::Token(&["orders/write"])),
    ("GET", "/orders/open", Rule::Open),
    ("ANY", "/files/{proxy+}", Rule::Open),
    ("POST", "/files/upload", Rule::Token(&[])),
];

/// The requests whose answers differ, and why: the rule of AWS that we follow, or a rule of ours.
pub(super) type Differences = &'static [(&'static str, &'static str)];

/// A request to both.
pub(super) struct Case {
    who: &'static str,
    method: Method,
    path: &'static str,
    authorization: String,
}

pub(super) fn get(who: &'static str, path: &'static str, authorization: impl Into<String>) -> Case {
    Case { who, method: Method::GET, path, authorization: authorization.into() }
}

impl Case {
    pub(super) fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }
}

/// Two addresses of one API.
pub(super) struct Both {
    ours: Api,
    theirs: String,
    client: reqwest::Client,
}

impl Both {
    pub(super) fn new(ours: Api, theirs: String) -> Self {
        Self { ours, theirs, client: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    async fn ask(&self, url: &str, case: &Case) -> Answer {
        let request = self.client.request(case.method.clone(), format!("{url}{}", case.path));
        let request = match &*case.authorization {
            "" => request,
            value => request.header(header::AUTHORIZATION, value),
        };
        let request = request.header(header::ORIGIN, "https://app.example");
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body of text") }
    }

    /// Compares a line for each case, with a second line if the answers differ.
    pub(super) async fn compare(
        &self,
        cases: &[Case],
        print: impl Fn(&Answer) -> String,
        differences: Differences,
        expected: Expect,
    ) {
        let (mut lines, mut found) = (String::new(), String::new());
        for case in cases {
            let ours = print(&self.ask(self.ours.url(), case).await);
            let theirs = print(&self.ask(&self.theirs, case).await);
            let request = format!("{} · {} {}", case.who, case.method, case.path);
            lines += &format!("{request} · {ours}\n");
            if ours != theirs {
                let why =
                    differences.iter().find(|(of, _)| *of == request).map_or("unexplained", |(_, why)| *why);
                lines += &format!("    ministack: {theirs}; {why}\n");
                found += &format!("{request}: {why}\n");
            }
        }
        let known: String = differences.iter().map(|(request, why)| format!("{request}: {why}\n")).collect();
        assert_eq!(found, known, "found and listed differences; all answers:\n{lines}");
        expected.assert_eq(&lines);
    }
}

/// Status, error type and body, byte for byte.
pub(super) fn rest(answer: &Answer) -> String {
    let error_type = answer.header(HeaderName::from_static("x-amzn-errortype"));
    let space = if error_type.is_empty() { "" } else { " " };
    format!("{}{space}{error_type} {}", answer.status.as_u16(), answer.body)
}

/// Tokens that have expired: an ID token, and an access token with the scope.
pub(super) async fn expired(scene: &Scene) -> (String, String) {
    let web = scene.pool.create_short_lived_public_client(1).await;
    let machine = scene.pool.create_short_lived_client(&[API_SCOPE], 1).await;
    let id = scene.pool.sign_in(&web, "ada").await.id;
    let access = scene.pool.machine_token(&machine).await;
    let router = axum::Router::new().fallback(async || "let in");
    let auth = rest_api(scene, RestApi::new()).connect().await.expect("ministack has the keys");
    let api = Api::serve(router.layer(auth.require(scope(API_SCOPE)).expect("a scope"))).await;
    let has_expired = async || api.get("/", &bearer(&access)).await.body.contains("expired");
    until("the expiry of the tokens", has_expired).await;
    (bearer(id), bearer(access))
}

/// As the authorizer of a REST API, which does not check the app client.
pub(super) fn rest_api(scene: &Scene, profile: RestApi) -> CognitoAuthBuilder {
    let pool = UserPool::new(scene.pool.id()).jwks_url(scene.pool.jwks_url()).any_client();
    CognitoAuthLayer::builder(pool).profile(profile)
}

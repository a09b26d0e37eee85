//! A pool, tokens and layers that the tests share.

use std::time::{Duration, UNIX_EPOCH};

use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, KeySet, Requirement, RouteTable, UnixTime,
    clock::{Clock, ManualClock},
    group,
    routes::RouteTableBuilder,
    scope,
};
use cognito_forward_auth::{AnswerBody, ForwardAuth, Proxy};
use cognito_local_pool::{AppClient, Clock as PoolClock, LocalPool, ResourceServer, User};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;

pub(super) const POOL: &str = "ap-south-1_abcdefghi";
pub(super) const CLIENT: &str = "4example23456789";

/// A clock that stays at 2026-01-01T00:00:00Z.
pub(super) fn clock() -> ManualClock {
    ManualClock::at(UnixTime::from_secs(1_767_225_600))
}

pub(super) fn pool(id: &str, clock: &ManualClock) -> LocalPool {
    let clock = clock.clone();
    let now =
        move || UNIX_EPOCH + Duration::from_millis(clock.now().as_millis().try_into().expect("after 1970"));
    LocalPool::builder(id)
        .clock(PoolClock::from_fn(now))
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(AppClient::public(CLIENT))
        .user(User::new("ada", "Correct-horse-1").group("ops"))
        .build()
        .expect("the pool's settings are valid")
}

pub(super) fn rows() -> RouteTableBuilder {
    RouteTable::builder()
        .open("GET /health")
        .open("GET /public/{proxy+}")
        .require("GET /me", Requirement::nothing())
        .require("GET /orders", scope("orders/read"))
        .require("POST /orders", scope("orders/write"))
        .require("ANY /orders/{id}", scope("orders/read"))
        .preflight("OPTIONS /orders")
        .require("ANY /admin/{proxy+}", scope("orders/read").and(group("ops")))
        .refuse("ANY /internal/{proxy+}")
}

pub(super) fn builder(clock: &ManualClock) -> CognitoAuthBuilder {
    let table = rows().build().expect("the rows are valid");
    CognitoAuthLayer::builder(POOL).client(CLIENT).clock(clock.clone()).routes(table)
}

pub(super) fn keys(pool: &LocalPool) -> KeySet {
    KeySet::from_json(pool.jwks().as_bytes()).expect("the pool's keys can be used")
}

pub(super) fn layer(pool: &LocalPool, clock: &ManualClock) -> CognitoAuthLayer {
    builder(clock).with_keys([(POOL, keys(pool))]).expect("the settings are valid")
}

/// A check as nginx sends it.
pub(super) fn check(method: &str, uri: &str) -> http::request::Builder {
    Request::get("/check").header("x-original-method", method).header("x-original-uri", uri)
}

pub(super) fn nginx(layer: &CognitoAuthLayer) -> ForwardAuth {
    ForwardAuth::new(layer.authorizer(), Proxy::Nginx)
}

/// Status, headers, and body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) async fn of(response: Response<AnswerBody>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Self::new(parts.status, &parts.headers, &body)
    }

    pub(super) fn new(status: StatusCode, headers: &http::HeaderMap, body: &[u8]) -> Self {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let mut headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
        headers.sort();
        Self { status, headers, body: text(body) }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| value.as_str())
    }
}

pub(super) async fn ask(checks: &ForwardAuth, check: http::request::Builder) -> Answer {
    Answer::of(checks.answer(check.body(()).expect("a request")).await).await
}

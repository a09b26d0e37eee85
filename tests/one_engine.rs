//! The layer, `authorize` and `explain` make the same decision: random requests with random settings get the same status, headers,
//! body and reason from each, and the failed step of the explanation is the one that the reason belongs to.
//!
//! `DECISION_REQUESTS` is how many requests are sent, 4,000 by default. 100,000 take some minutes:
//! `DECISION_REQUESTS=100000 cargo test -p cognito-tests --test suite one_engine -- --nocapture`.

use std::{cell::Cell, sync::LazyLock, time::Duration};

use axum::{Router, body::Body, extract::Request as AxumRequest};
use cognito_authorizer::{
    Accept, CognitoAuthBuilder, CognitoAuthLayer, HttpApi, KeySet, Limits, Profile, ProfileSettings, Refusal,
    Requirement, RestApi, Revocation, RevocationCheck, RouteRule, RouteTable, Standard, TokenUse, UserPool,
    Verified, any_of,
    explain::{Explanation, StepOutcome},
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    group,
    requirement::{COGNITO_ACR_LEVELS, acr_at_least, no_actor, signed_in_within},
    revocation::{RevocationError, RevocationFailure, RevocationStatus},
    scope, token_use,
};
use cognito_local_pool::{LocalPool, TokenBuilder};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL},
};
use http_body_util::BodyExt;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use tokio::runtime::Runtime;
use tower::{Layer, ServiceExt};

use crate::support::{self, CLIENT, POOL, PoolSettings, clock, pool_builder, pool_clock};

const REQUESTS_PER_LAYER: usize = 20;
/// Another pool, whose tokens some of the layers accept.
const OTHER: &str = "ap-south-1_another00";

/// The number of requests.
fn requests() -> usize {
    let number = std::env::var("DECISION_REQUESTS").ok();
    number.map_or(4_000, |text| text.parse().expect("DECISION_REQUESTS is a number"))
}

/// The pools, their keys, and tokens of all kinds.
struct World {
    keys: [KeySet; 2],
    tokens: Vec<String>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let clock = clock();
    let one = pool_builder(&clock).build().expect("a pool");
    let other = LocalPool::builder(OTHER).clock(pool_clock(&clock)).build().expect("a pool");
    World { keys: [&one, &other].map(support::keys), tokens: tokens(&one, &other) }
});

fn tokens(one: &LocalPool, other: &LocalPool) -> Vec<String> {
    let access = || one.access_token("ada");
    let id = || one.id_token("ada");
    let all: Vec<TokenBuilder> = vec![
        access().scope("r/a"),
        access().scope("r/a").scope("r/b").group("ops"),
        access().scope("r/b"),
        access(),
        access().scope("r/a").expired(),
        access().scope("r/a").claim("exp", "soon"),
        access().scope("r/a").claim("nbf", 4_000_000_000_u64),
        access().scope("r/a").claim("client_id", "another"),
        access().scope("r/a").claim("aud", "https://orders.example"),
        access().scope("r/a").claim("aud", CLIENT),
        access().scope("r/a").claim("aud", "https://orders.example").actor("proxy").acr("urn:cognito:loa:3"),
        access().scope("r/a").claim("cnf", serde_json::json!({ "jkt": "x" })),
        access().scope("r/a").claim("scp", serde_json::json!(["r/b"])),
        access().scope("r/a").issuer("https://evil.example"),
        access().scope("r/a").without_claim("client_id"),
        access().scope("r/a").without_claim("token_use"),
        access().scope("r/a").claim("token_use", "refresh"),
        access().scope("r/a").header("kid", "another"),
        access().scope("r/a").header("alg", "none"),
        access().scope("r/a").header("crit", serde_json::json!(["exp"])),
        access().scope("r/a").header("typ", "JWT"),
        access().scope("r/a").without_header("kid"),
        access().scope("r/a").forged(),
        access().raw_payload(b"[]".to_vec()),
        access().raw_payload(b"{\"iss\":1}".to_vec()),
        access().scope("r/a").claim("custom:long", "x".repeat(2_000)),
        id(),
        id().group("ops"),
        id().expired(),
        id().claim("aud", "another"),
        id().without_claim("sub"),
        one.machine_token(CLIENT).scope("r/a"),
        other.access_token("ada").client(CLIENT).scope("r/a"),
        other.id_token("ada").client(CLIENT),
    ];
    all.into_iter().map(TokenBuilder::sign).collect()
}

/// A list of revoked tokens, by its answer.
#[derive(Clone, Copy, Debug)]
enum List {
    InForce,
    Revoked,
    Fails(RevocationFailure),
}

impl RevocationCheck for List {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        match self {
            Self::InForce => Ok(RevocationStatus::InForce),
            Self::Revoked => Ok(RevocationStatus::Revoked),
            Self::Fails(_) => Err("no list".into()),
        }
    }
}

/// The settings of a layer.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each setting is drawn on its own")]
struct Settings {
    profile: Profile,
    accept: Option<Accept>,
    requirement: Requirement,
    rows: Option<Vec<(&'static str, RouteRule)>>,
    unmatched: RouteRule,
    passes_preflight: bool,
    lets_in_anonymous: bool,
    source: Option<&'static str>,
    expression: Option<&'static str>,
    list: Option<List>,
    remembers: bool,
    is_short: bool,
    has_realm: bool,
    has_responses: bool,
    has_two_pools: bool,
    has_resource: bool,
}

fn requirement() -> impl Strategy<Value = Requirement> {
    select(vec![
        Requirement::nothing(),
        Requirement::nothing(),
        scope("r/a"),
        scope("r/b"),
        group("ops"),
        scope("r/a").and(group("ops")),
        any_of([scope("r/a"), group("ops")]),
        token_use(TokenUse::Id),
        any_of([token_use(TokenUse::Id), scope("r/b")]),
        no_actor(),
        scope("r/a").and(acr_at_least("urn:cognito:loa:3", COGNITO_ACR_LEVELS)),
        signed_in_within(Duration::from_secs(60)),
    ])
}

fn rule() -> impl Strategy<Value = RouteRule> {
    prop_oneof![
        6 => requirement().prop_map(RouteRule::Require),
        1 => Just(RouteRule::Open),
        1 => Just(RouteRule::Optional),
        1 => Just(RouteRule::Refuse),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let keys = vec![
        "GET /orders",
        "ANY /orders",
        "GET /orders/{id}",
        "POST /orders",
        "OPTIONS /orders",
        "ANY /{proxy+}",
    ];
    let row = (select(keys), rule());
    let profile = select(vec![Profile::Standard, Profile::RestApi, Profile::HttpApi]);
    let accept = select(vec![None, None, Some(Accept::Access), Some(Accept::Id), Some(Accept::Either)]);
    let source = select(vec![
        None,
        None,
        Some("$request.header.x-token"),
        Some("$request.querystring.token"),
        Some("$request.cookie.token"),
        Some("$request.subprotocol.bearer"),
    ]);
    let expression = select(vec![None, None, Some(".*"), Some("another")]);
    let lists = vec![
        None,
        None,
        None,
        Some(List::InForce),
        Some(List::Revoked),
        Some(List::Fails(RevocationFailure::Refuse)),
        Some(List::Fails(RevocationFailure::LetIn)),
    ];
    let rules = (profile, accept, requirement(), proptest::option::of(vec(row, 0..5)), rule());
    let rare = prop::bool::weighted(0.2);
    let flags = (any::<[bool; 5]>(), prop::bool::weighted(0.1), rare, rare);
    (rules, source, expression, select(lists), flags).prop_map(
        |((profile, accept, requirement, rows, unmatched), source, expression, list, flags)| {
            let (
                [remembers, has_realm, has_responses, has_two_pools, has_resource],
                is_short,
                passes_preflight,
                lets_in_anonymous,
            ) = flags;
            Settings {
                profile,
                accept,
                requirement,
                rows,
                unmatched,
                passes_preflight,
                lets_in_anonymous,
                source: source.filter(|source| match profile {
                    Profile::RestApi => source.contains("header"),
                    Profile::HttpApi => source.contains("header") || source.contains("query"),
                    _ => true,
                }),
                expression: expression.filter(|_| profile == Profile::RestApi),
                list,
                remembers,
                is_short,
                has_realm: has_realm && profile == Profile::Standard,
                has_responses: has_responses && profile != Profile::HttpApi,
                has_two_pools,
                has_resource,
            }
        },
    )
}

impl Settings {
    /// The profile with its settings.
    fn profile(&self) -> ProfileSettings {
        let responses = self.has_responses.then(|| {
            let response = GatewayResponse::new()
                .template("text/plain", "$context.resourcePath $method.request.path.id")
                .header("x-type", "context.error.responseType");
            GatewayResponses::new().response(ResponseType::Default4xx, response)
        });
        match self.profile {
            Profile::RestApi => {
                let profile = self.source.into_iter().fold(RestApi::new(), RestApi::identity_source);
                let profile =
                    self.expression.into_iter().fold(profile, RestApi::identity_validation_expression);
                responses.into_iter().fold(profile, RestApi::gateway_responses).into()
            }
            Profile::HttpApi => self.source.into_iter().fold(HttpApi::new(), HttpApi::identity_source).into(),
            _ => {
                let profile = self.source.into_iter().fold(Standard::new(), Standard::identity_source);
                let profile = if self.has_realm { profile.realm("orders") } else { profile };
                responses.into_iter().fold(profile, Standard::gateway_responses).into()
            }
        }
    }

    /// The layer, unless the settings contradict each other.
    fn layer(&self) -> Option<CognitoAuthLayer> {
        let ttl = Duration::from_secs(if self.remembers { 300 } else { 0 });
        let mut builder = support::builder_with_result_ttl(&clock(), ttl).profile(self.profile());
        builder = builder.require(self.requirement.clone());
        builder = self.accept.into_iter().fold(builder, CognitoAuthBuilder::accept);
        if let Some(rows) = &self.rows {
            let table = RouteTable::builder().unmatched(self.unmatched.clone());
            let row = |key: &str| key.parse().expect("a key");
            let table = rows.iter().fold(table, |table, (key, rule)| table.row(row(key), rule.clone()));
            builder = builder.routes(table.build().ok()?);
        }
        if self.passes_preflight {
            builder = builder.pass_cors_preflight();
        }
        if let Some(list) = self.list {
            let check = Revocation::check(list);
            builder = builder.revocation(match list {
                List::Fails(failure) => check.on_failure(failure),
                _ => check,
            });
        }
        if self.is_short {
            builder = builder.limits(Limits::new().token_bytes(600));
        }
        if self.has_resource {
            builder = builder.resource("https://orders.example");
        }
        let [one, other] = WORLD.keys.clone();
        let layer = if self.has_two_pools {
            builder
                .user_pool(UserPool::new(OTHER).client(CLIENT))
                .with_keys([(OTHER, other), (POOL, one)])
                .ok()?
        } else {
            builder.with_keys([(POOL, one)]).ok()?
        };
        if self.lets_in_anonymous { layer.allow_anonymous().ok() } else { Some(layer) }
    }
}

/// A request without a body.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    path: &'static str,
    is_preflight: bool,
    values: Vec<Vec<u8>>,
}

/// The value of an identity source: mostly one token, with some scheme.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let token = (0..WORLD.tokens.len()).prop_map(|index| WORLD.tokens[index].clone());
    let scheme =
        select(vec!["Bearer ", "Bearer ", "Bearer ", "", "bearer  ", "Bearer\t", "Basic ", "Bearer Bearer "]);
    let written = (scheme, token.clone()).prop_map(|(scheme, token)| format!("{scheme}{token}").into_bytes());
    let cut = (token, 0..400_usize).prop_map(|(token, at)| token.as_bytes()[..at.min(token.len())].to_vec());
    let several = select(vec!["", "Bearer", "a.b.c", "a.b.c, d.e.f", "Bearer a.b", " ", "...."]);
    prop_oneof![
        12 => written,
        1 => cut.prop_map(|token| [b"Bearer ".to_vec(), token].concat()),
        1 => several.prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(prop_oneof![Just(b'\t'), 0x20..=0x7E_u8, 0x80..=0xFF_u8], 0..40),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = select(vec![Method::GET, Method::GET, Method::HEAD, Method::POST, Method::OPTIONS]);
    let path = select(vec![
        "/orders",
        "/orders",
        "/orders/7",
        "/orders/7",
        "/none",
        "/orders/",
        "//",
        "/orders/a%2Fb",
    ]);
    let values = prop_oneof![1 => vec(value(), 0..1), 8 => vec(value(), 1..2), 1 => vec(value(), 2..3)];
    (method, path, any::<bool>(), values).prop_map(|(method, path, is_preflight, values)| Sent {
        method,
        path,
        is_preflight,
        values,
    })
}

impl Sent {
    fn request(&self, source: Option<&str>) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = self.method.clone();
        let mut path = self.path.to_owned();
        let headers = request.headers_mut();
        if self.is_preflight {
            headers.insert("origin", HeaderValue::from_static("https://app.example"));
            headers.insert("access-control-request-method", HeaderValue::from_static("GET"));
        }
        for (index, value) in self.values.iter().enumerate() {
            if source == Some("$request.querystring.token") {
                let mut query = reqwest::Url::parse("http://localhost").expect("a URL");
                query.query_pairs_mut().append_pair("token", &String::from_utf8_lossy(value));
                path = format!(
                    "{path}{}{}",
                    if index == 0 { "?" } else { "&" },
                    query.query().expect("a query")
                );
                continue;
            }
            let (name, start) = match source {
                Some("$request.cookie.token") => (COOKIE, "token="),
                Some("$request.subprotocol.bearer") => (SEC_WEBSOCKET_PROTOCOL, "bearer."),
                Some(_) => (HeaderName::from_static("x-token"), ""),
                None => (AUTHORIZATION, ""),
            };
            let value = [start.as_bytes(), value].concat();
            headers.append(name, HeaderValue::from_bytes(&value).expect("bytes that a header can have"));
        }
        *request.uri_mut() = path.parse().expect("a path");
        request
    }
}

/// The response that a client sees, without the ids that differ for each request.
type Seen = (StatusCode, HeaderMap, String);

fn seen(status: StatusCode, mut headers: HeaderMap, body: &[u8]) -> Seen {
    for id in ["apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"] {
        headers.remove(id);
    }
    (status, headers, String::from_utf8_lossy(body).into_owned())
}

/// The subject that the handler finds.
async fn handler(request: AxumRequest) -> String {
    let verified = request.extensions().get::<std::sync::Arc<Verified>>();
    verified.map_or("no token", |verified| verified.subject()).to_owned()
}

async fn by_layer(auth: &CognitoAuthLayer, request: Request<Body>) -> (Seen, Option<Refusal>) {
    let router = Router::new().fallback(handler);
    let response = auth.layer(router).oneshot(request).await.expect("an answer");
    let (mut head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let refusal = head.extensions.remove();
    (seen(head.status, head.headers, &body), refusal)
}

/// The step that a reason belongs to, by its name in logs.
fn step_of(code: &str) -> &'static str {
    match code {
        "no_route" | "no_method" | "route_refused" | "ambiguous_path" => "route",
        "no_token"
        | "other_scheme"
        | "several_headers"
        | "several_parameters"
        | "several_cookies"
        | "several_subprotocols"
        | "several_sources"
        | "several_tokens"
        | "not_text"
        | "cross_site" => "identity_source",
        "too_long" | "segments" => "form",
        "header" | "algorithm" | "critical" | "no_key_id" | "key_id_too_long" => "header",
        "unknown_key" => "key",
        "signature" => "signature",
        "claims" | "key_bound" => "claim_set",
        "issuer" => "issuer",
        "expired" | "not_yet_valid" | "too_old" => "times",
        "unknown_use" | "token_use" => "token_use",
        "client" | "resource" | "no_audience" => "client",
        "audience" => "audience",
        "scope" | "group" | "pool" | "actor" | "user_authentication" | "requirement" => "requirement",
        "revoked" | "revocation_unknown" => "revocation",
        // At one of several steps: a segment or a claim.
        "encoding" | "part_too_long" | "missing_claim" => "",
        other => panic!("`{other}` is not a reason of the engine"),
    }
}

fn check_steps(explanation: &Explanation, refusal: Option<&Refusal>) {
    let failed = explanation.failed().map(|step| step.name().code());
    assert_eq!(failed.is_some(), refusal.is_some());
    if let (Some(failed), Some(refusal)) = (failed, refusal) {
        let expected = step_of(refusal.code());
        assert!(expected == failed || expected.is_empty(), "{refusal:?} at {failed}");
    }
    for step in explanation.steps() {
        assert!(step.fact().is_some() || step.outcome() != StepOutcome::Passed, "{step:?}");
        assert!(step.fact().is_none() || step.outcome() != StepOutcome::NotReached, "{step:?}");
    }
}

/// Sends the request to all three, with an explanation before and after.
async fn check(auth: &CognitoAuthLayer, sent: &Sent, source: Option<&str>) -> Option<Refusal> {
    let authorizer = auth.authorizer();
    let (parts, _) = sent.request(source).into_parts();
    let before = authorizer.explain(&parts).await;
    let (by_layer, refusal) = by_layer(auth, sent.request(source)).await;
    let authorized = authorizer.authorize(&parts).await;
    let after = authorizer.explain(&parts).await;
    for explanation in [&before, &after] {
        check_steps(explanation, refusal.as_ref());
        match (explanation.outcome(), &authorized) {
            (Ok(one), Ok(other)) => {
                assert_eq!(one.route(), other.route());
                let subject = |verified: &std::sync::Arc<Verified>| verified.subject().to_owned();
                assert_eq!(one.verified().map(subject), other.verified().map(subject));
                assert!(explanation.steps().iter().all(|step| step.outcome() != StepOutcome::Failed));
            }
            (Err(one), Err(other)) => {
                assert_eq!(one.refusal(), other.refusal());
                let [one, other] = [one, other].map(|refused| {
                    let response = refused.response();
                    seen(response.status(), response.headers().clone(), response.body())
                });
                assert_eq!(one, other);
            }
            other => panic!("{other:?}"),
        }
    }
    match &authorized {
        Ok(authorized) => {
            assert_eq!(refusal, None);
            let subject = authorized.verified().map_or("no token", |verified| verified.subject());
            let body = if sent.method == Method::HEAD { "" } else { subject };
            assert_eq!((by_layer.0, by_layer.2.as_str()), (StatusCode::OK, body));
        }
        Err(refused) => {
            assert_eq!(refusal.as_ref(), Some(refused.refusal()));
            let response = refused.response();
            assert_eq!(by_layer, seen(response.status(), response.headers().clone(), response.body()));
        }
    }
    refusal
}

#[test]
fn the_layer_authorize_and_explain_make_the_same_decision() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (sent_so_far, let_in) = (Cell::new(0_usize), Cell::new(0_usize));
    let reasons = std::cell::RefCell::new(std::collections::BTreeMap::<&str, usize>::new());
    let wanted = requests();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: u32::try_from(wanted.div_ceil(REQUESTS_PER_LAYER)).expect("fewer"),
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    });
    let pairs = (settings(), vec(sent(), REQUESTS_PER_LAYER));
    let result = runner.run(&pairs, |(settings, requests)| {
        let built = within(&runtime, || settings.layer());
        prop_assume!(built.is_some());
        let Some(auth) = built else { return Ok(()) };
        for sent in &requests {
            let refusal = runtime.block_on(check(&auth, sent, settings.source));
            sent_so_far.set(sent_so_far.get() + 1);
            match refusal {
                None => let_in.set(let_in.get() + 1),
                Some(refusal) => *reasons.borrow_mut().entry(refusal.code()).or_default() += 1,
            }
        }
        Ok(())
    });
    result.expect("one decision");
    let (sent, let_in, reasons) = (sent_so_far.get(), let_in.get(), reasons.into_inner());
    println!("{sent} requests, {let_in} let in, refused by reason: {reasons:?}");
    assert!(sent >= wanted);
    // The random requests cover both outcomes, and most reasons.
    assert!(let_in * 50 > sent, "{let_in} of {sent} were let in");
    assert!(reasons.len() > 20, "{reasons:?}");
}

/// Layers with a revocation check need a runtime when they are built.
fn within<T>(runtime: &Runtime, build: impl FnOnce() -> T) -> T {
    let _entered = runtime.enter();
    build()
}

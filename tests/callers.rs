//! The caller for logs outside the layer: fields of the current span, and the verified token in the response.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, Refusal, RequireScope, RouteTable, Standard, TokenUse, Verified,
    identity::{CallerFields, SubjectField},
    scope, scopes,
};
use cognito_local_pool::LocalPool;
use http::{Response, StatusCode};
use tower::{Layer, ServiceExt};
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::support::{
    CLIENT, POOL, PoolSettings, bearer, builder, clock, events::Events, executor, keys, pool, request, served,
};

scopes! { ReadOrders = "orders/read" }

/// The subject of the tests' tokens.
const SUBJECT: &str = "the-subject";

fn layer(pool: &LocalPool) -> CognitoAuthLayer {
    builder(&clock()).with_keys([(pool.id(), keys(pool))]).expect("a layer")
}

fn declared() -> Span {
    info_span!(
        "request",
        cognito.client_id = Empty,
        cognito.token_use = Empty,
        cognito.subject = Empty,
        status = Empty
    )
}

/// What is recorded in a span around the request, as an event within it shows it.
async fn recorded(auth: &CognitoAuthLayer, authorization: &str) -> String {
    let events = Events::listen();
    let span = declared();
    let service = auth.layer(served());
    let answer = async {
        let response = service.oneshot(request(authorization)).await.expect("an answer");
        tracing::info!(status = response.status().as_u16(), "answered");
    };
    answer.instrument(span).await;
    let text = events.text();
    let line = text.lines().find(|line| line.contains("answered")).expect("the event").to_owned();
    let (_, fields) = line.split_once("request").expect("the span");
    fields
        .split_once(": suite")
        .map_or(fields, |(fields, _)| fields)
        .trim_start_matches(':')
        .trim()
        .to_owned()
}

#[tokio::test]
async fn the_caller_is_recorded_in_the_current_span_as_the_setting_says() {
    let pool = pool(&clock());
    let access = bearer(pool.access_token("ada").claim("sub", SUBJECT).sign());
    let plain = CallerFields::new().subject(SubjectField::Plain);
    let hashed = CallerFields::new().subject(SubjectField::Hashed);
    let auth = layer(&pool);
    let client = format!(r#"cognito.client_id="{CLIENT}" cognito.token_use="access""#);
    // printf '%s %s' ap-south-1_abcdefghi the-subject | sha256sum | cut -c -32
    let hash = "5b31617018b33ea765b8ef012a4a5587";
    for (auth, expected) in [
        (auth.clone(), String::new()),
        (auth.clone().log_callers(CallerFields::new()), format!("{{{client}}}")),
        (auth.clone().log_callers(plain), format!(r#"{{{client} cognito.subject="{SUBJECT}"}}"#)),
        (auth.clone().log_callers(hashed), format!(r#"{{{client} cognito.subject="{hash}"}}"#)),
    ] {
        assert_eq!(recorded(&auth, &access).await, expected);
        // The second time, the token is cached.
        assert_eq!(recorded(&auth, &access).await, expected);
    }
    let id = bearer(pool.id_token("ada").sign());
    let auth = auth.accept(TokenUse::Id).expect("possible").log_callers(CallerFields::new());
    assert!(recorded(&auth, &id).await.contains(r#"cognito.token_use="id""#));
}

#[tokio::test]
async fn a_denied_caller_is_recorded_and_one_with_a_bad_token_is_not() {
    let pool = pool(&clock());
    let auth = layer(&pool).log_callers(CallerFields::new().subject(SubjectField::Plain));
    let denied = auth.clone().require(scope("orders/read")).expect("possible");
    let token = pool.access_token("ada").claim("sub", SUBJECT);
    assert!(recorded(&denied, &bearer(token.clone().sign())).await.contains(SUBJECT));
    for bad in [
        bearer(token.clone().expired().sign()),
        bearer(token.clone().forged().sign()),
        bearer(token.client("another").sign()),
        String::new(),
    ] {
        assert_eq!(recorded(&auth, &bad).await, "");
    }
}

#[tokio::test]
async fn an_authorizer_records_the_caller_and_an_explanation_does_not() {
    let pool = pool(&clock());
    let authorizer = layer(&pool).log_callers(CallerFields::new()).authorizer();
    let (parts, _) = request(&bearer(pool.access_token("ada").sign())).into_parts();
    for (explains, is_recorded) in [(true, false), (false, true)] {
        let events = Events::listen();
        let asked = async {
            if explains {
                assert!(authorizer.explain(&parts).await.outcome().is_ok());
            } else {
                assert!(authorizer.authorize(&parts).await.is_ok());
            }
            tracing::info!("answered");
        };
        asked.instrument(declared()).await;
        assert_eq!(events.text().contains("cognito.client_id="), is_recorded);
    }
}

/// Neither a span that does not declare the fields nor the absence of a span is an error.
#[tokio::test]
async fn a_span_without_the_fields_gets_none() {
    let pool = pool(&clock());
    let auth = layer(&pool).log_callers(CallerFields::new().subject(SubjectField::Hashed));
    let token = bearer(pool.access_token("ada").sign());
    let events = Events::listen();
    let answer = auth.layer(served()).oneshot(request(&token));
    assert_eq!(answer.instrument(info_span!("bare")).await.expect("an answer").status(), 200);
    assert_eq!(auth.layer(served()).oneshot(request(&token)).await.expect("an answer").status(), 200);
    assert!(!events.text().contains("cognito."), "{}", events.text());
}

fn caller<B>(response: &Response<B>) -> Option<&str> {
    response.extensions().get::<Arc<Verified>>().map(|verified| verified.subject())
}

async fn answer(router: Router, path: &str, authorization: &str) -> Response<Body> {
    let mut request = request(authorization);
    *request.uri_mut() = path.parse().expect("a path");
    router.oneshot(request).await.expect("an answer")
}

#[tokio::test]
async fn the_response_names_the_caller_on_demand() {
    let pool = pool(&clock());
    let token = bearer(pool.access_token("ada").claim("sub", SUBJECT).sign());
    let table = RouteTable::builder().open("GET /open").optional("GET /feed");
    let table = table.require("GET /scope", cognito_authorizer::Requirement::nothing());
    let auth = builder(&clock()).routes(table.build().expect("a table"));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new()
        .route("/open", get(async || "open"))
        .route("/feed", get(async |_: Option<AccessClaims>| "feed"))
        .route("/scope", get(async |_: RequireScope<ReadOrders>| "scope"));
    let silent = router.clone().layer(auth.clone());
    let telling = router.layer(auth.callers_in_responses());
    assert_eq!(caller(&answer(silent, "/feed", &token).await), None);
    assert_eq!(caller(&answer(telling.clone(), "/feed", &token).await), Some(SUBJECT));
    assert_eq!(caller(&answer(telling.clone(), "/feed", "").await), None);
    assert_eq!(caller(&answer(telling.clone(), "/open", &token).await), None);
    assert_eq!(caller(&answer(telling.clone(), "/scope", "Bearer x").await), None);
    let denied = answer(telling, "/scope", &token).await;
    assert_eq!((denied.status(), caller(&denied)), (StatusCode::FORBIDDEN, Some(SUBJECT)));
    assert_eq!(denied.extensions().get::<Refusal>().map(Refusal::code), Some("scope"));
}

#[tokio::test]
async fn a_caller_whose_request_waited_for_keys_is_recorded_too() {
    let pool = pool(&clock());
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock()).jwks_url(server.jwks_url()).connect_lazy().expect("a layer");
    let auth = auth.callers_in_responses().log_callers(CallerFields::new());
    let token = bearer(pool.access_token("ada").claim("sub", SUBJECT).sign());
    let events = Events::listen();
    let waiting = async {
        let response = auth.layer(served()).oneshot(request(&token)).await.expect("an answer");
        assert_eq!(caller(&response), Some(SUBJECT));
        tracing::info!("answered");
    };
    waiting.instrument(declared()).await;
    assert!(events.text().contains(r#"cognito.token_use="access""#), "{}", events.text());
}

#[tokio::test]
async fn of_nested_layers_the_one_nearest_to_the_handler_names_the_caller() {
    let pool = pool(&clock());
    let inner = builder(&clock()).profile(Standard::new().identity_source("$request.header.X-Token"));
    let inner = inner.with_keys([(pool.id(), keys(&pool))]).expect("a layer").callers_in_responses();
    let service = layer(&pool).callers_in_responses().layer(inner.layer(served()));
    let mut request = request(&bearer(pool.access_token("ada").claim("sub", "outer").sign()));
    let token = pool.access_token("ada").claim("sub", "inner").sign();
    request.headers_mut().insert("x-token", token.parse().expect("a value"));
    assert_eq!(caller(&service.oneshot(request).await.expect("an answer")), Some("inner"));
}

/// The route of a decision is the pattern of its row, never the path of the request.
#[tokio::test]
async fn decisions_are_logged_with_the_route_of_the_table() {
    let pool = pool(&clock());
    let table = RouteTable::builder().require("GET /orders/{id}", scope("orders/read")).optional("GET /feed");
    let auth = builder(&clock()).routes(table.build().expect("a table"));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let events = Events::listen();
    let allowed = bearer(pool.access_token("ada").scope("orders/read").sign());
    for (path, authorization) in [
        ("/orders/4711", &*allowed),
        ("/orders/4711", "Bearer garbage"),
        ("/feed", ""),
        ("/nowhere/4711", ""),
    ] {
        let mut request = request(authorization);
        *request.uri_mut() = path.parse().expect("a path");
        auth.layer(served()).oneshot(request).await.expect("an answer");
    }
    let text = events.text();
    let route = |line: &str| {
        line.split_once("http.route=").map(|(_, rest)| rest.split(' ').next().map(str::to_owned))
    };
    let routes: Vec<_> = text.lines().map(|line| route(line).flatten()).collect();
    let orders = Some(r#""/orders/{id}""#.to_owned());
    assert_eq!(routes, [orders.clone(), orders, Some(r#""/feed""#.to_owned()), None], "{text}");
    assert!(!text.contains("4711"), "{text}");
    // Without a table there is no route.
    let plain = layer(&pool);
    let events = Events::listen();
    plain.layer(served()).oneshot(request(&allowed)).await.expect("an answer");
    assert!(!events.text().contains("http.route"), "{}", events.text());
}

/// Another executor than tokio's.
#[test]
fn the_caller_is_recorded_without_a_runtime() {
    let pool = pool(&clock());
    let auth = layer(&pool).log_callers(CallerFields::new());
    let token = bearer(pool.access_token("ada").sign());
    let events = Events::listen();
    let span = declared();
    let _entered = span.enter();
    let response = executor::block_on(auth.layer(served()).oneshot(request(&token)));
    assert_eq!(response.expect("an answer").status(), 200);
    tracing::info!("answered");
    assert!(events.text().contains(&format!("cognito.client_id=\"{CLIENT}\"")), "{} {POOL}", events.text());
}

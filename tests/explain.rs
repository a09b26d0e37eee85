//! `CognitoAuthorizer::explain` lists the steps of the layer's decision.

use cognito_authorizer::{
    Accept, CognitoAuthBuilder, CognitoAuthorizer, Refusal, Rejected, RestApi, Revocation, RouteRule,
    RouteTable, TokenUse,
    explain::{Check, Explanation, Fact, Finding, StepName, StepOutcome, TokenForm},
    group,
    identity::IdentitySource,
    scope,
};
use cognito_local_pool::LocalPool;
use http::request::Parts;

use crate::support::{
    AlwaysRevoked, CLIENT, POOL, PoolSettings, bearer, builder, clock, events::Events, keys, pool, request,
};

fn parts(path: &str, authorization: &str) -> Parts {
    let (mut parts, _) = request(authorization).into_parts();
    parts.uri = path.parse().expect("a path");
    parts
}

fn authorizer(
    pool: &LocalPool,
    set: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder,
) -> CognitoAuthorizer {
    set(builder(&clock())).with_keys([(pool.id(), keys(pool))]).expect("a layer").authorizer()
}

/// The steps as one line: those that passed, and the one that failed after `!`.
fn line(explanation: &Explanation) -> String {
    let reached = explanation.steps().iter().filter(|step| step.outcome() != StepOutcome::NotReached);
    let words: Vec<String> = reached
        .map(|step| match step.outcome() {
            StepOutcome::Failed => format!("!{}", step.name().code()),
            _ => step.name().code().to_owned(),
        })
        .collect();
    words.join(" ")
}

const ALL: &str = "route identity_source form header key signature claim_set issuer times token_use client subject requirement";

/// The last step of a line failed, and all before it passed.
fn until(failed: &str) -> String {
    let passed = ALL.split(' ').take_while(|step| *step != failed);
    passed.map(|step| format!("{step} ")).collect::<String>() + "!" + failed
}

#[tokio::test]
async fn each_refusal_fails_at_its_own_step() {
    let pool = pool(&clock());
    let authorizer = authorizer(&pool, |b| b.require(scope("orders/read")));
    let token = || pool.access_token("ada").scope("orders/read");
    let good = token().sign();
    let segments: Vec<&str> = good.split('.').collect();
    for (authorization, failed) in [
        (String::new(), "identity_source"),
        ("Bearer\ta.b.c".to_owned(), "identity_source"),
        (bearer("a.b"), "form"),
        (bearer(format!("{}.{}", segments[0], segments[1])), "form"),
        (bearer("e30.e30.AA"), "header"),
        (bearer(token().header("kid", "another").sign()), "key"),
        (bearer(token().forged().sign()), "signature"),
        (bearer(token().raw_payload(b"[]").sign()), "claim_set"),
        (bearer(token().claim("iss", "https://evil.example").sign()), "issuer"),
        (bearer(token().expired().sign()), "times"),
        (bearer(pool.id_token("ada").sign()), "token_use"),
        (bearer(token().claim("client_id", "another").sign()), "client"),
        (bearer(pool.access_token("ada").scope("orders/write").sign()), "requirement"),
    ] {
        let request = parts("/", &authorization);
        let explanation = authorizer.explain(&request).await;
        assert_eq!(line(&explanation), until(failed), "{failed}");
        assert_eq!(explanation.failed().expect("a step").name().code(), failed);
        let refused = explanation.outcome().expect_err("refused");
        let again = authorizer.authorize(&request).await.expect_err("refused");
        assert_eq!(refused.refusal(), again.refusal());
        let is_signed = !["identity_source", "form", "header", "key", "signature"].contains(&failed);
        assert_eq!(explanation.is_signed(), is_signed, "{failed}");
    }
    let let_in = authorizer.explain(&parts("/", &bearer(good))).await;
    assert_eq!(line(&let_in), ALL);
    assert!(let_in.failed().is_none() && let_in.outcome().is_ok());
}

/// The fact of one step.
fn fact(explanation: &Explanation, name: StepName) -> &Fact {
    explanation.step(name).and_then(|step| step.fact()).expect("a fact")
}

fn finding(explanation: &Explanation, check: Check) -> &Finding {
    match fact(explanation, StepName::Token(check)) {
        Fact::Token(finding) => finding,
        other => panic!("{other:?} is not a finding"),
    }
}

#[tokio::test]
async fn each_step_has_what_it_found_and_what_it_expected() {
    let pool = pool(&clock());
    let table =
        RouteTable::builder().require("GET /orders/{id}", scope("orders/read")).build().expect("a table");
    let authorizer =
        authorizer(&pool, |b| b.require(group("ops")).routes(table).resource("https://orders.example"));
    let token =
        pool.access_token("ada").scope("orders/read").audience("https://orders.example").actor("proxy");
    let token = token.acr("urn:cognito:loa:3").sign();
    let explanation = authorizer.explain(&parts("/orders/7", &bearer(&token))).await;

    let Fact::Route { key, rule, .. } = fact(&explanation, StepName::Route) else { panic!("a route") };
    assert_eq!(key.as_ref().expect("a row").to_string(), "GET /orders/{id}");
    assert_eq!(rule.as_ref(), Some(&RouteRule::Require(scope("orders/read"))));

    let Fact::IdentitySource { source, form, .. } = fact(&explanation, StepName::IdentitySource) else {
        panic!("a source")
    };
    assert_eq!((source, *form), (&IdentitySource::default(), TokenForm::Bearer));

    let Finding::Form { bytes, limit, .. } = finding(&explanation, Check::Form) else { panic!("a form") };
    assert_eq!((*bytes, *limit), (token.len(), 16 * 1024));
    let key_ids = authorizer.status().pools[0].key_ids.clone();
    let Finding::Header { key_id, .. } = finding(&explanation, Check::Header) else { panic!("a header") };
    assert!(key_ids.contains(key_id));
    let Finding::Key { published_by, .. } = finding(&explanation, Check::Key) else { panic!("a key") };
    assert_eq!(published_by.iter().map(ToString::to_string).collect::<Vec<_>>(), [POOL]);
    let Finding::Issuer { issuer, expected, .. } = finding(&explanation, Check::Issuer) else {
        panic!("an issuer")
    };
    assert_eq!(expected[0].1.as_slice(), std::slice::from_ref(issuer));
    let Finding::Times { expiry, now, .. } = finding(&explanation, Check::Times) else { panic!("times") };
    assert!(expiry > now);
    let Finding::TokenUse { found, accept, .. } = finding(&explanation, Check::TokenUse) else {
        panic!("a use")
    };
    assert_eq!((*found, *accept), (TokenUse::Access, Accept::Access));
    let Finding::Client { client_id, audience, accepted, resources, requires_audience, .. } =
        finding(&explanation, Check::Client)
    else {
        panic!("a client")
    };
    assert_eq!((audience, *requires_audience), (resources, true));
    assert_eq!(client_id.as_deref(), Some(CLIENT));
    assert_eq!(accepted.as_deref(), Some(&[CLIENT.to_owned()][..]));
    assert_eq!(resources, &["https://orders.example"]);

    let Fact::Requirement { requirement, scopes, groups, actor, acr, authenticated_at, .. } =
        fact(&explanation, StepName::Requirement)
    else {
        panic!("a requirement")
    };
    assert_eq!((actor.as_deref(), acr.as_deref()), (Some("proxy"), Some("urn:cognito:loa:3")));
    assert!(authenticated_at.is_some());
    assert_eq!(*requirement, group("ops").and(scope("orders/read")));
    assert_eq!((scopes.join(" "), groups.join(" ")), ("orders/read".to_owned(), "ops".to_owned()));
}

/// An expired token, a wrong client or a wrong issuer is shown beside what was expected.
#[tokio::test]
async fn a_failed_step_has_what_it_found_too() {
    let pool = pool(&clock());
    let authorizer = authorizer(&pool, |b| b);
    let explain = async |token: String| authorizer.explain(&parts("/", &token)).await;
    let expired = explain(pool.access_token("ada").expired().sign()).await;
    let Finding::Times { expiry, now, .. } = finding(&expired, Check::Times) else { panic!("times") };
    assert!(expiry <= now);
    let other = explain(pool.access_token("ada").claim("client_id", "another").sign()).await;
    let Finding::Client { client_id, .. } = finding(&other, Check::Client) else { panic!("a client") };
    assert_eq!(client_id.as_deref(), Some("another"));
    let unknown = explain(pool.access_token("ada").header("kid", "another").sign()).await;
    let Finding::Key { published_by, .. } = finding(&unknown, Check::Key) else { panic!("a key") };
    assert!(published_by.is_empty());
    let Fact::IdentitySource { form, .. } = fact(&unknown, StepName::IdentitySource) else {
        panic!("a source")
    };
    assert_eq!(*form, TokenForm::Bare);
}

#[tokio::test]
async fn without_need_for_a_token_the_only_step_is_the_route() {
    let pool = pool(&clock());
    let table = RouteTable::builder().open("GET /health").refuse("GET /internal").build().expect("a table");
    let authorizer = authorizer(&pool, |b| b.routes(table));
    for (path, expected) in
        [("/health", "route"), ("/internal", "!route"), ("/none", "!route"), ("//", "!route")]
    {
        let explanation = authorizer.explain(&parts(path, "Bearer x")).await;
        assert_eq!(line(&explanation), expected, "{path}");
    }
    let open = authorizer.explain(&parts("/health", "")).await;
    let Fact::Route { rule, .. } = fact(&open, StepName::Route) else { panic!("a route") };
    assert_eq!(rule, &Some(RouteRule::Open));
    assert!(open.outcome().expect("let in").verified().is_none());
}

#[tokio::test]
async fn an_optional_token_is_explained_as_absent_or_step_by_step() {
    let pool = pool(&clock());
    let table = RouteTable::builder().optional("GET /feed").build().expect("a table");
    let by_table = authorizer(&pool, |b| b.routes(table));
    let by_layer = builder(&clock()).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let by_layer = by_layer.allow_anonymous().expect("no requirement").authorizer();
    let token = bearer(pool.access_token("ada").sign());
    for authorizer in [by_table, by_layer] {
        let anonymous = authorizer.explain(&parts("/feed", "")).await;
        assert_eq!(line(&anonymous), "route identity_source");
        let Fact::Anonymous { sources, .. } = fact(&anonymous, StepName::IdentitySource) else {
            panic!("no token")
        };
        assert_eq!(*sources, [IdentitySource::default()]);
        assert!(anonymous.outcome().expect("let in").verified().is_none());
        assert_eq!(line(&authorizer.explain(&parts("/feed", "Basic x")).await), "route !identity_source");
        assert_eq!(line(&authorizer.explain(&parts("/feed", &token)).await), ALL);
    }
}

#[tokio::test]
async fn audience_and_revocation_are_steps_where_they_are_configured() {
    let pool = pool(&clock());
    let id = bearer(pool.id_token("ada").sign());
    let expression = |expression: &'static str| {
        move |b: CognitoAuthBuilder| b.profile(RestApi::new().identity_validation_expression(expression))
    };
    let matching = authorizer(&pool, |b| expression(".*")(b).revocation(Revocation::check(AlwaysRevoked)));
    let explanation = matching.explain(&parts("/", &id)).await;
    assert!(
        line(&explanation).ends_with("subject audience requirement !revocation"),
        "{}",
        line(&explanation)
    );
    let Fact::Revocation { check, .. } = fact(&explanation, StepName::Revocation) else { panic!("a check") };
    assert!(check.ends_with("AlwaysRevoked"));

    let other = authorizer(&pool, expression("another"));
    let explanation = other.explain(&parts("/", &id)).await;
    assert!(line(&explanation).ends_with("subject !audience"), "{}", line(&explanation));
    let Fact::Audience { expression, audience, .. } = fact(&explanation, StepName::Audience) else {
        panic!("an audience")
    };
    assert_eq!((&**expression, &**audience), ("another", &[CLIENT.to_owned()][..]));

    let plain = authorizer(&pool, |b| b);
    let explanation = plain.explain(&parts("/", "")).await;
    assert!(
        explanation.step(StepName::Audience).is_none() && explanation.step(StepName::Revocation).is_none()
    );
}

#[tokio::test]
async fn a_token_with_a_new_key_is_explained_with_the_fetched_keys() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a server");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("a layer");
    clock.advance(std::time::Duration::from_secs(60));
    pool.rotate();
    let token = bearer(pool.access_token("ada").sign());
    let explanation = auth.authorizer().explain(&parts("/", &token)).await;
    assert_eq!(line(&explanation), ALL);

    server.stop().await;
    clock.advance(std::time::Duration::from_secs(60));
    pool.rotate();
    let token = bearer(pool.access_token("ada").sign());
    let explanation = auth.authorizer().explain(&parts("/", &token)).await;
    assert_eq!(line(&explanation), until("key"));
    let refused = explanation.outcome().expect_err("no keys");
    assert!(matches!(refused.refusal(), Refusal::KeysUnavailable { .. }), "{refused:?}");
}

/// An explanation is not a request: it writes no log line, and does not depend on the cache.
#[tokio::test]
async fn an_explanation_is_neither_logged_nor_taken_from_the_cache() {
    let pool = pool(&clock());
    let authorizer = authorizer(&pool, |b| b);
    let events = Events::listen();
    let token = bearer(pool.access_token("ada").sign());
    for authorization in [&token, &token, "Bearer x"] {
        let _ = authorizer.explain(&parts("/", authorization)).await;
    }
    assert_eq!(events.text(), "");
    authorizer.authorize(&parts("/", &token)).await.expect("let in");
    let cached = authorizer.explain(&parts("/", &token)).await;
    assert_eq!(line(&cached), ALL);
    let wrong = authorizer.explain(&parts("/", &bearer(pool.id_token("ada").sign()))).await;
    let expected = Refusal::from(Rejected::Use { expected: Accept::Access, found: TokenUse::Id });
    assert_eq!(wrong.outcome().expect_err("refused").refusal(), &expected);
}

//! Each refused request differs from a good one in a single respect.

use std::{collections::BTreeSet, time::Duration};

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthLayer, Refusal, Rejected, Requirement, TokenUse, group, identity::IdentityError,
    requirement::Denied, scope, token_use,
};
use cognito_local_pool::{LocalPool, TokenBuilder};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use tower::{Layer, ServiceExt};

use crate::support::{Api, POOL, PoolSettings, bearer, builder, clock, keys, pool, request, served};

const MALFORMED: &str = r#"401 Bearer error="invalid_token", error_description="the token is malformed""#;
const TOO_LONG: &str = r#"401 Bearer error="invalid_token", error_description="the token is too long""#;
const NOT_SIGNED: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not signed by an accepted key""#;
const EXPIRED: &str = r#"401 Bearer error="invalid_token", error_description="the token has expired""#;
const NOT_YET: &str = r#"401 Bearer error="invalid_token", error_description="the token is not valid yet""#;
const WRONG_USE: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not for this use""#;
const NOT_FOR_US: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not for this API""#;
const ONE_TOKEN: &str =
    r#"401 Bearer error="invalid_token", error_description="the request must carry exactly one token""#;
const TOO_OLD: &str = r#"401 Bearer error="invalid_token", error_description="the token is too old""#;
const KEY_BOUND: &str = r#"401 Bearer error="invalid_token", error_description="the token is bound to a key, which is not checked here""#;
/// The resource that the layer requires.
const RESOURCE: &str = "https://orders.example";
const NO_TOKEN: &str = r#"401 Bearer realm="api""#;

/// A good token with one change.
fn token(pool: &LocalPool, change: impl FnOnce(TokenBuilder) -> TokenBuilder) -> String {
    change(pool.access_token("ada").scope("orders/read")).sign()
}

/// The same for an API that requires the resource.
fn bound(pool: &LocalPool, change: impl FnOnce(TokenBuilder) -> TokenBuilder) -> String {
    token(pool, |token| change(token.audience(RESOURCE)))
}

/// What a client sends: a name, the header, the reason, and the answer.
fn cases(pool: &LocalPool) -> Vec<(&'static str, String, &'static str, &'static str)> {
    let good = bound(pool, |t| t);
    let other_pool = LocalPool::builder(POOL).build().expect("the settings hold");
    let flipped = |position: usize| {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    let (payload, signature) = (good.find('.').expect("a dot") + 20, good.rfind('.').expect("a dot") + 20);
    let now = cognito_authorizer::clock::Clock::now(&clock()).as_secs();
    let altered = |change: fn(TokenBuilder) -> TokenBuilder| bearer(bound(pool, change));
    vec![
        ("no header", String::new(), "no_token", NO_TOKEN),
        ("a blank header", " ".into(), "no_token", NO_TOKEN),
        ("only the scheme", "Bearer".into(), "no_token", NO_TOKEN),
        ("another scheme", "Basic dXNlcjpwYXNz".into(), "other_scheme", NO_TOKEN),
        ("two tokens", format!("Bearer {good} {good}"), "several_tokens", ONE_TOKEN),
        ("two tokens in a list", format!("Bearer {good}, Bearer {good}"), "several_tokens", ONE_TOKEN),
        ("not a token", bearer("garbage"), "segments", MALFORMED),
        ("four segments", bearer(format!("{good}.x")), "segments", MALFORMED),
        ("a padded signature", bearer(format!("{good}=")), "encoding", MALFORMED),
        ("a token over the limit", bearer(format!("{good}{}", "A".repeat(16 * 1024))), "too_long", TOO_LONG),
        ("a huge header segment", altered(|t| t.header("x", "y".repeat(1100))), "part_too_long", TOO_LONG),
        ("a header that is not JSON", altered(|t| t.raw_header("{")), "header", MALFORMED),
        ("another algorithm", altered(|t| t.header("alg", "RS512")), "algorithm", NOT_SIGNED),
        ("no algorithm", altered(|t| t.header("alg", "none")), "algorithm", NOT_SIGNED),
        (
            "a critical extension",
            altered(|t| t.header("crit", serde_json::json!(["exp"]))),
            "critical",
            MALFORMED,
        ),
        ("no key id", altered(|t| t.without_header("kid")), "no_key_id", MALFORMED),
        ("a long key id", altered(|t| t.header("kid", "k".repeat(300))), "key_id_too_long", TOO_LONG),
        ("an unknown key", bearer(other_pool.access_token("ada").sign()), "unknown_key", NOT_SIGNED),
        ("a forged signature", altered(TokenBuilder::forged), "signature", NOT_SIGNED),
        ("a changed payload", bearer(flipped(payload)), "signature", NOT_SIGNED),
        ("a changed signature", bearer(flipped(signature)), "signature", NOT_SIGNED),
        ("a payload that is not JSON", altered(|t| t.raw_payload("{")), "claims", MALFORMED),
        ("a payload that is an array", altered(|t| t.raw_payload("[]")), "claims", MALFORMED),
        ("a claim of the wrong type", altered(|t| t.claim("exp", "soon")), "claims", MALFORMED),
        ("no expiry", altered(|t| t.without_claim("exp")), "missing_claim", MALFORMED),
        ("no issuer", altered(|t| t.without_claim("iss")), "missing_claim", MALFORMED),
        ("no time of issue", altered(|t| t.without_claim("iat")), "missing_claim", MALFORMED),
        ("no use", altered(|t| t.without_claim("token_use")), "missing_claim", MALFORMED),
        ("no app client", altered(|t| t.without_claim("client_id")), "missing_claim", MALFORMED),
        ("another issuer", altered(|t| t.issuer("https://evil.example")), "issuer", NOT_FOR_US),
        (
            "an issuer with a slash",
            bearer(bound(pool, |t| t.issuer(format!("{}/", pool.issuer())))),
            "issuer",
            NOT_FOR_US,
        ),
        ("expired", altered(TokenBuilder::expired), "expired", EXPIRED),
        ("expiring now", bearer(bound(pool, |t| t.claim("exp", now))), "expired", EXPIRED),
        ("not before later", bearer(bound(pool, |t| t.claim("nbf", now + 1))), "not_yet_valid", NOT_YET),
        ("issued later", bearer(bound(pool, |t| t.claim("iat", now + 1))), "not_yet_valid", NOT_YET),
        ("another use", altered(|t| t.claim("token_use", "refresh")), "unknown_use", MALFORMED),
        ("an ID token", bearer(pool.id_token("ada").sign()), "token_use", WRONG_USE),
        ("another app client", altered(|t| t.client("other-client")), "client", NOT_FOR_US),
        ("issued long ago", bearer(bound(pool, |t| t.claim("iat", now - 3600))), "too_old", TOO_OLD),
        (
            "bound to a key",
            altered(|t| t.claim("cnf", serde_json::json!({ "jkt": "x" }))),
            "key_bound",
            KEY_BOUND,
        ),
        ("no audience", altered(|t| t.without_claim("aud")), "no_audience", NOT_FOR_US),
        ("another resource", altered(|t| t.claim("aud", "https://other.example")), "resource", NOT_FOR_US),
    ]
}

#[tokio::test]
async fn each_single_fault_is_refused_with_its_reason() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock)
        .each_pool(|pool| pool.resource(RESOURCE).max_token_age(Duration::from_secs(3600)))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let api = Api::behind(auth.clone()).await;
    let service = auth.layer(served());

    let good = bearer(bound(&pool, |t| t));
    assert_eq!(api.get("/", &good).await.to_string(), "200 let in");
    let mut reasons = BTreeSet::new();
    for (name, authorization, reason, expected) in cases(&pool) {
        let answer = api.get("/", &authorization).await;
        assert_eq!(answer.to_string(), expected, "{name}");
        assert_eq!(answer.body, r#"{"message":"Unauthorized"}"#, "{name}");
        assert_eq!(answer.header(CONTENT_TYPE), "application/json", "{name}");

        let response = service.clone().oneshot(request(&authorization)).await.expect("an answer");
        let refusal = response.extensions().get::<Refusal>().expect("the reason");
        assert_eq!(refusal.code(), reason, "{name}");
        let shown = format!("{refusal} {refusal:?}");
        for secret in ["ada", "other-client", "evil", "other.example", "kkk", "garbage"] {
            assert!(!shown.contains(secret), "{name}: {shown}");
        }
        reasons.insert(reason);
    }
    // A new reason needs a case.
    let all = [
        "algorithm",
        "claims",
        "client",
        "critical",
        "encoding",
        "expired",
        "header",
        "issuer",
        "key_bound",
        "key_id_too_long",
        "missing_claim",
        "no_audience",
        "no_key_id",
        "no_token",
        "not_yet_valid",
        "other_scheme",
        "part_too_long",
        "resource",
        "segments",
        "several_tokens",
        "signature",
        "token_use",
        "too_long",
        "too_old",
        "unknown_key",
        "unknown_use",
    ];
    assert_eq!(reasons, BTreeSet::from(all));
}

#[tokio::test]
async fn one_authorization_header_is_allowed() {
    let clock = clock();
    let pool = pool(&clock);
    let api = Api::behind(builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer")).await;
    let good = bearer(token(&pool, |t| t));
    let twice = [(AUTHORIZATION, good.as_bytes()), (AUTHORIZATION, good.as_bytes())];
    assert_eq!(api.get_with("/", twice).await.to_string(), ONE_TOKEN);
    assert_eq!(api.get_with("/", [(AUTHORIZATION, &b"Bearer a.b.\xff"[..])]).await.to_string(), ONE_TOKEN);
    for same in
        [good.replace("Bearer", "bearer"), good.replace("Bearer ", "BEARER   "), good.replace("Bearer ", "")]
    {
        assert_eq!(api.get("/", &same).await.to_string(), "200 let in");
    }
}

#[tokio::test]
async fn a_good_token_that_is_not_enough_is_forbidden() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let route = |requirement| {
        get(|| async { "let in" }).route_layer(auth.clone().require(requirement).expect("it holds"))
    };
    let either = auth.clone().accept(cognito_authorizer::Accept::Either).expect("it holds");
    let router = Router::new()
        .route("/scope", route(scope("orders/write").or(scope("orders/admin"))))
        .route("/group", route(group("admins")))
        .route("/both", route(scope("orders/read").and(group("admins"))))
        .route("/one", route(scope("orders/write").or(group("admins"))))
        .route(
            "/id",
            get(|| async { "let in" })
                .route_layer(either.require(token_use(TokenUse::Id)).expect("it holds")),
        );
    let api = Api::serve(router).await;
    let poor = bearer(pool.access_token("ada").scope("orders/read").sign());
    let rich =
        bearer(pool.access_token("ada").scope("orders/read").scope("orders/admin").group("admins").sign());
    for (path, refused) in [
        ("/scope", r#"403 Bearer error="insufficient_scope", scope="orders/write orders/admin""#),
        ("/group", r#"403 Bearer error="insufficient_scope""#),
        ("/both", r#"403 Bearer error="insufficient_scope""#),
        ("/one", r#"403 Bearer error="insufficient_scope", scope="orders/write""#),
    ] {
        let answer = api.get(path, &poor).await;
        assert_eq!(
            (answer.to_string().as_str(), answer.body.as_str()),
            (refused, r#"{"message":"Forbidden"}"#),
            "{path}"
        );
        assert_eq!(api.get(path, &rich).await.to_string(), "200 let in", "{path}");
    }
    assert_eq!(api.get("/scope", "").await.to_string(), r#"401 Bearer scope="orders/write orders/admin""#);
    assert_eq!(api.get("/id", &rich).await.to_string(), WRONG_USE);
    assert_eq!(api.get("/id", &bearer(pool.id_token("ada").sign())).await.to_string(), "200 let in");
}

#[tokio::test]
async fn without_keys_the_answer_is_503_unless_the_token_is_bad_in_any_case() {
    let clock = clock();
    let pool = pool(&clock);
    // Nothing listens at port 9 of this machine: the connection is refused at once.
    let auth = builder(&clock).jwks_url("http://127.0.0.1:9/jwks.json").connect_lazy().expect("a layer");
    let api = Api::behind(auth).await;
    let answer = api.get("/", &bearer(token(&pool, |t| t))).await;
    assert_eq!(answer.to_string(), r#"503 {"message":"Service Unavailable"}"#);
    assert!(answer.header(RETRY_AFTER).parse::<u64>().expect("seconds") >= 1);
    assert_eq!(answer.header(WWW_AUTHENTICATE), "");
    // A token that no key could make valid is still an error of the client.
    assert_eq!(api.get("/", "").await.to_string(), NO_TOKEN);
    assert_eq!(api.get("/", "Bearer garbage").await.to_string(), MALFORMED);
}

#[tokio::test]
async fn an_invalid_requirement_is_an_error_at_the_start() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let error = auth.clone().require(scope("orders write")).expect_err("no scope has a space");
    assert_eq!(
        error.to_string(),
        "`.require(…)` cannot be used: `orders write` is not a scope; a custom one reads `resource-server/name`, without \
         spaces, quotes or backslashes"
    );
    assert!(auth.require(Requirement::nothing().and(group("a b"))).is_err());
    assert!(builder(&clock).require(scope("")).with_keys([(pool.id(), keys(&pool))]).is_err());
}

#[test]
fn the_codes_of_reasons_are_stable() {
    for (refusal, code) in [
        (Refusal::from(IdentityError::Missing), "no_token"),
        (Rejected::Signature.into(), "signature"),
        (Denied::Use { required: TokenUse::Id, found: TokenUse::Access }.into(), "token_use"),
        (Refusal::KeysUnavailable { retry_after: Duration::ZERO }, "keys_unavailable"),
        (Refusal::NoLayer { extractor: "RequireScope" }, "no_layer"),
    ] {
        assert_eq!(refusal.code(), code);
    }
}

#[tokio::test]
async fn the_layer_works_without_axum() {
    let clock = clock();
    let pool = pool(&clock);
    let auth: CognitoAuthLayer = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    // Bodies that are neither `Send` nor of any framework.
    let inner = tower::service_fn(async |request: http::Request<std::rc::Rc<str>>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
    });
    let service = auth.layer(inner);
    let request = |authorization: &str| {
        http::Request::builder()
            .header(AUTHORIZATION, authorization)
            .body(std::rc::Rc::<str>::from("kept"))
            .expect("a request")
    };
    let good = service.clone().oneshot(request(&bearer(token(&pool, |t| t)))).await.expect("an answer");
    assert_eq!(good.status(), 200);
    let bad = service.oneshot(request("Bearer garbage")).await.expect("an answer");
    assert_eq!(bad.status(), 401);
}

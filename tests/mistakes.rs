//! Mistakes that many authorizers make, each with a test that this one does not. Those about fetching keys are in `freshness`
//! and `faults`.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use axum::{Router, routing::get};
use cognito_authorizer::{
    Accept, AccessClaims, Claims, CognitoAuthLayer, IdClaims, Refusal, RequireGroup, RequireScope, Standard,
    TokenUse, UserPool, Verified, groups, scope, scopes,
};
use cognito_local_pool::LocalPool;
use http::{Request, Response, header::WWW_AUTHENTICATE};
use tower::{Layer, Service, ServiceExt};

use crate::support::{
    Api, CLIENT, POOL, PoolSettings, bearer, builder, clock, events::Events, keys, pool, pool_builder,
    request,
};

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write" | "orders/admin";
}
groups! { Operators = "ops"; }

#[tokio::test]
async fn a_token_of_another_app_client_is_refused() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).accept(Accept::Either).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::behind(auth).await;
    for (name, token, status) in [
        ("ours", pool.access_token("ada").sign(), 200),
        ("ours, ID", pool.id_token("ada").sign(), 200),
        ("another client's", pool.access_token("ada").client("other-client").sign(), 401),
        ("another client's, ID", pool.id_token("ada").client("other-client").sign(), 401),
        (
            "another client's with our audience",
            pool.access_token("ada").client("other-client").claim("aud", CLIENT).sign(),
            401,
        ),
        ("no client's", pool.access_token("ada").without_claim("client_id").sign(), 401),
        (
            "no client's with our audience",
            pool.access_token("ada").without_claim("client_id").claim("aud", CLIENT).sign(),
            401,
        ),
        ("no client's, ID", pool.id_token("ada").without_claim("aud").claim("client_id", CLIENT).sign(), 401),
    ] {
        assert_eq!(api.get("/", &bearer(token)).await.status, status, "{name}");
    }
    // Without clients, no layer is built; it does not let in all of them.
    assert!(CognitoAuthLayer::builder(POOL).with_keys([(pool.id(), keys(&pool))]).is_err());
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused_wherever_the_keys_come_from() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    // Many authorizers do not check the issuer if they are given the URL of the keys.
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let api = Api::behind(auth).await;
    assert_eq!(api.get("/", &bearer(pool.access_token("ada").sign())).await.status, 200);
    for token in [
        pool.access_token("ada").issuer("https://evil.example"),
        pool.access_token("ada").issuer(pool.issuer().replace("cognito-idp", "issuer-cognito-idp")),
        pool.access_token("ada").issuer(""),
        pool.access_token("ada").without_claim("iss"),
        pool.access_token("ada").claim("iss", serde_json::json!([pool.issuer()])),
    ] {
        assert_eq!(api.get("/", &bearer(token.sign())).await.status, 401);
    }
}

#[tokio::test]
async fn every_401_and_403_has_one_well_formed_challenge() {
    let clock = clock();
    let pool = pool(&clock);
    let token = || pool.access_token("ada").scope("orders/read");
    for realm in [None, Some("orders of 2026")] {
        let layer = builder(&clock).require(scope("orders/read").or(scope("orders/admin")));
        let layer = realm.map_or(layer.clone(), |realm| layer.profile(Standard::new().realm(realm)));
        let api = Api::behind(layer.with_keys([(pool.id(), keys(&pool))]).expect("a layer")).await;
        for authorization in [
            String::new(),
            "Basic dXNlcjpwYXNz".into(),
            bearer("garbage"),
            bearer(token().expired().sign()),
            bearer(token().forged().sign()),
            bearer(pool.access_token("ada").scope("orders/write").sign()),
        ] {
            let answer = api.get("/", &authorization).await;
            assert_eq!(answer.headers.get_all(WWW_AUTHENTICATE).iter().count(), 1);
            let parameters = challenge_parameters(answer.header(WWW_AUTHENTICATE));
            let names: Vec<_> = parameters.iter().map(|(name, _)| *name).collect();
            assert!(!names.is_empty(), "RFC 6750 §3: at least one parameter");
            assert!(
                names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1),
                "each once"
            );
            assert_eq!(realm.is_some(), names.contains(&"realm"), "{names:?}");
            if authorization.is_empty() {
                assert!(!names.contains(&"error"), "RFC 6750 §3.1: no error without a token");
            }
        }
    }
}

/// Reads a challenge by the grammar of RFC 9110 §11.2 and §11.6.1, with the restrictions of RFC 6750 §3.
fn challenge_parameters(challenge: &str) -> Vec<(&str, &str)> {
    let parameters = challenge.strip_prefix("Bearer ").expect("the scheme and one space");
    let parameter = |text| {
        let (name, value): (&str, &str) = str::split_once(text, '=').expect("name=value");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        let value =
            value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect("a quoted string");
        assert!(value.bytes().all(|b| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E)), "{value}");
        (name, value)
    };
    parameters.split(", ").map(parameter).collect()
}

#[tokio::test]
async fn a_forged_token_is_401_and_keys_out_of_reach_are_503() {
    let clock = clock();
    let pool = pool(&clock);
    let known = Api::behind(builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer")).await;
    let forged = [
        pool.access_token("ada").header("alg", "none").sign(),
        pool.access_token("ada").header("kid", "unknown").sign(),
        pool.access_token("ada").forged().sign(),
    ];
    for token in forged {
        assert_eq!(known.get("/", &bearer(token)).await.status, 401);
    }
    let unknown = builder(&clock).jwks_url("http://127.0.0.1:9/").connect_lazy().expect("a layer");
    let unknown = Api::behind(unknown).await;
    assert_eq!(unknown.get("/", &bearer(pool.access_token("ada").sign())).await.status, 503);
}

#[tokio::test]
async fn layers_and_extractors_compose_and_leave_the_claims_in_place() {
    async fn handler(
        one: RequireScope<ReadOrders>,
        again: RequireScope<ReadOrders>,
        group: RequireGroup<Operators>,
        access: AccessClaims,
        id: Option<IdClaims>,
        Claims(all): Claims<serde_json::Value>,
        request: Request<axum::body::Body>,
    ) -> String {
        let kept = request.extensions().get::<Arc<Verified>>().expect("still there");
        let same = [one.subject(), again.subject(), group.subject(), access.subject(), kept.subject()];
        assert!(same.iter().all(|subject| all["sub"] == **subject) && id.is_none());
        "composed".into()
    }

    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let inner = auth.clone().require(scope("orders/read")).expect("it holds");
    // Two layers, one around the other, and every extractor.
    let router = Router::new().route("/", get(handler)).route_layer(inner).route_layer(auth);
    let api = Api::serve(router).await;
    let token = pool.access_token("ada").scope("orders/read");
    assert_eq!(api.get("/", &bearer(token.sign())).await.to_string(), "200 composed");
}

/// Panics unless this very value was polled ready, as Tower requires of callers.
#[derive(Debug, Default)]
struct OnlyIfReady {
    ready: bool,
}

impl Clone for OnlyIfReady {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<axum::body::Body>> for OnlyIfReady {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<axum::body::Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        ready(Ok(Response::new(axum::body::Body::empty())))
    }
}

#[tokio::test]
async fn only_a_service_that_was_polled_ready_is_called() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let mut service = auth.layer(OnlyIfReady::default());
    let status = async |service: &mut _, token: String| {
        let ready: &mut cognito_authorizer::CognitoAuth<OnlyIfReady> =
            ServiceExt::ready(service).await.expect("ready");
        ready.call(request(&bearer(token))).await.expect("an answer").status()
    };
    assert_eq!(status(&mut service, pool.access_token("ada").sign()).await, 200);
    // A request that waits for new keys also calls a service that was polled ready.
    pool.rotate();
    assert_eq!(status(&mut service, pool.access_token("ada").sign()).await, 200);
    assert_eq!(status(&mut service, pool.access_token("ada").sign()).await, 200);
}

#[tokio::test]
async fn an_unusable_key_is_skipped_and_a_withdrawn_key_is_refused() {
    let clock = clock();
    let pool = pool(&clock);
    let jwks = pool.jwks().replacen(
        '[',
        r#"[{"kty":"EC","crv":"P-256","kid":"x","x":"AQ","y":"AQ"},{"kty":"quantum"},7,"#,
        1,
    );
    let set = cognito_authorizer::KeySet::from_json(jwks.as_bytes()).expect("two keys are left");
    assert_eq!((set.key_ids().count(), set.skipped().len()), (2, 3));

    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let auth = builder(&clock).jwks_url(server.jwks_url()).connect().await.expect("keys");
    let api = Api::behind(auth.clone()).await;
    let old = bearer(pool.access_token("ada").sign());
    pool.rotate();
    assert_eq!(api.get("/", &old).await.status, 200, "known until the next fetch");
    auth.refresh().await;
    assert_eq!(api.get("/", &old).await.status, 401, "withdrawn");
}

#[tokio::test]
async fn a_key_id_with_another_key_verifies_by_that_key() {
    let clock = clock();
    let (one, two) = (
        pool_builder(&clock).key_id("dummy").build().expect("a pool"),
        pool_builder(&clock).key_id("dummy").build().expect("a pool"),
    );
    for (served, token, status) in [
        (&one, one.access_token("ada").sign(), 200),
        (&two, two.access_token("ada").sign(), 200),
        (&two, one.access_token("ada").sign(), 401),
    ] {
        let api = Api::behind(builder(&clock).with_keys([(POOL, keys(served))]).expect("a layer")).await;
        assert_eq!(api.get("/", &bearer(token)).await.status, status);
    }
}

#[tokio::test]
async fn pools_that_share_a_key_stay_apart() {
    let clock = clock();
    let one = pool_builder(&clock).key_id("dummy").build().expect("a pool");
    let twin = |id: &str| {
        LocalPool::builder(id)
            .keys_of(&one)
            .clock(crate::support::pool_clock(&clock))
            .build()
            .expect("a pool")
    };
    let (two, unknown) = (twin("eu-west-1_Ab12Cd34E"), twin("us-east-1_Zz98Yy76X"));
    let auth = builder(&clock)
        .user_pool(UserPool::new(two.id()).client("two"))
        .with_keys([(one.id(), keys(&one)), (two.id(), keys(&two))]);
    let api = Api::serve(
        Router::new()
            .route("/", get(async |caller: AccessClaims| caller.pool().to_string()))
            .route_layer(auth.expect("a layer")),
    )
    .await;
    for (token, expected) in [
        (one.access_token("ada").sign(), format!("200 {POOL}")),
        (two.access_token("ada").client("two").sign(), "200 eu-west-1_Ab12Cd34E".into()),
    ] {
        assert_eq!(api.get("/", &bearer(token)).await.to_string(), expected);
    }
    for token in [
        one.access_token("ada").client("two").sign(),
        two.access_token("ada").client(CLIENT).sign(),
        unknown.access_token("ada").client(CLIENT).sign(),
    ] {
        assert_eq!(api.get("/", &bearer(token)).await.status, 401);
    }
}

#[tokio::test]
async fn no_handler_is_called_without_claims() {
    let clock = clock();
    let pool = pool(&clock);
    let called = Arc::new(AtomicUsize::new(0));
    let count = called.clone();
    let inner = tower::service_fn(move |request: Request<axum::body::Body>| {
        count.fetch_add(1, SeqCst);
        assert!(request.extensions().get::<Arc<Verified>>().is_some());
        ready(Ok::<_, Infallible>(Response::new(axum::body::Body::empty())))
    });
    let with_keys = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let without_keys = builder(&clock).jwks_url("http://127.0.0.1:9/").connect_lazy().expect("a layer");
    let mistaken = with_keys.clone().accept(TokenUse::Id).expect("it holds");
    for auth in [with_keys.clone(), without_keys, mistaken] {
        let service = auth.layer(inner.clone());
        for authorization in
            ["", "Basic dXNlcg==", "Bearer garbage", &bearer(pool.access_token("ada").expired().sign())]
        {
            let response = service.clone().oneshot(request(authorization)).await.expect("an answer");
            assert!(response.status().is_client_error() || response.status().is_server_error());
        }
    }
    assert_eq!(called.load(SeqCst), 0);
    let good = request(&bearer(pool.access_token("ada").sign()));
    with_keys.layer(inner).oneshot(good).await.expect("an answer");
    assert_eq!(called.load(SeqCst), 1);
}

#[tokio::test]
async fn a_token_is_read_strictly() {
    let clock = clock();
    let pool = pool(&clock);
    let api = Api::behind(builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer")).await;
    let good = pool.access_token("ada").sign();
    let payload = |text: &str| {
        let json = format!(
            r#"{{"iss":"{}","client_id":"{CLIENT}","token_use":"access","iat":1767225600{text}}}"#,
            pool.issuer()
        );
        pool.access_token("ada").raw_payload(json).sign()
    };
    assert_eq!(api.get("/", &bearer(payload(r#","exp":1767225601"#))).await.status, 200);
    for (name, token) in [
        ("crit", pool.access_token("ada").header("crit", serde_json::json!(["b64"])).sign()),
        ("padding", format!("{good}==")),
        ("the standard alphabet", pool.access_token("ada").claim("x", "???>>>").sign().replace('_', "/")),
        ("a repeated claim", payload(r#","exp":1,"exp":1767225601"#)),
        ("no expiry", payload("")),
        ("expiry now", payload(r#","exp":1767225600"#)),
        ("100,000 bytes", format!("{good}{}", "A".repeat(100_000))),
    ] {
        assert_eq!(api.get("/", &bearer(token)).await.status, 401, "{name}");
    }
}

#[tokio::test]
async fn no_token_and_no_claim_is_logged() {
    let events = Events::listen();
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let service = auth.clone().require(scope("orders/read")).expect("it holds").layer(OnlyIfReady::default());
    let tokens = [
        pool.access_token("ada").scope("orders/read").claim("custom:secret", "swordfish"),
        pool.access_token("ada").scope("secret/swordfish"),
        pool.access_token("ada").claim("iss", "https://swordfish.example"),
        pool.access_token("ada").client("swordfish"),
        pool.access_token("ada").header("kid", "swordfish"),
        pool.access_token("ada").header("alg", "swordfish"),
        pool.access_token("ada").raw_payload("{\"swordfish\""),
        pool.access_token("ada").claim("token_use", "swordfish"),
        pool.access_token("ada").claim("exp", "swordfish"),
        pool.access_token("swordfish").forged(),
        pool.id_token("swordfish"),
    ];
    let mut shown = String::new();
    for token in tokens {
        let token = token.sign();
        let response = service.clone().oneshot(request(&bearer(&token))).await.expect("an answer");
        if let Some(refusal) = response.extensions().get::<Refusal>() {
            shown += &format!("{refusal} {refusal:?} {:?}\n", response.headers());
        }
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!events.text().contains(part) && !shown.contains(part));
        }
    }
    shown += &format!("{service:?} {auth:?} {:?}", auth.status());
    let text = events.text();
    assert_eq!(text.lines().filter(|line| line.contains("decision=")).count(), 11, "{text}");
    assert!(text.contains("decision=\"allowed\"") && text.contains("reason=\"scope\""), "{text}");
    for secret in ["swordfish", "Correct-horse", "\"sub\""] {
        assert!(!text.contains(secret) && !shown.contains(secret), "{secret}: {text}{shown}");
    }
}

#[tokio::test]
async fn a_verified_token_prints_without_its_claims() {
    async fn print(
        access: AccessClaims,
        scope: RequireScope<WriteOrders>,
        all: Claims<serde_json::Value>,
    ) -> String {
        format!("{access:?} {scope:?} {all:?} {:?}", access.scopes())
    }
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(Router::new().route("/", get(print)).route_layer(auth)).await;
    let token = pool
        .access_token("swordfish")
        .scope("orders/admin")
        .scope("a/swordfish")
        .claim("custom:a", "swordfish");
    let printed = api.get("/", &bearer(token.sign())).await.body;
    assert!(
        printed.contains("Verified {") && !printed.contains("swordfish") && !printed.contains(CLIENT),
        "{printed}"
    );
}

#[tokio::test]
async fn an_id_token_is_let_in_only_where_that_is_said() {
    let clock = clock();
    let pool = pool(&clock);
    let layer = |accept: Accept| {
        builder(&clock).accept(accept).with_keys([(pool.id(), keys(&pool))]).expect("a layer")
    };
    let (access, id) = (bearer(pool.access_token("ada").sign()), bearer(pool.id_token("ada").sign()));
    for (accept, with_access, with_id) in
        [(TokenUse::Access.into(), 200, 401), (TokenUse::Id.into(), 401, 200), (Accept::Either, 200, 200)]
    {
        let api = Api::behind(layer(accept)).await;
        assert_eq!(api.get("/", &access).await.status, with_access, "{accept}");
        assert_eq!(api.get("/", &id).await.status, with_id, "{accept}");
    }
}

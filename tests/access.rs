//! Settings and requirements about the audience of a token, its actor, the sign-in of its user, and its age.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, Profile, RequireAcr, RouteTable, UserPool, acr_levels, any_of,
    group,
    requirement::{COGNITO_ACR_LEVELS, acr_at_least, actor, no_actor, signed_in_within},
    scope,
};
use cognito_local_pool::{LocalPool, TokenBuilder};
use expect_test::expect;
use serde_json::json;

use crate::support::{self, Api, CLIENT, POOL, bearer, builder, clock, events::Events, keys, pool};

acr_levels! {
    pub Strong = "urn:cognito:loa:3";
    Gold = "gold" of ["bronze", "silver", "gold"];
}

const RESOURCE: &str = "https://orders.example";
const MINUTE: Duration = Duration::from_secs(60);
const NOT_FOR_US: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not for this API""#;
const STEP_UP: &str = r#"401 Bearer error="insufficient_user_authentication", acr_values="urn:cognito:loa:3 urn:cognito:loa:4""#;

fn layer(
    pool: &LocalPool,
    change: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder,
) -> CognitoAuthLayer {
    change(builder(&clock())).with_keys([(pool.id(), keys(pool))]).expect("a layer")
}

fn strong() -> cognito_authorizer::Requirement {
    acr_at_least("urn:cognito:loa:3", COGNITO_ACR_LEVELS)
}

/// The answer to `GET /` with this profile. The route requires a scope, so that a REST API accepts access tokens.
async fn answer(profile: Profile, settings: impl Fn(UserPool) -> UserPool, token: TokenBuilder) -> String {
    let auth = layer(&SHARED, |b| b.profile(profile).require(scope("orders/read")).map_user_pools(&settings));
    let answer = Api::behind(auth).await.get("/", &bearer(token.sign())).await;
    let challenge = answer.header(http::header::WWW_AUTHENTICATE);
    let description = challenge.split("error_description=").nth(1).unwrap_or_default();
    format!("{} {}", answer.status.as_u16(), description.trim_matches('"')).trim_end().to_owned()
}

/// The pool of [`answer`] and [`access`], shared because creating its keys is slow.
static SHARED: LazyLock<LocalPool> = LazyLock::new(|| pool(&clock()));

fn access() -> TokenBuilder {
    SHARED.access_token("ada").scope("orders/read")
}

/// What a setting requires, and how each profile treats `aud` without one.
#[tokio::test]
async fn a_token_for_another_api_is_refused_and_each_profile_has_its_rules() {
    use Profile::{HttpApi, RestApi, Standard};
    type Settings = fn(UserPool) -> UserPool;

    let none = |pool: UserPool| pool;
    let resource = |pool: UserPool| pool.resource(RESOURCE);
    let name = |pool: UserPool| pool.audience("orders");
    let either = |pool: UserPool| pool.resource(RESOURCE).accept_with_or_without_audience();
    let not_for_us = "401 the token is not for this API";
    let invalid = "401 the token does not have a valid audience";
    let rows: [(Settings, Option<serde_json::Value>, [&str; 3]); 16] = [
        (none, None, ["200", "200", "200"]),
        (none, Some(json!(CLIENT)), ["200", "200", "200"]),
        (none, Some(json!("https://other.example")), [not_for_us, "200", invalid]),
        (none, Some(json!(["https://other.example", CLIENT])), ["200", "200", "200"]),
        (none, Some(json!([])), [not_for_us, "200", invalid]),
        (resource, None, [not_for_us, "401", invalid]),
        (resource, Some(json!(RESOURCE)), ["200", "200", "200"]),
        (resource, Some(json!(["x", RESOURCE])), ["200", "200", "200"]),
        (resource, Some(json!("https://other.example")), [not_for_us, "401", invalid]),
        (resource, Some(json!(CLIENT)), [not_for_us, "401", invalid]),
        (name, Some(json!("orders")), ["200", "200", "200"]),
        (name, Some(json!("payments")), [not_for_us, "401", invalid]),
        (either, None, ["200", "200", "200"]),
        (either, Some(json!(RESOURCE)), ["200", "200", "200"]),
        (either, Some(json!("https://other.example")), [not_for_us, "401", invalid]),
        (either, Some(json!(CLIENT)), [not_for_us, "401", invalid]),
    ];
    for (settings, aud, expected) in rows {
        for (profile, expected) in [Standard, RestApi, HttpApi].into_iter().zip(expected) {
            let token = aud.iter().fold(access(), |token, aud| token.claim("aud", aud.clone()));
            assert_eq!(answer(profile, settings, token).await, expected, "{profile:?}, aud {aud:?}");
        }
    }
}

/// The `aud` of an ID token is its app client, whatever resources the API has.
#[tokio::test]
async fn an_id_token_needs_no_resource() {
    for profile in [Profile::Standard, Profile::RestApi, Profile::HttpApi] {
        let pool = pool(&clock());
        let auth = layer(&pool, |b| {
            b.profile(profile)
                .accept(cognito_authorizer::TokenUse::Id)
                .map_user_pools(|pool| pool.resource(RESOURCE))
        });
        let api = Api::behind(auth).await;
        assert_eq!(api.get("/", &bearer(pool.id_token("ada").sign())).await.status, 200, "{profile:?}");
        let other = pool.id_token("ada").claim("aud", "another").sign();
        assert_eq!(api.get("/", &bearer(other)).await.status, 401, "{profile:?}");
    }
}

/// App clients that are not listed are accepted only with tokens for this API.
#[tokio::test]
async fn any_client_with_a_resource_accepts_only_tokens_for_this_api() {
    let pool = pool(&clock());
    let settings = UserPool::new(POOL).any_client().resource(RESOURCE);
    let auth = CognitoAuthLayer::builder(settings).clock(clock());
    let api = Api::behind(auth.with_keys([(POOL, keys(&pool))]).expect("a layer")).await;
    let url = "https://client.example/metadata.json";
    let token = || pool.access_token("ada").client(url);
    assert_eq!(api.get("/", &bearer(token().audience(RESOURCE).sign())).await.to_string(), "200 let in");
    for token in [token(), token().audience(url), token().audience("https://other.example")] {
        assert_eq!(api.get("/", &bearer(token.sign())).await.to_string(), NOT_FOR_US);
    }
}

/// A rule whose answer changes takes effect at once, also for cached tokens.
#[tokio::test]
async fn a_rule_for_clients_decides_about_every_request() {
    for profile in [Profile::Standard, Profile::HttpApi] {
        let pool = pool(&clock());
        let is_open = Arc::new(AtomicBool::new(true));
        let rule = is_open.clone();
        let settings =
            UserPool::new(POOL).clients_where(move |id| id == "partner" && rule.load(Ordering::Relaxed));
        let auth = CognitoAuthLayer::builder(settings).clock(clock()).profile(profile);
        let api = Api::behind(auth.with_keys([(POOL, keys(&pool))]).expect("a layer")).await;
        let token = bearer(pool.access_token("ada").client("partner").sign());
        for (open, status) in [(true, 200), (true, 200), (false, 401), (true, 200), (false, 401)] {
            is_open.store(open, Ordering::Relaxed);
            assert_eq!(api.get("/", &token).await.status, status, "{profile:?}");
        }
        let other = bearer(pool.access_token("ada").sign());
        assert_eq!(api.get("/", &other).await.status, 401, "{profile:?}");
    }
}

#[tokio::test]
async fn a_token_grows_too_old_even_in_the_cache() {
    let clock = clock();
    let pool = pool(&clock);
    let builder = builder(&clock).map_user_pools(|pool| pool.max_token_age(10 * MINUTE));
    let auth =
        builder.leeway(Duration::from_secs(30)).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::behind(auth).await;
    let token = bearer(pool.access_token("ada").sign());
    let too_old = r#"401 Bearer error="invalid_token", error_description="the token is too old""#;
    assert_eq!(api.get("/", &token).await.to_string(), "200 let in");
    clock.advance(10 * MINUTE + Duration::from_secs(29));
    assert_eq!(api.get("/", &token).await.to_string(), "200 let in");
    clock.advance(Duration::from_secs(1));
    assert_eq!(api.get("/", &token).await.to_string(), too_old);
    assert_eq!(api.get("/", &bearer(pool.access_token("ada").sign())).await.to_string(), "200 let in");
}

#[tokio::test]
async fn a_low_level_is_answered_with_the_challenge_of_rfc_9470() {
    let pool = pool(&clock());
    let table = RouteTable::builder()
        .require("GET /row", Strong)
        .require("GET /scope", scope("orders/read").and(Strong))
        .require("GET /either", any_of([scope("orders/admin"), scope("orders/read").and(Strong)]))
        .require("GET /{proxy+}", scope("orders/read"))
        .build()
        .expect("rows");
    let router = Router::new()
        .route(
            "/handler",
            get(async |caller: RequireAcr<Strong>| caller.acr().unwrap_or_default().to_owned()),
        )
        .route("/gold", get(async |_: RequireAcr<Gold>| "gold"))
        .fallback(async || "let in")
        .layer(layer(&pool, |b| b.routes(table)));
    let api = Api::serve(router).await;
    let with = |level: &str| bearer(pool.access_token("ada").scope("orders/read").acr(level).sign());
    let without = bearer(pool.access_token("ada").scope("orders/read").sign());
    for (path, authorization, expected) in [
        ("/row", &without, STEP_UP),
        ("/row", &with("urn:cognito:loa:2"), STEP_UP),
        ("/row", &with("urn:cognito:loa:3"), "200 let in"),
        ("/row", &with("urn:cognito:loa:4"), "200 let in"),
        ("/row", &with("urn:cognito:loa:5"), STEP_UP),
        ("/row", &with("URN:COGNITO:LOA:4"), STEP_UP),
        ("/row", &with(""), STEP_UP),
        ("/scope", &without, STEP_UP),
        ("/either", &without, STEP_UP),
        ("/either", &with("urn:cognito:loa:4"), "200 let in"),
        ("/handler", &with("urn:cognito:loa:1"), STEP_UP),
        ("/handler", &with("urn:cognito:loa:4"), "200 urn:cognito:loa:4"),
        (
            "/gold",
            &with("silver"),
            r#"401 Bearer error="insufficient_user_authentication", acr_values="gold""#,
        ),
        ("/gold", &with("gold"), "200 gold"),
        (
            "/scope",
            &bearer(pool.access_token("ada").sign()),
            r#"403 Bearer error="insufficient_scope", scope="orders/read""#,
        ),
    ] {
        assert_eq!(api.get(path, authorization).await.to_string(), expected, "{path}");
    }
    let answer = api.get("/row", &without).await;
    assert_eq!(answer.body, r#"{"message":"Unauthorized"}"#);
}

/// The challenge names all that the next sign-in must meet, wherever it is required.
#[tokio::test]
async fn an_old_sign_in_is_answered_with_its_greatest_age() {
    let clock = clock();
    let pool = pool(&clock);
    let recent = || signed_in_within(5 * MINUTE);
    let table = RouteTable::builder()
        .require("GET /recent", recent())
        .require("GET /strong", strong())
        .require("GET /both", strong().and(recent()))
        .require("GET /one", strong().or(recent()))
        .build()
        .expect("rows");
    let by_row = builder(&clock).routes(table).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new().fallback(async || "let in");
    let api = Api::serve(router.clone().layer(by_row.clone())).await;
    let stricter = by_row.require(signed_in_within(10 * MINUTE)).expect("a layer");
    let layered = Api::serve(router.layer(stricter)).await;
    // A refreshed token: the sign-in is older than the token.
    let now = cognito_authorizer::clock::Clock::now(&clock).as_secs();
    let signed_in = |ago: i64| pool.access_token("ada").claim("auth_time", now - ago);
    let too_old = r#"401 Bearer error="insufficient_user_authentication", max_age="300""#;
    let both = r#"401 Bearer error="insufficient_user_authentication", acr_values="urn:cognito:loa:3 urn:cognito:loa:4", max_age="300""#;
    for (path, token, expected) in [
        ("/recent", signed_in(300), "200 let in"),
        ("/recent", signed_in(301), too_old),
        ("/recent", signed_in(0).without_claim("auth_time"), too_old),
        // A sign-in in the future does not count.
        ("/recent", signed_in(-1), too_old),
        ("/strong", signed_in(301), STEP_UP),
        ("/both", signed_in(301), both),
        ("/both", signed_in(300), STEP_UP),
        ("/both", signed_in(301).acr("urn:cognito:loa:4"), too_old),
        ("/both", signed_in(300).acr("urn:cognito:loa:4"), "200 let in"),
        ("/one", signed_in(301), both),
        ("/one", signed_in(300), "200 let in"),
    ] {
        assert_eq!(api.get(path, &bearer(token.sign())).await.to_string(), expected, "{path}");
    }
    let of_both = r#"401 Bearer error="insufficient_user_authentication", acr_values="urn:cognito:loa:3 urn:cognito:loa:4", max_age="600""#;
    assert_eq!(layered.get("/strong", &bearer(signed_in(601).sign())).await.to_string(), of_both);
    // A cached token is checked again.
    let token = bearer(signed_in(299).sign());
    assert_eq!(api.get("/recent", &token).await.to_string(), "200 let in");
    clock.advance(Duration::from_secs(2));
    assert_eq!(api.get("/recent", &token).await.to_string(), too_old);
}

#[tokio::test]
async fn the_profiles_of_api_gateway_answer_a_low_level_with_401() {
    let pool = pool(&clock());
    let token = bearer(pool.access_token("ada").scope("orders/read").sign());
    let answer = async |profile: Profile| {
        let auth = layer(&pool, |b| b.profile(profile).require(scope("orders/read").and(Strong)));
        Api::behind(auth).await.get("/", &token).await.to_string()
    };
    assert_eq!(answer(Profile::RestApi).await, r#"401 {"message":"Unauthorized"}"#);
    assert_eq!(
        answer(Profile::HttpApi).await,
        r#"401 Bearer scope="orders/read" error="insufficient_user_authentication" acr_values="urn:cognito:loa:3 urn:cognito:loa:4""#
    );
}

#[tokio::test]
async fn delegated_tokens_are_let_in_where_their_actor_may_act() {
    let pool = pool(&clock());
    let table = RouteTable::builder()
        .require("GET /in-person", no_actor())
        .require("GET /by-proxy", actor("proxy"))
        .require("GET /either", no_actor().or(actor("proxy")))
        .require("GET /any", cognito_authorizer::Requirement::nothing())
        .build()
        .expect("rows");
    let router = Router::new()
        .fallback(async |caller: cognito_authorizer::AccessClaims| {
            caller.actor().unwrap_or("nobody").to_owned()
        })
        .layer(layer(&pool, |b| b.routes(table)));
    let api = Api::serve(router).await;
    let forbidden = r#"403 Bearer error="insufficient_scope""#;
    let own = pool.access_token("ada");
    let through = json!({ "sub": "other", "act": { "sub": "proxy" } });
    for (path, token, expected) in [
        ("/in-person", own.clone(), "200 nobody"),
        ("/in-person", own.clone().actor("proxy"), forbidden),
        ("/by-proxy", own.clone().actor("proxy"), "200 proxy"),
        ("/by-proxy", own.clone().actor("other"), forbidden),
        // Only the current actor counts, not those before it in the chain.
        ("/by-proxy", own.clone().claim("act", through.clone()), forbidden),
        ("/by-proxy", own.clone(), forbidden),
        ("/either", own.clone(), "200 nobody"),
        ("/either", own.clone().actor("proxy"), "200 proxy"),
        ("/either", own.clone().claim("act", through), forbidden),
        ("/any", own.actor("other"), "200 other"),
    ] {
        assert_eq!(api.get(path, &bearer(token.sign())).await.to_string(), expected, "{path}");
    }
}

/// The log has the reason and what was required, and nothing of the token.
#[tokio::test]
async fn the_log_names_the_reason() {
    let events = Events::listen();
    let pool = pool(&clock());
    let auth = layer(&pool, |b| {
        let table = RouteTable::builder().require("GET /acr", Strong).require("GET /actor", no_actor());
        b.routes(table.require("GET /", group("ops")).build().expect("rows"))
            .map_user_pools(|pool| pool.resource(RESOURCE))
    });
    let api = Api::serve(Router::new().fallback(async || "let in").layer(auth)).await;
    let token = || pool.access_token("ada").audience(RESOURCE);
    let refused = async |path: &str, token: TokenBuilder| {
        assert_ne!(api.get(path, &bearer(token.sign())).await.status, 200, "{path}");
    };
    refused("/acr", token().acr("urn:swordfish")).await;
    refused("/actor", token().actor("swordfish")).await;
    refused("/", token().claim("aud", "swordfish")).await;
    refused("/", token().without_claim("aud")).await;
    refused("/", token().claim("cnf", json!({ "jkt": "swordfish" }))).await;
    let text = events.text();
    for reason in ["user_authentication", "actor", "resource", "no_audience", "key_bound"] {
        assert!(text.contains(&format!("reason=\"{reason}\"")), "{reason}: {text}");
    }
    assert!(!text.contains("swordfish"), "{text}");
}

#[test]
fn a_setting_that_cannot_be_met_is_an_error_at_the_start() {
    let clock = clock();
    let keys = keys(&pool(&clock));
    let error = |change: &dyn Fn(CognitoAuthBuilder) -> CognitoAuthBuilder| {
        change(support::builder(&clock)).with_keys([(POOL, keys.clone())]).expect_err("a mistake").to_string()
    };
    let pool = |change: fn(UserPool) -> UserPool| error(&|b| b.map_user_pools(change));
    let errors = [
        pool(|pool| pool.audience("two words")),
        pool(UserPool::accept_with_or_without_audience),
        pool(|pool| pool.max_token_age(Duration::ZERO)),
        pool(|pool| pool.max_token_age(MINUTE).max_token_age(MINUTE)),
        pool(|pool| pool.replica_region("ap-south-1")),
        pool(|pool| pool.replica_region("us-west-2.evil.example")),
        pool(|pool| pool.issuer("https://idp.example").replica_region("us-west-2")),
        pool(|pool| pool.any_client().clients_where(|_| true)),
        error(&|b| b.require(acr_at_least("urn:cognito:loa:9", COGNITO_ACR_LEVELS))),
        error(&|b| b.require(acr_at_least("a b", ["a b"]))),
        error(&|b| b.require(signed_in_within(Duration::ZERO))),
        error(&|b| b.require(actor(""))),
        error(&|b| b.require(actor("proxy").and(no_actor()))),
        error(&|b| b.require(strong().and(acr_at_least("gold", ["gold"])))),
    ];
    expect![[r#"
        `.audience("two words")` of user pool ap-south-1_abcdefghi is empty or has white space; give the name that token exchange writes into `aud`, such as `orders`
        `.accept_with_or_without_audience()` of user pool ap-south-1_abcdefghi has no effect without a name of this API; set `.resource("https://…")` or `.audience("…")`, or remove it
        `.max_token_age(0ns)` of user pool ap-south-1_abcdefghi is out of bounds; give between 1 second and 24 hours
        `.max_token_age(…)` of user pool ap-south-1_abcdefghi is called twice; keep one of the calls
        `.replica_region("ap-south-1")` of user pool ap-south-1_abcdefghi is the pool's own Region, or is given twice; name each other Region of the pool once, such as `us-west-2`
        `.replica_region("us-west-2.evil.example")` of user pool ap-south-1_abcdefghi is not a Region of the pool's partition; name each other Region of the pool once, such as `us-west-2`
        `.replica_region("us-west-2")` of user pool ap-south-1_abcdefghi needs the original issuer form, because the other issuers do not depend on the Region; name each other Region of the pool once, such as `us-west-2`
        user pool ap-south-1_abcdefghi has both `.client(…)` and `.any_client()`; keep one of them
        `.require(…)` cannot be used: the authentication level `urn:cognito:loa:9` must be among the levels exactly once; give all levels, lowest first, such as `COGNITO_ACR_LEVELS`
        `.require(…)` cannot be used: `a b` is not the name of an authentication level; one has 1 to 256 characters of visible ASCII, without quotes and backslashes
        `.require(…)` cannot be used: `signed_in_within(0ns)` is out of bounds; give between 1 second and 10 years
        `.require(…)` cannot be used: the subject of an actor is empty; name the one that may act, or use `no_actor()`
        actor proxy, and no actor cannot be met: only an access token is let in here, and none can meet this; change `.require(…)`, or `.accept(…)`
        acr urn:cognito:loa:3 or urn:cognito:loa:4, and acr gold cannot be met: only an access token is let in here, and none can meet this; change `.require(…)`, or `.accept(…)`"#]].assert_eq(&errors.join("\n"));
}

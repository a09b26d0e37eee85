//! Every mistake in the configuration is an error at the start, and its text ends with the fix.

use std::time::Duration;

use axum::{Router, response::Redirect, routing::get};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, ConfigError, IssuerForm, Limits, PoolError, Profile, RestApi,
    Revocation, RouteTable, Standard, TokenUse, UserPool,
    gateway::GatewayResponses,
    group,
    keys::{FetchError, Https, Jwks},
    revocation::RevocationFailure,
    scope,
};
use cognito_verify::{PoolKeys, Rejected, UnixTime, Verifier};
use expect_test::expect;
use tower::{Layer, ServiceExt};

use crate::support::{
    self, AlwaysInForce, Api, CLIENT, POOL, PoolSettings, bearer, builder, clock, events::Events, keys, pool,
    pool_builder, request, served,
};

fn error(change: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder) -> String {
    let clock = clock();
    let keys = keys(&pool(&clock));
    let result = change(builder(&clock)).with_keys([(POOL, keys)]);
    result.expect_err("a mistake").to_string()
}

#[test]
fn a_configuration_error_names_the_setting_and_the_fix() {
    let errors = [
        error(|_| CognitoAuthLayer::builder("eu-west-1").client(CLIENT)),
        error(|_| CognitoAuthLayer::builder("local_1a2b3c").client(CLIENT)),
        error(|_| CognitoAuthLayer::builder(POOL)),
        error(PoolSettings::any_client),
        error(|b| b.client("")),
        error(|b| b.client("4example23456789\n")),
        error(|b| b.resource(" ")),
        error(|b| b.issuer("https://idp.example").issuer_form(IssuerForm::Updated)),
        error(|b| b.jwks_url("http://cognito:9229/jwks.json")),
        error(|b| b.jwks_url("http://cognito:9229/jwks.json").dangerous_allow_http("cognito.example")),
        error(|b| b.dangerous_allow_http("http://cognito:9229")),
        error(|b| b.issuer("https://idp.example/a").issuer("https://idp.example/b")),
        error(|b| b.jwks_url("idp.example/jwks.json")),
        error(|b| b.issuer("https://idp.example/pool ")),
        error(|b| b.jwks_url("https://idp.example/jwks.json\n")),
        error(|b| b.user_pool(UserPool::new(POOL).client(CLIENT))),
        error(|b| b.user_pool(UserPool::new("eu-west-1_Ab12Cd34E"))),
        error(|b| b.user_pool(UserPool::new("eu-west-1_Ab12Cd34E").any_client())),
        error(|b| b.leeway(Duration::from_secs(301))),
        error(|b| b.keys(Jwks::https().refresh_every(Duration::from_secs(59)))),
        error(|b| b.keys(Jwks::https().max_stale(Duration::from_secs(8 * 24 * 3600)))),
        error(|b| b.keys(Jwks::https().fetch_timeout(Duration::ZERO))),
        error(|b| b.keys(Jwks::https().cool_down(Duration::from_millis(999)))),
        error(|b| b.keys(Jwks::https().cool_down(Duration::from_millis(60_001)))),
        error(|b| b.limits(Limits::new().token_bytes(16))),
        error(|b| b.profile(Standard::new().realm("a \"quoted\" realm"))),
        error(|b| b.require(scope("orders write"))),
        error(|b| b.require(scope("orders/write").and(group("two words")))),
    ];
    expect![[r#"
        `eu-west-1` is not a user pool id; one reads like `eu-west-1_Ab12Cd34E`
        `local` in the user pool id `local_1a2b3c` is not a Region of a known partition; name the pool's issuer with `.issuer("https://…")`
        user pool ap-south-1_abcdefghi lets no app client in; name them with `.client("…")`, or allow all with `.any_client()`
        user pool ap-south-1_abcdefghi has both `.client(…)` and `.any_client()`; keep one of them
        `.client("")` of user pool ap-south-1_abcdefghi is empty or has white space; give the id that the Cognito console shows
        `.client("4example23456789\n")` of user pool ap-south-1_abcdefghi is empty or has white space; give the id that the Cognito console shows
        `.resource(" ")` of user pool ap-south-1_abcdefghi is empty or has white space; give the identifier that clients ask for, such as `https://orders.example.com`
        user pool ap-south-1_abcdefghi has both `.issuer(…)` and `.issuer_form(…)`; keep one of them
        the keys of user pool ap-south-1_abcdefghi would be fetched without TLS by `.jwks_url("http://cognito:9229/jwks.json")`, so that others could replace them; set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker Compose's, with `.dangerous_allow_http("cognito")`
        the keys of user pool ap-south-1_abcdefghi would be fetched without TLS by `.jwks_url("http://cognito:9229/jwks.json")`, so that others could replace them; set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker Compose's, with `.dangerous_allow_http("cognito")`
        `.dangerous_allow_http("http://cognito:9229")` of user pool ap-south-1_abcdefghi is not a host; give it as the URL of the keys has it, without scheme, port and path, such as `cognito`
        `.issuer(…)` of user pool ap-south-1_abcdefghi is called twice; keep one of the calls
        `.jwks_url("idp.example/jwks.json")` of user pool ap-south-1_abcdefghi is not a URL; give an absolute https URL, or http on a loopback address
        `.issuer("https://idp.example/pool ")` of user pool ap-south-1_abcdefghi has white space; give an absolute https URL, or http on a loopback address
        `.jwks_url("https://idp.example/jwks.json\n")` of user pool ap-south-1_abcdefghi has white space; give an absolute https URL, or http on a loopback address
        user pool ap-south-1_abcdefghi is configured twice; join its app clients in one `UserPool`
        user pool eu-west-1_Ab12Cd34E lets no app client in; name them with `.client("…")`, or allow all with `.any_client()`
        no keys were supplied for user pool eu-west-1_Ab12Cd34E; give `.with_keys(…)` a key set with its id
        a leeway of 301 seconds is too long; give at most 300 seconds
        `.refresh_every(…)` was given 59s; give between 60s and 86400s
        `.max_stale(…)` was given 691200s; give between 120s and 604800s
        `.fetch_timeout(…)` was given 0ns; give between 100ms and 30s
        `.cool_down(…)` was given 999ms; give between 1s and 60s
        `.cool_down(…)` was given 60.001s; give between 1s and 60s
        `.token_bytes(16)` would refuse every token; give at least 512 bytes
        `.realm("a "quoted" realm")` cannot be quoted in a challenge; give visible ASCII without `"` and `\`
        `.require(…)` cannot be used: `orders write` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes
        `.require(…)` cannot be used: `two words` is not a group name; one has 1 to 128 characters, none of them white space or invisible"#]].assert_eq(&errors.join("\n"));
}

#[tokio::test]
async fn a_setting_with_one_value_is_called_once() {
    type Change = fn(CognitoAuthBuilder) -> CognitoAuthBuilder;
    type ChangeKeys = fn(Jwks<Https>) -> Jwks<Https>;
    const SECOND: Duration = Duration::from_secs(1);
    let settings: [(&str, Change); 11] = [
        ("profile", |b| b.profile(Profile::RestApi)),
        ("accept", |b| b.accept(TokenUse::Access)),
        ("routes", |b| b.routes(RouteTable::builder().open("GET /").build().expect("a table"))),
        ("result_ttl", |b| b.result_ttl(SECOND)),
        ("limits", |b| b.limits(Limits::new())),
        ("leeway", |b| b.leeway(SECOND)),
        ("revocation", |b| b.revocation(Revocation::check(AlwaysInForce))),
        ("keys", |b| b.keys(Jwks::https())),
        ("issuer", |b| b.issuer("https://idp.example")),
        ("jwks_url", |b| b.jwks_url("https://idp.example/jwks.json")),
        ("dangerous_allow_http", |b| b.dangerous_allow_http("cognito")),
    ];
    for (setting, call) in settings {
        let base = CognitoAuthLayer::builder(POOL).client(CLIENT);
        let error =
            call(call(base)).with_keys([(POOL, keys(&pool(&clock())))]).expect_err(setting).to_string();
        assert!(error.contains(&format!("`.{setting}(…)`")) && error.contains("is called twice"), "{error}");
    }
    let keys_settings: [(&str, ChangeKeys); 6] = [
        ("refresh_every", |keys| keys.refresh_every(600 * SECOND)),
        ("max_stale", |keys| keys.max_stale(6000 * SECOND)),
        ("fetch_timeout", |keys| keys.fetch_timeout(SECOND)),
        ("cool_down", |keys| keys.cool_down(SECOND)),
        ("last_known", |keys| keys.last_known("/proc/nobody")),
        ("proxy", |keys| keys.proxy("http://proxy.example")),
    ];
    for (setting, call) in keys_settings {
        let error =
            builder(&clock()).keys(call(call(Jwks::https()))).with_keys([(POOL, keys(&pool(&clock())))]);
        let error = error.expect_err(setting).to_string();
        assert!(error.contains(&format!("`.{setting}(…)`")) && error.contains("is called twice"), "{error}");
    }
    let (realm, source) = ("realm", "identity_source");
    let once = || Standard::new().realm("a").identity_source("method.request.header.X-Token");
    let rest =
        || RestApi::new().identity_validation_expression(".*").gateway_responses(GatewayResponses::new());
    let check = || Revocation::check(AlwaysInForce).timeout(SECOND).on_failure(RevocationFailure::LetIn);
    let limits = || Limits::new().token_bytes(4096).cached_tokens(9);
    let groups: [(&str, CognitoAuthBuilder); 8] = [
        (realm, builder(&clock()).profile(once().realm("b"))),
        (source, builder(&clock()).profile(once().identity_source("method.request.header.X-Token"))),
        (
            "identity_validation_expression",
            builder(&clock()).profile(rest().identity_validation_expression("a")),
        ),
        ("gateway_responses", builder(&clock()).profile(rest().gateway_responses(GatewayResponses::new()))),
        ("timeout", builder(&clock()).revocation(check().timeout(SECOND))),
        ("on_failure", builder(&clock()).revocation(check().on_failure(RevocationFailure::LetIn))),
        ("token_bytes", builder(&clock()).limits(limits().token_bytes(4096))),
        ("cached_tokens", builder(&clock()).limits(limits().cached_tokens(9))),
    ];
    for (setting, builder) in groups {
        let error = builder.with_keys([(POOL, keys(&pool(&clock())))]).expect_err(setting).to_string();
        assert!(error.contains(&format!("`.{setting}(…)` is called twice")), "{error}");
    }
    // Settings with several values, and the clock of a test, may be called again.
    let many = builder(&clock()).client("other").resource("a").resource("b").require(scope("r/a"));
    let many = many.require(scope("r/b")).clock(clock()).pass_cors_preflight().pass_cors_preflight();
    assert!(many.with_keys([(POOL, keys(&pool(&clock())))]).is_ok());
}

/// As in a stack of containers: tokens name the issuer by its name in the network, and keys may come from another URL.
#[tokio::test]
async fn an_http_issuer_is_compared_and_fetched_from_only_where_that_is_allowed() {
    const ISSUER: &str = "http://cognito:9229/local_1a2b3c";
    let clock = clock();
    let pool = pool(&clock);
    let layer = || {
        CognitoAuthLayer::builder(UserPool::new("local_1a2b3c").any_client())
            .issuer(ISSUER)
            .clock(clock.clone())
    };
    let token = bearer(pool.access_token("ada").issuer(ISSUER).sign());
    let status = async |auth: CognitoAuthLayer| support::status(&auth, &token).await;
    assert_eq!(
        status(layer().with_keys([("local_1a2b3c", keys(&pool))]).expect("it is only compared")).await,
        200
    );
    let server = pool.serve("127.0.0.1:0").await.expect("a port");
    let elsewhere = layer().jwks_url(server.jwks_url()).connect().await;
    assert_eq!(status(elsewhere.expect("keys on loopback")).await, 200);

    let mut errors = Vec::new();
    for builder in [layer(), layer().dangerous_allow_http("cognit")] {
        errors.push(builder.connect_lazy().expect_err("keys without TLS").to_string());
    }
    let more = layer().user_pool(UserPool::new(POOL).any_client().issuer("http://10.0.0.7/a"));
    errors
        .push(more.dangerous_allow_http("cognito").connect_lazy().expect_err("keys without TLS").to_string());
    expect![[r#"
        the keys of user pool local_1a2b3c would be fetched without TLS by `.issuer("http://cognito:9229/local_1a2b3c")`, so that others could replace them; set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker Compose's, with `.dangerous_allow_http("cognito")`
        the keys of user pool local_1a2b3c would be fetched without TLS by `.issuer("http://cognito:9229/local_1a2b3c")`, so that others could replace them; set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker Compose's, with `.dangerous_allow_http("cognito")`
        the keys of user pool ap-south-1_abcdefghi would be fetched without TLS by `.issuer("http://10.0.0.7/a")`, so that others could replace them; set `.jwks_url(…)` to an https URL, or allow plain http from this host, for a private network such as Docker Compose's, with `.dangerous_allow_http("10.0.0.7")`"#]].assert_eq(&errors.join("\n"));
}

/// On Linux, 0.0.0.0 reaches this machine and is not a loopback address, so it represents another host here.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn keys_come_over_http_from_the_allowed_host_and_the_log_says_so_at_the_start() {
    let clock = clock();
    let pool = pool(&clock);
    // Served for any address, as a pool on a network is; otherwise it would refuse this `Host`.
    let server = pool.dangerous_serve_anywhere("127.0.0.1:0").await.expect("a port");
    let url = server.jwks_url().replace("127.0.0.1", "0.0.0.0");
    let events = Events::listen();
    let auth = builder(&clock).jwks_url(&url).dangerous_allow_http("0.0.0.0").connect().await.expect("keys");
    let token = bearer(pool.access_token("ada").sign());
    assert_eq!(auth.layer(served()).oneshot(request(&token)).await.expect("an answer").status(), 200);
    let text = events.text();
    let warned: Vec<_> = text.lines().filter(|line| line.contains("plain http")).collect();
    expect![[r#" WARN cognito_authorizer::keys::handle: keys are fetched over plain http, as `.dangerous_allow_http(…)` allows: anyone who can change this traffic can sign tokens pool=ap-south-1_abcdefghi host="0.0.0.0""#]].assert_eq(&warned.join("\n"));
    // There is no warning about loopback, nor about a permission that is not used.
    let before = events.text().len();
    let loopback = builder(&clock).jwks_url(server.jwks_url()).dangerous_allow_http("0.0.0.0");
    drop(loopback.connect().await.expect("keys"));
    assert!(!events.text()[before..].contains("plain http"));
    // A redirect to another host is not followed from there either.
    let redirect =
        Router::new().route("/jwks.json", get(async || Redirect::temporary("http://127.0.0.1:1/a")));
    let api = Api::serve(redirect).await;
    let url = format!("{}/jwks.json", api.url().replace("127.0.0.1", "0.0.0.0"));
    let error = builder(&clock)
        .jwks_url(url)
        .dangerous_allow_http("0.0.0.0")
        .connect()
        .await
        .expect_err("a redirect");
    assert!(matches!(error, ConfigError::Keys { error: FetchError::Redirected, .. }), "{error}");
}

#[test]
fn fetching_needs_a_runtime() {
    let error = builder(&clock()).connect_lazy().expect_err("there is no runtime here");
    assert!(matches!(error, ConfigError::NoRuntime));
}

#[tokio::test]
async fn a_start_without_keys_fails() {
    let error = builder(&clock())
        .jwks_url("http://127.0.0.1:9/jwks.json")
        .connect()
        .await
        .expect_err("no server listens there");
    let text = error.to_string();
    assert!(
        text.contains(POOL)
            && text.contains("http://127.0.0.1:9/jwks.json")
            && text.ends_with("`.connect_lazy()`"),
        "{text}"
    );
}

#[test]
fn supplied_keys_name_the_pool_that_they_are_for() {
    let clock = clock();
    let pool = pool(&clock);
    let with = |ids: &[&str]| {
        let sets = ids.iter().map(|id| (*id, keys(&pool)));
        let layer = builder(&clock).user_pool(UserPool::new("eu-west-1_other").any_client()).with_keys(sets);
        layer.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(with(&["eu-west-1_other", POOL]), Ok(()), "in any order");
    let errors =
        [&[POOL][..], &[POOL, "eu-west-1_other", POOL], &[POOL, "eu-west-1_other", "eu-west-1_third"]];
    let errors = errors.map(|ids| with(ids).expect_err("a mistake"));
    expect![[r"
        no keys were supplied for user pool eu-west-1_other; give `.with_keys(…)` a key set with its id
        two key sets were supplied for `ap-south-1_abcdefghi`; keep one of them
        keys were supplied for `eu-west-1_third`, which is not configured; add it with `.user_pool(…)`, or leave its keys out"]].assert_eq(&errors.join("\n"));
}

#[test]
fn a_thousand_pools_are_allowed_and_no_more() {
    let clock = clock();
    let set = keys(&pool(&clock));
    let with = |count: usize| {
        let pools = (1..count).map(|n| UserPool::new(format!("eu-west-1_p{n}")).any_client());
        let builder = pools.fold(builder(&clock), CognitoAuthBuilder::user_pool);
        let ids = (1..count).map(|n| format!("eu-west-1_p{n}")).chain([POOL.to_owned()]);
        builder.with_keys(ids.map(|id| (id, set.clone())))
    };
    assert!(with(1000).is_ok());
    assert!(matches!(with(1001), Err(ConfigError::Pool(_))));
}

#[test]
fn a_pool_that_is_being_switched_has_tokens_of_both_issuer_forms() {
    let clock = clock();
    let pool = pool(&clock);
    let original = pool.issuer().to_owned();
    let updated = original.replace("cognito-idp", "issuer-cognito-idp");
    let (pool_keys, now) = (PoolKeys::from(&keys(&pool)), UnixTime::from_secs(1_767_225_600));
    let switched =
        UserPool::new(POOL).client(CLIENT).issuer_form(IssuerForm::Updated).issuer_form(IssuerForm::Original);
    let verifier = Verifier::new([switched]).expect("it holds");
    for issuer in [&original, &updated] {
        let token = pool.access_token("ada").issuer(issuer).sign();
        let verified = verifier.verify(&token, &pool_keys, now).expect("a good token");
        assert_eq!(verified.issuer(), issuer);
        let near = pool.access_token("ada").issuer(format!("{issuer}/")).sign();
        assert_eq!(verifier.verify(&near, &pool_keys, now).unwrap_err(), Rejected::Issuer);
    }
    assert_eq!(verifier.pools()[0].jwks_url(), format!("{updated}/.well-known/jwks.json"));

    // By the layer's own builder, too; and no other pool may have one of the two.
    let forms = |b: CognitoAuthBuilder| b.issuer_form(IssuerForm::Original).issuer_form(IssuerForm::Updated);
    let thief = UserPool::new("eu-west-1_Ab12Cd34E").any_client().issuer(updated);
    let shared = forms(builder(&clock))
        .user_pool(thief)
        .with_keys([(POOL, keys(&pool))])
        .expect_err("one issuer, two pools");
    assert!(matches!(shared, ConfigError::Pool(PoolError::SharedIssuer { .. })), "{shared}");
}

/// Keys are fetched by any name of this machine. Issuers are compared as text, and the log explains a mismatch.
#[tokio::test]
async fn a_pool_on_this_machine_is_reached_by_localhost_and_has_one_issuer() {
    let clock = clock();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let issuer = format!("http://{}/{POOL}", listener.local_addr().expect("its address"));
    let pool = pool_builder(&clock).issuer(&issuer).build().expect("a pool");
    let _server = pool.serve_on(listener).expect("a server");
    let localhost = issuer.replace("127.0.0.1", "localhost");
    let token = bearer(pool.access_token("ada").sign());
    let events = Events::listen();
    for (builder, status) in [
        (builder(&clock).issuer(&issuer), 200),
        (builder(&clock).issuer(&issuer).jwks_url(format!("{localhost}/.well-known/jwks.json")), 200),
        (builder(&clock).issuer(&localhost), 401),
    ] {
        let auth =
            builder.keys(Jwks::https().fetch_timeout(Duration::from_secs(20))).connect().await.expect("keys");
        let answer = auth.layer(served()).oneshot(request(&token)).await.expect("an answer");
        assert_eq!(answer.status(), status);
    }
    let text = events.text();
    assert!(text.contains("compared exactly, and `localhost` is not `127.0.0.1`"), "{text}");
}

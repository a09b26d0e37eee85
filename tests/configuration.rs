//! Every mistake in the configuration is an error at the start, and its text ends with the fix.

use std::time::Duration;

use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, ConfigError, IssuerForm, KeySet, PoolError, UserPool, group, scope,
};
use cognito_verify::{KeyRing, Rejected, UnixTime, Verifier};
use expect_test::expect;
use tower::{Layer, ServiceExt};

use crate::support::{
    CLIENT, POOL, bearer, builder, clock, events::Events, keys, pool, pool_builder, request, served,
};

fn error(change: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder) -> String {
    let clock = clock();
    let keys = keys(&pool(&clock));
    let result = change(builder(&clock)).with_keys([keys]);
    result.expect_err("a mistake").to_string()
}

#[test]
fn a_configuration_error_names_the_setting_and_the_fix() {
    let errors = [
        error(|_| CognitoAuthLayer::builder("eu-west-1").client(CLIENT)),
        error(|_| CognitoAuthLayer::builder("local_1a2b3c").client(CLIENT)),
        error(|_| CognitoAuthLayer::builder(POOL)),
        error(cognito_authorizer::CognitoAuthBuilder::any_client),
        error(|b| b.client("")),
        error(|b| b.client("4example23456789\n")),
        error(|b| b.resource(" ")),
        error(|b| b.issuer("https://idp.example").issuer_form(IssuerForm::Updated)),
        error(|b| b.issuer("http://idp.example")),
        error(|b| b.jwks_url("idp.example/jwks.json")),
        error(|b| b.issuer("https://idp.example/pool ")),
        error(|b| b.jwks_url("https://idp.example/jwks.json\n")),
        error(|b| b.user_pool(UserPool::new(POOL).client(CLIENT))),
        error(|b| b.user_pool(UserPool::new("eu-west-1_Ab12Cd34E"))),
        error(|b| b.user_pool(UserPool::new("eu-west-1_Ab12Cd34E").any_client())),
        error(|b| b.leeway(Duration::from_secs(301))),
        error(|b| b.refresh_interval(Duration::from_secs(59))),
        error(|b| b.max_stale(Duration::from_secs(8 * 24 * 3600))),
        error(|b| b.fetch_timeout(Duration::ZERO)),
        error(|b| b.token_limit(16)),
        error(|b| b.realm("a \"quoted\" realm")),
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
        `.issuer("http://idp.example")` of user pool ap-south-1_abcdefghi would be fetched without TLS; give an absolute https URL, or http on a loopback address
        `.jwks_url("idp.example/jwks.json")` of user pool ap-south-1_abcdefghi is not a URL; give an absolute https URL, or http on a loopback address
        `.issuer("https://idp.example/pool ")` of user pool ap-south-1_abcdefghi has white space; give an absolute https URL, or http on a loopback address
        `.jwks_url("https://idp.example/jwks.json\n")` of user pool ap-south-1_abcdefghi has white space; give an absolute https URL, or http on a loopback address
        user pool ap-south-1_abcdefghi is configured twice; join its app clients in one `UserPool`
        user pool eu-west-1_Ab12Cd34E lets no app client in; name them with `.client("…")`, or allow all with `.any_client()`
        1 key sets were supplied for 2 user pools; give one for each, in their order
        a leeway of 301 seconds is too long; give at most 300 seconds
        `.refresh_interval(…)` was given 59s; give between 60s and 86400s
        `.max_stale(…)` was given 691200s; give between 120s and 604800s
        `.fetch_timeout(…)` was given 0ns; give between 100ms and 30s
        `.token_limit(16)` would refuse every token; give at least 512 bytes
        `.realm("a "quoted" realm")` cannot stand between quotes; give visible ASCII without `"` and `\`
        `.require(…)` cannot be met: `orders write` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes
        `.require(…)` cannot be met: `two words` is not a group name; one has 1 to 128 characters, none of them white space or invisible"#]].assert_eq(&errors.join("\n"));
}

#[test]
fn fetching_needs_a_runtime() {
    let error = builder(&clock()).connect_lazy().expect_err("there is no runtime here");
    assert!(matches!(error, ConfigError::NoRuntime));
}

#[tokio::test]
async fn no_keys_no_start() {
    let error =
        builder(&clock()).jwks_url("http://127.0.0.1:9/jwks.json").connect().await.expect_err("nobody there");
    let text = error.to_string();
    assert!(
        text.contains(POOL)
            && text.contains("http://127.0.0.1:9/jwks.json")
            && text.ends_with("`.connect_lazy()`"),
        "{text}"
    );
}

#[test]
fn a_thousand_pools_are_allowed_and_no_more() {
    let clock = clock();
    let set = keys(&pool(&clock));
    let with = |count: usize| {
        let pools = (1..count).map(|n| UserPool::new(format!("eu-west-1_p{n}")).any_client());
        let builder = pools.fold(builder(&clock), CognitoAuthBuilder::user_pool);
        builder.with_keys(std::iter::repeat_n::<KeySet>(set.clone(), count))
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
    let (keys, now) = (KeyRing::from(&keys(&pool)), UnixTime::from_secs(1_767_225_600));
    let switched =
        UserPool::new(POOL).client(CLIENT).issuer_form(IssuerForm::Updated).issuer_form(IssuerForm::Original);
    let verifier = Verifier::new([switched]).expect("it holds");
    for issuer in [&original, &updated] {
        let token = pool.access_token("ada").issuer(issuer).sign();
        let verified = verifier.verify(&token, &keys, now).expect("a good token");
        assert_eq!(verified.issuer(), issuer);
        let near = pool.access_token("ada").issuer(format!("{issuer}/")).sign();
        assert_eq!(verifier.verify(&near, &keys, now).unwrap_err(), Rejected::Issuer);
    }
    assert_eq!(verifier.pools()[0].jwks_url(), format!("{updated}/.well-known/jwks.json"));

    // By the layer's own builder, too; and no other pool may have one of the two.
    let forms = |b: CognitoAuthBuilder| b.issuer_form(IssuerForm::Original).issuer_form(IssuerForm::Updated);
    let thief = UserPool::new("eu-west-1_Ab12Cd34E").any_client().issuer(updated);
    let shared = forms(builder(&clock)).user_pool(thief).with_keys([]).expect_err("one issuer, two pools");
    assert!(matches!(shared, ConfigError::Pool(PoolError::SharedIssuer { .. })), "{shared}");
}

/// Keys are fetched by any name of this machine. An issuer is a text, and the log says so where it does not match.
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
        let auth = builder.fetch_timeout(Duration::from_secs(20)).connect().await.expect("keys");
        let answer = auth.layer(served()).oneshot(request(&token)).await.expect("an answer");
        assert_eq!(answer.status(), status);
    }
    let text = events.text();
    assert!(text.contains("compared to the letter, and `localhost` is not `127.0.0.1`"), "{text}");
}

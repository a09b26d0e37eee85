//! An HTTP API with an authorizer of type `JWT`.

use cognito_authorizer::{ConfigError, HttpApi, Profile, RestApi, Revocation, Standard, group, scope};
use http::header::AUTHORIZATION;
use serde_json::json;

use super::{World, full};
use crate::support::{AlwaysInForce, Api, CLIENT, POOL, PoolSettings, bearer, builder, clock, keys, pool};

const LET_IN: &str = "200
content-length: 6
content-type: text/plain; charset=utf-8

let in";

const FORBIDDEN: &str = "403
apigw-requestid: <id>
content-length: 23
www-authenticate: Bearer scope=\"orders/read orders/write\" error=\"insufficient_scope\"

{\"message\":\"Forbidden\"}";

async fn http_api() -> World {
    World::new(Profile::HttpApi, |builder| builder).await
}

/// 401 with this challenge, and no `content-type`.
fn unauthorized(challenge: &str) -> String {
    format!(
        "401\napigw-requestid: <id>\ncontent-length: 26\nwww-authenticate: {challenge}\n\n{{\"message\":\"Unauthorized\"}}"
    )
}

/// 401 with this description, on a route without scopes.
fn invalid(description: &str) -> String {
    unauthorized(&format!(r#"Bearer scope="" error="invalid_token" error_description="{description}""#))
}

/// 401 with this description, on the route with scopes.
fn invalid_scoped(description: &str) -> String {
    unauthorized(&format!(
        r#"Bearer scope="orders/read orders/write" error="invalid_token" error_description="{description}""#
    ))
}

/// Each kind of refusal whose answer is known.
#[tokio::test]
async fn refused_requests_are_answered_as_an_http_api_answers_them() {
    let world = http_api().await;
    let pool = &world.pool;
    let access = || pool.access_token("ada").scope("orders/read");
    let id = || pool.id_token("ada");
    let soon = cognito_authorizer::clock::Clock::now(&world.clock).as_secs() + 60;
    let segments = "token contains an invalid number of segments";
    let audience = "the token does not have a valid audience";
    for (row, path, authorization, expected) in [
        ("no token", "/plain", String::new(), unauthorized("Bearer")),
        ("no token, on a route with scopes", "/scoped", String::new(), unauthorized("Bearer")),
        ("not 3 segments", "/plain", bearer("garbage"), invalid(segments)),
        ("not 3 segments", "/plain", "Basic dXNlcjpwYXNz".into(), invalid(segments)),
        ("not 3 segments", "/plain", format!("{0}, {0}", bearer(id().sign())), invalid(segments)),
        ("wrong audience", "/plain", bearer(id().client("another").sign()), invalid(audience)),
        ("wrong client_id", "/plain", bearer(access().client("another").sign()), invalid(audience)),
        ("absent audience", "/plain", bearer(access().without_claim("client_id").sign()), invalid(audience)),
        ("expired", "/scoped", bearer(access().expired().sign()), invalid_scoped("the token has expired")),
        (
            "unsupported alg",
            "/plain",
            bearer(access().header("alg", "ES256").sign()),
            invalid("signing method ES256 is invalid"),
        ),
        (
            "an unknown alg is not repeated",
            "/plain",
            bearer(access().header("alg", "\"><script>").sign()),
            invalid("the token is not signed by an accepted key"),
        ),
        (
            "wrong issuer",
            "/plain",
            bearer(access().issuer(format!("{}/", pool.issuer())).sign()),
            invalid("issuer does not match"),
        ),
        (
            "bad signature",
            "/plain",
            bearer(access().forged().sign()),
            invalid("the token is not signed by an accepted key"),
        ),
        (
            "unknown kid",
            "/plain",
            bearer(access().header("kid", "x").sign()),
            invalid("the token is not signed by an accepted key"),
        ),
        (
            "nbf in the future",
            "/plain",
            bearer(access().claim("nbf", soon).sign()),
            invalid("the token is not valid yet"),
        ),
        (
            "iat in the future",
            "/plain",
            bearer(access().claim("iat", soon).sign()),
            invalid("the token is not valid yet"),
        ),
        ("scope missing", "/scoped", bearer(pool.access_token("ada").sign()), FORBIDDEN.into()),
        ("scope missing", "/scoped", bearer(id().sign()), FORBIDDEN.into()),
    ] {
        assert_eq!(full(&world.api.get(path, &authorization).await), expected, "{row}");
    }
}

/// How the audience, the app client and the scopes are checked.
#[tokio::test]
async fn audience_and_scopes_are_read_as_an_http_api_reads_them() {
    let world = http_api().await;
    let pool = &world.pool;
    let access = || pool.access_token("ada").scope("orders/read");
    let id = || pool.id_token("ada");
    let audience = "the token does not have a valid audience";
    for (row, path, authorization, expected) in [
        (
            "the audience is checked before the expiry",
            "/plain",
            bearer(id().client("another").expired().sign()),
            invalid(audience),
        ),
        ("a token without a scheme", "/plain", id().sign(), LET_IN.into()),
        ("client_id counts without aud", "/plain", bearer(access().sign()), LET_IN.into()),
        (
            "aud counts before client_id",
            "/plain",
            bearer(access().claim("aud", "https://orders.example").sign()),
            invalid(audience),
        ),
        (
            "aud counts before client_id",
            "/plain",
            bearer(access().claim("aud", CLIENT).claim("client_id", "another").sign()),
            LET_IN.into(),
        ),
        (
            "any element of aud",
            "/plain",
            bearer(access().claim("aud", json!(["another", CLIENT])).sign()),
            LET_IN.into(),
        ),
        ("scope", "/scoped", bearer(access().sign()), LET_IN.into()),
        (
            "scp, an array",
            "/scoped",
            bearer(pool.access_token("ada").claim("scp", json!(["a", "orders/write"])).sign()),
            LET_IN.into(),
        ),
        (
            "scp, a string",
            "/scoped",
            bearer(pool.access_token("ada").claim("scp", "a orders/write").sign()),
            LET_IN.into(),
        ),
        ("scp counts before scope", "/scoped", bearer(access().claim("scp", "a").sign()), FORBIDDEN.into()),
        (
            "one value is one scope",
            "/scoped",
            bearer(access().claim("scp", json!(["orders/read orders/write"])).sign()),
            FORBIDDEN.into(),
        ),
        (
            "scp of an ID token",
            "/scoped",
            bearer(id().claim("scp", json!(["orders/read"])).sign()),
            LET_IN.into(),
        ),
        (
            "scp that is neither an array nor a string",
            "/plain",
            bearer(access().claim("scp", json!({"a": 1})).sign()),
            invalid("the token is malformed"),
        ),
        ("an ID token, no scopes", "/plain", bearer(id().sign()), LET_IN.into()),
        (
            "no route",
            "/nowhere",
            bearer(access().sign()),
            "404\napigw-requestid: <id>\ncontent-length: 23\n\n{\"message\":\"Not Found\"}".into(),
        ),
    ] {
        assert_eq!(full(&world.api.get(path, &authorization).await), expected, "{row}");
    }
}

/// API Gateway reports unavailable keys as an error of the client.
#[tokio::test]
async fn without_keys_an_http_api_answers_401() {
    let clock = clock();
    let pool = pool(&clock);
    let builder = builder(&clock).profile(Profile::HttpApi).jwks_url("http://127.0.0.1:9/jwks.json");
    let api = Api::behind(builder.connect_lazy().expect("a layer")).await;
    let answer = api.get("/", &bearer(pool.access_token("ada").sign())).await;
    assert_eq!(full(&answer), invalid("JWKS communication error"));
}

/// An HTTP API has one identity source: a header or a query parameter.
#[tokio::test]
async fn the_identity_source_may_be_a_query_parameter() {
    let world =
        World::new(HttpApi::new().identity_source("$request.querystring.access_token"), |builder| builder)
            .await;
    let token = world.pool.access_token("ada").sign();
    let get = async |path: String| full(&world.api.get(&path, "").await);
    assert_eq!(get(format!("/plain?a=b&access_token={token}")).await, LET_IN);
    assert_eq!(get(format!("/plain?access_token=Bearer%20{token}")).await, LET_IN);
    assert_eq!(get("/plain".into()).await, unauthorized("Bearer"));
    assert_eq!(get(format!("/plain?Access_Token={token}")).await, unauthorized("Bearer"));
    assert_eq!(
        get(format!("/plain?access_token={token}&access_token={token}")).await,
        invalid("token contains an invalid number of segments")
    );
    let header = world.api.get_with("/plain", [(AUTHORIZATION, bearer(&token).as_bytes())]).await;
    assert_eq!(full(&header), unauthorized("Bearer"), "the header is not read");
}

/// A token that is bound to a resource has it as `aud`, so the resource must be configured.
#[tokio::test]
async fn a_resource_is_an_audience() {
    let world = World::new(Profile::HttpApi, |builder| builder.resource("https://orders.example")).await;
    let bound = |to: &str| bearer(world.pool.access_token("ada").claim("aud", to).sign());
    assert_eq!(full(&world.api.get("/plain", &bound("https://orders.example")).await), LET_IN);
    let other = world.api.get("/plain", &bound("https://other.example")).await;
    assert_eq!(full(&other), invalid("the token does not have a valid audience"));
}

#[tokio::test]
async fn in_the_standard_profile_scp_has_no_meaning() {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder(&clock).require(scope("orders/read")).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::behind(auth).await;
    let token =
        |scp: serde_json::Value| pool.access_token("ada").scope("orders/read").claim("scp", scp).sign();
    for scp in [json!("a"), json!({"a": 1}), json!(["a"]), json!(null)] {
        assert_eq!(api.get("/", &bearer(token(scp))).await.status, 200);
    }
    let only_scp = pool.access_token("ada").claim("scp", "orders/read").sign();
    assert_eq!(api.get("/", &bearer(only_scp)).await.status, 403);
}

#[tokio::test]
async fn a_setting_without_meaning_in_the_profile_is_an_error_at_the_start() {
    let clock = clock();
    let keys = keys(&pool(&clock));
    let error = |change: &dyn Fn(
        cognito_authorizer::CognitoAuthBuilder,
    ) -> cognito_authorizer::CognitoAuthBuilder| {
        change(builder(&clock)).with_keys([(POOL, keys.clone())]).expect_err("a mistake").to_string()
    };
    let errors = [
        error(&|b| b.profile(HttpApi::new().identity_source("$request.cookie.token"))),
        error(&|b| b.profile(RestApi::new().identity_source("$request.subprotocol.bearer"))),
        error(&|b| b.profile(RestApi::new().identity_source("$request.querystring.token"))),
        error(&|b| b.profile(Standard::new().identity_source("Authorization"))),
        error(&|b| b.profile(RestApi::new().identity_validation_expression("(?=a)"))),
        error(&|b| {
            b.profile(Profile::RestApi)
                .require(cognito_authorizer::token_use(cognito_authorizer::TokenUse::Access))
        }),
        error(&|b| {
            b.accept(cognito_authorizer::TokenUse::Id).require(group("ops").and(scope("orders/read")))
        }),
        error(&|b| b.revocation(Revocation::check(AlwaysInForce).timeout(std::time::Duration::ZERO))),
    ];
    expect_test::expect![[r"
        `.identity_source(…)` has no meaning in the profile HttpApi; name a header or a query parameter, as `$request.header.X-Token`
        `.identity_source(…)` has no meaning in the profile RestApi; name a header, as `method.request.header.X-Token`
        `.identity_source(…)` has no meaning in the profile RestApi; name a header, as `method.request.header.X-Token`
        `.identity_source(…)`: `Authorization` is not an identity source; one reads like `method.request.header.Authorization`, `$request.header.Authorization` or `$request.querystring.token`
        `.identity_validation_expression(…)` is not a regular expression without look-around and back-references: regex parse error:
            (?=a)
            ^^^
        error: look-around, including look-ahead and look-behind, is not supported
        access token cannot be met: only an ID token is let in here, and none can meet this; change `.require(…)`, or `.accept(…)`
        group ops, and scope orders/read cannot be met: only an ID token is let in here, and none can meet this; change `.require(…)`, or `.accept(…)`
        `.timeout(…)` was given 0ns; give between 10ms and 30s"]].assert_eq(&errors.join("\n"));
}

#[tokio::test]
async fn a_table_can_be_replaced_only_where_there_is_one() {
    let clock = clock();
    let auth = builder(&clock).with_keys([(POOL, keys(&pool(&clock)))]).expect("a layer");
    let error = auth.set_routes(super::table()).expect_err("there is none");
    assert!(matches!(error, ConfigError::NoRouteTable));
}

//! A REST API with an authorizer of type `COGNITO_USER_POOLS`.

use axum::{Router, routing::get};
use cognito_authorizer::{
    Accept, Profile, Refusal, RequireScope, RestApi, TokenUse, UserPool, scope, scopes,
};
use http::{HeaderName, header::AUTHORIZATION};
use serde_json::json;
use tower::{Layer, ServiceExt};

use super::{World, full};
use crate::support::{self, Api, POOL, PoolSettings, bearer, builder, clock, keys, pool, request, served};

const UNAUTHORIZED: &str = "401
content-length: 26
content-type: application/json
x-amz-apigw-id: <id>
x-amzn-errortype: UnauthorizedException
x-amzn-requestid: <uuid>

{\"message\":\"Unauthorized\"}";
const EXPIRED: &str = "401
content-length: 44
content-type: application/json
x-amz-apigw-id: <id>
x-amzn-errortype: UnauthorizedException
x-amzn-requestid: <uuid>

{\"message\":\"The incoming token has expired\"}";
const MISSING_TOKEN: &str = "403
content-length: 42
content-type: application/json
x-amz-apigw-id: <id>
x-amzn-errortype: MissingAuthenticationTokenException
x-amzn-requestid: <uuid>

{\"message\":\"Missing Authentication Token\"}";
const LET_IN: &str = "200
content-length: 6
content-type: text/plain; charset=utf-8

let in";

async fn rest_api() -> World {
    World::new(Profile::RestApi, |builder| builder).await
}

/// Each kind of refusal whose answer is known, and requests that are let in.
#[tokio::test]
async fn refused_requests_are_answered_as_a_rest_api_answers_them() {
    let world = rest_api().await;
    let pool = &world.pool;
    let access = || pool.access_token("ada").scope("orders/read");
    let id = || pool.id_token("ada");
    let other_pool = cognito_local_pool::LocalPool::builder("eu-west-1_Zz98Yy76X").build().expect("a pool");
    let mut broken = id().sign();
    broken.pop();
    for (row, path, authorization, expected) in [
        ("header missing", "/plain", String::new(), UNAUTHORIZED),
        ("header empty", "/plain", " ".into(), UNAUTHORIZED),
        ("not a JWT", "/plain", "garbage".into(), UNAUTHORIZED),
        ("malformed", "/plain", bearer("a.b.c"), UNAUTHORIZED),
        ("bad signature", "/plain", bearer(&broken), UNAUTHORIZED),
        ("bad signature", "/plain", bearer(id().forged().sign()), UNAUTHORIZED),
        ("unknown kid", "/plain", bearer(id().header("kid", "unknown").sign()), UNAUTHORIZED),
        ("wrong issuer", "/plain", bearer(id().issuer("https://idp.example").sign()), UNAUTHORIZED),
        ("other pool", "/plain", bearer(other_pool.id_token("ada").sign()), UNAUTHORIZED),
        ("expired", "/scoped", bearer(access().expired().sign()), EXPIRED),
        ("expired", "/plain", bearer(id().expired().sign()), EXPIRED),
        ("access token, no scopes", "/plain", bearer(access().sign()), UNAUTHORIZED),
        ("ID token, scopes", "/scoped", bearer(id().sign()), UNAUTHORIZED),
        ("no matching scope", "/scoped", bearer(pool.access_token("ada").sign()), UNAUTHORIZED),
        ("expired and ID token", "/scoped", bearer(id().expired().sign()), EXPIRED),
        ("expired and access token", "/plain", bearer(access().expired().sign()), EXPIRED),
        ("expired, bad signature", "/plain", bearer(id().expired().forged().sign()), UNAUTHORIZED),
        ("unknown path", "/nowhere", String::new(), MISSING_TOKEN),
        // AWS repeats the token here. We do not.
        ("unknown path with a token", "/nowhere", bearer(id().sign()), MISSING_TOKEN),
        ("ID token, no scopes", "/plain", bearer(id().sign()), LET_IN),
        ("access token, scopes", "/scoped", bearer(access().sign()), LET_IN),
        ("an open route", "/open", String::new(), LET_IN),
        ("an open route with a bad token", "/open", "garbage".into(), LET_IN),
    ] {
        assert_eq!(full(&world.api.get(path, &authorization).await), expected, "{row}");
    }
}

/// To API Gateway, an unreachable pool is an error of the configuration.
#[tokio::test]
async fn without_keys_a_rest_api_answers_500() {
    let clock = clock();
    let pool = pool(&clock);
    let builder = builder(&clock).profile(Profile::RestApi).jwks_url("http://127.0.0.1:9/jwks.json");
    let api = Api::behind(builder.connect_lazy().expect("a layer")).await;
    let answer = api.get("/", &bearer(pool.id_token("ada").sign())).await;
    assert_eq!(
        full(&answer),
        "500
content-length: 16
content-type: application/json
x-amz-apigw-id: <id>
x-amzn-errortype: AuthorizerConfigurationException
x-amzn-requestid: <uuid>

{\"message\":null}"
    );
}

/// A client may choose `x-amzn-RequestId` if it is a UUID; any other value is replaced.
#[tokio::test]
async fn a_request_id_is_the_clients_if_it_is_a_uuid() {
    let world = rest_api().await;
    let name = HeaderName::from_static("x-amzn-requestid");
    let uuid = "0A1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let id = async |value: &str| {
        let answer = world.api.get_with("/plain", [(name.clone(), value.as_bytes())]).await;
        answer.header(name.clone()).to_owned()
    };
    assert_eq!(id(uuid).await, uuid);
    for other in
        ["", "mine", "0A1b2c3d4e5f60718293a4b5c6d7e8f9", "{0A1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}", &uuid[1..]]
    {
        let given = id(other).await;
        assert!(super::is_uuid(&given) && given != other, "{other}: {given}");
    }
    assert_ne!(id("").await, id("").await);
}

/// The header may have any name, in any case, and its value the token alone or after `Bearer`.
#[tokio::test]
async fn the_identity_source_is_any_header() {
    let world =
        World::new(RestApi::new().identity_source("method.request.header.X-Api-Token"), |builder| builder)
            .await;
    let token = world.pool.id_token("ada").sign();
    let name = HeaderName::from_static("x-api-token");
    for value in [token.clone(), bearer(&token), format!("bearer   {token}")] {
        let answer = world.api.get_with("/plain", [(name.clone(), value.as_bytes())]).await;
        assert_eq!(answer.status, 200, "{}", &value[..6]);
    }
    let twice = [(name.clone(), token.as_bytes()), (name.clone(), token.as_bytes())];
    assert_eq!(full(&world.api.get_with("/plain", twice).await), UNAUTHORIZED);
    let answer = world.api.get_with("/plain", [(AUTHORIZATION, token.as_bytes())]).await;
    assert_eq!(full(&answer), UNAUTHORIZED, "the default header is not read");
}

/// The expression must match the whole of `aud`, so access tokens without `aud` are refused.
#[tokio::test]
async fn an_identity_validation_expression_is_for_the_audience() {
    let world =
        World::new(RestApi::new().identity_validation_expression("4exa[a-z]+[0-9]+"), |builder| builder)
            .await;
    let (pool, api) = (&world.pool, &world.api);
    assert_eq!(full(&api.get("/plain", &bearer(pool.id_token("ada").sign())).await), LET_IN);
    let access = pool.access_token("ada").scope("orders/read");
    assert_eq!(full(&api.get("/scoped", &bearer(access.clone().sign())).await), UNAUTHORIZED);
    for (audience, expected) in [
        (json!("4example23456789"), LET_IN),
        (json!(["other", "4example23456789"]), LET_IN),
        (json!(["other", "another"]), UNAUTHORIZED),
        (json!([]), UNAUTHORIZED),
    ] {
        let with_audience = access.clone().claim("aud", audience.clone());
        assert_eq!(full(&api.get("/scoped", &bearer(with_audience.sign())).await), expected, "{audience}");
    }

    let part = World::new(RestApi::new().identity_validation_expression("4example"), |builder| builder).await;
    let answer = part.api.get("/plain", &bearer(part.pool.id_token("ada").sign())).await;
    assert_eq!(full(&answer), UNAUTHORIZED);
}

/// `iss` selects the pool. The app client of a pool with `any_client` is not checked.
#[tokio::test]
async fn a_rest_api_may_have_several_pools_and_accept_any_app_client() {
    let clock = clock();
    let (one, two) = (pool(&clock), cognito_local_pool::LocalPool::builder("eu-west-1_Zz98Yy76X"));
    let two = two.clock(crate::support::pool_clock(&clock)).build().expect("a pool");
    let auth = builder(&clock).profile(Profile::RestApi);
    let auth = auth.user_pool(UserPool::new("eu-west-1_Zz98Yy76X").any_client());
    let api =
        Api::behind(auth.with_keys([(one.id(), keys(&one)), (two.id(), keys(&two))]).expect("a layer")).await;
    let any = two.id_token("ada").client("whichever");
    for (token, status) in [
        (one.id_token("ada").sign(), 200),
        (any.clone().sign(), 200),
        (any.issuer(one.issuer()).sign(), 401),
        (one.id_token("ada").client("whichever").sign(), 401),
    ] {
        assert_eq!(api.get("/", &bearer(token)).await.status, status);
    }
}

/// A whole scope must match exactly; one of those required is enough.
#[tokio::test]
async fn one_of_the_scopes_is_enough_and_near_ones_are_not() {
    let world = rest_api().await;
    for (scopes, expected) in [
        ("orders/read", LET_IN),
        ("orders/write", LET_IN),
        ("openid orders/write profile", LET_IN),
        ("orders", UNAUTHORIZED),
        ("orders/*", UNAUTHORIZED),
        ("Orders/read", UNAUTHORIZED),
        ("orders/read2", UNAUTHORIZED),
    ] {
        let token = world.pool.access_token("ada").claim("scope", scopes);
        assert_eq!(full(&world.api.get("/scoped", &bearer(token.sign())).await), expected, "{scopes}");
    }
}

/// API Gateway has no such rules, so the answer is that of a Lambda authorizer that denies.
#[tokio::test]
async fn groups_and_refused_routes_are_403() {
    let world = rest_api().await;
    let denied = "403
content-length: 60
content-type: application/json
x-amz-apigw-id: <id>
x-amzn-errortype: AccessDeniedException
x-amzn-requestid: <uuid>

{\"message\":\"User is not authorized to access this resource\"}";
    let eve = bearer(world.pool.id_token("eve").sign());
    assert_eq!(full(&world.api.get("/group", &eve).await), denied);
    assert_eq!(full(&world.api.get("/closed", &eve).await), denied);
    assert_eq!(full(&world.api.get("/group", &bearer(world.pool.id_token("ada").sign())).await), LET_IN);
}

#[tokio::test]
async fn accept_overrides_the_token_use_of_the_profile() {
    let world = World::new(Profile::RestApi, |builder| builder.accept(Accept::Either)).await;
    for token in [world.pool.id_token("ada").sign(), world.pool.access_token("ada").sign()] {
        assert_eq!(full(&world.api.get("/plain", &bearer(token)).await), LET_IN);
    }
}

/// Without a table, each clone accepts access tokens if its requirement has scopes, and ID tokens otherwise.
#[tokio::test]
async fn the_requirement_of_a_layer_decides_the_token_use() {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder(&clock).profile(Profile::RestApi).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let scoped = auth.clone().require(scope("orders/read")).expect("it holds");
    let status = async |auth: &cognito_authorizer::CognitoAuthLayer, token: String| {
        support::status(auth, &bearer(token)).await
    };
    let access = || pool.access_token("ada").scope("orders/read").sign();
    let id = || pool.id_token("ada").sign();
    assert_eq!((status(&auth, id()).await, status(&auth, access()).await), (200, 401));
    assert_eq!((status(&scoped, id()).await, status(&scoped, access()).await), (401, 200));
    let error = scoped.accept(TokenUse::Id).expect_err("no ID token has a scope");
    assert!(error.to_string().contains("cannot be met: only an ID token is let in here"), "{error}");
}

scopes! { Read = "orders/read"; }

#[tokio::test]
async fn extractors_answer_by_the_profile_of_the_layer() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).profile(Profile::RestApi).accept(TokenUse::Access);
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let router = Router::new().route("/", get(async |_: RequireScope<Read>| "let in")).route_layer(auth);
    let api = Api::serve(router).await;
    let token = |scope: &str| bearer(pool.access_token("ada").scope(scope).sign());
    assert_eq!(full(&api.get("/", &token("orders/write")).await), UNAUTHORIZED);
    assert_eq!(api.get("/", &token("orders/read")).await.status, 200);
}

#[tokio::test]
async fn the_reason_is_in_the_extensions_of_the_response() {
    let clock = clock();
    let pool = pool(&clock);
    let auth =
        builder(&clock).profile(Profile::RestApi).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let response = auth.layer(served()).oneshot(request("")).await.expect("an answer");
    assert!(matches!(response.extensions().get(), Some(Refusal::Identity(_))));
    assert_eq!(pool.id(), POOL);
}

//! Compares our API with the same API in ministack's emulation of API Gateway: the same pool, tokens and definition.
//!
//! Each difference is listed with the rule of AWS that we follow, or with our own. An unlisted difference fails the test, and so
//! does a listed one that does not occur.

use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, Profile, RestApi,
    clock::{Clock, SystemClock},
};
use cognito_local_pool::{LocalPool, TokenBuilder};
use expect_test::expect;
use http::{Method, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    gateway::{Gateway, backend, serve, table},
    peer::{Both, Case, Differences, ROUTES, expired, get, rest, rest_api},
    scene::{API_SCOPE, Cast, Scene},
};
use crate::support::{Answer, CLIENT, POOL, PoolSettings, bearer};

const REST_API_DIFFERS: Differences = &[
    ("an expired ID token · GET /plain", "AWS has a message of its own for an expired token"),
    ("an expired access token · GET /scoped", "AWS has a message of its own for an expired token"),
    ("an access token · GET /plain", "AWS requires an ID token on a route without scopes"),
    ("a machine's token · GET /plain", "AWS requires an ID token on a route without scopes"),
    ("a refresh token · GET /plain", "AWS requires an ID token on a route without scopes"),
    ("nobody · GET /files/upload", "ours: the more specific path decides, as in axum"),
    ("an ID token · GET /plain/", "ours: `/plain/` is not `/plain`, as in axum"),
    ("an ID token · GET //plain", "ours: `PathProblem::EmptySegment`"),
];

const HTTP_API_DIFFERS: Differences = &[
    (
        "a refresh token · GET /plain",
        "ours: its `token_use` is neither `access` nor `id`, so it is only for the pool",
    ),
    ("nobody · GET /files/upload", "ours: the more specific path decides, as in axum"),
    ("an ID token · GET //plain", "ours: `PathProblem::EmptySegment`"),
    ("a browser · OPTIONS /plain", "AWS treats OPTIONS as any other method without `corsConfiguration`"),
];

const FAULTY_TOKENS_DIFFER: Differences = &[
    ("no expiry · GET /scoped", "AWS compares `exp`, and Cognito always writes it"),
    ("an expiry that is a text · GET /scoped", "Cognito writes `exp` as a number"),
    ("scp without the scope that scope has · GET /scoped", "AWS reads only `scp` if it is there"),
    ("no use · GET /scoped", "Cognito always writes `token_use`; ours: every profile checks it"),
    ("an algorithm that is not the key's · GET /scoped", "AWS accepts only algorithms of the RSA family"),
    ("no algorithm · GET /scoped", "AWS accepts only algorithms of the RSA family"),
    (
        "a critical extension · GET /scoped",
        "ours: a critical extension must be understood (RFC 7515 §4.1.11)",
    ),
];

/// Status and body. ministack writes a space after the colon, which AWS does not.
fn http(answer: &Answer) -> String {
    let body = serde_json::from_str::<Value>(&answer.body).map(|json| json.to_string());
    format!("{} {}", answer.status.as_u16(), body.unwrap_or_else(|_| answer.body.clone()))
}

/// The requests to both kinds of API.
async fn cases(scene: &Scene, cast: &Cast) -> Vec<Case> {
    let other_pool = Scene::new().await;
    let (expired_id, expired_access) = expired(scene).await;
    vec![
        get("nobody", "/open", ""),
        get("nobody", "/plain", ""),
        get("nobody", "/scoped", ""),
        get("an empty header", "/plain", " "),
        get("the scheme alone", "/plain", "Bearer"),
        get("garbage", "/open", "garbage"),
        get("garbage", "/plain", "garbage"),
        get("garbage of three parts", "/plain", bearer("a.b.c")),
        get("garbage", "/scoped", bearer("garbage")),
        get("a user of another scheme", "/plain", "Basic YWRhOnN3b3JkZmlzaA=="),
        get("an ID token", "/plain", bearer(&scene.ada.id)),
        get("an ID token alone", "/plain", &*scene.ada.id),
        get("an ID token in another case", "/plain", format!("bearer {}", scene.ada.id)),
        get("an ID token", "/scoped", bearer(&scene.ada.id)),
        get("an ID token of another pool", "/plain", bearer(&other_pool.ada.id)),
        get("an access token of another pool", "/scoped", bearer(&cast.other_pool)),
        get("an expired ID token", "/plain", expired_id),
        get("an expired access token", "/scoped", expired_access),
        get("an access token with the scope", "/scoped", bearer(&cast.machine)),
        get("an access token with another scope", "/scoped", bearer(&cast.other)),
        get("an access token without the scope", "/scoped", bearer(&scene.ada.access)),
        get("an access token", "/plain", bearer(&scene.ada.access)),
        get("a machine's token", "/plain", bearer(&cast.machine)),
        get("a refresh token", "/plain", bearer(&scene.ada.refresh)),
        get("another payload", "/scoped", bearer(&cast.other_payload)),
        get("another signature", "/scoped", bearer(&cast.other_signature)),
        get("a token for reading", "/orders/7", bearer(&cast.orders)),
        get("a token for reading", "/orders/7", bearer(&cast.orders)).method(Method::POST),
        get("nobody", "/orders/open", ""),
        get("nobody", "/orders/7", ""),
        get("nobody", "/orders/7/lines", ""),
        get("nobody", "/files/a/b", ""),
        get("nobody", "/files/a/b", "").method(Method::DELETE),
        get("nobody", "/files/upload", "").method(Method::POST),
        get("nobody", "/files/upload", ""),
        get("nobody", "/files", ""),
        get("nobody", "/nowhere", ""),
        get("an ID token", "/nowhere", bearer(&scene.ada.id)),
        get("an ID token", "/plain", bearer(&scene.ada.id)).method(Method::DELETE),
        get("an ID token", "/Plain", bearer(&scene.ada.id)),
        get("an ID token", "/plain/", bearer(&scene.ada.id)),
        get("an ID token", "//plain", bearer(&scene.ada.id)),
        get("a browser", "/plain", "").method(Method::OPTIONS),
    ]
}

#[tokio::test]
async fn a_rest_api_answers_as_ministacks_does() {
    let scene = Scene::new().await;
    let cast = scene.cast().await;
    let auth = rest_api(&scene, RestApi::new())
        .routes(table(ROUTES))
        .connect()
        .await
        .expect("ministack has the keys");
    let backend = backend().await;
    let theirs = Gateway::new().deploy_rest_api(ROUTES, scene.pool.id(), &[], &backend).await;
    let both = Both::new(serve(ROUTES, auth).await, theirs);
    let mut cases = cases(&scene, &cast).await;
    cases.push(get("any app client's token", "/scoped", bearer(&cast.unlisted)));
    both.compare(&cases, rest, REST_API_DIFFERS, expect![[r#"
        nobody · GET /open · 200 route 0
        nobody · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        nobody · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        an empty header · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        the scheme alone · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        garbage · GET /open · 200 route 0
        garbage · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        garbage of three parts · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        garbage · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        a user of another scheme · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        an ID token · GET /plain · 200 route 1
        an ID token alone · GET /plain · 200 route 1
        an ID token in another case · GET /plain · 200 route 1
        an ID token · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        an ID token of another pool · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
        an access token of another pool · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        an expired ID token · GET /plain · 401 UnauthorizedException {"message":"The incoming token has expired"}
            ministack: 401 UnauthorizedException {"message":"Unauthorized"}; AWS has a message of its own for an expired token
        an expired access token · GET /scoped · 401 UnauthorizedException {"message":"The incoming token has expired"}
            ministack: 401 UnauthorizedException {"message":"Unauthorized"}; AWS has a message of its own for an expired token
        an access token with the scope · GET /scoped · 200 route 2
        an access token with another scope · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        an access token without the scope · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        an access token · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
            ministack: 200 route 1; AWS requires an ID token on a route without scopes
        a machine's token · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
            ministack: 200 route 1; AWS requires an ID token on a route without scopes
        a refresh token · GET /plain · 401 UnauthorizedException {"message":"Unauthorized"}
            ministack: 200 route 1; AWS requires an ID token on a route without scopes
        another payload · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        another signature · GET /scoped · 401 UnauthorizedException {"message":"Unauthorized"}
        a token for reading · GET /orders/7 · 200 route 3
        a token for reading · POST /orders/7 · 401 UnauthorizedException {"message":"Unauthorized"}
        nobody · GET /orders/open · 200 route 5
        nobody · GET /orders/7 · 401 UnauthorizedException {"message":"Unauthorized"}
        nobody · GET /orders/7/lines · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        nobody · GET /files/a/b · 200 route 6
        nobody · DELETE /files/a/b · 200 route 6
        nobody · POST /files/upload · 401 UnauthorizedException {"message":"Unauthorized"}
        nobody · GET /files/upload · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
            ministack: 200 route 6; ours: the more specific path decides, as in axum
        nobody · GET /files · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        nobody · GET /nowhere · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        an ID token · GET /nowhere · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        an ID token · DELETE /plain · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        an ID token · GET /Plain · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        an ID token · GET /plain/ · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
            ministack: 200 route 1; ours: `/plain/` is not `/plain`, as in axum
        an ID token · GET //plain · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
            ministack: 200 route 1; ours: `PathProblem::EmptySegment`
        a browser · OPTIONS /plain · 403 MissingAuthenticationTokenException {"message":"Missing Authentication Token"}
        any app client's token · GET /scoped · 200 route 2
    "#]]).await;
}

#[tokio::test]
async fn an_http_api_answers_as_ministacks_does() {
    let scene = Scene::new().await;
    let cast = scene.cast().await;
    let builder = CognitoAuthLayer::builder(scene.pool.id()).jwks_url(scene.pool.jwks_url());
    let builder = scene.client_ids().into_iter().fold(builder, CognitoAuthBuilder::client);
    let auth = builder.profile(Profile::HttpApi).routes(table(ROUTES)).connect().await.expect("the keys");
    let backend = backend().await;
    let issuer = format!("https://cognito-idp.ap-south-1.amazonaws.com/{}", scene.pool.id());
    let theirs = Gateway::new().deploy_http_api(ROUTES, &issuer, &scene.client_ids(), &backend).await;
    let both = Both::new(serve(ROUTES, auth).await, theirs);
    let mut cases = cases(&scene, &cast).await;
    cases.push(get("an app client that is not an audience", "/scoped", bearer(&cast.unlisted)));
    both.compare(&cases, http, HTTP_API_DIFFERS, expect![[r#"
        nobody · GET /open · 200 route 0
        nobody · GET /plain · 401 {"message":"Unauthorized"}
        nobody · GET /scoped · 401 {"message":"Unauthorized"}
        an empty header · GET /plain · 401 {"message":"Unauthorized"}
        the scheme alone · GET /plain · 401 {"message":"Unauthorized"}
        garbage · GET /open · 200 route 0
        garbage · GET /plain · 401 {"message":"Unauthorized"}
        garbage of three parts · GET /plain · 401 {"message":"Unauthorized"}
        garbage · GET /scoped · 401 {"message":"Unauthorized"}
        a user of another scheme · GET /plain · 401 {"message":"Unauthorized"}
        an ID token · GET /plain · 200 route 1
        an ID token alone · GET /plain · 200 route 1
        an ID token in another case · GET /plain · 200 route 1
        an ID token · GET /scoped · 403 {"message":"Forbidden"}
        an ID token of another pool · GET /plain · 401 {"message":"Unauthorized"}
        an access token of another pool · GET /scoped · 401 {"message":"Unauthorized"}
        an expired ID token · GET /plain · 401 {"message":"Unauthorized"}
        an expired access token · GET /scoped · 401 {"message":"Unauthorized"}
        an access token with the scope · GET /scoped · 200 route 2
        an access token with another scope · GET /scoped · 403 {"message":"Forbidden"}
        an access token without the scope · GET /scoped · 403 {"message":"Forbidden"}
        an access token · GET /plain · 200 route 1
        a machine's token · GET /plain · 200 route 1
        a refresh token · GET /plain · 401 {"message":"Unauthorized"}
            ministack: 200 route 1; ours: its `token_use` is neither `access` nor `id`, so it is only for the pool
        another payload · GET /scoped · 401 {"message":"Unauthorized"}
        another signature · GET /scoped · 401 {"message":"Unauthorized"}
        a token for reading · GET /orders/7 · 200 route 3
        a token for reading · POST /orders/7 · 403 {"message":"Forbidden"}
        nobody · GET /orders/open · 200 route 5
        nobody · GET /orders/7 · 401 {"message":"Unauthorized"}
        nobody · GET /orders/7/lines · 404 {"message":"Not Found"}
        nobody · GET /files/a/b · 200 route 6
        nobody · DELETE /files/a/b · 200 route 6
        nobody · POST /files/upload · 401 {"message":"Unauthorized"}
        nobody · GET /files/upload · 404 {"message":"Not Found"}
            ministack: 200 route 6; ours: the more specific path decides, as in axum
        nobody · GET /files · 404 {"message":"Not Found"}
        nobody · GET /nowhere · 404 {"message":"Not Found"}
        an ID token · GET /nowhere · 404 {"message":"Not Found"}
        an ID token · DELETE /plain · 404 {"message":"Not Found"}
        an ID token · GET /Plain · 404 {"message":"Not Found"}
        an ID token · GET /plain/ · 404 {"message":"Not Found"}
        an ID token · GET //plain · 404 {"message":"Not Found"}
            ministack: 200 route 1; ours: `PathProblem::EmptySegment`
        a browser · OPTIONS /plain · 404 {"message":"Not Found"}
            ministack: 403 {"message":"CORS not configured"}; AWS treats OPTIONS as any other method without `corsConfiguration`
        an app client that is not an audience · GET /scoped · 401 {"message":"Unauthorized"}
    "#]]).await;
}

/// Faulty tokens that ministack's pool does not issue. They are from a local pool, whose keys ministack's JWT authorizer fetches.
#[tokio::test]
async fn an_http_api_refuses_faulty_tokens_as_ministack_does() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let issuer = format!("http://{}/{POOL}", listener.local_addr().expect("its address"));
    let pool = LocalPool::builder(POOL).issuer(&issuer).build().expect("the settings hold");
    let issuing = tokio::spawn(std::future::IntoFuture::into_future(axum::serve(listener, pool.router())));
    let builder = CognitoAuthLayer::builder(POOL).client(CLIENT).issuer(&issuer).profile(Profile::HttpApi);
    let auth = builder.routes(table(ROUTES)).connect().await.expect("the pool has the keys");
    let backend = backend().await;
    let theirs = Gateway::new().deploy_http_api(ROUTES, &issuer, &[CLIENT], &backend).await;
    let both = Both::new(serve(ROUTES, auth).await, theirs);
    let id = || pool.id_token("ada").client(CLIENT);
    let access = || pool.access_token("ada").client(CLIENT);
    let plain = |who, token: TokenBuilder| get(who, "/plain", bearer(token.sign()));
    let scoped = |who, token: TokenBuilder| get(who, "/scoped", bearer(token.sign()));
    let later = SystemClock::default().now().as_secs() + 600;
    let good = || access().scope(API_SCOPE);
    let cases = [
        plain("a good ID token", id()),
        plain("a good access token", access()),
        scoped("a good access token with the scope", good()),
        scoped("an expired one", good().expired()),
        plain("an ID token that has expired", id().expired()),
        scoped("not yet valid", good().claim("nbf", later)),
        scoped("issued later", good().claim("iat", later)),
        scoped("no expiry", good().without_claim("exp")),
        scoped("an expiry that is a text", good().claim("exp", later.to_string())),
        scoped("no issuer", good().without_claim("iss")),
        scoped("another issuer", good().issuer(format!("{issuer}/"))),
        scoped("another app client", good().client("another")),
        scoped("no app client", good().without_claim("client_id")),
        plain("an ID token for another app client", id().client("another")),
        scoped("an audience beside the app client", good().claim("aud", "https://orders.example")),
        scoped("the audience beside another app client", good().client("another").claim("aud", CLIENT)),
        scoped("one of several audiences", good().claim("aud", json!(["another", CLIENT]))),
        scoped("scp, an array", access().without_claim("scope").claim("scp", json!(["a", API_SCOPE]))),
        scoped("scp, a text", access().without_claim("scope").claim("scp", format!("a {API_SCOPE}"))),
        scoped("scp without the scope that scope has", good().claim("scp", json!(["a"]))),
        scoped("scp and no scope in an ID token", id().claim("scp", json!([API_SCOPE]))),
        scoped("an ID token", id()),
        scoped("no use", good().without_claim("token_use")),
        scoped("no key id", good().without_header("kid")),
        scoped("an unknown key id", good().header("kid", "unknown")),
        scoped("a forged signature", good().forged()),
        scoped("an algorithm that is not the key's", good().header("alg", "ES256")),
        scoped("no algorithm", good().header("alg", "none")),
        scoped("a critical extension", good().header("crit", json!(["exp"]))),
    ];
    both.compare(
        &cases,
        http,
        FAULTY_TOKENS_DIFFER,
        expect![[r#"
        a good ID token · GET /plain · 200 route 1
        a good access token · GET /plain · 200 route 1
        a good access token with the scope · GET /scoped · 200 route 2
        an expired one · GET /scoped · 401 {"message":"Unauthorized"}
        an ID token that has expired · GET /plain · 401 {"message":"Unauthorized"}
        not yet valid · GET /scoped · 401 {"message":"Unauthorized"}
        issued later · GET /scoped · 401 {"message":"Unauthorized"}
        no expiry · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; AWS compares `exp`, and Cognito always writes it
        an expiry that is a text · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; Cognito writes `exp` as a number
        no issuer · GET /scoped · 401 {"message":"Unauthorized"}
        another issuer · GET /scoped · 401 {"message":"Unauthorized"}
        another app client · GET /scoped · 401 {"message":"Unauthorized"}
        no app client · GET /scoped · 401 {"message":"Unauthorized"}
        an ID token for another app client · GET /plain · 401 {"message":"Unauthorized"}
        an audience beside the app client · GET /scoped · 401 {"message":"Unauthorized"}
        the audience beside another app client · GET /scoped · 200 route 2
        one of several audiences · GET /scoped · 200 route 2
        scp, an array · GET /scoped · 200 route 2
        scp, a text · GET /scoped · 200 route 2
        scp without the scope that scope has · GET /scoped · 403 {"message":"Forbidden"}
            ministack: 200 route 2; AWS reads only `scp` if it is there
        scp and no scope in an ID token · GET /scoped · 200 route 2
        an ID token · GET /scoped · 403 {"message":"Forbidden"}
        no use · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; Cognito always writes `token_use`; ours: every profile checks it
        no key id · GET /scoped · 401 {"message":"Unauthorized"}
        an unknown key id · GET /scoped · 401 {"message":"Unauthorized"}
        a forged signature · GET /scoped · 401 {"message":"Unauthorized"}
        an algorithm that is not the key's · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; AWS accepts only algorithms of the RSA family
        no algorithm · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; AWS accepts only algorithms of the RSA family
        a critical extension · GET /scoped · 401 {"message":"Unauthorized"}
            ministack: 200 route 2; ours: a critical extension must be understood (RFC 7515 §4.1.11)
    "#]],
    )
    .await;
    issuing.abort();
}

/// The JWT authorizer of AWS sends a challenge. ministack's does not, so challenges are not compared.
#[tokio::test]
async fn ministacks_http_api_sends_no_challenge() {
    let backend = backend().await;
    let url = Gateway::new().deploy_http_api(ROUTES, "https://idp.example", &[CLIENT], &backend).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(format!("{url}/plain")).send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers().get(header::WWW_AUTHENTICATE), None);
}

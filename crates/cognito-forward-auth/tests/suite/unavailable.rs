//! What is answered when a request cannot be decided.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{CognitoAuthLayer, UserPool, keys::Jwks};
use cognito_forward_auth::{ForwardAuth, Proxy, WhenUnavailable};
use cognito_local_pool::LocalPool;
use http::{StatusCode, header::AUTHORIZATION};
use tokio::{net::TcpListener, sync::Semaphore};

use super::support::{CLIENT, POOL, ask, check, clock, pool, rows};

/// Serves a pool's keys, each time only after a permit was given.
pub(super) struct HeldKeys {
    pub(super) url: String,
    permits: Arc<Semaphore>,
    asked: Arc<Semaphore>,
}

impl HeldKeys {
    pub(super) async fn serve(jwks: String) -> Self {
        let (permits, asked) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (held, reported) = (permits.clone(), asked.clone());
        let keys = get(async move || {
            reported.add_permits(1);
            held.acquire().await.expect("it is not closed").forget();
            jwks
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("an address"));
        let router = Router::new().route("/jwks.json", keys);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, permits, asked }
    }
}

pub(super) fn lazy(url: &str) -> CognitoAuthLayer {
    let table = rows().build().expect("the rows are valid");
    let builder = CognitoAuthLayer::builder(UserPool::new(POOL).client(CLIENT).jwks_url(url)).routes(table);
    builder
        .keys(Jwks::https().fetch_timeout(Duration::from_secs(30)))
        .connect_lazy()
        .expect("the settings are valid")
}

fn authorized(pool: &LocalPool) -> http::request::Builder {
    let token = pool.access_token("ada").scope("orders/read").sign();
    check("GET", "/orders").header(AUTHORIZATION, format!("Bearer {token}"))
}

/// A pool on the system's time, as the layer is.
pub(super) fn pool_now() -> LocalPool {
    cognito_local_pool::LocalPool::builder(POOL)
        .resource_server(cognito_local_pool::ResourceServer::new("orders").scope("read"))
        .app_client(cognito_local_pool::AppClient::public(CLIENT))
        .user(cognito_local_pool::User::new("ada", "Correct-horse-1"))
        .build()
        .expect("the pool's settings are valid")
}

#[tokio::test]
async fn an_unknown_key_holds_no_check_longer_than_the_timeout_and_its_fetch_goes_on() {
    let pool = pool_now();
    let server = HeldKeys::serve(pool.jwks()).await;
    let checks =
        ForwardAuth::new(lazy(&server.url).authorizer(), Proxy::Nginx).timeout(Duration::from_millis(20));
    let answer = ask(&checks, authorized(&pool)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.body, r#"{"message":"Service Unavailable"}"#);
    // The fetch that the check waited for is under way still, and the next check has its keys.
    server.asked.acquire().await.expect("it was asked").forget();
    server.permits.add_permits(1);
    let patient = checks.timeout(Duration::from_secs(30));
    assert_eq!(ask(&patient, authorized(&pool)).await.status, StatusCode::OK);
    assert_eq!(server.asked.available_permits(), 0, "there was one fetch");
}

/// A token without a valid signature, with a `kid` that the pool has not published.
fn made_up(pool: &LocalPool) -> String {
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    let header = part(r#"{"alg":"RS256","kid":"made-up"}"#.to_owned());
    let payload = part(format!(r#"{{"iss":"{}","sub":"admin"}}"#, pool.issuer()));
    format!("Bearer {header}.{payload}.AAAA")
}

/// The check of Envoy and of the Gateway API has the original request line; the others have it in headers.
fn check_by(proxy: Proxy, authorization: &str) -> http::request::Builder {
    let check = match proxy {
        Proxy::Envoy | Proxy::GatewayApi => http::Request::get("/orders"),
        _ => check("GET", "/orders"),
    };
    check.header(AUTHORIZATION, authorization)
}

/// A client must not be able to make a server error of each of its requests.
#[tokio::test]
async fn a_made_up_key_is_refused_at_once_if_the_next_fetch_is_too_far_off() {
    let pool = pool_now();
    let server = HeldKeys::serve(pool.jwks()).await;
    server.permits.add_permits(2);
    let checks = ForwardAuth::new(lazy(&server.url).authorizer(), Proxy::Nginx);
    let patient = checks.clone().timeout(Duration::from_secs(30));
    assert_eq!(ask(&patient, authorized(&pool)).await.status, StatusCode::OK, "the first fetch");
    let forged = made_up(&pool);
    let answer = ask(&patient, check_by(Proxy::Nginx, &forged)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "the fetch for the key");
    // The next fetch may begin a cool-down later, and a request may wait so long.
    for _ in 0..3 {
        let answer = ask(&checks, check_by(Proxy::Nginx, &forged)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

/// With `failure_mode_allow`, Envoy lets requests in after a 5xx.
#[tokio::test]
async fn a_slow_fetch_for_a_made_up_key_is_no_5xx_to_envoy() {
    let pool = pool_now();
    for (proxy, expected) in [
        (Proxy::Envoy, StatusCode::FORBIDDEN),
        (Proxy::GatewayApi, StatusCode::FORBIDDEN),
        (Proxy::Nginx, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let server = HeldKeys::serve(pool.jwks()).await;
        server.permits.add_permits(1);
        let layer = lazy(&server.url);
        layer.refresh().await;
        // The fetch for the key never ends.
        let checks = ForwardAuth::new(layer.authorizer(), proxy).timeout(Duration::from_millis(20));
        let answer = ask(&checks, check_by(proxy, &made_up(&pool))).await;
        assert_eq!(answer.status, expected, "{proxy}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{proxy}");
    }
}

#[tokio::test]
async fn open_routes_need_no_keys() {
    let checks = ForwardAuth::new(lazy("http://127.0.0.1:1/jwks.json").authorizer(), Proxy::Nginx);
    assert_eq!(ask(&checks, check("GET", "/health")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn for_a_proxy_that_fails_open_no_answer_of_ours_is_a_5xx() {
    let pool = pool_now();
    let server = HeldKeys::serve(pool.jwks()).await;
    let checks = |proxy| {
        let checks =
            ForwardAuth::new(lazy(&server.url).authorizer(), proxy).timeout(Duration::from_millis(20));
        checks.when_unavailable(WhenUnavailable::Forbidden)
    };
    // The time-out.
    assert_eq!(ask(&checks(Proxy::Nginx), authorized(&pool)).await.status, StatusCode::FORBIDDEN);
    // A mistake in the configuration.
    let bare = http::Request::get("/orders");
    assert_eq!(ask(&checks(Proxy::Nginx), bare).await.status, StatusCode::FORBIDDEN);
    // Keys that cannot be fetched.
    let refused = lazy("http://127.0.0.1:1/jwks.json");
    refused.refresh().await;
    let refused = ForwardAuth::new(refused.authorizer(), Proxy::Nginx).timeout(Duration::from_secs(30));
    assert_eq!(ask(&refused, authorized(&pool)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let refused = refused.when_unavailable(WhenUnavailable::Forbidden);
    let answer = ask(&refused, authorized(&pool)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // A refusal that is the client's fault keeps its status.
    assert_eq!(ask(&refused, check("GET", "/orders")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_known_token_is_not_held_by_a_fetch() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let checks = ForwardAuth::new(super::support::layer(&pool, &clock).authorizer(), Proxy::Nginx)
        .timeout(Duration::ZERO);
    let token = pool.access_token("ada").scope("orders/read").sign();
    let check = check("GET", "/orders").header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(ask(&checks, check).await.status, StatusCode::OK);
}

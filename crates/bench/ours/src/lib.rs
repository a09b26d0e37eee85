//! The pool, keys and tokens of all measurements, and the services that are measured.

pub mod known;
pub mod no_op;
pub mod probe;
pub mod rounds;
pub mod routers;

use std::{
    convert::Infallible,
    fmt::Write as _,
    future::{Ready, ready},
    time::Duration,
};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bench_harness::{CLIENT, POOL};
use cognito_authorizer::{CognitoAuth, CognitoAuthBuilder, CognitoAuthLayer, KeySet, UserPool};
use cognito_local_pool::{AppClient, LocalPool, ResourceServer, TokenBuilder, User};
use http::{Request, Response, header::AUTHORIZATION};
use tower::{Layer, Service, ServiceExt, service_fn, util::ServiceFn};

/// A day, so that no token expires during a run.
pub const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A pool whose tokens look like Cognito's.
#[must_use]
pub fn pool() -> LocalPool {
    LocalPool::builder(POOL)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(AppClient::public(CLIENT))
        .user(User::new("ada", "Correct-horse-1").group("ops"))
        .build()
        .expect("its settings are valid")
}

/// The access token of a user in a group, with two scopes.
pub fn user(pool: &LocalPool) -> TokenBuilder {
    pool.access_token("ada").scope("orders/read").scope("orders/write").expires_in(LIFETIME)
}

/// The access token of a machine client, with the same scopes.
pub fn machine(pool: &LocalPool) -> TokenBuilder {
    pool.machine_token(CLIENT).scope("orders/read").scope("orders/write").expires_in(LIFETIME)
}

/// The keys that the pool publishes.
#[must_use]
pub fn keys(pool: &LocalPool) -> KeySet {
    KeySet::from_json(pool.jwks().as_bytes()).expect("they can be used")
}

/// The pool's keys among other keys, `count` in all.
#[must_use]
pub fn keys_among(pool: &LocalPool, count: usize) -> KeySet {
    KeySet::from_json(jwks_among(pool, count).as_bytes()).expect("they can be used")
}

/// The same as JSON.
#[must_use]
pub fn jwks_among(pool: &LocalPool, count: usize) -> String {
    let own = pool.jwks();
    let (head, tail) = own.split_at(own.rfind(']').expect("an array"));
    let others: String = (2..count).fold(String::new(), |mut text, place| {
        write!(text, ",{}", other_key(place)).expect("memory");
        text
    });
    format!("{head}{others}{tail}")
}

/// A builder for `count` pools, and their keys. The last pool is the one that signs.
#[must_use]
pub fn pools(pool: &LocalPool, count: usize) -> (CognitoAuthBuilder, Vec<(String, KeySet)>) {
    let id = |place: usize| if place + 1 == count { POOL.into() } else { format!("eu-west-1_Other{place}") };
    let first = CognitoAuthLayer::builder(id(0)).client(CLIENT);
    let builder =
        (1..count).fold(first, |builder, place| builder.user_pool(UserPool::new(id(place)).client(CLIENT)));
    let set = |place: usize| {
        if place + 1 == count {
            return keys(pool);
        }
        let jwks = format!(r#"{{"keys":[{},{}]}}"#, other_key(2 * place), other_key(2 * place + 1));
        KeySet::from_json(jwks.as_bytes()).expect("they can be used")
    };
    (builder, (0..count).map(|place| (id(place), set(place))).collect())
}

/// A well-formed key that signs nothing here.
fn other_key(place: usize) -> String {
    let mut state = place as u64 + 1;
    let mut bytes = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let mut modulus: Vec<u8> = (0..256).map(|_| bytes()).collect();
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    let id: Vec<u8> = (0..32).map(|_| bytes()).collect();
    let (modulus, id) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(id));
    format!(r#"{{"kty":"RSA","kid":"{id}=","use":"sig","alg":"RS256","e":"AQAB","n":"{modulus}"}}"#)
}

/// A request of this path, with this token.
#[must_use]
pub fn request(path: &str, token: &str) -> Request<()> {
    Request::get(path).header(AUTHORIZATION, format!("Bearer {token}")).body(()).expect("a request")
}

/// Makes requests with this token for a router. They share the text of the token, which a server has just received.
pub fn request_with_body(token: &str) -> impl Fn() -> Request<Body> + Clone + Send + Sync + 'static {
    let template = request("/", token).into_parts().0;
    move || Request::from_parts(template.clone(), Body::empty())
}

/// A layer with the pool's keys.
pub fn layer(
    pool: &LocalPool,
    configure: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder,
) -> CognitoAuthLayer {
    let builder = configure(CognitoAuthLayer::builder(POOL).client(CLIENT));
    builder.with_keys([(POOL, keys(pool))]).expect("its settings are valid")
}

type Inner = ServiceFn<fn(Request<()>) -> Ready<Result<Response<Request<()>>, Infallible>>>;
/// The layer's service around one that does almost nothing, so that only the layer is measured.
pub type Protected = CognitoAuth<Inner>;

/// The inner service returns the request, so that dropping it is not measured.
#[must_use]
pub fn protect(layer: &CognitoAuthLayer) -> Protected {
    let inner: fn(Request<()>) -> _ = |request| ready(Ok(Response::new(request)));
    layer.layer(service_fn(inner))
}

/// The status of a response.
pub async fn status(service: &Protected, request: Request<()>) -> u16 {
    service.clone().oneshot(request).await.expect("a response").status().as_u16()
}

/// Calls the service, which is always ready.
pub fn call(service: &mut Protected, request: Request<()>) -> <Protected as Service<Request<()>>>::Future {
    service.call(request)
}

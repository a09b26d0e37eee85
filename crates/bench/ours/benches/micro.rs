//! What each path of a request costs, and what its parts cost at least: RSA-2048 with a parsed key, and `jsonwebtoken::decode`. A
//! request is a call of the layer around a service that does nothing. Allocations are included.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bench_harness::{CLIENT, Claims, ISSUER, POOL};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, KeySet, RouteTable,
    clock::{Clock, SystemClock},
    scope,
};
use cognito_bench::{
    Protected, call, keys, keys_among, machine, pool, pools, protect, request, status, user,
};
use cognito_local_pool::LocalPool;
use cognito_verify::{PoolKeys, UserPool, Verifier};
use divan::{Bencher, black_box};
use http::{Method, Request};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use tokio::runtime::Runtime;

static POOL_OF_ALL: LazyLock<LocalPool> = LazyLock::new(pool);
static USER: LazyLock<String> = LazyLock::new(|| user(&POOL_OF_ALL).sign());
static MACHINE: LazyLock<String> = LazyLock::new(|| machine(&POOL_OF_ALL).sign());
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});
static SAME: LazyLock<Request<()>> = LazyLock::new(|| request("/", &USER));
/// The tokens that are used in turn.
static MANY: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..10_000).map(|_| user(&POOL_OF_ALL).sign()).collect());

fn main() {
    LazyLock::force(&USER);
    divan::main();
}

fn builder() -> CognitoAuthBuilder {
    CognitoAuthLayer::builder(POOL).client(CLIENT)
}

fn layer(configure: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder) -> CognitoAuthLayer {
    cognito_bench::layer(&POOL_OF_ALL, configure)
}

/// Measures calls with this request, which must get this status.
fn ask(bencher: Bencher<'_, '_>, layer: &CognitoAuthLayer, request: &Request<()>, expected: u16) {
    let service = protect(layer);
    // Afterwards the token is in the cache, and the keys are fetched.
    for _ in 0..2 {
        assert_eq!(RUNTIME.block_on(status(&service, request.clone())), expected);
    }
    bencher.with_inputs(|| (service.clone(), request.clone())).bench_values(answer);
}

fn answer((mut service, request): (Protected, Request<()>)) -> impl Sized {
    call(&mut service, black_box(request))
}

fn cached() -> CognitoAuthLayer {
    layer(|builder| builder)
}

fn uncached() -> CognitoAuthLayer {
    layer(|builder| builder.result_ttl(std::time::Duration::ZERO))
}

mod floor {
    use super::*;

    /// Modulus and exponent of the key that signs.
    fn components() -> [String; 2] {
        let jwks: serde_json::Value = serde_json::from_str(&POOL_OF_ALL.jwks()).expect("JSON");
        let id = POOL_OF_ALL.access_key_id();
        let key = jwks["keys"].as_array().and_then(|keys| keys.iter().find(|key| key["kid"] == *id));
        ["n", "e"].map(|name| key.expect("it is published")[name].as_str().expect("text").to_owned())
    }

    /// Puts a value into the request's extensions, as any layer that verifies must.
    #[divan::bench]
    fn extension(bencher: Bencher<'_, '_>) {
        let (request, something) = (request("/", &USER), Arc::new(0_u64));
        bencher.with_inputs(|| (request.clone(), something.clone())).bench_values(
            |(mut request, something)| {
                request.extensions_mut().insert(something);
                request
            },
        );
    }

    #[divan::bench]
    fn rsa2048(bencher: Bencher<'_, '_>) {
        let [n, e] = components().map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"));
        let key: ParsedPublicKey = RsaPublicKeyComponents { n: &n[..], e: &e[..] }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .expect("a key");
        let (message, signature) = USER.rsplit_once('.').expect("three segments");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        bencher
            .bench(|| key.verify_sig(black_box(message.as_bytes()), &signature).expect("a good signature"));
    }

    #[divan::bench]
    fn jsonwebtoken_decode(bencher: Bencher<'_, '_>) {
        let [n, e] = components();
        let key = DecodingKey::from_rsa_components(&n, &e).expect("a key");
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.validate_aud = false;
        let decode = || jsonwebtoken::decode::<Claims>(black_box(&**USER), &key, &validation);
        bencher.bench(|| decode().expect("a good token"));
    }
}

mod cold {
    use super::*;

    fn verify(bencher: Bencher<'_, '_>, token: &str) {
        let verifier = Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("valid settings");
        let (pool_keys, now) = (PoolKeys::from(&keys(&POOL_OF_ALL)), SystemClock::default().now());
        bencher.bench(|| verifier.verify(black_box(token), &pool_keys, now).expect("a good token"));
    }

    #[divan::bench]
    fn verify_user(bencher: Bencher<'_, '_>) {
        verify(bencher, &USER);
    }

    #[divan::bench]
    fn verify_machine(bencher: Bencher<'_, '_>) {
        verify(bencher, &MACHINE);
    }

    #[divan::bench]
    fn request_user(bencher: Bencher<'_, '_>) {
        ask(bencher, &uncached(), &request("/", &USER), 200);
    }

    #[divan::bench]
    fn request_machine(bencher: Bencher<'_, '_>) {
        ask(bencher, &uncached(), &request("/", &MACHINE), 200);
    }
}

mod hit {
    use super::*;

    #[divan::bench]
    fn request_user(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", &USER), 200);
    }

    #[divan::bench(args = [1, 10, 100, 1_000, 10_000])]
    fn tokens(bencher: Bencher<'_, '_>, count: usize) {
        let service = protect(&cached());
        let requests: Vec<_> = MANY.iter().take(count).map(|token| request("/", token)).collect();
        for request in &requests {
            assert_eq!(RUNTIME.block_on(status(&service, request.clone())), 200);
        }
        let mut turn = requests.iter().cycle();
        bencher
            .with_inputs(|| (service.clone(), turn.next().expect("one").clone()))
            .bench_local_values(answer);
    }
}

mod refusal {
    use super::*;

    #[divan::bench]
    fn no_token(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &Request::new(()), 401);
    }

    #[divan::bench]
    fn garbage(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", "garbage.not-a-token"), 401);
    }

    /// As long as a valid token: three segments of base64url without JSON.
    #[divan::bench]
    fn long_garbage(bencher: Bencher<'_, '_>) {
        let token: String = USER.chars().map(|c| if c == '.' { '.' } else { 'A' }).collect();
        ask(bencher, &cached(), &request("/", &token), 401);
    }

    #[divan::bench]
    fn unknown_key_in_cool_down(bencher: Bencher<'_, '_>) {
        let _entered = RUNTIME.enter();
        let server = RUNTIME.block_on(POOL_OF_ALL.serve("127.0.0.1:0")).expect("a port");
        let layer = RUNTIME
            .block_on(
                CognitoAuthLayer::builder(UserPool::new(POOL).client(CLIENT).jwks_url(server.jwks_url()))
                    .connect(),
            )
            .expect("keys");
        let token = user(&POOL_OF_ALL).header("kid", "a-key-that-the-pool-never-had-0000000000000=").sign();
        ask(bencher, &layer, &request("/", &token), 401);
    }

    #[divan::bench]
    fn long_header(bencher: Bencher<'_, '_>) {
        let (_, rest) = USER.split_once('.').expect("three segments");
        ask(bencher, &cached(), &request("/", &format!("{}.{rest}", "A".repeat(12_000))), 401);
    }

    #[divan::bench]
    fn long_token(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", &"a.b.".repeat(8_000)), 401);
    }

    #[divan::bench]
    fn forged(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", &user(&POOL_OF_ALL).forged().sign()), 401);
    }

    #[divan::bench]
    fn expired(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", &POOL_OF_ALL.access_token("ada").expired().sign()), 401);
    }

    #[divan::bench]
    fn other_client(bencher: Bencher<'_, '_>) {
        ask(bencher, &cached(), &request("/", &user(&POOL_OF_ALL).client("another").sign()), 401);
    }

    #[divan::bench]
    fn scope_of_known_token(bencher: Bencher<'_, '_>) {
        ask(bencher, &layer(|builder| builder.require(scope("orders/admin"))), &request("/", &USER), 403);
    }
}

mod key_set {
    use super::*;

    /// What a refresh costs when the response has arrived.
    #[divan::bench(args = [2, 100])]
    fn read(bencher: Bencher<'_, '_>, count: usize) {
        let jwks = cognito_bench::jwks_among(&POOL_OF_ALL, count);
        bencher.bench(|| KeySet::from_json(black_box(jwks.as_bytes())).expect("a set"));
    }

    /// Makes the snapshot that requests read, from the key sets of this many pools.
    #[divan::bench(args = [1, 1_000])]
    fn join(bencher: Bencher<'_, '_>, count: usize) {
        let (_, sets) = pools(&POOL_OF_ALL, count);
        bencher.bench(|| PoolKeys::new(sets.iter().map(|(_, set)| Some(set))));
    }
}

mod scale {
    use super::*;

    #[divan::bench(args = [1, 10, 100, 1_000])]
    fn pools_hit(bencher: Bencher<'_, '_>, count: usize) {
        let (builder, sets) = pools(&POOL_OF_ALL, count);
        ask(bencher, &builder.with_keys(sets).expect("valid settings"), &request("/", &USER), 200);
    }

    #[divan::bench(args = [1, 10, 100, 1_000])]
    fn pools_cold(bencher: Bencher<'_, '_>, count: usize) {
        let (builder, sets) = pools(&POOL_OF_ALL, count);
        let layer = builder.result_ttl(std::time::Duration::ZERO).with_keys(sets);
        ask(bencher, &layer.expect("valid settings"), &request("/", &USER), 200);
    }

    #[divan::bench(args = [2, 10, 100])]
    fn keys_hit(bencher: Bencher<'_, '_>, count: usize) {
        let layer = builder().with_keys([(POOL, keys_among(&POOL_OF_ALL, count))]);
        ask(bencher, &layer.expect("valid settings"), &request("/", &USER), 200);
    }

    #[divan::bench(args = [2, 10, 100])]
    fn keys_cold(bencher: Bencher<'_, '_>, count: usize) {
        let layer = builder()
            .result_ttl(std::time::Duration::ZERO)
            .with_keys([(POOL, keys_among(&POOL_OF_ALL, count))]);
        ask(bencher, &layer.expect("valid settings"), &request("/", &USER), 200);
    }

    fn table(rows: usize) -> RouteTable {
        let resource = |place: usize| format!("GET /v1/resource{place}/{{id}}/items");
        let table = (0..rows).fold(RouteTable::builder(), |table, place| {
            table.require(&resource(place), scope("orders/read"))
        });
        table.build().expect("valid settings")
    }

    fn path(place: usize) -> String {
        format!("/v1/resource{place}/4711/items")
    }

    /// axum's router with the same paths, for comparison.
    #[divan::bench(args = [10, 100, 1_000, 10_000])]
    fn router(bencher: Bencher<'_, '_>, rows: usize) {
        let mut router = matchit::Router::new();
        for place in 0..rows {
            router.insert(format!("/v1/resource{place}/{{id}}/items"), place).expect("a route");
        }
        let paths: Vec<_> = (0..rows).map(path).collect();
        let mut turn = paths.iter().cycle().step_by(3);
        bencher
            .with_inputs(|| turn.next().expect("one"))
            .bench_local_values(|path| *router.at(black_box(path)).expect("a match").value);
    }

    /// The look-up alone.
    #[divan::bench(args = [10, 100, 1_000, 10_000])]
    fn routes(bencher: Bencher<'_, '_>, rows: usize) {
        let table = table(rows);
        let paths: Vec<_> = (0..rows).map(path).collect();
        // Every third path in turn. That is all of them, in an order that the processor cannot predict.
        let mut turn = paths.iter().cycle().step_by(3);
        bencher
            .with_inputs(|| turn.next().expect("one"))
            .bench_local_values(|path| table.rule(&Method::GET, black_box(path)).key().is_some());
    }

    /// Requests for one row.
    #[divan::bench(args = [10, 100, 1_000, 10_000])]
    fn routes_hit(bencher: Bencher<'_, '_>, rows: usize) {
        let path = path(rows / 2);
        ask(bencher, &layer(|builder| builder.routes(table(rows))), &request(&path, &USER), 200);
    }

    /// Requests for every row in turn.
    #[divan::bench(args = [10, 100, 1_000, 10_000])]
    fn routes_hit_in_turn(bencher: Bencher<'_, '_>, rows: usize) {
        let service = protect(&layer(|builder| builder.routes(table(rows))));
        // They share the token's text: the cost of the table is measured, not that of reading many copies of the token.
        let request = |place| {
            let mut request = SAME.clone();
            *request.uri_mut() = path(place).parse().expect("a path");
            request
        };
        let requests: Vec<_> = (0..rows).map(request).collect();
        assert_eq!(RUNTIME.block_on(status(&service, requests[rows - 1].clone())), 200);
        let mut turn = requests.iter().cycle().step_by(3);
        bencher
            .with_inputs(|| (service.clone(), turn.next().expect("one").clone()))
            .bench_local_values(answer);
    }
}

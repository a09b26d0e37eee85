//! A token in any state: as it came, or with a header or a payload that the pool's own key signed, which gets the input past the
//! signature and into the claims. Nothing panics, and what is let in is what it should be.
#![no_main]

use std::sync::LazyLock;

use cognito_local_pool::{AppClient, LocalPool};
use cognito_verify::{Accept, KeyRing, KeySet, UnixTime, UserPool, Verified, Verifier};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CLIENT: &str = "4example23456789";
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

struct World {
    pool: LocalPool,
    verifier: Verifier,
    keys: KeyRing,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let pool = LocalPool::builder("ap-south-1_abcdefghi")
        .app_client(AppClient::public(CLIENT))
        .key_id("k")
        .build()
        .unwrap();
    let user_pool = UserPool::new("ap-south-1_abcdefghi").client(CLIENT);
    let keys = KeyRing::from(&KeySet::from_json(pool.jwks().as_bytes()).unwrap());
    World { verifier: Verifier::new([user_pool]).unwrap().accept(Accept::Either), pool, keys }
});

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let token = match kind {
        b'p' => WORLD.pool.access_token("ada").raw_payload(data).sign().into_bytes(),
        b'h' => WORLD.pool.access_token("ada").raw_header(data).sign().into_bytes(),
        _ => data.to_vec(),
    };
    match WORLD.verifier.verify(&token, &WORLD.keys, NOW) {
        Ok(verified) => {
            check(&verified);
            assert!(WORLD.verifier.read(&token, &WORLD.keys).unwrap().still_holds(&verified, NOW));
        }
        Err(rejected) => assert!(rejected.to_string().len() < 300),
    }
});

/// What was let in, looked at by another reader of JSON.
fn check(verified: &Verified) {
    assert!(verified.expiry() > NOW && verified.issued_at() <= NOW);
    assert_eq!(verified.client_id(), CLIENT);
    assert!(verified.scopes().iter().all(|scope| !scope.is_empty() && !scope.contains(' ')));
    let _ = (verified.groups().count(), verified.username(), verified.token_id(), verified.origin_token_id());
    // Deeper than `Value` reads, or a lone surrogate in an unknown claim: an error and no more.
    let Ok(claims) = verified.claims::<Value>() else { return };
    assert_eq!(claims["iss"], WORLD.pool.issuer());
    assert!(claims["exp"].is_number() && claims["iat"].is_number());
    match claims["token_use"].as_str() {
        Some("access") => assert_eq!(claims["client_id"], CLIENT),
        Some("id") => {
            assert!(claims["aud"] == CLIENT || claims["aud"].as_array().unwrap().contains(&CLIENT.into()))
        }
        _ => panic!("another use was let in"),
    }
}

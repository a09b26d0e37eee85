//! A token: the input itself, a good token with changed bytes, or a header or payload that the pool's key signs, so that the input
//! gets past the signature check. Nothing panics, and a token that is accepted has the required claims.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use cognito_local_pool::{AppClient, LocalPool};
use cognito_verify::{Accept, KeySet, PoolKeys, Rejected, UnixTime, UserPool, Verified, Verifier};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CLIENT: &str = "4example23456789";
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

struct World {
    pool: LocalPool,
    verifier: Verifier,
    keys: PoolKeys,
    good: String,
    verified: Verified,
}

impl World {
    fn verify(&self, token: &[u8]) -> Result<Verified, Rejected> {
        self.verifier.read(token, &self.keys)?.verify(NOW)
    }

    /// Whether the token is recognised as one that was verified earlier.
    fn is_recognised_as(&self, earlier: &[u8], verified: &Verified, token: &[u8]) -> bool {
        let signature = earlier.rsplit(|byte| *byte == b'.').next().unwrap();
        let read = self.verifier.read(token, &self.keys);
        read.is_ok_and(|token| token.signature() == signature && token.recheck(verified, NOW) == Some(Ok(())))
    }
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let pool = LocalPool::builder("ap-south-1_abcdefghi")
        .app_client(AppClient::public(CLIENT))
        .key_id("k")
        .build()
        .unwrap();
    let user_pool = UserPool::new("ap-south-1_abcdefghi").client(CLIENT);
    let keys = PoolKeys::from(&KeySet::from_json(pool.jwks().as_bytes()).unwrap());
    let verifier = Verifier::new([user_pool]).unwrap().accept(Accept::Either);
    let good = pool.access_token("ada").issued_at(UNIX_EPOCH + Duration::from_secs(1_767_225_600)).sign();
    let verified = verifier.verify(&good, &keys, NOW).unwrap();
    World { pool, verifier, keys, good, verified }
});

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let token = match kind {
        b'p' => WORLD.pool.access_token("ada").raw_payload(data).sign().into_bytes(),
        b'h' => WORLD.pool.access_token("ada").raw_header(data).sign().into_bytes(),
        b'm' => {
            // A good token with changed bytes is accepted if and only if it is the same.
            let mut token = WORLD.good.clone().into_bytes();
            for change in data.chunks_exact(3) {
                let index = usize::from(u16::from_le_bytes([change[0], change[1]])) % token.len();
                token[index] = change[2];
            }
            let is_same = token == WORLD.good.as_bytes();
            assert_eq!(WORLD.is_recognised_as(WORLD.good.as_bytes(), &WORLD.verified, &token), is_same);
            assert_eq!(WORLD.verify(&token).is_ok(), is_same);
            return;
        }
        _ => data.to_vec(),
    };
    // The issuer is that of the only pool, or none.
    let named = WORLD.verifier.pool_by_unverified_issuer(&token);
    assert!(matches!(named, None | Some(0)));
    match WORLD.verify(&token) {
        Ok(verified) => {
            assert_eq!(named, Some(0));
            check(&verified);
            assert!(WORLD.is_recognised_as(&token, &verified, &token));
        }
        Err(rejected) => assert!(rejected.to_string().len() < 300),
    }
});

/// Checks the claims of an accepted token with another JSON parser.
fn check(verified: &Verified) {
    assert!(verified.expiry() > NOW && verified.issued_at() <= NOW);
    assert_eq!(verified.client_id(), CLIENT);
    assert!(verified.scopes().iter().all(|scope| !scope.is_empty() && !scope.contains(' ')));
    let _ = (verified.groups().count(), verified.username(), verified.token_id(), verified.origin_token_id());
    // Nesting deeper than `Value` allows, or a lone surrogate in an unknown claim, is only an error.
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

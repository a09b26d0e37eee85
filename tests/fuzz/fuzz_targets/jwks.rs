//! A JWK Set as an issuer may send it. Nothing panics, and every key that is kept has an id.
#![no_main]

use cognito_verify::{KeySet, KeySetError, PoolKeys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match KeySet::from_json(data) {
        Ok(set) => {
            let ids: Vec<&str> = set.key_ids().collect();
            assert!((1..=100).contains(&ids.len()) && ids.iter().all(|id| !id.is_empty()));
            assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "sorted, and each once");
            assert!(ids.len() + set.skipped().len() <= 100);
            assert_eq!(set, KeySet::from_json(data).unwrap());
            let _ = (format!("{set:?}"), PoolKeys::new([Some(&set), None, Some(&set)]));
        }
        Err(KeySetError::NoUsableKey { skipped }) => assert!(skipped.len() <= 100),
        Err(error) => assert!(error.to_string().len() < 200),
    }
});

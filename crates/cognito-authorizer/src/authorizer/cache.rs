//! The cache of verified tokens.

use std::{
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use cognito_verify::{UnixTime, Verified};
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};

use crate::metrics;

/// An entry takes about twice the length of its token. A token of more than this counts as several entries.
const BYTES_PER_ENTRY: usize = 2048;

/// The SHA-256 of a token's signature. The rest of the token is stored as it is: so the cache holds no usable token, but the whole
/// token is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(signature: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, signature).as_ref());
        Self(bytes)
    }
}

/// SHA-256 output is uniform, so its first 8 bytes serve as the hash; equality compares all 32.
impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().copied().unwrap_or_default();
        state.write_u64(u64::from_le_bytes(first));
    }
}

/// Returns the number that a [`Fingerprint`] writes.
#[derive(Clone, Copy, Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Verified tokens, for a limited time and within a limited size. The caller rechecks each one.
pub(crate) struct VerifiedTokens {
    tokens: Cache<Fingerprint, CachedToken, TokenWeight, BuildHasherDefault<FirstBytes>>,
    result_ttl: Duration,
    /// The number of tokens that the metrics know of.
    reported: AtomicUsize,
}

#[derive(Clone)]
struct CachedToken {
    verified: Arc<Verified>,
    verified_at: UnixTime,
    weight: u64,
}

#[derive(Clone)]
struct TokenWeight;

impl Weighter<Fingerprint, CachedToken> for TokenWeight {
    fn weight(&self, _: &Fingerprint, cached: &CachedToken) -> u64 {
        cached.weight
    }
}

impl VerifiedTokens {
    pub(crate) fn new(capacity: usize, result_ttl: Duration) -> Self {
        let hasher = BuildHasherDefault::default();
        let tokens = Cache::with(capacity, capacity as u64, TokenWeight, hasher, DefaultLifecycle::default());
        Self { tokens, result_ttl, reported: AtomicUsize::new(0) }
    }

    /// The token, if it was verified within the result TTL.
    pub(crate) fn find(&self, token: &Fingerprint, now: UnixTime) -> Option<Arc<Verified>> {
        let cached = self.tokens.get(token)?;
        // If the clock was set back, the age is unknown.
        let is_fresh = cached.verified_at <= now && now.since(cached.verified_at) < self.result_ttl;
        is_fresh.then_some(cached.verified)
    }

    /// Adds a token of this length.
    pub(crate) fn insert(&self, token: Fingerprint, bytes: usize, verified: &Arc<Verified>, now: UnixTime) {
        let weight = bytes.div_ceil(BYTES_PER_ENTRY).max(1) as u64;
        self.tokens.insert(token, CachedToken { verified: verified.clone(), verified_at: now, weight });
        metrics::cache_entries(&self.reported, || self.tokens.len());
    }
}

/// Takes its tokens out of the count of all caches.
impl Drop for VerifiedTokens {
    fn drop(&mut self) {
        metrics::cache_entries(&self.reported, || 0);
    }
}

/// Their number and the limits.
impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, capacity) = (self.tokens.len(), self.tokens.capacity());
        write!(f, "VerifiedTokens({tokens} of {capacity}, for {:?})", self.result_ttl)
    }
}

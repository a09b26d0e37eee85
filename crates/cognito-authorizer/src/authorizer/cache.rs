//! The cache of verified tokens.

use std::{
    fmt,
    hash::{Hash, Hasher, RandomState},
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use cognito_verify::{UnixTime, Verified};
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};

use crate::metrics;

/// An entry takes about twice the length of its token. A token of more than this counts as several entries.
const BYTES_PER_ENTRY: usize = 2048;

/// How many of the last characters of a token find it: 192 bits of its signature.
const FINGERPRINT: usize = 32;

/// The end of a token's signature. Only verified tokens are cached, and only the user pool makes signatures, so that no client chooses
/// what is cached. A client that does not know a signature does not find its token either.
///
/// *Security*: the fingerprint finds a token, and does not identify it. The caller compares the whole token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; FINGERPRINT]);

impl Fingerprint {
    /// `None` for what is too short to be a token.
    pub(crate) fn of(token: &[u8]) -> Option<Self> {
        token.last_chunk().copied().map(Self)
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

/// Verified tokens, for a limited time and within a limited size. The caller rechecks each one.
pub(crate) struct VerifiedTokens {
    /// The hash has a random key, so that a client cannot tell which fingerprints collide.
    tokens: Cache<Fingerprint, CachedToken, TokenWeight, RandomState>,
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
        let (hasher, lifecycle) = (RandomState::new(), DefaultLifecycle::default());
        let tokens = Cache::with(capacity, capacity as u64, TokenWeight, hasher, lifecycle);
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

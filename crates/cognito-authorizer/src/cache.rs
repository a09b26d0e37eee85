//! Tokens that were verified before.

use std::{
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use cognito_verify::{UnixTime, Verified};
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};

/// What is kept of a token is some two times as long as it is. So a long one takes the room of several.
const ONE_ROOM: usize = 2048;

/// The SHA-256 of a token's signature. The rest of the token is kept as it is, so that no bearer token is kept and yet all of
/// it is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(signature: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, signature).as_ref());
        Self(bytes)
    }
}

/// Nobody can choose it, so a part of it is a hash as good as any. What is compared is all of it.
impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().copied().unwrap_or_default();
        state.write_u64(u64::from_le_bytes(first));
    }
}

/// Takes the one number that a [`Fingerprint`] gives for the hash.
#[derive(Clone, Copy, Default)]
struct Given(u64);

impl Hasher for Given {
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

/// What is remembered of verified tokens, for a while and within bounds. Whether it still holds is for the caller to ask.
pub(crate) struct VerifiedTokens {
    tokens: Cache<Fingerprint, Known, Rooms, BuildHasherDefault<Given>>,
    result_ttl: Duration,
}

#[derive(Clone)]
struct Known {
    verified: Arc<Verified>,
    since: UnixTime,
    rooms: u64,
}

#[derive(Clone)]
struct Rooms;

impl Weighter<Fingerprint, Known> for Rooms {
    fn weight(&self, _: &Fingerprint, known: &Known) -> u64 {
        known.rooms
    }
}

impl VerifiedTokens {
    pub(crate) fn new(capacity: usize, result_ttl: Duration) -> Self {
        let hasher = BuildHasherDefault::default();
        let tokens = Cache::with(capacity, capacity as u64, Rooms, hasher, DefaultLifecycle::default());
        Self { tokens, result_ttl }
    }

    /// What was found for this token, no longer ago than results are kept.
    pub(crate) fn find(&self, token: &Fingerprint, now: UnixTime) -> Option<Arc<Verified>> {
        let known = self.tokens.get(token)?;
        // After a clock was set back, nobody knows how long ago it was.
        let is_fresh = known.since <= now && now.since(known.since) < self.result_ttl;
        is_fresh.then_some(known.verified)
    }

    /// Keeps what was found for a token of so many bytes.
    pub(crate) fn keep(&self, token: Fingerprint, bytes: usize, verified: &Arc<Verified>, now: UnixTime) {
        let rooms = bytes.div_ceil(ONE_ROOM).max(1) as u64;
        self.tokens.insert(token, Known { verified: verified.clone(), since: now, rooms });
    }
}

/// Tells how many there are, and nothing of them.
impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, capacity) = (self.tokens.len(), self.tokens.capacity());
        write!(f, "VerifiedTokens({tokens} of {capacity}, for {:?})", self.result_ttl)
    }
}

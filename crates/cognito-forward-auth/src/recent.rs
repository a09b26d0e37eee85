//! The answers to allowed requests with the most recent tokens.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU8, Ordering},
};

use arc_swap::ArcSwapOption;
use cognito_authorizer::Verified;

/// How many tokens are remembered at most. Two tokens whose addresses have the same slot replace each other.
const SLOTS: usize = 4096;
/// Larger answers are made anew each time, so that the memory is at most a few megabytes.
const LARGEST: usize = 1024;
/// After how many misses a slot gets another token: to replace it costs more than to make an answer.
const PATIENCE: u8 = 8;

/// Remembers what is answered for a token. The answer is a function of the token alone, so it needs no expiry: whether the token is
/// still good is decided before.
pub(crate) struct Recent<A> {
    slots: Box<[Slot<A>]>,
}

struct Slot<A> {
    entry: ArcSwapOption<Entry<A>>,
    misses: AtomicU8,
}

struct Entry<A> {
    /// As long as it is here, no other token has its address. It does not keep the claims, which may be larger than the answer.
    verified: Weak<Verified>,
    answer: A,
}

impl<A: Clone> Recent<A> {
    pub(crate) fn new() -> Self {
        Self::with_slots(SLOTS)
    }

    /// With so many slots, a power of two.
    fn with_slots(slots: usize) -> Self {
        let slot = || Slot { entry: ArcSwapOption::empty(), misses: AtomicU8::new(0) };
        Self { slots: (0..slots).map(|_| slot()).collect() }
    }

    /// The answer for this token. `make` makes it, and tells its size in bytes.
    pub(crate) fn answer(&self, verified: &Arc<Verified>, make: impl FnOnce() -> (A, usize)) -> A {
        // Allocations are aligned, so the last bits of an address tell little.
        let slot = self.slots.get((Arc::as_ptr(verified).addr() >> 5) & (self.slots.len() - 1));
        let entry = slot.map(|slot| slot.entry.load());
        let entry = entry.as_deref().and_then(Option::as_ref);
        if let Some(entry) = entry.filter(|entry| entry.verified.as_ptr() == Arc::as_ptr(verified)) {
            return entry.answer.clone();
        }
        let (answer, size) = make();
        if let Some(slot) = slot
            && size <= LARGEST
            && (entry.is_none() || slot.misses.fetch_add(1, Ordering::Relaxed) % PATIENCE == PATIENCE - 1)
        {
            let entry = Entry { verified: Arc::downgrade(verified), answer: answer.clone() };
            slot.entry.store(Some(Arc::new(entry)));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use cognito_authorizer::{CognitoAuthLayer, KeySet};
    use cognito_local_pool::{AppClient, LocalPool, User};

    use super::*;

    const POOL: &str = "ap-south-1_abcdefghi";
    const CLIENT: &str = "4example23456789";

    async fn tokens(count: usize) -> Vec<Arc<Verified>> {
        let pool = LocalPool::builder(POOL).app_client(AppClient::public(CLIENT));
        let pool = pool.user(User::new("ada", "Correct-horse-1")).build().unwrap();
        let keys = KeySet::from_json(pool.jwks().as_bytes()).unwrap();
        let layer = CognitoAuthLayer::builder(POOL).client(CLIENT).with_keys([(POOL, keys)]).unwrap();
        let mut tokens = Vec::new();
        for number in 0..count {
            let token = pool.access_token("ada").claim("number", number).sign();
            tokens.push(layer.authorizer().verify(&token).await.unwrap());
        }
        tokens
    }

    #[tokio::test]
    async fn tokens_of_one_slot_never_get_each_others_answer() {
        let (tokens, recent) = (tokens(3).await, Recent::with_slots(1));
        let mut made = 0;
        for round in 0..100 {
            for index in [0, 1, round % 3, 2] {
                let answer = recent.answer(&tokens[index], || {
                    made += 1;
                    (index, 1)
                });
                assert_eq!(answer, index);
            }
        }
        assert!(made < 400, "some are remembered");
    }

    /// Otherwise tokens would take memory that the limit of the authorizer's cache does not count.
    #[tokio::test]
    async fn a_remembered_answer_does_not_keep_the_claims_of_its_token_in_memory() {
        let token = tokens(1).await.remove(0);
        let recent = Recent::new();
        recent.answer(&token, || ((), 1));
        let token = Arc::into_inner(token);
        assert!(token.is_some(), "nothing else holds the token");
    }

    #[tokio::test]
    async fn an_answer_is_made_once_for_a_token_unless_it_is_large() {
        let tokens = tokens(1).await;
        for (size, expected) in [(LARGEST, 1), (LARGEST + 1, 100)] {
            let (recent, mut made) = (Recent::new(), 0);
            for _ in 0..100 {
                recent.answer(&tokens[0], || {
                    made += 1;
                    ((), size)
                });
            }
            assert_eq!(made, expected, "{size} bytes");
        }
    }

    /// The address of a token that is gone can be another token's.
    #[tokio::test]
    async fn a_remembered_token_keeps_its_address() {
        let token = tokens(1).await.remove(0);
        let recent = Recent::new();
        recent.answer(&token, || ((), 1));
        assert_eq!(
            Arc::weak_count(&token),
            1,
            "an allocation is not used again before its last `Weak` is dropped"
        );
    }
}

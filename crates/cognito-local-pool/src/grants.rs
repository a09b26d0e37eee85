//! Grants with their refresh tokens: rotation, revocation, and which access tokens are signed out.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::grant::{Grant, Holder};
use crate::random;

/// Beyond this many, the oldest grant is forgotten: all of its tokens are refused from then on, as if it were revoked.
const MOST: usize = 10_000;
/// The most refresh tokens that are kept of a grant. Reuse of an older one is refused as unknown.
const TOKENS_OF_A_GRANT: usize = 16;

/// Why a refresh token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshRefused {
    /// Never issued, issued to another client, or no longer kept.
    Unknown,
    /// It has expired.
    Expired,
    /// By `RevokeToken`, by a sign-out, or because the user is disabled or gone.
    Revoked,
    /// Rotation replaced it, and the grace is over: `RefreshTokenReuseException`.
    Reused,
}

/// The outcome of revoking a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// It is revoked now, and all tokens of its grant with it.
    Revoked,
    /// It is not a valid refresh token of this pool.
    Unknown,
    /// It belongs to another client and stays valid.
    OtherClient,
}

/// The grants by `origin_jti`, the oldest is dropped first. `tokens` maps each refresh token to its grant.
pub(crate) struct Grants {
    kept: Bounded<KeptGrant>,
    tokens: HashMap<String, String>,
}

/// A grant with its refresh tokens.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptGrant {
    grant: Grant,
    /// Oldest first; empty for a grant without refresh tokens, and for a revoked one.
    tokens: Vec<RefreshToken>,
    /// When the refresh tokens end: a rotated one has what is left of the lifetime of the first.
    expires: i64,
    revoked: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefreshToken {
    text: String,
    /// When rotation replaced it.
    replaced: Option<i64>,
}

impl Grants {
    pub(crate) fn new() -> Self {
        Self::with_limit(MOST)
    }

    fn with_limit(most: usize) -> Self {
        Self { kept: Bounded::new(most), tokens: HashMap::new() }
    }

    /// Keeps a grant whose refresh tokens are good until `expires` (seconds since 1970), and returns the first one.
    pub(crate) fn keep(&mut self, grant: Grant, expires: i64) -> String {
        let text = random::refresh_token();
        let first = RefreshToken { text: text.clone(), replaced: None };
        self.tokens.insert(text.clone(), grant.origin_jti.clone());
        self.insert(KeptGrant { grant, tokens: vec![first], expires, revoked: false });
        text
    }

    /// Keeps a grant without refresh tokens, so that its access tokens can be signed out.
    pub(crate) fn keep_without_refresh(&mut self, grant: Grant) {
        self.insert(KeptGrant { grant, tokens: Vec::new(), expires: 0, revoked: false });
    }

    /// All of them, oldest first, to be kept across a restart.
    pub(crate) fn state(&self) -> Vec<KeptGrant> {
        self.kept.in_order().cloned().collect()
    }

    /// Restores grants; `None` if two have the same name or share a refresh token.
    pub(crate) fn restore(state: Vec<KeptGrant>) -> Option<Self> {
        let mut grants = Self::new();
        for kept in state {
            if grants.kept.get(&kept.grant.origin_jti, 0).is_some() {
                return None;
            }
            for token in &kept.tokens {
                let earlier = grants.tokens.insert(token.text.clone(), kept.grant.origin_jti.clone());
                if earlier.is_some() {
                    return None;
                }
            }
            grants.insert(kept);
        }
        Some(grants)
    }

    fn insert(&mut self, kept: KeptGrant) {
        // An entry has no time of its own: a revoked grant must be known for as long as its access tokens live.
        for gone in self.kept.insert(kept.grant.origin_jti.clone(), kept, i64::MAX) {
            gone.tokens.iter().for_each(|token| {
                self.tokens.remove(&token.text);
            });
        }
    }

    /// The grant of a refresh token that was given to `client`; `grace` is how long a replaced one stays good.
    pub(crate) fn find(
        &self,
        token: &str,
        client: &str,
        grace: i64,
        now: i64,
    ) -> Result<&Grant, RefreshRefused> {
        let origin = self.tokens.get(token).ok_or(RefreshRefused::Unknown)?;
        let kept = self.kept.get(origin, now).filter(|kept| kept.grant.client == client);
        let kept = kept.ok_or(RefreshRefused::Unknown)?;
        let found = kept.tokens.iter().find(|known| known.text == token).ok_or(RefreshRefused::Unknown)?;
        if kept.revoked {
            return Err(RefreshRefused::Revoked);
        }
        if kept.expires <= now {
            return Err(RefreshRefused::Expired);
        }
        match found.replaced {
            Some(replaced) if replaced.saturating_add(grace) <= now => Err(RefreshRefused::Reused),
            _ => Ok(&kept.grant),
        }
    }

    /// Replaces a refresh token by a new one of the same grant, which ends when the first one would have.
    pub(crate) fn rotate(
        &mut self,
        token: &str,
        client: &str,
        grace: i64,
        now: i64,
    ) -> Result<String, RefreshRefused> {
        let origin = self.find(token, client, grace, now)?.origin_jti.clone();
        let kept = self.kept.get_mut(&origin, now).ok_or(RefreshRefused::Unknown)?;
        if let Some(old) = kept.tokens.iter_mut().find(|known| known.text == token) {
            old.replaced.get_or_insert(now);
        }
        let text = random::refresh_token();
        kept.tokens.push(RefreshToken { text: text.clone(), replaced: None });
        if kept.tokens.len() > TOKENS_OF_A_GRANT {
            let oldest = kept.tokens.remove(0);
            self.tokens.remove(&oldest.text);
        }
        self.tokens.insert(text.clone(), origin);
        Ok(text)
    }

    /// Revokes a refresh token of `client`, with all tokens of its grant.
    pub(crate) fn revoke(&mut self, token: &str, client: &str, now: i64) -> Revocation {
        let Some(origin) = self.tokens.get(token).cloned() else { return Revocation::Unknown };
        match self.kept.get_mut(&origin, now) {
            None => Revocation::Unknown,
            Some(kept) if kept.grant.client != client => Revocation::OtherClient,
            Some(kept) => {
                kept.revoked = true;
                Revocation::Revoked
            }
        }
    }

    /// Revokes all grants of a user (`GlobalSignOut`).
    pub(crate) fn revoke_user(&mut self, user: &Holder) {
        for kept in self.kept.values_mut().filter(|kept| kept.grant.holder == *user) {
            kept.revoked = true;
        }
    }

    /// Revokes one grant.
    pub(crate) fn revoke_grant(&mut self, origin_jti: &str) {
        if let Some(kept) = self.kept.get_mut(origin_jti, 0) {
            kept.revoked = true;
        }
    }

    /// Whether the grant of this `origin_jti` is kept and not revoked. A grant that was forgotten to make room is not live:
    /// it may have been revoked.
    pub(crate) fn is_live(&self, origin_jti: &str) -> bool {
        self.kept.get(origin_jti, 0).is_some_and(|kept| !kept.revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(name: &str) -> Holder {
        Holder { username: name.to_owned(), subject: format!("sub-of-{name}") }
    }

    fn grant() -> Grant {
        Grant::api(holder("ada"), "web", 0)
    }

    fn why(grants: &Grants, token: &str, now: i64) -> Option<RefreshRefused> {
        grants.find(token, "web", 5, now).err()
    }

    #[test]
    fn a_refresh_token_is_good_for_its_client_until_it_expires() {
        let mut grants = Grants::new();
        let token = grants.keep(grant(), 10);
        assert_eq!(why(&grants, &token, 9), None);
        assert_eq!(why(&grants, &token, 10), Some(RefreshRefused::Expired));
        assert_eq!(why(&grants, "guess", 9), Some(RefreshRefused::Unknown));
        assert_eq!(grants.find(&token, "other", 5, 9).err(), Some(RefreshRefused::Unknown));
    }

    #[test]
    fn the_oldest_grant_makes_room() {
        let mut grants = Grants::with_limit(2);
        let tokens: Vec<String> = (0..3).map(|_| grants.keep(grant(), 10)).collect();
        let good: Vec<bool> = tokens.iter().map(|token| why(&grants, token, 0).is_none()).collect();
        assert_eq!(good, [false, true, true]);
        assert_eq!(grants.tokens.len(), 2);
    }

    #[test]
    fn a_rotated_token_is_valid_in_its_grace_period_and_reuse_differs_from_guesses() {
        let mut grants = Grants::new();
        let first = grants.keep(grant(), 100);
        let second = grants.rotate(&first, "web", 5, 10).unwrap();
        let retried = grants.rotate(&first, "web", 5, 14).unwrap();
        assert_eq!(why(&grants, &first, 14), None);
        assert_eq!(
            why(&grants, &first, 15),
            Some(RefreshRefused::Reused),
            "the grace began at the first use"
        );
        for token in [&second, &retried] {
            assert_eq!(
                (why(&grants, token, 99), why(&grants, token, 100)),
                (None, Some(RefreshRefused::Expired))
            );
        }
        assert_eq!(grants.rotate(&first, "web", 5, 15), Err(RefreshRefused::Reused));
    }

    #[test]
    fn without_grace_a_token_is_good_once() {
        let mut grants = Grants::new();
        let first = grants.keep(grant(), 100);
        grants.rotate(&first, "web", 0, 10).unwrap();
        assert_eq!(grants.rotate(&first, "web", 0, 10), Err(RefreshRefused::Reused));
    }

    #[test]
    fn a_grant_does_not_collect_tokens_without_end() {
        let mut grants = Grants::new();
        let mut token = grants.keep(grant(), 100);
        let first = token.clone();
        for _ in 0..100 {
            token = grants.rotate(&token, "web", 0, 0).unwrap();
        }
        assert_eq!(grants.tokens.len(), TOKENS_OF_A_GRANT);
        assert_eq!(why(&grants, &first, 0), Some(RefreshRefused::Unknown));
        assert_eq!(why(&grants, &token, 0), None);
    }

    #[test]
    fn a_revoked_token_takes_its_grant_with_it() {
        let mut grants = Grants::new();
        let (mine, other) = (grant(), grant());
        let first = grants.keep(mine.clone(), 100);
        let second = grants.rotate(&first, "web", 5, 0).unwrap();
        let apart = grants.keep(other.clone(), 100);
        assert_eq!(grants.revoke(&first, "other", 0), Revocation::OtherClient);
        assert_eq!(grants.revoke("guess", "web", 0), Revocation::Unknown);
        assert_eq!(grants.revoke(&first, "web", 0), Revocation::Revoked);
        assert_eq!(why(&grants, &second, 0), Some(RefreshRefused::Revoked));
        assert_eq!(why(&grants, &apart, 0), None);
        let live = [&mine, &other].map(|grant| grants.is_live(&grant.origin_jti));
        assert_eq!(live, [false, true]);
        assert!(!grants.is_live("unknown"));
    }

    #[test]
    fn a_grant_that_made_room_does_not_come_back() {
        let mut grants = Grants::with_limit(1);
        let (revoked, live, last) = (grant(), grant(), grant());
        let token = grants.keep(revoked.clone(), 100);
        grants.revoke(&token, "web", 0);
        grants.keep(live.clone(), 100);
        assert!(!grants.is_live(&revoked.origin_jti) && grants.is_live(&live.origin_jti));
        assert_eq!(why(&grants, &token, 0), Some(RefreshRefused::Unknown));
        grants.keep(last, 100);
        assert!(!grants.is_live(&live.origin_jti));
    }

    #[test]
    fn a_global_sign_out_ends_the_grants_of_one_user() {
        let mut grants = Grants::new();
        let (ada, bob) = (grants.keep(grant(), 100), grants.keep(Grant::api(holder("bob"), "web", 0), 100));
        let implicit = grant();
        grants.keep_without_refresh(implicit.clone());
        let namesake = Holder { subject: "another".to_owned(), ..holder("ada") };
        grants.revoke_user(&namesake);
        assert_eq!(why(&grants, &ada, 0), None, "another user of the same name");
        grants.revoke_user(&holder("ada"));
        assert_eq!((why(&grants, &ada, 0), why(&grants, &bob, 0)), (Some(RefreshRefused::Revoked), None));
        assert!(!grants.is_live(&implicit.origin_jti));
        let again = grants.keep(grant(), 100);
        assert_eq!(why(&grants, &again, 0), None, "a later sign-in is not signed out");
    }
}

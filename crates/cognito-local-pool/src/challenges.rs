//! Sign-ins that wait for the answer to a challenge, bounded in number.

use crate::acr::AcrTarget;
use crate::bounded::Bounded;
use crate::random;
use crate::srp::ProofKey;
use crate::trigger::TriggerSource;

/// The most pending sign-ins. A new one beyond that replaces the oldest, so that clients cannot exhaust the memory.
const MOST: usize = 10_000;
/// The number of wrong codes of an authenticator app that end a challenge. A guess is right once in 333,333 times.
const MOST_FAILURES: u32 = 5;

/// The challenge that a user must answer.
#[derive(Clone)]
pub(crate) enum Challenge {
    /// `PASSWORD_VERIFIER`: the proof of an SRP exchange.
    PasswordVerifier(Verifier),
    /// `SELECT_CHALLENGE`, `PASSWORD` or `PASSWORD_SRP`: a password in one of these two ways.
    FirstFactor,
    /// `NEW_PASSWORD_REQUIRED`: another password instead of this temporary one.
    NewPassword { password: PasswordHash },
    /// `SOFTWARE_TOKEN_MFA`: the code of an authenticator app, after this password. `source` is
    /// passed to the trigger when the tokens are issued.
    SoftwareToken { password: PasswordHash, source: TriggerSource },
}

/// The value that the proof of a password is compared with.
#[derive(Clone)]
pub(crate) struct Verifier {
    pub(crate) key: ProofKey,
    /// The password that the exchange was made for.
    pub(crate) password: PasswordHash,
}

/// A hash of a password, to detect that it was changed while a sign-in is pending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PasswordHash([u8; 16]);

impl PasswordHash {
    pub(crate) fn of(password: &str) -> Self {
        Self(random::stable_bytes(&["password", password]))
    }
}

/// A sign-in that is not complete.
#[derive(Clone)]
pub(crate) struct PendingSignIn {
    pub(crate) client: String,
    /// The user name; if no such user exists, the name that was given.
    pub(crate) username: String,
    pub(crate) challenge: Challenge,
    /// `TARGET_ACR_VALUES`.
    pub(crate) target: Option<AcrTarget>,
}

/// Why a session or secret block does not lead to a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoChallenge {
    /// Never issued, issued to another client or for another challenge, or replaced by newer ones.
    Unknown,
    /// It has expired.
    Expired,
    /// It was answered already.
    Used,
}

struct KeptSignIn {
    pending: PendingSignIn,
    expires: i64,
    failures: u32,
    used: bool,
}

/// Pending sign-ins by their session, or by their secret block for the proof of a password.
pub(crate) struct Challenges(Bounded<KeptSignIn>);

impl Challenges {
    pub(crate) fn new() -> Self {
        Self(Bounded::new(MOST))
    }

    /// Keeps `pending` until `expires` (seconds since 1970) and returns its session.
    pub(crate) fn keep(&mut self, pending: PendingSignIn, expires: i64) -> String {
        let session = random::challenge_session();
        let kept = KeptSignIn { pending, expires, failures: 0, used: false };
        // Kept after it expires, so that a late answer is refused as expired and not as unknown.
        self.0.insert(session.clone(), kept, i64::MAX);
        session
    }

    /// The pending sign-in of `client` with this session.
    pub(crate) fn find(&self, session: &str, client: &str, now: i64) -> Result<PendingSignIn, NoChallenge> {
        let kept = self.0.get(session, now).filter(|kept| kept.pending.client == client);
        match kept.ok_or(NoChallenge::Unknown)? {
            kept if kept.used => Err(NoChallenge::Used),
            kept if kept.expires <= now => Err(NoChallenge::Expired),
            kept => Ok(kept.pending.clone()),
        }
    }

    /// Marks the session as used, and returns false if it already was: if two answers race, one is refused.
    pub(crate) fn use_up(&mut self, session: &str, now: i64) -> bool {
        match self.0.get_mut(session, now) {
            Some(kept) => !std::mem::replace(&mut kept.used, true),
            None => false,
        }
    }

    /// Ends the pending sign-ins of a user.
    pub(crate) fn end(&mut self, username: &str) {
        self.0.retain(|kept| kept.pending.username != username);
    }

    /// Counts a wrong code; after some of them the session is used up.
    pub(crate) fn count_failure(&mut self, session: &str, now: i64) {
        if let Some(kept) = self.0.get_mut(session, now) {
            kept.failures = kept.failures.saturating_add(1);
            kept.used |= kept.failures >= MOST_FAILURES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> PendingSignIn {
        let (client, username) = ("web".into(), "ada".into());
        PendingSignIn { client, username, challenge: Challenge::FirstFactor, target: None }
    }

    #[test]
    fn a_session_is_good_for_its_client_once_until_it_expires() {
        let mut challenges = Challenges::new();
        let session = challenges.keep(pending(), 10);
        let why = |challenges: &Challenges, client: &str, now| challenges.find(&session, client, now).err();
        assert_eq!(why(&challenges, "web", 9), None);
        assert_eq!(why(&challenges, "web", 10), Some(NoChallenge::Expired));
        assert_eq!(why(&challenges, "other", 9), Some(NoChallenge::Unknown));
        assert_eq!(challenges.find("guess", "web", 9).err(), Some(NoChallenge::Unknown));
        assert!(challenges.use_up(&session, 9));
        assert!(!challenges.use_up(&session, 9));
        assert_eq!(why(&challenges, "web", 9), Some(NoChallenge::Used));
    }

    #[test]
    fn a_few_wrong_codes_use_a_session_up() {
        let mut challenges = Challenges::new();
        let session = challenges.keep(pending(), 10);
        for _ in 1..MOST_FAILURES {
            challenges.count_failure(&session, 0);
        }
        assert!(challenges.find(&session, "web", 0).is_ok());
        challenges.count_failure(&session, 0);
        assert_eq!(challenges.find(&session, "web", 0).err(), Some(NoChallenge::Used));
    }

    #[test]
    fn the_oldest_challenge_makes_room() {
        let mut challenges = Challenges(Bounded::new(2));
        let sessions: Vec<String> = (0..3).map(|_| challenges.keep(pending(), 10)).collect();
        let good: Vec<bool> = sessions.iter().map(|s| challenges.find(s, "web", 0).is_ok()).collect();
        assert_eq!(good, [false, true, true]);
    }
}

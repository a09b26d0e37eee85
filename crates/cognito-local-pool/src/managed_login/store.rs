//! The state of managed login between requests: sessions, unfinished sign-ins, and codes.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::issued_code::IssuedCode;
use crate::acr::Factors;
use crate::bounded::Bounded;
use crate::challenges::PasswordHash;
use crate::directory::Account;
use crate::grant::Holder;
use crate::random;

/// How long a browser stays signed in, in seconds, whatever the lifetimes of tokens.
pub(crate) const SESSION: i64 = 3600;
/// The most entries of each kind. A new one beyond that replaces the oldest.
pub(super) const MOST: usize = 10_000;

/// The number of wrong answers that end a sign-in.
pub(super) const GUESSES: u8 = 5;

/// The state of managed login between requests.
pub(crate) struct ManagedLogin {
    pub(super) sessions: Bounded<BrowserSession>,
    pending: Bounded<PendingLogin>,
    pub(super) codes: Bounded<IssuedCode>,
    /// Makes the CSRF token of a form from the cookie of the browser that it is for.
    csrf: hmac::Key,
}

/// A browser whose user signed in.
#[derive(Clone)]
pub(crate) struct BrowserSession {
    pub(crate) holder: Holder,
    pub(crate) factors: Factors,
    pub(crate) auth_time: i64,
}

/// A sign-in that waits for the user's next step.
#[derive(Clone)]
pub(crate) struct PendingLogin {
    /// The cookie of the browser that began it.
    browser: String,
    pub(crate) holder: Holder,
    pub(crate) step: LoginStep,
    guesses: u8,
    password: PasswordHash,
}

impl PendingLogin {
    pub(crate) fn new(browser: &str, account: &Account, step: LoginStep) -> Self {
        Self {
            browser: browser.to_owned(),
            holder: Holder::of(account),
            step,
            guesses: GUESSES,
            password: PasswordHash::of(account.password()),
        }
    }

    /// Whether `account` is the user who began, and still has the same password.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        self.holder.is(account) && self.password == PasswordHash::of(account.password())
    }
}

/// The step that a user must take next to complete the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginStep {
    /// Confirm the sign-up by a code.
    Confirm,
    /// Choose a password in place of a temporary one (`NEW_PASSWORD_REQUIRED`).
    NewPassword,
    /// Give the code of the authenticator app (`SOFTWARE_TOKEN_MFA`).
    SoftwareToken,
}

impl ManagedLogin {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Bounded::new(MOST),
            pending: Bounded::new(MOST),
            codes: Bounded::new(MOST),
            csrf: hmac::Key::new(hmac::HMAC_SHA256, random::secret().as_bytes()),
        }
    }

    /// The CSRF token for forms of the browser with this cookie.
    pub(crate) fn csrf_token(&self, browser: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.csrf, browser.as_bytes()))
    }

    /// Whether a form comes from the browser with this cookie.
    pub(crate) fn accepts_csrf(&self, browser: &str, token: &str) -> bool {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
        hmac::verify(&self.csrf, browser.as_bytes(), &token).is_ok()
    }

    /// Keeps a sign-in that waits until `expires`, and returns the name of it for the form.
    pub(crate) fn wait(&mut self, pending: PendingLogin, expires: i64) -> String {
        let name = random::secret();
        self.pending.insert(name.clone(), pending, expires);
        name
    }

    /// The sign-in that waits under `name`, if this browser began it.
    pub(crate) fn waiting(&self, name: &str, browser: &str, now: i64) -> Option<&PendingLogin> {
        self.pending.get(name, now).filter(|pending| pending.browser == browser)
    }

    /// Counts a wrong answer, and returns whether there may be another.
    pub(crate) fn may_guess_again(&mut self, name: &str, now: i64) -> bool {
        let left = self.pending.get_mut(name, now).map_or(0, |pending| {
            pending.guesses = pending.guesses.saturating_sub(1);
            pending.guesses
        });
        if left == 0 {
            self.pending.remove(name);
        }
        left > 0
    }

    /// Ends the sessions of a user, the sign-ins that wait for the next step, and the codes that are not exchanged.
    pub(crate) fn end(&mut self, holder: &Holder) {
        self.sessions.retain(|session| session.holder != *holder);
        self.pending.retain(|pending| pending.holder != *holder);
        self.codes.retain(|issued| issued.grant.holder != *holder);
    }

    pub(crate) fn stop_waiting(&mut self, name: &str) {
        self.pending.remove(name);
    }
}

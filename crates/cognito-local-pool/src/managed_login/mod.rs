//! Managed login without its pages: authorization requests, browser sessions and codes.

mod authorize;
mod code;
mod pkce;
mod refused;
mod request;
mod scopes;

pub(crate) use refused::{PageError, Refused};
pub(crate) use request::{AuthorizationRequest, Prompt};
pub(crate) use scopes::{ScopeRefused, granted};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::bounded::Bounded;
use crate::challenges::PasswordHash;
use crate::directory::Account;
use crate::grant::Holder;
use crate::journal::Event;
use crate::pool::LocalPool;
use crate::random;
use code::IssuedCode;

/// How long a browser stays signed in, in seconds, whatever the lifetimes of tokens.
pub(crate) const SESSION: i64 = 3600;
/// Beyond so many, the oldest of each kind is forgotten.
const MOST: usize = 10_000;

/// So many wrong answers end a sign-in.
const GUESSES: u8 = 5;

/// What managed login remembers between requests.
pub(crate) struct ManagedLogin {
    sessions: Bounded<BrowserSession>,
    pending: Bounded<Pending>,
    codes: Bounded<IssuedCode>,
    /// Makes the CSRF token of a form from the cookie of the browser that it is for.
    csrf: hmac::Key,
}

/// A browser whose user signed in.
#[derive(Clone)]
pub(crate) struct BrowserSession {
    pub(crate) holder: Holder,
    pub(crate) auth_time: i64,
}

/// A sign-in that waits for the user's next step.
#[derive(Clone)]
pub(crate) struct Pending {
    /// The cookie of the browser that began it.
    browser: String,
    pub(crate) holder: Holder,
    pub(crate) step: Step,
    guesses: u8,
    password: PasswordHash,
}

impl Pending {
    pub(crate) fn new(browser: &str, account: &Account, step: Step) -> Self {
        Self {
            browser: browser.to_owned(),
            holder: Holder::of(account),
            step,
            guesses: GUESSES,
            password: PasswordHash::of(account.password()),
        }
    }

    /// Whether the user is still the one who began, with the password that was given.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        self.holder.is(account) && self.password == PasswordHash::of(account.password())
    }
}

/// What a user has to do before the sign-in is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
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
    pub(crate) fn wait(&mut self, pending: Pending, expires: i64) -> String {
        let name = random::secret();
        self.pending.insert(name.clone(), pending, expires);
        name
    }

    /// The sign-in that waits under `name`, if this browser began it.
    pub(crate) fn waiting(&self, name: &str, browser: &str, now: i64) -> Option<&Pending> {
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

impl LocalPool {
    /// Starts a session for a browser whose user signed in now, always under a new id. The session under `before`, the
    /// id that the browser sent, ends: an attacker may have planted it (session fixation).
    pub(crate) fn start_session(&self, account: &Account, before: Option<&str>) -> (String, BrowserSession) {
        self.record(Event::SignedIn { username: account.username.clone() });
        let (id, now) = (random::secret(), self.now());
        let session = BrowserSession { holder: Holder::of(account), auth_time: now };
        let mut login = self.managed_login();
        if let Some(before) = before {
            login.sessions.remove(before);
        }
        login.sessions.insert(id.clone(), session.clone(), now.saturating_add(SESSION));
        drop(login);
        self.end_unless_active(&session.holder);
        (id, session)
    }

    /// The session of a browser, if its hour is not over and its user is still there and enabled.
    pub(crate) fn session(&self, id: &str) -> Option<BrowserSession> {
        let session = self.managed_login().sessions.get(id, self.now())?.clone();
        self.is_active(&session.holder).then_some(session)
    }

    /// Call it after something was kept for a user: what ends a user ends what is kept by then. If that came first, this ends
    /// the rest.
    fn end_unless_active(&self, holder: &Holder) {
        if !self.is_active(holder) {
            self.managed_login().end(holder);
        }
    }

    pub(crate) fn end_session(&self, id: &str) {
        self.managed_login().sessions.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Enabled;

    /// A pool with a user, and keys that are never used.
    fn pool() -> LocalPool {
        let pool = LocalPool::builder("ap-south-1_abcdefghi").user(crate::User::new("ada", "x"));
        pool.app_client(crate::AppClient::public("spa").callback_url("myapp://").allow_scope("orders/read"))
            .resource_server(crate::ResourceServer::new("orders").scope("read"))
            .build()
            .unwrap()
    }

    #[test]
    fn the_oldest_session_code_and_waiting_sign_in_make_room() {
        let pool = pool();
        let ada = pool.account("ada").unwrap();
        let pending = Pending::new("browser", &ada, Step::SoftwareToken);
        let request = AuthorizationRequest::parse(
            &pool,
            "client_id=spa&response_type=code&redirect_uri=myapp%3A%2F%2F",
        );
        let request = request.ok().unwrap();
        let (first, session) = pool.start_session(&ada, None);
        let first_code = pool.authorize(&request, &session);
        let expires = pool.now() + 60;
        let first_pending = pool.managed_login().wait(pending.clone(), expires);
        for _ in 1..MOST {
            pool.start_session(&ada, None);
            pool.authorize(&request, &session);
            pool.managed_login().wait(pending.clone(), expires);
        }
        assert!(pool.session(&first).is_some(), "there is room for as many");
        pool.start_session(&ada, None);
        pool.authorize(&request, &session);
        pool.managed_login().wait(pending, expires);
        assert!(pool.session(&first).is_none());
        assert!(pool.managed_login().waiting(&first_pending, "browser", pool.now()).is_none());
        let code = first_code.strip_prefix("myapp://?code=").unwrap();
        let client = pool.client("spa").unwrap();
        assert!(pool.exchange_code(client, code, Some("myapp://"), None).is_err());
    }

    #[test]
    fn a_user_of_the_same_name_takes_over_no_session_and_no_code() {
        let pool = pool();
        let (id, session) = pool.start_session(&pool.account("ada").unwrap(), None);
        let request = AuthorizationRequest::parse(
            &pool,
            "client_id=spa&response_type=code&redirect_uri=myapp%3A%2F%2F",
        );
        let url = pool.authorize(&request.ok().unwrap(), &session);
        pool.remove_user(&pool.account("ada").unwrap());
        let other = Account::new("ada".into(), "another-subject".into(), "x".into(), pool.now());
        pool.directory().create(other).unwrap();
        assert!(pool.session(&id).is_none());
        let code = url.strip_prefix("myapp://?code=").unwrap();
        assert!(pool.exchange_code(pool.client("spa").unwrap(), code, Some("myapp://"), None).is_err());
    }

    #[test]
    fn a_disabled_user_has_no_session_and_no_code_after_being_enabled_again() {
        let pool = pool();
        let ada = pool.account("ada").unwrap();
        let query = "client_id=spa&response_type=code&redirect_uri=myapp%3A%2F%2F";
        let request = AuthorizationRequest::parse(&pool, query).ok().unwrap();
        let good = |id: &str, url: &str, name: &str| {
            let code = url.strip_prefix("myapp://?code=").unwrap();
            let exchanged = pool.exchange_code(pool.client("spa").unwrap(), code, Some("myapp://"), None);
            let waits = pool.managed_login().waiting(name, "browser", pool.now()).is_some();
            [pool.session(id).is_some(), exchanged.is_ok(), waits]
        };
        let begin = || {
            let (id, session) = pool.start_session(&ada, None);
            let url = pool.authorize(&request, &session);
            let pending = Pending::new("browser", &ada, Step::SoftwareToken);
            (id, url, pool.managed_login().wait(pending, i64::MAX))
        };
        let before = begin();
        pool.set_enabled("ada", Enabled::No).unwrap();
        let meanwhile = begin();
        pool.set_enabled("ada", Enabled::Yes).unwrap();
        for (id, url, name) in [before, meanwhile] {
            assert_eq!(good(&id, &url, &name)[..2], [false, false]);
        }
        let (id, url, name) = begin();
        assert_eq!(good(&id, &url, &name), [true, true, true]);
    }

    #[test]
    fn a_waiting_sign_in_belongs_to_its_browser_and_ends() {
        let pool = pool();
        let pending = Pending::new("browser", &pool.account("ada").unwrap(), Step::SoftwareToken);
        let name = pool.managed_login().wait(pending, 10);
        let waits = |browser: &str, now| pool.managed_login().waiting(&name, browser, now).is_some();
        assert!(waits("browser", 9) && !waits("browser", 10) && !waits("other", 9));
        let guesses = std::iter::repeat_with(|| pool.managed_login().may_guess_again(&name, 9));
        assert_eq!(guesses.take_while(|again| *again).count(), usize::from(GUESSES) - 1);
        assert!(!waits("browser", 9));
    }

    #[test]
    fn a_form_token_belongs_to_one_browser_of_one_pool() {
        let (login, other) = (ManagedLogin::new(), ManagedLogin::new());
        let token = login.csrf_token("browser");
        assert!(login.accepts_csrf("browser", &token));
        assert!(!login.accepts_csrf("another", &token) && !other.accepts_csrf("browser", &token));
        assert!(!login.accepts_csrf("browser", "") && !login.accepts_csrf("browser", "?"));
    }
}

//! The sessions of browsers.

use super::store::{BrowserSession, SESSION};
use crate::acr::Factors;
use crate::directory::Account;
use crate::grant::Holder;
use crate::journal::Event;
use crate::pool::LocalPool;
use crate::random;

impl LocalPool {
    /// Starts a session for a browser whose user signed in now, always under a new id. The session under `before`, the
    /// id that the browser sent, ends: an attacker may have planted it (session fixation).
    pub(crate) fn start_session(&self, account: &Account, before: Option<&str>) -> (String, BrowserSession) {
        self.record(Event::SignedIn { username: account.username.clone() });
        let (id, now) = (random::secret(), self.now());
        let session =
            BrowserSession { holder: Holder::of(account), factors: Factors::of(account), auth_time: now };
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

    /// Call this after storing something for a user. Ending a user ends everything stored before; if that came first, this ends
    /// the rest.
    pub(super) fn end_unless_active(&self, holder: &Holder) {
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
    use super::super::request::AuthorizationRequest;
    use super::super::store::{GUESSES, LoginStep, MOST, ManagedLogin, PendingLogin};
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
        let pending = PendingLogin::new("browser", &ada, LoginStep::SoftwareToken);
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
            let pending = PendingLogin::new("browser", &ada, LoginStep::SoftwareToken);
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
        let pending = PendingLogin::new("browser", &pool.account("ada").unwrap(), LoginStep::SoftwareToken);
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

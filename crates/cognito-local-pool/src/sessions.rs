//! The refresh tokens that were handed out, as many as a server for development needs and no more.

use std::collections::{HashMap, VecDeque};

use crate::issue::Session;
use crate::random;

/// Beyond this many, the oldest refresh token stops being good: what clients do must not fill the memory.
const MOST: usize = 10_000;

/// Why a refresh token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRefreshed {
    /// Never handed out, or to another client, or forgotten.
    Unknown,
    /// Its lifetime is over.
    Expired,
}

struct Kept {
    session: Session,
    expires: i64,
}

/// Sessions by their refresh token, oldest first in `order`, which names each of `kept` exactly once.
pub(crate) struct Sessions {
    kept: HashMap<String, Kept>,
    order: VecDeque<String>,
    most: usize,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self { kept: HashMap::new(), order: VecDeque::new(), most: MOST }
    }

    /// Keeps `session` until `expires` (seconds since 1970) and returns its refresh token.
    pub(crate) fn keep(&mut self, session: Session, expires: i64) -> String {
        while self.order.len() >= self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            self.kept.remove(&oldest);
        }
        let token = random::refresh_token();
        self.kept.insert(token.clone(), Kept { session, expires });
        self.order.push_back(token.clone());
        token
    }

    /// The session of a refresh token that was given to `client`.
    pub(crate) fn find(&self, token: &str, client: &str, now: i64) -> Result<Session, NotRefreshed> {
        let kept = self.kept.get(token).filter(|kept| kept.session.client == client);
        match kept.ok_or(NotRefreshed::Unknown)? {
            kept if kept.expires <= now => Err(NotRefreshed::Expired),
            kept => Ok(kept.session.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::SignIn;

    fn session() -> Session {
        Session::new("ada".into(), "web".into(), Vec::new(), SignIn::Api, 0)
    }

    #[test]
    fn a_refresh_token_is_good_for_its_client_until_it_expires() {
        let mut sessions = Sessions::new();
        let token = sessions.keep(session(), 10);
        assert!(sessions.find(&token, "web", 9).is_ok());
        assert_eq!(sessions.find(&token, "web", 10).err(), Some(NotRefreshed::Expired));
        assert_eq!(sessions.find(&token, "other", 9).err(), Some(NotRefreshed::Unknown));
        assert_eq!(sessions.find("guess", "web", 9).err(), Some(NotRefreshed::Unknown));
    }

    #[test]
    fn the_oldest_refresh_token_makes_room() {
        let mut sessions = Sessions { most: 2, ..Sessions::new() };
        let tokens: Vec<String> = (0..3).map(|_| sessions.keep(session(), 10)).collect();
        let good: Vec<bool> = tokens.iter().map(|token| sessions.find(token, "web", 0).is_ok()).collect();
        assert_eq!(good, [false, true, true]);
        assert_eq!((sessions.kept.len(), sessions.order.len()), (2, 2));
    }
}

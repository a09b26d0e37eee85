//! Checks a verified token against a requirement.

use super::{
    requirement::{Node, Requirement},
    sign_in::is_recent,
};
use crate::{denied::Denied, time::UnixTime, verified::Verified};

impl Requirement {
    /// Checks whether the token meets the requirement, where it does not depend on the time.
    ///
    /// # Errors
    ///
    /// What the requirement needs and what the token has. A requirement for a recent sign-in
    /// ([`signed_in_within`](crate::signed_in_within)) is denied, because its age is not known here: use
    /// [`check_at`](Self::check_at).
    pub fn check(&self, token: &Verified) -> Result<(), Denied> {
        self.check_with(token, None)
    }

    /// Checks whether the token meets the requirement at this time.
    ///
    /// # Errors
    ///
    /// What the requirement needs and what the token has.
    pub fn check_at(&self, token: &Verified, now: UnixTime) -> Result<(), Denied> {
        self.check_with(token, Some(now))
    }

    fn check_with(&self, token: &Verified, now: Option<UnixTime>) -> Result<(), Denied> {
        let has = |scope: &str| token.scopes().contains(scope);
        let sign_in = || Denied::Authentication { required: self.clone() };
        match &self.node {
            Node::Nothing => Ok(()),
            Node::Use(wanted) if token.token_use() == *wanted => Ok(()),
            Node::Use(wanted) => Err(Denied::Use { required: *wanted, found: token.token_use() }),
            Node::AnyScope(names) if names.iter().any(|name| has(name)) => Ok(()),
            Node::AllScopes(names) if names.iter().all(|name| has(name)) => Ok(()),
            Node::AnyScope(_) | Node::AllScopes(_) => {
                Err(Denied::Scope { required: self.clone(), granted: token.scopes().iter().collect() })
            }
            Node::AnyGroup(names) if names.iter().any(|name| token.is_in_group(name)) => Ok(()),
            Node::AnyGroup(_) => {
                Err(Denied::Group { required: self.clone(), granted: token.groups().collect() })
            }
            Node::AnyPool(pools) if pools.contains(token.pool()) => Ok(()),
            Node::AnyPool(_) => Err(Denied::Pool { required: self.clone(), found: token.pool().clone() }),
            Node::Claim(name, value) if token.has_claim(name, value.as_deref()) => Ok(()),
            Node::Claim(..) => Err(Denied::Claim { required: self.clone() }),
            Node::Actor(subject) if token.actor() == Some(subject) => Ok(()),
            Node::NoActor if token.actor().is_none() => Ok(()),
            Node::Actor(_) | Node::NoActor => {
                Err(Denied::Actor { required: self.clone(), is_delegated: token.actor().is_some() })
            }
            Node::Acr(levels) => {
                let is_enough = |level: &str| levels.iter().any(|enough| **enough == *level);
                if token.acr().is_some_and(is_enough) { Ok(()) } else { Err(sign_in()) }
            }
            Node::SignedIn(age) => {
                if now.is_some_and(|now| is_recent(token, *age, now)) {
                    Ok(())
                } else {
                    Err(sign_in())
                }
            }
            Node::All(parts) => check_all(parts, token, now),
            Node::Any(parts) => {
                let mut reasons = Vec::new();
                for part in parts {
                    match part.check_with(token, now) {
                        Ok(()) => return Ok(()),
                        Err(denied) => reasons.push(denied),
                    }
                }
                Err(Denied::Alternatives { required: self.clone(), reasons })
            }
            Node::Mistaken(error) => Err(Denied::Mistaken(error.clone())),
        }
    }
}

/// The first reason. If it is that the user must sign in again, it names everything that the new sign-in must meet, so that one is
/// enough.
fn check_all(parts: &[Requirement], token: &Verified, now: Option<UnixTime>) -> Result<(), Denied> {
    let mut sign_in: Option<Requirement> = None;
    for part in parts {
        match (part.check_with(token, now), sign_in.take()) {
            (Err(Denied::Authentication { required }), before) => {
                sign_in = Some(before.into_iter().fold(required, |after, before| before.and(after)));
            }
            (Err(denied), None) => return Err(denied),
            (_, before) => sign_in = before,
        }
    }
    sign_in.map_or(Ok(()), |required| Err(Denied::Authentication { required }))
}

//! Checks a verified token against a requirement.

use super::requirement::{Node, Requirement};
use crate::{denied::Denied, verified::Verified};

impl Requirement {
    /// Checks whether the token meets the requirement.
    ///
    /// # Errors
    ///
    /// What the requirement needs and what the token has.
    pub fn check(&self, token: &Verified) -> Result<(), Denied> {
        let has = |scope: &str| token.scopes().contains(scope);
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
            Node::All(parts) => parts.iter().try_for_each(|part| part.check(token)),
            Node::Any(parts) => {
                let mut reasons = Vec::new();
                for part in parts {
                    match part.check(token) {
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

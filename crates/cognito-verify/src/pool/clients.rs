//! Which app clients of a user pool are accepted.

use std::{fmt, sync::Arc};

/// The accepted app clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clients {
    Any,
    Some { listed: Vec<Box<str>>, rules: Vec<ClientRule> },
}

/// A rule of the program that decides by the id of an app client.
#[derive(Clone)]
pub(super) struct ClientRule(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Clients {
    /// Whether tokens of this app client are accepted.
    pub(super) fn accepts(&self, client: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some { rules, .. } => self.lists(client) || rules.iter().any(|rule| (rule.0)(client)),
        }
    }

    /// Whether this app client is accepted by its name.
    pub(super) fn lists(&self, client: &str) -> bool {
        match self {
            Self::Any => false,
            Self::Some { listed, .. } => listed.iter().any(|known| **known == *client),
        }
    }

    pub(super) fn has_rules(&self) -> bool {
        matches!(self, Self::Some { rules, .. } if !rules.is_empty())
    }
}

impl ClientRule {
    pub(super) fn new(rule: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(rule))
    }
}

/// Rules are equal if they are the same closure. Nothing can be known about two different ones.
impl PartialEq for ClientRule {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ClientRule {}

impl fmt::Debug for ClientRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRule")
    }
}

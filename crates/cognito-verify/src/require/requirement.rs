//! What a valid token must grant, as data.

use std::{fmt, time::Duration};

use super::error::RequirementError;
use crate::{pool_id::UserPoolId, token_use::TokenUse};

/// What a valid token must grant. Requirements can be combined, compared and printed.
///
/// ```
/// use cognito_verify::{any_of, group, scope};
///
/// let requirement = scope("orders/write").or(scope("orders/admin")).and(group("ops"));
/// assert_eq!(requirement.to_string(), "scope orders/write or orders/admin, and group ops");
/// assert!(scope("orders write").error().is_some());
///
/// let listed = any_of([scope("orders/read"), group("ops"), group("support")]);
/// assert_eq!(listed.to_string(), "scope orders/read, or group ops, or group support");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Requirement {
    pub(super) node: Node,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Node {
    #[default]
    Nothing,
    Use(TokenUse),
    AnyScope(Vec<Box<str>>),
    AllScopes(Vec<Box<str>>),
    AnyGroup(Vec<Box<str>>),
    AnyPool(Vec<UserPoolId>),
    /// A claim of this name, with this string as its value if there is one.
    Claim(Box<str>, Option<Box<str>>),
    /// The current actor.
    Actor(Box<str>),
    NoActor,
    /// One of these levels; the lowest first.
    Acr(Vec<Box<str>>),
    /// A sign-in at most this long ago.
    SignedIn(Duration),
    All(Vec<Requirement>),
    Any(Vec<Requirement>),
    /// A mistake; no token meets it.
    Mistaken(RequirementError),
}

impl Requirement {
    /// Requires only a valid token; the default.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The first mistake in the requirement, if any. No token meets a requirement with a mistake.
    #[must_use]
    pub fn error(&self) -> Option<&RequirementError> {
        match &self.node {
            Node::Mistaken(error) => Some(error),
            Node::All(parts) | Node::Any(parts) => parts.iter().find_map(Self::error),
            _ => None,
        }
    }

    /// Every scope that the requirement names, for the `scope` of a challenge (RFC 6750 §3); each once.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        fn collect<'r>(requirement: &'r Requirement, scopes: &mut Vec<&'r str>) {
            match &requirement.node {
                Node::AnyScope(names) | Node::AllScopes(names) => {
                    for name in names {
                        if !scopes.contains(&&**name) {
                            scopes.push(name);
                        }
                    }
                }
                Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| collect(part, scopes)),
                _ => {}
            }
        }
        let mut scopes = Vec::new();
        collect(self, &mut scopes);
        scopes
    }

    /// Every authentication level that is enough for a part of the requirement, for `acr_values` of a challenge (RFC 9470 §3); each
    /// once. See [`acr_at_least`](crate::acr_at_least).
    #[must_use]
    pub fn acr_values(&self) -> Vec<&str> {
        fn collect<'r>(requirement: &'r Requirement, levels: &mut Vec<&'r str>) {
            match &requirement.node {
                Node::Acr(names) => {
                    for name in names {
                        if !levels.contains(&&**name) {
                            levels.push(name);
                        }
                    }
                }
                Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| collect(part, levels)),
                _ => {}
            }
        }
        let mut levels = Vec::new();
        collect(self, &mut levels);
        levels
    }

    /// The least age of a sign-in that the requirement names, for `max_age` of a challenge (RFC 9470 §3). See
    /// [`signed_in_within`](crate::signed_in_within).
    #[must_use]
    pub fn max_sign_in_age(&self) -> Option<Duration> {
        match &self.node {
            Node::SignedIn(age) => Some(*age),
            Node::All(parts) | Node::Any(parts) => parts.iter().filter_map(Self::max_sign_in_age).min(),
            _ => None,
        }
    }
}

/// Prints as a phrase: `scope orders/read or orders/admin, and group ops`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Nothing => f.write_str("a valid token"),
            Node::Use(token_use) => write!(f, "{token_use}"),
            Node::AnyScope(names) => write!(f, "scope {}", names.join(" or ")),
            Node::AllScopes(names) => write!(f, "scope {}", names.join(" and ")),
            Node::AnyGroup(names) => write!(f, "group {}", names.join(" or ")),
            Node::AnyPool(pools) => {
                let pools: Vec<&str> = pools.iter().map(UserPoolId::as_str).collect();
                write!(f, "user pool {}", pools.join(" or "))
            }
            Node::Claim(name, None) => write!(f, "claim {}", name.escape_debug()),
            Node::Claim(name, Some(value)) => {
                write!(f, "claim {} with the value {}", name.escape_debug(), value.escape_debug())
            }
            Node::Actor(subject) => write!(f, "actor {}", subject.escape_debug()),
            Node::NoActor => f.write_str("no actor"),
            Node::Acr(levels) => write!(f, "acr {}", levels.join(" or ")),
            Node::SignedIn(age) => write!(f, "sign-in within {} s", age.as_secs()),
            Node::All(parts) => join(f, parts, ", and "),
            Node::Any(parts) => join(f, parts, ", or "),
            Node::Mistaken(error) => write!(f, "nothing that a token can have: {error}"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Requirement], between: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { between })?;
        match part.node {
            Node::All(_) | Node::Any(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

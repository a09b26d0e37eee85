//! What a valid token must grant, as data.

use std::fmt;

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

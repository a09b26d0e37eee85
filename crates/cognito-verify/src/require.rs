//! What a route requires of a verified token.

mod choice;
mod convert;
mod possible;

use std::fmt;

use choice::choice;
pub use choice::{all_of, any_of};
pub use convert::IntoRequirement;

use crate::{
    claims::{TokenUse, Verified},
    denied::{Denied, RequirementError},
    pool_id::UserPoolId,
    scope::{is_group, is_scope},
};

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
    node: Node,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Node {
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

/// Requires this scope; see [`any_scope`] for the comparison.
pub fn scope(scope: impl Into<String>) -> Requirement {
    any_scope([scope])
}

/// Requires at least one of these scopes, as API Gateway does for the scopes of a method. Scopes are compared exactly: they are
/// case-sensitive, and no scope includes another.
pub fn any_scope(scopes: impl IntoIterator<Item = impl Into<String>>) -> Requirement {
    named(scopes, is_scope, |scope| RequirementError::Scope { scope }, Node::AnyScope)
}

/// Requires all of these scopes.
pub fn all_scopes(scopes: impl IntoIterator<Item = impl Into<String>>) -> Requirement {
    named(scopes, is_scope, |scope| RequirementError::Scope { scope }, Node::AllScopes)
}

/// Requires this group of the user pool, by the claim `cognito:groups`.
pub fn group(group: impl Into<String>) -> Requirement {
    any_group([group])
}

/// Requires at least one of these groups.
pub fn any_group(groups: impl IntoIterator<Item = impl Into<String>>) -> Requirement {
    named(groups, is_group, |group| RequirementError::Group { group }, Node::AnyGroup)
}

/// Requires a token of this use. The verifier must accept the use too: see [`Verifier::accept`](crate::Verifier::accept).
pub fn token_use(token_use: TokenUse) -> Requirement {
    Requirement { node: Node::Use(token_use) }
}

/// Requires a token of one of these user pools, if more pools are configured.
///
/// ```
/// use cognito_verify::{UserPoolId, any_user_pool};
///
/// let staff: UserPoolId = "eu-west-1_Ab12Cd34E".parse()?;
/// assert_eq!(any_user_pool([staff]).to_string(), "user pool eu-west-1_Ab12Cd34E");
/// # Ok::<(), cognito_verify::PoolError>(())
/// ```
pub fn any_user_pool(pools: impl IntoIterator<Item = UserPoolId>) -> Requirement {
    let pools: Vec<UserPoolId> = pools.into_iter().collect();
    let node = if pools.is_empty() { Node::Mistaken(RequirementError::Empty) } else { Node::AnyPool(pools) };
    Requirement { node }
}

/// Requires that the token has this claim, whatever its value. A claim that is `null` counts as missing.
///
/// Scopes, groups, uses and pools have requirements of their own.
pub fn claim(name: impl Into<String>) -> Requirement {
    of_claim(name.into(), None)
}

/// Requires that the token has this claim, and that its value is this string. Values are compared exactly, and no other JSON type than
/// a string is equal to one.
///
/// ```
/// use cognito_verify::claim_is;
///
/// assert_eq!(claim_is("custom:tenant", "blue").to_string(), "claim custom:tenant with the value blue");
/// ```
pub fn claim_is(name: impl Into<String>, value: impl Into<String>) -> Requirement {
    of_claim(name.into(), Some(value.into().into()))
}

fn of_claim(name: String, value: Option<Box<str>>) -> Requirement {
    let node = if name.is_empty() {
        Node::Mistaken(RequirementError::Claim)
    } else {
        Node::Claim(name.into(), value)
    };
    Requirement { node }
}

fn named(
    names: impl IntoIterator<Item = impl Into<String>>,
    valid: fn(&str) -> bool,
    error: fn(String) -> RequirementError,
    node: fn(Vec<Box<str>>) -> Node,
) -> Requirement {
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    let node = match names.iter().find(|name| !valid(name)) {
        Some(name) => Node::Mistaken(error(name.clone())),
        None if names.is_empty() => Node::Mistaken(RequirementError::Empty),
        None => node(names.into_iter().map(Into::into).collect()),
    };
    Requirement { node }
}

impl Requirement {
    /// Requires only a valid token; the default.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Requires both.
    pub fn and(self, other: impl IntoRequirement) -> Self {
        let other = other.into_requirement();
        let mut all = match (self.node, &other.node) {
            (Node::Nothing, _) => return other,
            (node, Node::Nothing) => return Self { node },
            (Node::All(all), _) => all,
            (node, _) => vec![Self { node }],
        };
        match other.node {
            Node::All(more) => all.extend(more),
            node => all.push(Self { node }),
        }
        Self { node: Node::All(all) }
    }

    /// Requires at least one of the two.
    ///
    /// An alternative that every valid token meets is an [`error`](Self::error), because the other one would have no effect. To
    /// combine a list of alternatives, use [`any_of`] instead of a fold that starts with [`nothing`](Self::nothing):
    ///
    /// ```
    /// use cognito_verify::{Requirement, any_of, scope};
    ///
    /// assert!(Requirement::nothing().or(scope("orders/read")).error().is_some());
    /// assert!(any_of([scope("orders/read"), scope("orders/admin")]).error().is_none());
    /// ```
    pub fn or(self, other: impl IntoRequirement) -> Self {
        choice(vec![self, other.into_requirement()])
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
    for (place, part) in parts.iter().enumerate() {
        f.write_str(if place == 0 { "" } else { between })?;
        match part.node {
            Node::All(_) | Node::Any(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_read_as_sentences() {
        let (a, b, g) = (scope("r/a"), scope("r/b"), group("ops"));
        for (requirement, text) in [
            (Requirement::nothing(), "a valid token"),
            (a.clone(), "scope r/a"),
            (a.clone().or(b.clone()), "scope r/a or r/b"),
            (all_scopes(["r/a", "r/b"]), "scope r/a and r/b"),
            (a.clone().or(b.clone()).and(g.clone()), "scope r/a or r/b, and group ops"),
            (a.clone().and(g.clone()).or(b.clone()), "(scope r/a, and group ops), or scope r/b"),
            (group("x").or(group("y")).and(token_use(TokenUse::Id)), "group x or y, and ID token"),
            (Requirement::nothing().and(a.clone()), "scope r/a"),
            (a.clone().and(Requirement::nothing()).or(g.clone()), "scope r/a, or group ops"),
            (any_of([a.clone(), b.clone()]), "scope r/a or r/b"),
            (any_of([a.clone(), g.clone(), b.clone()]), "scope r/a, or group ops, or scope r/b"),
            (a.clone().or(g.clone().or(token_use(TokenUse::Id))), "scope r/a, or group ops, or ID token"),
            (any_of([a.clone().or(g.clone())]), "scope r/a, or group ops"),
            (any_of(["r/a"]), "scope r/a"),
            (all_of([a.clone(), b.clone().and(g.clone())]), "scope r/a, and scope r/b, and group ops"),
            (claim("email").and(claim_is("t", "x")), "claim email, and claim t with the value x"),
            (a.clone().and("r/b").or("r/c".to_owned()), "(scope r/a, and scope r/b), or scope r/c"),
        ] {
            assert_eq!(requirement.to_string(), text);
        }
        assert_eq!(a.clone().or(b).and(g).and(a).scopes(), ["r/a", "r/b"]);
    }

    #[test]
    fn a_mistake_is_never_lost() {
        let scope_error = RequirementError::Scope { scope: "a b".into() };
        for (mistaken, error) in [
            (scope("a b"), &scope_error),
            (scope("a b").or(scope("r/a")), &scope_error),
            (scope("r/a").or(scope("a b")), &scope_error),
            (Requirement::nothing().or(scope("a b")), &scope_error),
            (group("ops").and(scope("r/a").and(scope("a b"))), &scope_error),
            (scope("r/a").or(group("ops").and(scope("a b"))), &scope_error),
            (group("ops").and(scope("a b")).or(scope("r/a")), &scope_error),
            (Requirement::nothing().or(group("ops").and(scope("a b"))), &scope_error),
            (any_scope(["r/a", "a b"]), &scope_error),
            (group("a b"), &RequirementError::Group { group: "a b".into() }),
            (all_scopes(Vec::<String>::new()), &RequirementError::Empty),
            (any_group(Vec::<String>::new()), &RequirementError::Empty),
            (any_of(Vec::<Requirement>::new()), &RequirementError::Empty),
            (all_of(Vec::<Requirement>::new()), &RequirementError::Empty),
            (any_of([scope("r/a"), any_of(Vec::<String>::new())]), &RequirementError::Empty),
            (any_of(["r/a", "a b"]), &scope_error),
            (claim(""), &RequirementError::Claim),
            (claim_is("", "x"), &RequirementError::Claim),
            (scope("r/a").and("a b"), &scope_error),
        ] {
            assert_eq!(mistaken.error(), Some(error), "{mistaken:?}");
        }
        assert_eq!(scope("r/a").and(group("ops")).error(), None);
        let invisible = group("ops\u{200b}").error().unwrap().to_string();
        assert!(invisible.starts_with("`ops\\u{200b}` is not a group name"), "{invisible}");
    }
}

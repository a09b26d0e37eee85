//! Requirements that name scopes, groups, token uses and user pools.

use super::{
    error::RequirementError,
    requirement::{Node, Requirement},
};
use crate::{
    pool_id::UserPoolId,
    scope::{is_group, is_scope},
    token_use::TokenUse,
};

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

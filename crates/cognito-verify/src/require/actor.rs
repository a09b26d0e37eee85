//! Requirements about who acts for the subject.

use super::{
    error::RequirementError,
    requirement::{Node, Requirement},
};

/// Requires a token that was delegated to this actor by token exchange: `sub` of the claim `act` (RFC 8693 §4.1). It is compared
/// exactly. Actors before the current one do not count, see [`Verified::actor`](crate::Verified::actor).
///
/// ```
/// use cognito_verify::{actor, no_actor, scope};
///
/// let requirement = scope("orders/read").and(no_actor().or(actor("7gateway23456789")));
/// assert_eq!(requirement.to_string(), "scope orders/read, and (no actor, or actor 7gateway23456789)");
/// ```
pub fn actor(subject: impl Into<String>) -> Requirement {
    let subject = subject.into();
    let node = if subject.is_empty() {
        Node::Mistaken(RequirementError::Actor)
    } else {
        Node::Actor(subject.into())
    };
    Requirement { node }
}

/// Requires a token that was not delegated: one without the claim `act`. For routes that a user must call in person, such as those
/// that change a password or pay.
pub fn no_actor() -> Requirement {
    Requirement { node: Node::NoActor }
}

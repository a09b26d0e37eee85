//! Combines requirements, and finds common mistakes in combinations.

use super::{
    convert::IntoRequirement,
    error::RequirementError,
    possible,
    requirement::{Node, Requirement},
};

/// Requires at least one of these requirements.
///
/// ```
/// use cognito_verify::{any_of, group, scope};
///
/// let requirement = any_of([scope("orders/read").and(group("ops")), scope("orders/admin")]);
/// assert_eq!(requirement.to_string(), "(scope orders/read, and group ops), or scope orders/admin");
///
/// // An empty list opens nothing: no token meets it, and it is an error when the layer is built.
/// let from_a_file: Vec<String> = Vec::new();
/// assert!(any_of(from_a_file).error().is_some());
/// ```
///
/// An empty list is an [`error`](Requirement::error). So is an alternative that every valid token meets, such as
/// [`Requirement::nothing`], because the others would have no effect.
pub fn any_of(alternatives: impl IntoIterator<Item = impl IntoRequirement>) -> Requirement {
    choice(alternatives.into_iter().map(IntoRequirement::into_requirement).collect())
}

/// Requires all of these requirements. An empty list is an [`error`](Requirement::error); to accept any valid token, use
/// [`Requirement::nothing`].
///
/// ```
/// use cognito_verify::{all_of, group};
///
/// assert_eq!(all_of([group("ops"), group("on-call")]).to_string(), "group ops, and group on-call");
/// assert!(all_of(Vec::<String>::new()).error().is_some());
/// ```
pub fn all_of(requirements: impl IntoIterator<Item = impl IntoRequirement>) -> Requirement {
    let requirements = requirements.into_iter().map(IntoRequirement::into_requirement);
    requirements
        .reduce(Requirement::and)
        .unwrap_or(Requirement { node: Node::Mistaken(RequirementError::Empty) })
}

impl Requirement {
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
}

/// Combines alternatives, or returns the mistake in them.
fn choice(parts: Vec<Requirement>) -> Requirement {
    // A mistake stays one, however deep: an alternative must not hide it.
    if let Some(error) = parts.iter().find_map(Requirement::error) {
        return Requirement { node: Node::Mistaken(error.clone()) };
    }
    let mut alternatives: Vec<Requirement> = Vec::with_capacity(parts.len());
    for part in parts {
        match (part.node, alternatives.as_mut_slice()) {
            (Node::AnyScope(more), [Requirement { node: Node::AnyScope(names) }])
            | (Node::AnyGroup(more), [Requirement { node: Node::AnyGroup(names) }]) => names.extend(more),
            (Node::Any(more), _) => alternatives.extend(more),
            (node, _) => alternatives.push(Requirement { node }),
        }
    }
    let always_met = possible::always_met_by_valid_tokens(&alternatives);
    let node = match alternatives.pop() {
        None => Node::Mistaken(RequirementError::Empty),
        Some(only) if alternatives.is_empty() && !always_met => only.node,
        Some(last) => {
            alternatives.push(last);
            Node::Any(alternatives)
        }
    };
    if always_met {
        let choice = Requirement { node }.to_string();
        return Requirement { node: Node::Mistaken(RequirementError::AlwaysMet { choice }) };
    }
    Requirement { node }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        require::{group, scope, token_use},
        token_use::TokenUse,
    };

    #[test]
    fn alternatives_that_every_valid_token_meets_are_a_mistake() {
        let (nothing, access, id) =
            (Requirement::nothing, || token_use(TokenUse::Access), || token_use(TokenUse::Id));
        let fold = |names: &[&str]| names.iter().fold(nothing(), |any, name| any.or(scope(*name)));
        for (requirement, choice) in [
            (fold(&["r/a"]), "a valid token, or scope r/a"),
            (fold(&["r/a", "r/b"]), "a valid token, or scope r/a"),
            (scope("r/a").or(nothing()), "scope r/a, or a valid token"),
            (nothing().or(nothing()), "a valid token, or a valid token"),
            (any_of([nothing()]), "a valid token"),
            (any_of([scope("r/a"), group("ops"), nothing()]), "scope r/a, or group ops, or a valid token"),
            (group("ops").and(nothing().or(scope("r/a"))), "a valid token, or scope r/a"),
            (access().or(id()).or(scope("r/a")), "access token, or ID token, or scope r/a"),
            (access().or(id().or(scope("r/a"))), "access token, or ID token, or scope r/a"),
            (
                any_of([id(), group("ops").and(id()), access()]),
                "ID token, or (group ops, and ID token), or access token",
            ),
        ] {
            let error = RequirementError::AlwaysMet { choice: choice.into() };
            assert_eq!(requirement.error(), Some(&error), "{requirement}");
        }
        for requirement in [
            access().or(id()),
            any_of([access(), id(), access()]),
            id().or(scope("r/a")),
            id().or(scope("r/a").or(group("ops"))),
            nothing().and(nothing()).and(scope("r/a")),
            all_of([nothing()]),
            fold(&[]),
        ] {
            assert_eq!(requirement.error(), None, "{requirement}");
        }
    }
}

//! The scopes and groups of a requirement, in the form in which an OpenAPI document states them.

use std::collections::BTreeSet;

use super::requirement::{Node, Requirement};

/// More alternatives than this are not listed: a requirement that combines choices has their product.
const MOST_ALTERNATIVES: usize = 64;

impl Requirement {
    /// The sets of scopes of which a token must have one set in full: *any of* becomes several sets, *all of* becomes one. A
    /// requirement without scopes has one empty set. Whatever else is required is left out.
    ///
    /// `None` if there are more than 64 sets, or if the requirement has a [mistake](Self::error).
    ///
    /// ```
    /// use cognito_verify::{all_scopes, any_scope, group};
    ///
    /// let requirement = any_scope(["orders/read", "orders/admin"]).and(all_scopes(["a/b", "a/c"])).and(group("ops"));
    /// let sets = requirement.scope_alternatives().unwrap_or_default();
    /// let sets: Vec<Vec<&str>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
    /// assert_eq!(sets, [["a/b", "a/c", "orders/admin"], ["a/b", "a/c", "orders/read"]]);
    /// ```
    #[must_use]
    pub fn scope_alternatives(&self) -> Option<BTreeSet<BTreeSet<&str>>> {
        let sets = match &self.node {
            Node::Mistaken(_) => return None,
            Node::Nothing
            | Node::Use(_)
            | Node::AnyGroup(_)
            | Node::AnyPool(_)
            | Node::Claim(..)
            | Node::Actor(_)
            | Node::NoActor
            | Node::Acr(_)
            | Node::SignedIn(_) => BTreeSet::from([BTreeSet::new()]),
            Node::AnyScope(names) => names.iter().map(|name| BTreeSet::from([&**name])).collect(),
            Node::AllScopes(names) => BTreeSet::from([names.iter().map(|name| &**name).collect()]),
            Node::Any(parts) => {
                let mut sets = BTreeSet::new();
                for part in parts {
                    sets.extend(part.scope_alternatives()?);
                }
                sets
            }
            Node::All(parts) => {
                let mut sets = BTreeSet::from([BTreeSet::new()]);
                for part in parts {
                    let more = part.scope_alternatives()?;
                    if sets.len().saturating_mul(more.len()) > MOST_ALTERNATIVES {
                        return None;
                    }
                    sets = sets.iter().flat_map(|set| more.iter().map(move |other| set | other)).collect();
                }
                sets
            }
        };
        (sets.len() <= MOST_ALTERNATIVES).then_some(sets)
    }

    /// Whether [`scope_alternatives`](Self::scope_alternatives) states the whole requirement for a verifier with one user pool:
    /// nothing but scopes and pools is required, and the sets are few enough to list.
    #[must_use]
    pub fn is_stated_by_scopes(&self) -> bool {
        self.has_only_scopes() && self.scope_alternatives().is_some()
    }

    fn has_only_scopes(&self) -> bool {
        match &self.node {
            Node::Nothing | Node::AnyScope(_) | Node::AllScopes(_) | Node::AnyPool(_) => true,
            Node::All(parts) | Node::Any(parts) => parts.iter().all(Self::has_only_scopes),
            _ => false,
        }
    }

    /// Every group that the requirement names; each once.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<&str> {
        match &self.node {
            Node::AnyGroup(names) => names.iter().map(|name| &**name).collect(),
            Node::All(parts) | Node::Any(parts) => parts.iter().flat_map(Self::groups).collect(),
            _ => BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{all_scopes, any_of, any_scope, group, scope};

    fn sets(requirement: &Requirement) -> Option<Vec<String>> {
        let sets = requirement.scope_alternatives()?;
        Some(sets.into_iter().map(|set| set.into_iter().collect::<Vec<_>>().join("+")).collect())
    }

    #[test]
    fn alternatives_are_sets_of_scopes() {
        for (requirement, expected) in [
            (Requirement::nothing(), vec![""]),
            (group("ops"), vec![""]),
            (scope("r/a"), vec!["r/a"]),
            (any_scope(["r/b", "r/a", "r/b"]), vec!["r/a", "r/b"]),
            (all_scopes(["r/b", "r/a"]), vec!["r/a+r/b"]),
            (any_scope(["r/a", "r/b"]).and(scope("r/c")), vec!["r/a+r/c", "r/b+r/c"]),
            (any_of([scope("r/a"), group("ops")]), vec!["", "r/a"]),
            (scope("r/a").and(scope("r/a")), vec!["r/a"]),
        ] {
            assert_eq!(
                sets(&requirement),
                Some(expected.into_iter().map(str::to_owned).collect()),
                "{requirement}"
            );
        }
        assert_eq!(sets(&scope("a b")), None, "a mistake has no alternatives");
    }

    #[test]
    fn the_number_of_alternatives_is_bounded() {
        let choice = |name: &str| any_scope((0..8).map(|number| format!("{name}/{number}")));
        assert_eq!(sets(&choice("a").and(choice("b"))).map(|sets| sets.len()), Some(64));
        assert_eq!(sets(&choice("a").and(choice("b")).and(choice("c"))), None);
        assert_eq!(sets(&any_scope((0..65).map(|number| format!("a/{number}")))), None);
    }

    #[test]
    fn groups_are_listed_once() {
        let requirement = any_of([group("ops"), group("support").and(group("ops"))]).and(scope("r/a"));
        assert_eq!(requirement.groups().into_iter().collect::<Vec<_>>(), ["ops", "support"]);
    }
}

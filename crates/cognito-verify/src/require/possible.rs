//! Properties of a requirement without a token: whether some token can meet it, and whether every token does.

use super::requirement::{Node, Requirement};
use crate::{
    claim_rules::ClaimRules,
    pool_id::UserPoolId,
    token_use::{Accept, TokenUse},
};

/// A valid token without scopes and groups. Requirements have no negation of what is known about it, so every token of the same use
/// and pool meets each requirement that this token meets.
#[derive(Clone, Copy, Debug)]
struct BareToken<'p> {
    token_use: TokenUse,
    /// `None` for a pool that no requirement names.
    pool: Option<&'p UserPoolId>,
    actor: Fact<'p>,
    acr: Fact<'p>,
}

/// What is known about a claim of a [`BareToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact<'p> {
    Unknown,
    Absent,
    Is(&'p str),
}

impl<'p> Fact<'p> {
    /// Whether the claim may be one of these.
    fn may_be<'n>(self, mut names: impl Iterator<Item = &'n str>) -> bool {
        match self {
            Self::Unknown => true,
            Self::Absent => false,
            Self::Is(value) => names.any(|name| name == value),
        }
    }

    /// No claim, and each of these.
    fn every(names: Vec<&'p str>) -> impl Iterator<Item = Self> + Clone {
        std::iter::once(Self::Absent).chain(names.into_iter().map(Self::Is))
    }
}

impl BareToken<'_> {
    fn of_any_pool(accept: Accept) -> impl Iterator<Item = Self> {
        let uses =
            [TokenUse::Access, TokenUse::Id].into_iter().filter(move |token_use| accept.includes(*token_use));
        uses.map(|token_use| Self { token_use, pool: None, actor: Fact::Unknown, acr: Fact::Unknown })
    }
}

/// Whether these alternatives check nothing, whichever tokens the verifier accepts.
pub(super) fn always_met_by_valid_tokens(alternatives: &[Requirement]) -> bool {
    let tokens: Vec<BareToken<'_>> = BareToken::of_any_pool(Accept::Either).collect();
    is_always_met(alternatives, &tokens)
}

/// Whether all of these tokens meet one of the alternatives, or each token meets one, so that the scopes and groups of the others
/// have no effect. Alternatives that name only uses and pools, such as "access token or ID token", are allowed.
fn is_always_met(alternatives: &[Requirement], tokens: &[BareToken<'_>]) -> bool {
    let by_all = |alternative: &Requirement| tokens.iter().all(|token| alternative.is_met_by(*token));
    let any_meets =
        |token: &BareToken<'_>| alternatives.iter().any(|alternative| alternative.is_met_by(*token));
    let names_permission = || alternatives.iter().any(Requirement::names_permission);
    !tokens.is_empty()
        && (alternatives.iter().any(by_all) || tokens.iter().all(any_meets) && names_permission())
}

impl Requirement {
    /// Whether some token that `accept` allows can meet this requirement: only access tokens have scopes, and a token has only one
    /// use. An impossible requirement is a configuration mistake.
    ///
    /// ```
    /// use cognito_verify::{Accept, TokenUse, group, scope, token_use};
    ///
    /// assert!(scope("orders/read").is_possible(Accept::Either));
    /// assert!(!scope("orders/read").is_possible(Accept::Id));
    /// assert!(group("ops").is_possible(Accept::Id));
    /// assert!(!scope("orders/read").and(token_use(TokenUse::Id)).is_possible(Accept::Either));
    /// ```
    #[must_use]
    pub fn is_possible(&self, accept: Accept) -> bool {
        self.is_possible_by(ClaimRules::UserPool, accept)
    }

    /// The same for a verifier with these claim rules: by those of a JWT authorizer, ID tokens can have scopes too.
    #[must_use]
    pub fn is_possible_by(&self, rules: ClaimRules, accept: Accept) -> bool {
        let (actors, levels) = (Fact::every(self.actors()), Fact::every(self.acr_values()));
        BareToken::of_any_pool(accept).any(|token| {
            actors.clone().any(|actor| {
                levels.clone().any(|acr| self.is_possible_for(rules, BareToken { actor, acr, ..token }))
            })
        })
    }

    /// Every actor that the requirement names.
    fn actors(&self) -> Vec<&str> {
        match &self.node {
            Node::Actor(subject) => vec![subject],
            Node::All(parts) | Node::Any(parts) => parts.iter().flat_map(Self::actors).collect(),
            _ => Vec::new(),
        }
    }

    fn is_possible_for(&self, rules: ClaimRules, token: BareToken<'_>) -> bool {
        match &self.node {
            Node::Nothing | Node::AnyGroup(_) | Node::Claim(..) | Node::SignedIn(_) => true,
            Node::Actor(subject) => token.actor.may_be(std::iter::once(&**subject)),
            Node::NoActor => !matches!(token.actor, Fact::Is(_)),
            Node::Acr(levels) => token.acr.may_be(levels.iter().map(|level| &**level)),
            Node::AnyPool(pools) => token.pool.is_none_or(|pool| pools.contains(pool)),
            Node::Use(required) => *required == token.token_use,
            Node::AnyScope(_) | Node::AllScopes(_) => {
                token.token_use == TokenUse::Access || rules == ClaimRules::Jwt
            }
            Node::All(parts) => parts.iter().all(|part| part.is_possible_for(rules, token)),
            Node::Any(parts) => parts.iter().any(|part| part.is_possible_for(rules, token)),
            Node::Mistaken(_) => false,
        }
    }

    /// Returns the first choice (made by [`or`](Self::or) or [`any_of`](crate::any_of)) that every accepted token meets: every token
    /// of these pools that a verifier with these rules and this `accept` lets in. Such a choice checks nothing, although it may name
    /// scopes and groups. In the configuration of a service, it is a mistake.
    ///
    /// A choice that every valid token meets, whatever the verifier, is an [`error`](Self::error) of the requirement. This method
    /// finds those that depend on which tokens are accepted:
    ///
    /// ```
    /// use cognito_verify::{Accept, ClaimRules, TokenUse, UserPoolId, scope, token_use};
    ///
    /// let pool: UserPoolId = "eu-west-1_Ab12Cd34E".parse()?;
    /// let either = scope("orders/read").or(token_use(TokenUse::Access));
    /// let find = |accept| either.choice_always_met(ClaimRules::UserPool, accept, [&pool]);
    /// assert!(find(Accept::Either).is_none()); // an ID token is denied
    /// assert!(find(Accept::Access).is_some()); // each access token is enough, with or without the scope
    /// # Ok::<(), cognito_verify::PoolError>(())
    /// ```
    pub fn choice_always_met<'p>(
        &self,
        rules: ClaimRules,
        accept: Accept,
        pools: impl IntoIterator<Item = &'p UserPoolId>,
    ) -> Option<&Self> {
        if !self.has_choice() {
            return None;
        }
        let of_pool =
            |pool| BareToken::of_any_pool(accept).map(move |token| BareToken { pool: Some(pool), ..token });
        let tokens: Vec<BareToken<'_>> = pools.into_iter().flat_map(of_pool).collect();
        self.choice_always_met_by(rules, &tokens)
    }

    fn choice_always_met_by(&self, rules: ClaimRules, tokens: &[BareToken<'_>]) -> Option<&Self> {
        match &self.node {
            Node::All(parts) => parts.iter().enumerate().find_map(|(index, part)| {
                // The other parts keep some tokens away from the choice.
                let others = || parts.iter().enumerate().filter(|(other, _)| *other != index);
                let is_let_through =
                    |token: &BareToken<'_>| others().all(|(_, other)| other.is_possible_for(rules, *token));
                let tokens: Vec<_> = tokens.iter().copied().filter(is_let_through).collect();
                part.choice_always_met_by(rules, &tokens)
            }),
            Node::Any(parts) if is_always_met(parts, tokens) => Some(self),
            Node::Any(parts) => parts.iter().find_map(|part| part.choice_always_met_by(rules, tokens)),
            _ => None,
        }
    }

    fn has_choice(&self) -> bool {
        match &self.node {
            Node::Any(_) => true,
            Node::All(parts) => parts.iter().any(Self::has_choice),
            _ => false,
        }
    }

    /// Whether this requires something that a user's token may lack, whatever its use and pool.
    fn names_permission(&self) -> bool {
        match &self.node {
            Node::AnyScope(_)
            | Node::AllScopes(_)
            | Node::AnyGroup(_)
            | Node::Claim(..)
            | Node::Actor(_)
            | Node::NoActor
            | Node::Acr(_)
            | Node::SignedIn(_) => true,
            Node::All(parts) | Node::Any(parts) => parts.iter().any(Self::names_permission),
            Node::Nothing | Node::Use(_) | Node::AnyPool(_) | Node::Mistaken(_) => false,
        }
    }

    fn is_met_by(&self, token: BareToken<'_>) -> bool {
        match &self.node {
            Node::Nothing => true,
            Node::Use(required) => *required == token.token_use,
            Node::AnyPool(pools) => token.pool.is_some_and(|pool| pools.contains(pool)),
            Node::AnyScope(_)
            | Node::AllScopes(_)
            | Node::AnyGroup(_)
            | Node::Claim(..)
            | Node::Actor(_)
            | Node::NoActor
            | Node::Acr(_)
            | Node::SignedIn(_)
            | Node::Mistaken(_) => false,
            Node::All(parts) => parts.iter().all(|part| part.is_met_by(token)),
            Node::Any(parts) => parts.iter().any(|part| part.is_met_by(token)),
        }
    }

    /// Whether every alternative determines the token use: by naming it, or by naming a scope, which only access tokens have. A
    /// group does not determine it, because both kinds of token have groups.
    ///
    /// ```
    /// use cognito_verify::{TokenUse, group, scope, token_use};
    ///
    /// assert!(scope("orders/read").decides_use());
    /// assert!(group("ops").and(token_use(TokenUse::Id)).decides_use());
    /// assert!(!scope("orders/read").or(group("ops")).decides_use());
    /// ```
    #[must_use]
    pub fn decides_use(&self) -> bool {
        match &self.node {
            Node::Use(_) | Node::AnyScope(_) | Node::AllScopes(_) => true,
            Node::Nothing
            | Node::AnyGroup(_)
            | Node::AnyPool(_)
            | Node::Claim(..)
            | Node::Actor(_)
            | Node::NoActor
            | Node::Acr(_)
            | Node::SignedIn(_)
            | Node::Mistaken(_) => false,
            Node::All(parts) => parts.iter().any(Self::decides_use),
            Node::Any(parts) => parts.iter().all(Self::decides_use),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::require::{
        acr_at_least, actor, all_scopes, any_of, any_user_pool, claim, group, no_actor, scope,
        signed_in_within, token_use,
    };

    #[test]
    fn impossible_requirements_and_those_that_decide_the_use_are_known_beforehand() {
        let (access, id) = (|| token_use(TokenUse::Access), || token_use(TokenUse::Id));
        let (read, ops) = (|| scope("r/a"), || group("ops"));
        for (requirement, by_access, by_id, by_either, decides) in [
            (Requirement::nothing(), true, true, true, false),
            (access(), true, false, true, true),
            (id(), false, true, true, true),
            (read(), true, false, true, true),
            (all_scopes(["r/a", "r/b"]), true, false, true, true),
            (ops(), true, true, true, false),
            (access().and(id()), false, false, false, true),
            (read().and(id()), false, false, false, true),
            (ops().and(id()), false, true, true, true),
            (ops().and(read()), true, false, true, true),
            (ops().and(group("dev")), true, true, true, false),
            (access().or(id()), true, true, true, true),
            (read().or(id()), true, true, true, true),
            (read().or(ops()), true, true, true, false),
            (read().or(Requirement::nothing()), false, false, false, false),
            (read().and(ops()).or(id()), true, true, true, true),
            // Each part is possible, and no one token can meet both.
            (read().or(ops().and(access())).and(id()), false, false, false, true),
            (read().or(ops()).and(id()), false, true, true, true),
            (read().and(id()).or(ops()), true, true, true, false),
            (read().and(id()).or(access().and(id())), false, false, false, true),
            (claim("email"), true, true, true, false),
            (actor("a"), true, true, true, false),
            (actor("a").and(actor("b")), false, false, false, false),
            (actor("a").and(no_actor()), false, false, false, false),
            (actor("a").and(actor("b").or(no_actor())), false, false, false, false),
            (actor("a").and(actor("a")), true, true, true, false),
            (actor("a").or(no_actor()), true, true, true, false),
            (acr_at_least("b", ["a", "b"]), true, true, true, false),
            (acr_at_least("b", ["a", "b"]).and(acr_at_least("c", ["c"])), false, false, false, false),
            (acr_at_least("a", ["a", "b"]).and(acr_at_least("b", ["a", "b"])), true, true, true, false),
            (signed_in_within(Duration::from_secs(1)).and(read()), true, false, true, true),
            (scope("a b"), false, false, false, false),
            (ops().and(scope("a b")), false, false, false, false),
        ] {
            let possible =
                [Accept::Access, Accept::Id, Accept::Either].map(|accept| requirement.is_possible(accept));
            assert_eq!(possible, [by_access, by_id, by_either], "{requirement}");
            assert_eq!(requirement.decides_use(), decides, "{requirement}");
        }
    }

    #[test]
    fn a_choice_that_every_token_let_in_meets_is_found() {
        let (access, id) = (|| token_use(TokenUse::Access), || token_use(TokenUse::Id));
        let (read, ops) = (|| scope("r/a"), || group("ops"));
        let staff: UserPoolId = "eu-west-1_staff".parse().unwrap();
        let guests: UserPoolId = "eu-west-1_guests".parse().unwrap();
        let of = |pool: &UserPoolId| any_user_pool([pool.clone()]);
        let both = [&staff, &guests];
        let user_pool = ClaimRules::UserPool;
        for (requirement, rules, accept, pools, found) in [
            (read(), user_pool, Accept::Access, &both[..], None),
            (access(), user_pool, Accept::Access, &both, None),
            (any_of([access()]), user_pool, Accept::Access, &both, None),
            (read().or(ops()), user_pool, Accept::Access, &both, None),
            (read().or(access()), user_pool, Accept::Access, &both, Some("scope r/a, or access token")),
            (read().or(access()), user_pool, Accept::Either, &both, None),
            (read().or(access()), ClaimRules::Jwt, Accept::Either, &both, None),
            (read().or(access()), user_pool, Accept::Id, &both, None),
            (read().or(id()), user_pool, Accept::Either, &both, None),
            (ops().or(id()), user_pool, Accept::Id, &both, Some("group ops, or ID token")),
            (access().or(id()), user_pool, Accept::Either, &both, None),
            (access().or(id()), user_pool, Accept::Access, &both, Some("access token, or ID token")),
            // Requirements beside a choice keep some tokens from it.
            (id().and(ops().or(id())), user_pool, Accept::Either, &both, Some("group ops, or ID token")),
            (
                of(&staff).and(ops().or(of(&staff))),
                user_pool,
                Accept::Access,
                &both,
                Some("group ops, or user pool eu-west-1_staff"),
            ),
            (of(&staff).and(ops().or(of(&guests))), user_pool, Accept::Access, &both, None),
            // All of them do.
            (
                id().and(of(&staff)).and(ops().or(id().and(of(&staff)))),
                user_pool,
                Accept::Either,
                &both,
                Some("group ops, or (ID token, and user pool eu-west-1_staff)"),
            ),
            // A choice within an alternative is met by one of its parts.
            (
                any_of([of(&staff).and(access().or(id())), of(&guests), ops()]),
                user_pool,
                Accept::Either,
                &both,
                Some(
                    "(user pool eu-west-1_staff, and (access token, or ID token)), or user pool eu-west-1_guests, or group ops",
                ),
            ),
            (
                ops().and(read().or(access())),
                user_pool,
                Accept::Access,
                &both,
                Some("scope r/a, or access token"),
            ),
            (
                ops().or(read().and(ops().or(access()))),
                user_pool,
                Accept::Access,
                &both,
                Some("group ops, or access token"),
            ),
            (read().or(of(&staff)), user_pool, Accept::Access, &both, None),
            (
                read().or(of(&staff)),
                user_pool,
                Accept::Access,
                &both[..1],
                Some("scope r/a, or user pool eu-west-1_staff"),
            ),
            (read().or(of(&staff)), user_pool, Accept::Access, &both[1..], None),
            (of(&staff).or(of(&guests)), user_pool, Accept::Access, &both, None),
            (
                any_of([of(&staff), of(&guests), ops()]),
                user_pool,
                Accept::Access,
                &both,
                Some("user pool eu-west-1_staff, or user pool eu-west-1_guests, or group ops"),
            ),
            (
                any_of([of(&staff).and(id()), of(&guests), access(), ops()]),
                user_pool,
                Accept::Either,
                &both,
                Some(
                    "(user pool eu-west-1_staff, and ID token), or user pool eu-west-1_guests, or access token, or group ops",
                ),
            ),
        ] {
            let choice = requirement.choice_always_met(rules, accept, pools.iter().copied());
            assert_eq!(choice.map(ToString::to_string).as_deref(), found, "{requirement}, {accept}");
        }
    }
}

//! Requirements compared with a simple evaluator of their definition, with tokens of every kind.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use cognito_authorizer::{
    Accept, Requirement, TokenUse, UnixTime, UserPoolId, all_of, any_of,
    requirement::{
        RequirementError, acr_at_least, actor, all_scopes, any_group, any_scope, no_actor, signed_in_within,
    },
    scope, token_use,
};
use cognito_verify::ClaimRules;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::json;

use super::{properties::verify, table::WORLD, world::NOW};

proptest! {
    #[test]
    fn a_requirement_is_what_a_naive_evaluator_says(tree in tree(), holder in holder()) {
        let requirement = tree.requirement();
        let verified = verify(&holder.token()).expect("a good token");
        let mistaken = tree.is_mistaken();
        prop_assert_eq!(requirement.error().is_some(), mistaken, "{}", requirement);
        let holds = !mistaken && tree.holds(&holder);
        let now = UnixTime::from_secs(NOW);
        prop_assert_eq!(requirement.check_at(&verified, now).is_ok(), holds, "{} for {:?}", requirement, holder);
        // Without a time, no sign-in is recent.
        let holds_at_any_time = !mistaken && tree.holds(&Holder { signed_in: None, ..holder.clone() });
        prop_assert_eq!(requirement.check(&verified).is_ok(), holds_at_any_time, "{} for {:?}", requirement, holder);
        prop_assert!(!holds || requirement.is_possible(Accept::Either), "{} is met by {:?}", requirement, holder);
        let mut named = BTreeSet::new();
        tree.names(&mut named);
        prop_assert!(requirement.scopes().iter().all(|scope| named.contains(*scope)));
        prop_assert!(!requirement.to_string().is_empty());
    }

    /// Each choice that every token meets is found, and no other choice is.
    #[test]
    fn exactly_the_choices_that_always_hold_are_found(tree in tree()) {
        let requirement = tree.requirement();
        if requirement.error().is_some() {
            return Ok(());
        }
        for accept in [Accept::Access, Accept::Id, Accept::Either] {
            let found = requirement.choice_always_met(ClaimRules::UserPool, accept, [&*POOL_ID]);
            let is_vacuous = tree.has_vacuous_choice(&every_holder(accept));
            prop_assert_eq!(found.is_some(), is_vacuous, "{} for an {}: {:?}", requirement, accept, found);
        }
    }
}

static POOL_ID: LazyLock<UserPoolId> =
    LazyLock::new(|| verify(&WORLD.access().sign()).expect("a good token").pool().clone());

/// Without this error, the fold would silently open the route to every valid token.
#[test]
fn a_fold_that_starts_with_nothing_is_an_error_and_lets_no_token_in() {
    let names = ["r/a", "r/b"];
    let folded = names.iter().fold(Requirement::nothing(), |any, name| any.or(scope(*name)));
    assert!(matches!(folded.error(), Some(RequirementError::AlwaysMet { .. })), "{folded}");
    let text = folded.error().expect("a mistake").to_string();
    assert!(text.ends_with(
        "for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`"
    ));
    let listed = any_of(names);
    assert_eq!(listed, any_scope(names));
    for holder in every_holder(Accept::Either) {
        let verified = verify(&holder.token()).expect("a good token");
        assert!(folded.check(&verified).is_err());
        assert_eq!(listed.check(&verified).is_ok(), names.iter().any(|name| holder.scopes().contains(name)));
    }
}

const SCOPES: [&str; 4] = ["r/a", "r/b", "r/ab", "openid"];
const GROUPS: [&str; 3] = ["x", "y", "xy"];
const ACTORS: [&str; 2] = ["proxy", "prox"];
const LEVELS: [&str; 3] = ["bronze", "silver", "gold"];
/// No requirement names these.
const UNKNOWN_ACTOR: &str = "unlisted";
const UNKNOWN_LEVEL: &str = "golden";
/// In seconds: ages that are required, and at and around them; a sign-in in the future has a negative one.
const LIMITS: [u64; 2] = [60, 3600];
const AGES: [i64; 7] = [-100, 0, 59, 60, 61, 3600, 3601];

/// The scopes and groups of a caller, its actor, and how and when its user signed in.
#[derive(Clone, Debug)]
struct Holder {
    token_use: TokenUse,
    scopes: Vec<&'static str>,
    groups: Vec<&'static str>,
    actor: Option<&'static str>,
    acr: Option<&'static str>,
    /// How long ago, in seconds.
    signed_in: Option<i64>,
}

impl Holder {
    /// A caller with nothing but a token.
    fn bare(token_use: TokenUse) -> Self {
        Self { token_use, scopes: Vec::new(), groups: Vec::new(), actor: None, acr: None, signed_in: None }
    }

    fn token(&self) -> String {
        let token = match self.token_use {
            TokenUse::Id => WORLD.id(),
            _ => WORLD.access().claim("scope", self.scopes.join(" ")),
        };
        let mut token = token.claim("cognito:groups", json!(self.groups)).without_claim("auth_time");
        if let Some(actor) = self.actor {
            token = token.claim("act", json!({ "sub": actor }));
        }
        if let Some(level) = self.acr {
            token = token.claim("acr", level);
        }
        if let Some(age) = self.signed_in {
            token = token.claim("auth_time", NOW - age);
        }
        token.sign()
    }

    /// An ID token has no scopes.
    fn scopes(&self) -> &[&'static str] {
        if self.token_use == TokenUse::Id { &[] } else { &self.scopes }
    }
}

fn holder() -> impl Strategy<Value = Holder> {
    let token_use = prop_oneof![4 => Just(TokenUse::Access), 1 => Just(TokenUse::Id)];
    let actor = option::of(prop_oneof![select(&ACTORS[..]), Just(UNKNOWN_ACTOR)]);
    let acr = option::of(prop_oneof![4 => select(&LEVELS[..]), 1 => Just(UNKNOWN_LEVEL)]);
    let signed_in = option::of(select(&AGES[..]));
    let permissions = (subsequence(&SCOPES[..], 0..=4), subsequence(&GROUPS[..], 0..=3));
    (token_use, permissions, actor, acr, signed_in).prop_map(
        |(token_use, (scopes, groups), actor, acr, signed_in)| Holder {
            token_use,
            scopes,
            groups,
            actor,
            acr,
            signed_in,
        },
    )
}

/// A caller with nothing, and one with each single scope, group, actor, level or sign-in, for each accepted token use. A
/// requirement that all of them meet is met by every token.
fn every_holder(accept: Accept) -> Vec<Holder> {
    let uses = [TokenUse::Access, TokenUse::Id].into_iter().filter(|token_use| accept.includes(*token_use));
    uses.flat_map(|token_use| {
        let bare = Holder::bare(token_use);
        let scopes = SCOPES.map(|name| Holder { scopes: vec![name], ..bare.clone() });
        let groups = GROUPS.map(|name| Holder { groups: vec![name], ..bare.clone() });
        let actors =
            [ACTORS[0], ACTORS[1], UNKNOWN_ACTOR].map(|name| Holder { actor: Some(name), ..bare.clone() });
        let levels = LEVELS.map(|level| Holder { acr: Some(level), ..bare.clone() });
        let ages = AGES.map(|age| Holder { signed_in: Some(age), ..bare.clone() });
        [bare].into_iter().chain(scopes).chain(groups).chain(actors).chain(levels).chain(ages)
    })
    .collect()
}

/// A requirement as it is written.
#[derive(Clone, Debug)]
enum Tree {
    Nothing,
    Use(TokenUse),
    /// Only the text.
    Text(&'static str),
    AnyScope(Vec<&'static str>),
    AllScopes(Vec<&'static str>),
    AnyGroup(Vec<&'static str>),
    Actor(&'static str),
    NoActor,
    /// At least this one of [`LEVELS`].
    Acr(&'static str),
    /// At most this many seconds ago.
    SignedIn(u64),
    /// A scope with a space in it.
    Mistaken,
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    AllOf(Vec<Self>),
    AnyOf(Vec<Self>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let scopes = || subsequence(&SCOPES[..], 1..=4);
    let leaf = prop_oneof![
        2 => Just(Tree::Nothing),
        6 => prop_oneof![Just(TokenUse::Access), Just(TokenUse::Id)].prop_map(Tree::Use),
        2 => select(&SCOPES[..]).prop_map(Tree::Text),
        4 => scopes().prop_map(Tree::AnyScope),
        4 => scopes().prop_map(Tree::AllScopes),
        4 => subsequence(&GROUPS[..], 1..=3).prop_map(Tree::AnyGroup),
        3 => select(&ACTORS[..]).prop_map(Tree::Actor),
        2 => Just(Tree::NoActor),
        3 => select(&LEVELS[..]).prop_map(Tree::Acr),
        3 => select(&LIMITS[..]).prop_map(Tree::SignedIn),
        1 => Just(Tree::Mistaken),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        let pair = (inner.clone(), inner.clone()).prop_map(|(one, two)| (Box::new(one), Box::new(two)));
        prop_oneof![
            3 => pair.clone().prop_map(|(one, two)| Tree::And(one, two)),
            3 => pair.prop_map(|(one, two)| Tree::Or(one, two)),
            1 => vec(inner.clone(), 0..4).prop_map(Tree::AllOf),
            2 => vec(inner, 0..4).prop_map(Tree::AnyOf),
        ]
    })
}

impl Tree {
    fn requirement(&self) -> Requirement {
        match self {
            Self::Nothing => Requirement::nothing(),
            Self::Use(required) => token_use(*required),
            Self::Text(name) => all_of([*name]),
            Self::AnyScope(names) => any_scope(names.iter().copied()),
            Self::AllScopes(names) => all_scopes(names.iter().copied()),
            Self::AnyGroup(names) => any_group(names.iter().copied()),
            Self::Actor(subject) => actor(*subject),
            Self::NoActor => no_actor(),
            Self::Acr(level) => acr_at_least(*level, LEVELS),
            Self::SignedIn(limit) => signed_in_within(Duration::from_secs(*limit)),
            Self::Mistaken => any_scope(["two words"]),
            Self::And(one, two) => match **two {
                Self::Text(name) => one.requirement().and(name),
                _ => one.requirement().and(two.requirement()),
            },
            Self::Or(one, two) => match **two {
                Self::Text(name) => one.requirement().or(name),
                _ => one.requirement().or(two.requirement()),
            },
            Self::AllOf(parts) => all_of(parts.iter().map(Self::requirement)),
            Self::AnyOf(parts) => any_of(parts.iter().map(Self::requirement)),
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::And(one, two) | Self::Or(one, two) => vec![one, two],
            Self::AllOf(parts) | Self::AnyOf(parts) => parts.iter().collect(),
            _ => Vec::new(),
        }
    }

    fn is_choice(&self) -> bool {
        matches!(self, Self::Or(..) | Self::AnyOf(_))
    }

    fn holds(&self, holder: &Holder) -> bool {
        match self {
            Self::Nothing => true,
            Self::Use(required) => *required == holder.token_use,
            Self::Text(name) => holder.scopes().contains(name),
            Self::AnyScope(names) => names.iter().any(|name| holder.scopes().contains(name)),
            Self::AllScopes(names) => names.iter().all(|name| holder.scopes().contains(name)),
            Self::AnyGroup(names) => names.iter().any(|name| holder.groups.contains(name)),
            Self::Actor(subject) => holder.actor == Some(subject),
            Self::NoActor => holder.actor.is_none(),
            Self::Acr(least) => {
                let rank = |level| LEVELS.iter().position(|name| *name == level);
                holder.acr.and_then(rank).is_some_and(|has| rank(least).is_some_and(|least| has >= least))
            }
            Self::SignedIn(limit) => {
                holder.signed_in.is_some_and(|age| u64::try_from(age).is_ok_and(|age| age <= *limit))
            }
            Self::Mistaken => false,
            Self::And(..) | Self::AllOf(_) => self.parts().iter().all(|part| part.holds(holder)),
            Self::Or(..) | Self::AnyOf(_) => self.parts().iter().any(|part| part.holds(holder)),
        }
    }

    /// Whether a token of this use can meet each part on its own: only access tokens have scopes.
    fn is_possible(&self, token_use: TokenUse) -> bool {
        match self {
            Self::Use(required) => *required == token_use,
            Self::Text(_) | Self::AnyScope(_) | Self::AllScopes(_) => token_use == TokenUse::Access,
            Self::Nothing
            | Self::AnyGroup(_)
            | Self::Actor(_)
            | Self::NoActor
            | Self::Acr(_)
            | Self::SignedIn(_) => true,
            Self::Mistaken => false,
            Self::And(..) | Self::AllOf(_) => self.parts().iter().all(|part| part.is_possible(token_use)),
            Self::Or(..) | Self::AnyOf(_) => self.parts().iter().any(|part| part.is_possible(token_use)),
        }
    }

    fn is_mistaken(&self) -> bool {
        let is_empty = matches!(self, Self::AllOf(parts) | Self::AnyOf(parts) if parts.is_empty());
        is_empty
            || matches!(self, Self::Mistaken)
            || self.parts().iter().any(|part| part.is_mistaken())
            || self.is_vacuous(&every_holder(Accept::Either))
    }

    /// Whether it is a choice that checks nothing for these callers: all of them meet the same alternative, or each of them
    /// meets some alternative although permissions are named.
    fn is_vacuous(&self, holders: &[Holder]) -> bool {
        let by_all = |tree: &Self| holders.iter().all(|holder| tree.holds(holder));
        self.is_choice()
            && !holders.is_empty()
            && (self.alternatives().into_iter().any(by_all) || by_all(self) && self.names_permission())
    }

    /// Whether it has a vacuous choice for the callers that the rest lets through. A list of one is not a choice.
    fn has_vacuous_choice(&self, holders: &[Holder]) -> bool {
        let parts = self.parts();
        let inside = |(index, part): (usize, &&Self)| {
            let beside =
                || parts.iter().enumerate().filter(|(other, _)| !self.is_choice() && *other != index);
            let passes = |holder: &&Holder| beside().all(|(_, other)| other.is_possible(holder.token_use));
            part.has_vacuous_choice(&holders.iter().filter(passes).cloned().collect::<Vec<_>>())
        };
        self.alternatives().len() > 1 && self.is_vacuous(holders) || parts.iter().enumerate().any(inside)
    }

    /// The alternatives of a choice within a choice are alternatives of the outer one.
    fn alternatives(&self) -> Vec<&Self> {
        let parts = self.parts();
        if self.is_choice() {
            return parts.into_iter().flat_map(Self::alternatives).collect();
        }
        let something: Vec<_> = parts.into_iter().filter(|part| !part.is_nothing()).collect();
        match something[..] {
            [only] => only.alternatives(),
            _ => vec![self],
        }
    }

    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::And(..) | Self::AllOf(_) => self.parts().iter().all(|part| part.is_nothing()),
            _ => false,
        }
    }

    fn names_permission(&self) -> bool {
        let is_leaf = matches!(
            self,
            Self::Text(_)
                | Self::AnyScope(_)
                | Self::AllScopes(_)
                | Self::AnyGroup(_)
                | Self::Actor(_)
                | Self::NoActor
                | Self::Acr(_)
                | Self::SignedIn(_)
        );
        is_leaf || self.parts().iter().any(|part| part.names_permission())
    }

    fn names(&self, into: &mut BTreeSet<&'static str>) {
        match self {
            Self::Text(name) => into.extend([name]),
            Self::AnyScope(names) | Self::AllScopes(names) => into.extend(names),
            _ => self.parts().iter().for_each(|part| part.names(into)),
        }
    }
}

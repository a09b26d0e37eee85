//! What a request must meet: the requirement of the layer and that of its row in the route table.

use std::{fmt, iter, sync::Arc};

use cognito_verify::{Accept, Denied, Pool, Requirement, UnixTime, Verified};

use super::{Fact, refusal::Refusal};
use crate::{config::ConfigError, profile::Profile};

/// A requirement of the layer or of a row, and the token use that it implies, set when it is created.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    requirement: Requirement,
    /// `None` leaves the token use to the other policy of the request, or to the profile.
    accept: Option<Accept>,
}

impl Policy {
    pub(crate) fn new(profile: Profile, requirement: Requirement) -> Self {
        Self { accept: stated_use(profile, &requirement), requirement }
    }

    pub(crate) fn requirement(&self) -> &Requirement {
        &self.requirement
    }
}

/// The token use that a requirement implies in this profile.
fn stated_use(profile: Profile, requirement: &Requirement) -> Option<Accept> {
    match profile {
        // A requirement that names the use in each alternative decides it, ID tokens included.
        Profile::Standard if !requirement.is_possible(Accept::Id) => Some(Accept::Access),
        Profile::Standard => requirement.decides_use().then_some(Accept::Either),
        // "If no scopes are specified, the token is treated as an identity token."
        #[cfg(feature = "api-gateway")]
        Profile::RestApi => (!requirement.scopes().is_empty()).then_some(Accept::Access),
        #[cfg(feature = "api-gateway")]
        Profile::HttpApi => None,
    }
}

/// The token use where nothing states another.
fn default_use(profile: Profile) -> Accept {
    match profile {
        Profile::Standard => Accept::Access,
        #[cfg(feature = "api-gateway")]
        Profile::RestApi => Accept::Id,
        #[cfg(feature = "api-gateway")]
        Profile::HttpApi => Accept::Either,
    }
}

/// What the token of one request must meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestPolicy<'a> {
    pub(crate) profile: Profile,
    /// Which tokens are accepted, if `.accept(…)` was called.
    pub(crate) accept: Option<Accept>,
    pub(crate) layer: &'a Policy,
    /// That of the request's row, if there is a route table.
    pub(crate) row: Option<&'a Policy>,
}

impl<'a> RequestPolicy<'a> {
    /// Which tokens are accepted.
    pub(crate) fn accept(&self) -> Accept {
        if let Some(accept) = self.accept {
            return accept;
        }
        match (self.layer.accept, self.row.and_then(|row| row.accept)) {
            (None, None) => default_use(self.profile),
            // Only access tokens meet both.
            (Some(Accept::Access), _) | (_, Some(Accept::Access)) => Accept::Access,
            (Some(accept), _) | (None, Some(accept)) => accept,
        }
    }

    /// What the token grants and what it must grant, for an explanation.
    pub(crate) fn fact(&self, token: &Verified) -> Fact {
        Fact::Requirement {
            requirement: self.requirement(),
            scopes: token.scopes().iter().map(str::to_owned).collect(),
            groups: token.groups().map(str::to_owned).collect(),
            pool: token.pool().clone(),
            actor: token.actor().map(str::to_owned),
            acr: token.acr().map(str::to_owned),
            authenticated_at: token.authenticated_at(),
        }
    }

    /// Both requirements.
    fn requirement(&self) -> Requirement {
        self.policies().fold(Requirement::nothing(), |all, policy| all.and(policy.requirement.clone()))
    }

    /// Checks the requirements against a verified token. The verifier has checked its use.
    pub(crate) fn check(&self, token: &Verified, now: UnixTime) -> Result<(), Refusal> {
        match self.policies().try_for_each(|policy| policy.requirement.check_at(token, now)) {
            Ok(()) => Ok(()),
            // The challenge names all that the next sign-in must meet, for the layer and for the row.
            Err(Denied::Authentication { .. }) => Ok(self.requirement().check_at(token, now)?),
            Err(denied) => Err(denied.into()),
        }
    }

    /// Every scope that the requirements name, each once: for challenges.
    pub(crate) fn scopes(&self) -> Vec<&'a str> {
        let mut scopes = self.layer.requirement.scopes();
        for scope in self.row.iter().flat_map(|row| row.requirement.scopes()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    /// Checks, when the layer is built, that some token can be let in and, if the pools are known, that every alternative has an
    /// effect.
    pub(crate) fn check_possible(&self, pools: Option<&[Arc<Pool>]>) -> Result<(), ConfigError> {
        let requirement = self.requirement();
        if let Some(error) = requirement.error() {
            return Err(ConfigError::Requirement(error.clone()));
        }
        let (rules, accept) = (self.profile.claim_rules(), self.accept());
        if !requirement.is_possible_by(rules, accept) {
            return Err(ConfigError::Impossible { requirement, accept });
        }
        let Some(pools) = pools else { return Ok(()) };
        match requirement.choice_always_met(rules, accept, pools.iter().map(|pool| pool.id())) {
            Some(choice) => Err(ConfigError::AlwaysMet { choice: choice.clone(), accept }),
            None => Ok(()),
        }
    }

    fn policies(&self) -> impl Iterator<Item = &'a Policy> + use<'a> {
        iter::once(self.layer).chain(self.row)
    }
}

impl fmt::Display for RequestPolicy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layer, row) = (&self.layer.requirement, self.row.map(|row| &row.requirement));
        match row {
            Some(row) if *layer == Requirement::nothing() => row.fmt(f),
            Some(row) if *row != Requirement::nothing() => write!(f, "{layer}, and {row}"),
            _ => layer.fmt(f),
        }
    }
}

#[cfg(all(test, feature = "api-gateway"))]
mod tests {
    use cognito_verify::{TokenUse, UserPool, Verifier, any_user_pool, group, scope, token_use};

    use super::*;

    #[test]
    fn what_no_token_can_meet_is_a_mistake_in_every_profile() {
        for profile in [Profile::Standard, Profile::RestApi, Profile::HttpApi] {
            let impossible = token_use(TokenUse::Access).and(token_use(TokenUse::Id));
            let layer = &Policy::new(profile, impossible);
            let policy = RequestPolicy { profile, accept: None, layer, row: None };
            let possible = policy.check_possible(Some(&[]));
            assert!(matches!(possible, Err(ConfigError::Impossible { .. })), "{profile:?}: {possible:?}");
        }
    }

    #[test]
    fn only_access_tokens_are_accepted_where_the_layer_or_the_row_implies_it() {
        let policy = |requirement| Policy::new(Profile::Standard, requirement);
        let (access, either) = (policy(scope("r/b")), policy(scope("r/a").or(token_use(TokenUse::Id))));
        for (layer, row, expected) in [
            (&access, &either, Accept::Access),
            (&either, &access, Accept::Access),
            (&either, &either, Accept::Either),
            (&policy(Requirement::nothing()), &either, Accept::Either),
            (&policy(Requirement::nothing()), &policy(Requirement::nothing()), Accept::Access),
        ] {
            let policy = RequestPolicy { profile: Profile::Standard, accept: None, layer, row: Some(row) };
            assert_eq!(policy.accept(), expected, "{policy}");
        }
    }

    /// Which tokens are accepted depends on the profile, and so does whether an alternative is always met.
    #[test]
    fn a_choice_that_every_token_let_in_meets_is_a_mistake() {
        let pool = |id: &str| UserPool::new(id).any_client();
        let verifier = Verifier::new([pool("eu-west-1_staff"), pool("eu-west-1_guests")]).unwrap();
        let staff = || any_user_pool(["eu-west-1_staff".parse().unwrap()]);
        let access = || token_use(TokenUse::Access);
        for (profile, requirement, pools, is_mistake) in [
            (Profile::Standard, scope("r/a").or(access()), 2, true),
            (Profile::RestApi, scope("r/a").or(access()), 2, true),
            (Profile::HttpApi, scope("r/a").or(access()), 2, false),
            (Profile::RestApi, group("ops").or(token_use(TokenUse::Id)), 2, true),
            (Profile::Standard, group("ops").or(token_use(TokenUse::Id)), 2, false),
            (Profile::Standard, scope("r/a").or(token_use(TokenUse::Id)), 2, false),
            (Profile::Standard, scope("r/a").or(staff()), 2, false),
            (Profile::Standard, scope("r/a").or(staff()), 1, true),
        ] {
            let layer = &Policy::new(profile, requirement);
            let policy = RequestPolicy { profile, accept: None, layer, row: None };
            let found = policy.check_possible(verifier.pools().get(..pools));
            assert_eq!(
                matches!(found, Err(ConfigError::AlwaysMet { .. })),
                is_mistake,
                "{profile:?}: {policy}"
            );
            assert_eq!(found.is_err(), is_mistake, "{profile:?}: {policy}");
        }
    }

    /// By the rules of JWT authorizers, an ID token may have scopes too, in `scp`. It still cannot meet a requirement for an access
    /// token.
    #[test]
    fn only_by_the_rules_of_jwt_authorizers_can_an_id_token_have_scopes() {
        for (profile, requirement, is_possible) in [
            (Profile::Standard, scope("r/a"), false),
            (Profile::RestApi, scope("r/a"), false),
            (Profile::HttpApi, scope("r/a"), true),
            (Profile::HttpApi, scope("r/a").and(token_use(TokenUse::Id)), true),
            (Profile::HttpApi, token_use(TokenUse::Access), false),
            (Profile::HttpApi, scope("r/a").and(token_use(TokenUse::Access)), false),
        ] {
            let layer = &Policy::new(profile, requirement);
            let policy = RequestPolicy { profile, accept: Some(Accept::Id), layer, row: None };
            assert_eq!(policy.check_possible(Some(&[])).is_ok(), is_possible, "{profile:?}: {policy}");
        }
    }
}

//! The requirement that the options describe.

use std::time::Duration;

use cognito_verify::{
    COGNITO_ACR_LEVELS, Requirement, acr_at_least, actor, any_group, any_of, any_scope, no_actor,
    signed_in_within,
};

use crate::{error::InputError, explain::options::Explain};

pub(super) fn required(options: &Explain) -> Result<Requirement, InputError> {
    let mut requirement = Requirement::nothing();
    if !options.scopes.is_empty() {
        requirement = requirement.and(any_scope(&options.scopes));
    }
    if !options.groups.is_empty() {
        requirement = requirement.and(any_group(&options.groups));
    }
    if let Some(level) = &options.acr {
        requirement = requirement.and(acr_at_least(level, COGNITO_ACR_LEVELS));
    }
    if let Some(seconds) = options.signed_in_within {
        requirement = requirement.and(signed_in_within(Duration::from_secs(seconds)));
    }
    if !options.actors.is_empty() {
        requirement = requirement.and(any_of(options.actors.iter().map(actor)));
    }
    if options.no_actor {
        requirement = requirement.and(no_actor());
    }
    match requirement.error() {
        Some(error) => Err(error.clone().into()),
        None => Ok(requirement),
    }
}

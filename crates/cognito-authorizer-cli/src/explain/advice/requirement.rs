//! Advice about good tokens that do not meet the requirement.

use cognito_verify::{Denied, Granted, Requirement};

use super::Advice;
use crate::{explain::service::CheckedService, style::printable};

/// The only scope of tokens from a sign-in through the API.
const API_SIGN_IN: &str = "aws.cognito.signin.user.admin";

pub(super) fn denied(denied: &Denied, service: &CheckedService) -> Vec<Advice> {
    match denied {
        Denied::Scope { granted, .. } if granted.iter().next().is_none() && service.accepts_both => {
            Advice::new("The token has no scopes. ID tokens never have any: send the access token.")
        }
        Denied::Scope { required, granted } => lacking_scope(&required.scopes(), granted),
        Denied::Group { granted, .. } if granted.iter().next().is_none() => Advice::new(
            "The token has no groups (`cognito:groups`). Add the user to the group, and let them sign in again: tokens keep \
             the groups that they were issued with. Machines have no groups.",
        ),
        Denied::Group { granted, .. } => Advice::new(format!(
            "The user is in: {}. Add them to the group, and let them sign in again: tokens keep the groups that they were \
             issued with.",
            listed(granted)
        )),
        Denied::Authentication { required } => Advice::new(format!(
            "Have the user sign in again, {}. A service answers with these parameters in the challenge (RFC 9470).",
            sign_in(required)
        )),
        Denied::Actor { is_delegated: true, .. } => Advice::new(
            "The token was delegated by token exchange: `act` names who acts for the user. Send a token that was not, or was \
             delegated to an actor that may act, or change the requirement.",
        ),
        Denied::Actor { .. } => Advice::new(
            "The token was not delegated. Exchange the user's token for one with the actor (RFC 8693), or change the requirement.",
        ),
        // Several actors may act, and the advice is the same for each.
        Denied::Alternatives { reasons, .. }
            if reasons.iter().all(|reason| matches!(reason, Denied::Actor { .. })) =>
        {
            reasons.first().map(|reason| self::denied(reason, service)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What the authorization request must have.
fn sign_in(required: &Requirement) -> String {
    let levels = required.acr_values().join(" ");
    let levels = (!levels.is_empty()).then(|| format!("`acr_values={levels}`"));
    let age = required.max_sign_in_age().map(|age| format!("`max_age={}`", age.as_secs()));
    let parameters: Vec<String> = levels.into_iter().chain(age).collect();
    format!("with {} in the authorization request", parameters.join(" and "))
}

fn lacking_scope(required: &[&str], granted: &Granted) -> Vec<Advice> {
    let wanted = required.join(" or ");
    let is_near = |scope: &str, other: &str| {
        scope != other && (scope.eq_ignore_ascii_case(other) || last_part(scope) == last_part(other))
    };
    let near = granted.iter().find(|scope| required.iter().any(|wanted| is_near(wanted, scope)));
    if let Some(near) = near {
        return Advice::new(format!(
            "The token has {}, which is similar but not the same: scopes must match exactly, with their resource \
             server in front. Ask for {wanted} when the token is requested, or correct the route.",
            printable(near)
        ));
    }
    if granted.iter().eq([API_SIGN_IN]) {
        return Advice::new(format!(
            "The scope is only {API_SIGN_IN}: the token is from an API sign-in (InitiateAuth, an SDK, Amplify's signIn), \
             which grants no custom scopes. Sign in through the hosted UI (managed login) and ask for {wanted}, or add the \
             scope with a pre token generation trigger (version 2)."
        ));
    }
    let has = if granted.iter().next().is_none() {
        "The token has no scopes.".to_owned()
    } else {
        format!("The token has: {}.", listed(granted))
    };
    Advice::new(format!(
        "{has} Allow the app client {wanted} (App clients, login pages, custom scopes; for a machine, the resource server), \
         and ask for it in `scope` when the token is requested."
    ))
}

fn last_part(scope: &str) -> &str {
    scope.rsplit('/').next().unwrap_or(scope)
}

fn listed(granted: &Granted) -> String {
    let names: Vec<String> = granted.iter().map(printable).collect();
    printable(&names.join(", "))
}

//! What to do about a token that is not accepted.

mod claims;
mod form;
mod issuer;
mod requirement;

use cognito_authorizer::Refusal;
use cognito_verify::{Part, Rejected};

use crate::explain::{
    case::{Case, CaseDecision},
    recognised::Recognised,
    service::Clients,
};

/// A thing to do, and the command that does it if there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) text: String,
    pub(super) command: Option<String>,
}

impl Advice {
    fn new(text: impl Into<String>) -> Vec<Self> {
        vec![Self { text: text.into(), command: None }]
    }

    fn run(text: impl Into<String>, command: impl Into<String>) -> Vec<Self> {
        vec![Self { text: text.into(), command: Some(command.into()) }]
    }
}

/// What to do, the likeliest first.
pub(super) fn advice(case: &Case) -> Vec<Advice> {
    if let Some(advice) = case.recognised.as_ref().and_then(Recognised::advice) {
        return Advice::new(advice);
    }
    match &case.decision {
        CaseDecision::Accepted(_) => accepted(case),
        CaseDecision::Unsendable => form::unsendable(),
        CaseDecision::NoPool => issuer::propose_pool(&case.unverified).unwrap_or_else(|| {
            Advice::new("Name the user pool that the service trusts with `--pool ID`. The token names none.")
        }),
        CaseDecision::Refused(refusal) => refused(refusal, case),
    }
}

fn accepted(case: &Case) -> Vec<Advice> {
    match case.service.clients {
        Clients::Unsaid => Advice::new(
            "The app client was not compared. If the service accepts only certain app clients, name them with \
             `--client ID`, otherwise say `--any-client`.",
        ),
        Clients::Any | Clients::These(_) => Vec::new(),
    }
}

fn refused(refusal: &Refusal, case: &Case) -> Vec<Advice> {
    match refusal {
        Refusal::Identity(_) => form::no_token(&case.pasted),
        Refusal::Rejected(rejected) => rejected_token(rejected, case),
        Refusal::Denied(denied) => requirement::denied(denied, &case.service),
        Refusal::Audience => Advice::new(
            "The authorizer compares the token's `aud` with its identity validation expression. An access token has no `aud`, \
             and the `aud` of an ID token is its app client: sign in with an app client that the expression matches.",
        ),
        _ => Vec::new(),
    }
}

fn rejected_token(rejected: &Rejected, case: &Case) -> Vec<Advice> {
    match rejected {
        Rejected::TooLong { .. } => Advice::new(
            "Cognito's tokens have one or two thousand bytes. If a pre token generation trigger adds large claims, \
             leave them out: API Gateway and most servers allow about 10,000 bytes for all headers.",
        ),
        Rejected::Segments { found } => form::segments(*found),
        Rejected::Encoding { part: Part::Signature } | Rejected::Signature => form::signature(&case.pasted),
        Rejected::Encoding { .. } => form::encoding(&case.pasted),
        Rejected::PartTooLong { .. }
        | Rejected::Header
        | Rejected::KeyIdTooLong { .. }
        | Rejected::Critical => Advice::new(
            "No user pool issues such a token. Find out where it comes from; most often, it was damaged on its way.",
        ),
        Rejected::Algorithm { .. } => form::algorithm(&case.unverified),
        Rejected::NoKeyId => Advice::new(
            "Every token of a user pool names its key (`kid`). This one was made by something else, such as a test tool.",
        ),
        Rejected::UnknownKey => issuer::unknown_key(case),
        Rejected::Issuer => issuer::issuer(case),
        Rejected::Claims | Rejected::Missing { .. } => Advice::new(
            "The pool's key signed it, but it is not of Cognito's shape: does an emulator or a library leave claims out? \
             Cognito's own tokens have `iss`, `exp`, `iat` and `token_use`; access tokens have `client_id`, and ID tokens \
             `aud` and `sub`.",
        ),
        Rejected::Expired { expiry, now } => claims::expired(now.since(*expiry).as_secs()),
        Rejected::NotYetValid { .. } => claims::not_yet_valid(&case.service),
        Rejected::UnknownUse => Advice::new("Send an access token or an ID token of the user pool."),
        Rejected::Use { expected, found } => claims::other_use(*expected, *found, &case.service),
        Rejected::Client { .. } => claims::other_client(case),
        Rejected::Resource => claims::other_audience(case),
        Rejected::NoAudience { .. } => claims::no_audience(),
        Rejected::TooOld { .. } => Advice::new(
            "Get a fresh token with the refresh token. The service limits the age of tokens by itself: `.max_token_age(…)`, here \
             `--max-token-age`.",
        ),
        Rejected::KeyBound => Advice::new(
            "No user pool issues such a token. It is bound to a key (DPoP, mutual TLS), and the service does not check that the \
             caller has that key: leave the claim `cnf` out, or check the binding in front of the service.",
        ),
        _ => Vec::new(),
    }
}

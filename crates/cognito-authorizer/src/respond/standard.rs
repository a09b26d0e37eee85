//! The answers of a new service: RFC 6750 and RFC 9110.

use cognito_verify::{Denied, Rejected};
use http::{
    HeaderValue, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::{Answer, Fault, Message, message};
use crate::{gateway::ResponseType, refusal::Refusal};

/// The whole answer to a refused request.
pub(super) fn answer(refusal: &Refusal, fault: Fault, realm: Option<&str>, scopes: &[&str]) -> Answer {
    let (response_type, status, body) = kind(refusal, fault);
    let mut answer = Answer::new(response_type, status, body);
    if let Some(challenge) = challenge(refusal, fault, realm, scopes) {
        answer.headers.push((WWW_AUTHENTICATE, challenge));
    }
    // Of the keys it is known when they are tried for again. Of a list of revoked tokens nothing is, so nothing is said
    // (RFC 9110 §15.6.4 leaves it open): each request asks it anew, and the next may have its answer.
    if let Refusal::KeysUnavailable { retry_after } = refusal {
        // RFC 9110 §10.2.3: whole seconds. Rounded up, since it is in vain before.
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        answer.headers.push((RETRY_AFTER, seconds.max(1).into()));
    }
    answer
}

/// The one place that says what a fault costs.
fn kind(refusal: &Refusal, fault: Fault) -> (ResponseType, StatusCode, Message) {
    match fault {
        Fault::BadToken if matches!(refusal, Refusal::Rejected(Rejected::Expired { .. })) => {
            (ResponseType::ExpiredToken, StatusCode::UNAUTHORIZED, message!("Unauthorized"))
        }
        Fault::NoToken | Fault::SeveralTokens | Fault::BadToken | Fault::WrongUse => {
            (ResponseType::Unauthorized, StatusCode::UNAUTHORIZED, message!("Unauthorized"))
        }
        Fault::Scope | Fault::Permission | Fault::RouteRefused => {
            (ResponseType::AccessDenied, StatusCode::FORBIDDEN, message!("Forbidden"))
        }
        Fault::NoKeys => (
            ResponseType::AuthorizerConfigurationError,
            StatusCode::SERVICE_UNAVAILABLE,
            message!("Service Unavailable"),
        ),
        Fault::NoAnswer => (
            ResponseType::AuthorizerFailure,
            StatusCode::SERVICE_UNAVAILABLE,
            message!("Service Unavailable"),
        ),
        Fault::Program => (
            ResponseType::AuthorizerFailure,
            StatusCode::INTERNAL_SERVER_ERROR,
            message!("Internal Server Error"),
        ),
        Fault::NoRoute => {
            (ResponseType::MissingAuthenticationToken, StatusCode::NOT_FOUND, message!("Not Found"))
        }
        Fault::AmbiguousPath => {
            (ResponseType::MissingAuthenticationToken, StatusCode::BAD_REQUEST, message!("Bad Request"))
        }
    }
}

/// RFC 6750 §3, in the syntax of RFC 9110 §11.6.1. A request without a token is told which scopes are wanted, and no
/// error (§3.1); a refused token is told its error. There is none where it would be a lie, as no token could help.
fn challenge(refusal: &Refusal, fault: Fault, realm: Option<&str>, scopes: &[&str]) -> Option<HeaderValue> {
    let (error, description) = match fault {
        Fault::NoToken => (None, None),
        Fault::SeveralTokens => (Some("invalid_token"), Some(SEVERAL_TOKENS)),
        Fault::BadToken => (Some("invalid_token"), Some(description(refusal))),
        Fault::WrongUse => (Some("invalid_token"), Some(WRONG_USE)),
        Fault::Scope | Fault::Permission => (Some("insufficient_scope"), None),
        Fault::NoKeys
        | Fault::NoAnswer
        | Fault::Program
        | Fault::NoRoute
        | Fault::AmbiguousPath
        | Fault::RouteRefused => return None,
    };
    let scopes = match refusal {
        Refusal::Denied(Denied::Scope { required, .. } | Denied::Alternatives { required, .. })
            if fault != Fault::WrongUse =>
        {
            required.scopes().join(" ")
        }
        Refusal::Identity(_) if fault == Fault::NoToken => scopes.join(" "),
        _ => String::new(),
    };
    if let (Some(description), None, true) = (description, realm, scopes.is_empty()) {
        return Some(HeaderValue::from_static(description.challenge));
    }
    // The scheme must be followed by at least one parameter.
    let realm = realm.or((error.is_none() && scopes.is_empty()).then_some("api"));
    let parameters = [
        ("realm", realm),
        ("error", error),
        ("error_description", description.map(|description| description.text)),
        ("scope", Some(&*scopes).filter(|scopes| !scopes.is_empty())),
    ];
    // Room for any of the descriptions, so that it grows for scopes alone.
    let mut challenge = String::with_capacity(128 + scopes.len());
    challenge.push_str("Bearer");
    let mut separator = " ";
    for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        challenge.extend([separator, name, "=\"", value, "\""]);
        separator = ", ";
    }
    // Realm and scopes were checked for quotes and control characters when they were set.
    HeaderValue::try_from(challenge).ok()
}

/// What a client may know of its token.
#[derive(Clone, Copy)]
pub(super) struct Description {
    pub(super) text: &'static str,
    /// The whole challenge, where nothing else is to be said.
    challenge: &'static str,
}

macro_rules! description {
    ($text:literal) => {
        Description {
            text: $text,
            challenge: concat!("Bearer error=\"invalid_token\", error_description=\"", $text, "\""),
        }
    };
}

const WRONG_USE: Description = description!("the token is not for this use");
const SEVERAL_TOKENS: Description = description!("the request must carry exactly one token");

/// What the client may know. Of a token whose signature does not hold it learns nothing but that.
pub(super) fn description(refusal: &Refusal) -> Description {
    let rejected = match refusal {
        Refusal::Rejected(rejected) => rejected,
        Refusal::Revoked => return description!("the token was revoked"),
        Refusal::Audience | Refusal::Denied(Denied::Pool { .. }) => {
            return description!("the token is not for this API");
        }
        _ => return description!("the token is not accepted"),
    };
    match rejected {
        Rejected::TooLong { .. } | Rejected::PartTooLong { .. } | Rejected::KeyIdTooLong { .. } => {
            description!("the token is too long")
        }
        Rejected::Segments { .. }
        | Rejected::Encoding { .. }
        | Rejected::Header
        | Rejected::Critical
        | Rejected::NoKeyId
        | Rejected::Claims
        | Rejected::Missing { .. }
        | Rejected::UnknownUse => description!("the token is malformed"),
        Rejected::Algorithm { .. } | Rejected::UnknownKey | Rejected::Signature => {
            description!("the token is not signed by an accepted key")
        }
        Rejected::Expired { .. } => description!("the token has expired"),
        Rejected::NotYetValid { .. } => description!("the token is not valid yet"),
        Rejected::Use { .. } => WRONG_USE,
        Rejected::Issuer | Rejected::Client { .. } | Rejected::Resource => {
            description!("the token is not for this API")
        }
        _ => description!("the token is not accepted"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cognito_verify::{TokenUse, scope};

    use super::*;
    use crate::identity::IdentityError;

    fn header(refusal: &Refusal, name: &http::HeaderName) -> Option<String> {
        let answer = answer(refusal, Fault::of(refusal), None, &["r/a"]);
        let value = answer.headers.into_iter().find_map(|(found, value)| (found == *name).then_some(value));
        value.map(|value| value.to_str().unwrap().to_owned())
    }

    /// RFC 6750 §3: a challenge names scopes if they are missing, but not if the token itself is rejected.
    #[test]
    fn scopes_are_named_where_they_would_help() {
        let wrong_use = || Denied::Use { required: TokenUse::Id, found: TokenUse::Access };
        let lacking = || Denied::Scope { required: scope("r/a"), granted: [].into_iter().collect() };
        let either = |reasons| Refusal::Denied(Denied::Alternatives { required: scope("r/a"), reasons });
        for (refusal, names_scopes) in [
            (Refusal::Identity(IdentityError::Missing), true),
            (Refusal::Identity(IdentityError::OtherScheme), true),
            (Refusal::Identity(IdentityError::SeveralHeaders), false),
            (Refusal::Denied(lacking()), true),
            (either(vec![wrong_use(), lacking()]), true),
            (either(vec![wrong_use(), wrong_use()]), false),
            (Refusal::Revoked, false),
        ] {
            let challenge = header(&refusal, &WWW_AUTHENTICATE).unwrap();
            assert_eq!(challenge.contains(r#"scope="r/a""#), names_scopes, "{challenge}");
        }
    }

    #[test]
    fn a_retry_is_in_whole_seconds_rounded_up_and_never_at_once() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (2000, "2"), (59_999, "60")] {
            let refusal = Refusal::KeysUnavailable { retry_after: Duration::from_millis(millis) };
            assert_eq!(header(&refusal, &RETRY_AFTER).as_deref(), Some(seconds), "{millis} ms");
        }
        assert_eq!(header(&Refusal::RevocationUnknown, &RETRY_AFTER), None);
    }
}

//! The responses of a new service: RFC 6750 and RFC 9110.

use cognito_verify::{Denied, Rejected};
use http::{
    HeaderValue, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::{Message, RefusalKind, RefusalResponse, message};
use crate::authorizer::Refusal;
#[cfg(feature = "api-gateway")]
use crate::gateway::ResponseType;

/// The response to a refused request.
pub(super) fn response(
    refusal: &Refusal,
    kind: RefusalKind,
    realm: Option<&str>,
    scopes: &[&str],
) -> RefusalResponse {
    let (status, message) = status_and_message(kind);
    let mut response = RefusalResponse::new(status, message);
    #[cfg(feature = "api-gateway")]
    {
        response.gateway.response_type = response_type(refusal, kind);
    }
    if let Some(challenge) = challenge(refusal, kind, realm, scopes) {
        response.headers.push((WWW_AUTHENTICATE, challenge));
    }
    // The next fetch of the keys has a time. A revocation check has none, so there is no header (RFC 9110 §15.6.4 permits that):
    // every request runs the check, and the next may succeed.
    if let Refusal::KeysUnavailable { retry_after } = refusal {
        // RFC 9110 §10.2.3: whole seconds, rounded up, because an earlier request would fail.
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        response.headers.push((RETRY_AFTER, seconds.max(1).into()));
    }
    response
}

/// The status and the message of each kind of refusal.
fn status_and_message(kind: RefusalKind) -> (StatusCode, Message) {
    match kind {
        RefusalKind::NoToken | RefusalKind::SeveralTokens | RefusalKind::BadToken | RefusalKind::WrongUse => {
            (StatusCode::UNAUTHORIZED, message!("Unauthorized"))
        }
        RefusalKind::Scope | RefusalKind::Permission | RefusalKind::RouteRefused => {
            (StatusCode::FORBIDDEN, message!("Forbidden"))
        }
        RefusalKind::NoKeys | RefusalKind::NoAnswer => {
            (StatusCode::SERVICE_UNAVAILABLE, message!("Service Unavailable"))
        }
        RefusalKind::Program => (StatusCode::INTERNAL_SERVER_ERROR, message!("Internal Server Error")),
        RefusalKind::NoRoute => (StatusCode::NOT_FOUND, message!("Not Found")),
        RefusalKind::AmbiguousPath => (StatusCode::BAD_REQUEST, message!("Bad Request")),
    }
}

/// Which gateway response answers each kind of refusal.
#[cfg(feature = "api-gateway")]
fn response_type(refusal: &Refusal, kind: RefusalKind) -> ResponseType {
    match kind {
        RefusalKind::BadToken if matches!(refusal, Refusal::Rejected(Rejected::Expired { .. })) => {
            ResponseType::ExpiredToken
        }
        RefusalKind::NoToken | RefusalKind::SeveralTokens | RefusalKind::BadToken | RefusalKind::WrongUse => {
            ResponseType::Unauthorized
        }
        RefusalKind::Scope | RefusalKind::Permission | RefusalKind::RouteRefused => {
            ResponseType::AccessDenied
        }
        RefusalKind::NoKeys => ResponseType::AuthorizerConfigurationError,
        RefusalKind::NoAnswer | RefusalKind::Program => ResponseType::AuthorizerFailure,
        RefusalKind::NoRoute | RefusalKind::AmbiguousPath => ResponseType::MissingAuthenticationToken,
    }
}

/// RFC 6750 §3, in the syntax of RFC 9110 §11.6.1. Without a token, the challenge names the required scopes and no error (§3.1).
/// With a refused token, it names the error. There is no challenge if no token could help.
fn challenge(
    refusal: &Refusal,
    kind: RefusalKind,
    realm: Option<&str>,
    scopes: &[&str],
) -> Option<HeaderValue> {
    let (error, description) = match kind {
        RefusalKind::NoToken => (None, None),
        RefusalKind::SeveralTokens => (Some("invalid_token"), Some(several_tokens())),
        RefusalKind::BadToken => (Some("invalid_token"), Some(description(refusal))),
        RefusalKind::WrongUse => (Some("invalid_token"), Some(wrong_use())),
        RefusalKind::Scope | RefusalKind::Permission => (Some("insufficient_scope"), None),
        RefusalKind::NoKeys
        | RefusalKind::NoAnswer
        | RefusalKind::Program
        | RefusalKind::NoRoute
        | RefusalKind::AmbiguousPath
        | RefusalKind::RouteRefused => return None,
    };
    let scopes = match refusal {
        Refusal::Denied(Denied::Scope { required, .. } | Denied::Alternatives { required, .. })
            if kind != RefusalKind::WrongUse =>
        {
            required.scopes().join(" ")
        }
        Refusal::Identity(_) if kind == RefusalKind::NoToken => scopes.join(" "),
        _ => String::new(),
    };
    let description = match description {
        Some(description) if realm.is_none() && scopes.is_empty() => return Some(description.challenge),
        description => description.map(|description| description.text),
    };
    // The scheme must be followed by at least one parameter.
    let realm = realm.or((error.is_none() && scopes.is_empty()).then_some("api"));
    let parameters = [
        ("realm", realm),
        ("error", error),
        ("error_description", description),
        ("scope", Some(&*scopes).filter(|scopes| !scopes.is_empty())),
    ];
    // Room for any of the descriptions, so that it grows only for scopes.
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

/// What a client may know about its token.
pub(super) struct Description {
    pub(super) text: &'static str,
    /// The whole challenge, if it has no other parameters.
    challenge: HeaderValue,
}

macro_rules! description {
    ($text:literal) => {{
        // Checked by the compiler, not for each response.
        const CHALLENGE: HeaderValue = HeaderValue::from_static(concat!(
            "Bearer error=\"invalid_token\", error_description=\"",
            $text,
            "\""
        ));
        Description { text: $text, challenge: CHALLENGE }
    }};
}

fn wrong_use() -> Description {
    description!("the token is not for this use")
}

fn several_tokens() -> Description {
    description!("the request must carry exactly one token")
}

/// What the client may know. If signature verification failed, that is all it learns.
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
        Rejected::Use { .. } => wrong_use(),
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
    use crate::authorizer::IdentityError;

    fn header(refusal: &Refusal, name: &http::HeaderName) -> Option<String> {
        let parts = response(refusal, RefusalKind::of(refusal), None, &["r/a"]);
        let value = parts.headers.into_iter().find_map(|(found, value)| (found == *name).then_some(value));
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

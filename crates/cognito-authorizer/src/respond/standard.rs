//! The responses of a new service: RFC 6750 and RFC 9110.

use cognito_verify::{Denied, Rejected};
use http::{
    HeaderValue, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::{Message, RefusalKind, RefusalResponse, message, step_up};
use crate::authorizer::Refusal;
#[cfg(feature = "api-gateway")]
use crate::gateway::ResponseType;

/// What challenges say about the API.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ApiParameters<'a> {
    pub(super) realm: Option<&'a str>,
    pub(super) resource_metadata: Option<&'a str>,
}

/// The response to a refused request.
pub(super) fn response(
    refusal: &Refusal,
    kind: RefusalKind,
    api: ApiParameters<'_>,
    scopes: &[&str],
) -> RefusalResponse {
    let (status, message) = status_and_message(kind);
    let mut response = RefusalResponse::new(status, message);
    #[cfg(feature = "api-gateway")]
    {
        response.gateway.response_type = response_type(refusal, kind);
    }
    if let Some(challenge) = challenge(refusal, kind, api, scopes) {
        response.headers.insert(WWW_AUTHENTICATE, challenge);
    }
    // The next fetch of the keys has a time. A revocation check has none, so there is no header (RFC 9110 §15.6.4 permits that):
    // every request runs the check, and the next may succeed.
    if let Refusal::KeysUnavailable { retry_after } = refusal {
        // RFC 9110 §10.2.3: whole seconds, rounded up, because an earlier request would fail.
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        response.headers.insert(RETRY_AFTER, seconds.max(1).into());
    }
    response
}

/// The status and the message of each kind of refusal.
fn status_and_message(kind: RefusalKind) -> (StatusCode, Message) {
    match kind {
        RefusalKind::NoToken
        | RefusalKind::SeveralTokens
        | RefusalKind::BadToken
        | RefusalKind::WrongUse
        | RefusalKind::Authentication => (StatusCode::UNAUTHORIZED, message!("Unauthorized")),
        RefusalKind::Scope | RefusalKind::Permission | RefusalKind::CrossSite | RefusalKind::RouteRefused => {
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
        RefusalKind::NoToken
        | RefusalKind::SeveralTokens
        | RefusalKind::BadToken
        | RefusalKind::WrongUse
        | RefusalKind::Authentication => ResponseType::Unauthorized,
        RefusalKind::Scope | RefusalKind::Permission | RefusalKind::CrossSite | RefusalKind::RouteRefused => {
            ResponseType::AccessDenied
        }
        RefusalKind::NoKeys => ResponseType::AuthorizerConfigurationError,
        RefusalKind::NoAnswer | RefusalKind::Program => ResponseType::AuthorizerFailure,
        RefusalKind::NoRoute | RefusalKind::AmbiguousPath => ResponseType::MissingAuthenticationToken,
    }
}

/// RFC 6750 §3, in the syntax of RFC 9110 §11.6.1. Without a token, the challenge names the required scopes and no error (§3.1).
/// With a refused token, it names the error. If the user must sign in again, it says how (RFC 9470 §3). Every challenge names the
/// metadata (RFC 9728 §5.1). There is no challenge if no token could help.
fn challenge(
    refusal: &Refusal,
    kind: RefusalKind,
    api: ApiParameters<'_>,
    scopes: &[&str],
) -> Option<HeaderValue> {
    let ApiParameters { realm, resource_metadata } = api;
    let description = error_description(refusal, kind);
    let error = match kind {
        RefusalKind::NoToken => None,
        RefusalKind::SeveralTokens | RefusalKind::BadToken | RefusalKind::WrongUse => Some("invalid_token"),
        RefusalKind::Scope | RefusalKind::Permission => Some("insufficient_scope"),
        RefusalKind::Authentication => Some("insufficient_user_authentication"),
        RefusalKind::CrossSite
        | RefusalKind::NoKeys
        | RefusalKind::NoAnswer
        | RefusalKind::Program
        | RefusalKind::NoRoute
        | RefusalKind::AmbiguousPath
        | RefusalKind::RouteRefused => return None,
    };
    let scopes = match refusal {
        Refusal::Denied(Denied::Scope { required, .. } | Denied::Alternatives { required, .. })
            if kind != RefusalKind::WrongUse && kind != RefusalKind::Authentication =>
        {
            required.scopes().join(" ")
        }
        Refusal::Identity(_) if kind == RefusalKind::NoToken => scopes.join(" "),
        _ => String::new(),
    };
    let description = match description {
        Some(description) if realm.is_none() && resource_metadata.is_none() && scopes.is_empty() => {
            return Some(description.challenge);
        }
        description => description.map(|description| description.text),
    };
    let sign_in = match refusal {
        Refusal::Denied(denied) if kind == RefusalKind::Authentication => step_up::parameters(denied),
        _ => Vec::new(),
    };
    // The scheme must be followed by at least one parameter.
    let is_bare = error.is_none() && scopes.is_empty() && resource_metadata.is_none();
    let realm = realm.or(is_bare.then_some("api"));
    let parameters = [
        ("realm", realm),
        ("error", error),
        ("error_description", description),
        ("scope", Some(&*scopes).filter(|scopes| !scopes.is_empty())),
    ];
    let sign_in = sign_in.iter().map(|(name, value)| (*name, Some(&**value)));
    let metadata = [("resource_metadata", resource_metadata)];
    // Room for any of the descriptions, so that it grows only for scopes.
    let mut challenge = String::with_capacity(128 + scopes.len() + resource_metadata.map_or(0, str::len));
    challenge.push_str("Bearer");
    let mut separator = " ";
    for (name, value) in
        parameters.into_iter().chain(sign_in).chain(metadata).filter_map(|(name, value)| Some((name, value?)))
    {
        challenge.extend([separator, name, "=\"", value, "\""]);
        separator = ", ";
    }
    // Realm, scopes, levels and the URL were checked for quotes and control characters when they were set.
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

/// What the client may know, if its token is the reason.
pub(super) fn error_description(refusal: &Refusal, kind: RefusalKind) -> Option<Description> {
    match kind {
        RefusalKind::SeveralTokens => Some(several_tokens()),
        RefusalKind::BadToken => Some(description(refusal)),
        RefusalKind::WrongUse => Some(wrong_use()),
        _ => None,
    }
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
        Rejected::TooOld { .. } => description!("the token is too old"),
        Rejected::KeyBound => description!("the token is bound to a key, which is not checked here"),
        Rejected::NotYetValid { .. } => description!("the token is not valid yet"),
        Rejected::Use { .. } => wrong_use(),
        Rejected::Issuer | Rejected::Client { .. } | Rejected::Resource | Rejected::NoAudience { .. } => {
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
        let parts = response(refusal, RefusalKind::of(refusal), ApiParameters::default(), &["r/a"]);
        let value = parts.headers.get(name);
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

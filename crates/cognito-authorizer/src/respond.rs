//! From a refusal to what the client is told: status, challenge, body.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_verify::{Denied, Rejected, Requirement};
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::refusal::Refusal;

/// How refusals are worded: the `Standard` profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Responder {
    /// The `realm` of challenges, checked by [`is_realm`].
    pub(crate) realm: Option<Arc<str>>,
}

/// Whether the text can stand between quotes as it is (RFC 9110 §5.6.4).
pub(crate) fn is_realm(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl Responder {
    /// The response to a refused request. The refusal itself goes into its extensions.
    pub(crate) fn respond(&self, refusal: Refusal, required: &Requirement) -> Response<Bytes> {
        let status = status(&refusal);
        let mut response = Response::new(Bytes::from_static(body(status)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = self.challenge(&refusal, required) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Refusal::KeysUnavailable { retry_after } = refusal {
            // RFC 9110 §10.2.3: whole seconds. Rounded up, since it is in vain before.
            headers.insert(RETRY_AFTER, (retry_after.as_secs() + 1).into());
        }
        response.extensions_mut().insert(refusal);
        response
    }

    /// RFC 6750 §3, in the syntax of RFC 9110 §11.6.1. A request without a token is told which scopes are wanted, and no
    /// error (§3.1); a refused token is told its error.
    fn challenge(&self, refusal: &Refusal, required: &Requirement) -> Option<HeaderValue> {
        let (error, description) = match error(refusal)? {
            Challenge::NoError => (None, None),
            Challenge::InvalidToken(description) => (Some("invalid_token"), Some(description)),
            Challenge::InsufficientScope => (Some("insufficient_scope"), None),
        };
        let scopes = match refusal {
            Refusal::Denied(Denied::Scope { required, .. } | Denied::Alternatives { required, .. }) => {
                required.scopes().join(" ")
            }
            Refusal::Identity(_) => required.scopes().join(" "),
            _ => String::new(),
        };
        // The scheme must be followed by at least one parameter.
        let realm = self.realm.as_deref().or((error.is_none() && scopes.is_empty()).then_some("api"));
        let parameters = [
            ("realm", realm),
            ("error", error),
            ("error_description", description),
            ("scope", Some(&*scopes).filter(|scopes| !scopes.is_empty())),
        ];
        let mut challenge = String::from("Bearer");
        let mut separator = " ";
        for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            challenge.extend([separator, name, "=\"", value, "\""]);
            separator = ", ";
        }
        // Realm and scopes were checked for quotes and control characters when they were set.
        HeaderValue::try_from(challenge).ok()
    }
}

enum Challenge {
    NoError,
    InvalidToken(&'static str),
    InsufficientScope,
}

/// The one place that says whose fault a refusal is.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Identity(_) | Refusal::Rejected(_) => StatusCode::UNAUTHORIZED,
        Refusal::Denied(denied) => match denied {
            Denied::Mistaken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            denied if lacks_only_the_use(denied) => StatusCode::UNAUTHORIZED,
            _ => StatusCode::FORBIDDEN,
        },
        Refusal::Claims(_) => StatusCode::FORBIDDEN,
        Refusal::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NoLayer { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Whether another token of the same user would do: then the token is invalid here, and not the user's rights too few.
fn lacks_only_the_use(denied: &Denied) -> bool {
    match denied {
        Denied::Use { .. } => true,
        Denied::Alternatives { reasons, .. } => reasons.iter().all(lacks_only_the_use),
        _ => false,
    }
}

/// What the challenge says; `None` where a challenge would be a lie, as no token could help.
fn error(refusal: &Refusal) -> Option<Challenge> {
    use crate::identity::IdentityError;
    match refusal {
        Refusal::Identity(IdentityError::Missing | IdentityError::OtherScheme) => Some(Challenge::NoError),
        Refusal::Identity(_) => Some(Challenge::InvalidToken("the request must carry exactly one token")),
        Refusal::Rejected(rejected) => Some(Challenge::InvalidToken(description(rejected))),
        Refusal::Denied(denied) => match denied {
            Denied::Mistaken(_) => None,
            denied if lacks_only_the_use(denied) => Some(Challenge::InvalidToken(WRONG_USE)),
            _ => Some(Challenge::InsufficientScope),
        },
        Refusal::Claims(_) => Some(Challenge::InsufficientScope),
        Refusal::KeysUnavailable { .. } | Refusal::NoLayer { .. } => None,
    }
}

const WRONG_USE: &str = "the token is not for this use";

/// What the client may know. Of a token whose signature does not hold it learns nothing but that.
fn description(rejected: &Rejected) -> &'static str {
    match rejected {
        Rejected::TooLong { .. } | Rejected::PartTooLong { .. } | Rejected::KeyIdTooLong { .. } => {
            "the token is too long"
        }
        Rejected::Segments { .. }
        | Rejected::Encoding { .. }
        | Rejected::Header
        | Rejected::Critical
        | Rejected::NoKeyId
        | Rejected::Claims
        | Rejected::Missing { .. }
        | Rejected::UnknownUse => "the token is malformed",
        Rejected::Algorithm | Rejected::UnknownKey | Rejected::Signature => {
            "the token is not signed by an accepted key"
        }
        Rejected::Expired { .. } => "the token has expired",
        Rejected::NotYetValid { .. } => "the token is not valid yet",
        Rejected::Use { .. } => WRONG_USE,
        Rejected::Issuer | Rejected::Client { .. } | Rejected::Resource => "the token is not for this API",
        _ => "the token is not accepted",
    }
}

fn body(status: StatusCode) -> &'static [u8] {
    match status {
        StatusCode::UNAUTHORIZED => br#"{"message":"Unauthorized"}"#,
        StatusCode::FORBIDDEN => br#"{"message":"Forbidden"}"#,
        StatusCode::SERVICE_UNAVAILABLE => br#"{"message":"Service Unavailable"}"#,
        _ => br#"{"message":"Internal Server Error"}"#,
    }
}

pin_project! {
    /// The inner service's body, or that of a refusal.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = InnerProjection]
    enum Inner<B> {
        Forwarded { #[pin] body: B },
        Refused { body: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn forwarded(body: B) -> Self {
        Self { inner: Inner::Forwarded { body } }
    }

    pub(crate) fn refused(body: Bytes) -> Self {
        Self { inner: Inner::Refused { body: Some(body) } }
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().inner.project() {
            InnerProjection::Forwarded { body } => body.poll_frame(cx),
            InnerProjection::Refused { body } => Poll::Ready(body.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Forwarded { body } => body.is_end_stream(),
            Inner::Refused { body } => body.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Forwarded { body } => body.size_hint(),
            Inner::Refused { body } => SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use cognito_verify::{group, scope};

    use super::*;
    use crate::identity::IdentityError;

    fn challenge(realm: Option<&str>, refusal: impl Into<Refusal>, required: &Requirement) -> String {
        let responder = Responder { realm: realm.map(Into::into) };
        let response = responder.respond(refusal.into(), required);
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        format!("{} {challenge}", response.status().as_u16())
    }

    #[test]
    fn a_challenge_always_has_a_parameter() {
        let nothing = Requirement::nothing();
        let required = scope("r/a").or(scope("r/b")).and(group("g"));
        for (realm, refusal, required, expected) in [
            (None, IdentityError::Missing.into(), &nothing, r#"401 Bearer realm="api""#),
            (Some("orders"), IdentityError::Missing.into(), &nothing, r#"401 Bearer realm="orders""#),
            (None, IdentityError::Missing.into(), &required, r#"401 Bearer scope="r/a r/b""#),
            (
                Some("orders"),
                IdentityError::OtherScheme.into(),
                &required,
                r#"401 Bearer realm="orders", scope="r/a r/b""#,
            ),
            (
                None,
                Refusal::from(Rejected::Signature),
                &required,
                r#"401 Bearer error="invalid_token", error_description="the token is not signed by an accepted key""#,
            ),
            (
                None,
                IdentityError::SeveralHeaders.into(),
                &nothing,
                r#"401 Bearer error="invalid_token", error_description="the request must carry exactly one token""#,
            ),
        ] {
            assert_eq!(challenge(realm, refusal, required), expected);
        }
    }

    #[test]
    fn a_realm_needs_no_escapes() {
        assert!(
            is_realm("orders of 2026!")
                && !is_realm("")
                && !is_realm("a\"b")
                && !is_realm("a\\b")
                && !is_realm("a\nb")
        );
    }
}

//! The responses of an HTTP API with a JWT authorizer.
//!
//! Sources: "Control access to HTTP APIs with JWT authorizers" of the API Gateway developer guide, and responses as they
//! were captured.

use cognito_verify::{Rejected, RequiredClaim};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, WWW_AUTHENTICATE},
};

use super::{Message, RefusalKind, RefusalResponse, extended_request_id, message, standard, step_up};
use crate::authorizer::{IdentityError, Refusal};

const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// The response to a refused request. It has no `content-type`, as in API Gateway.
pub(super) fn response(refusal: &Refusal, kind: RefusalKind, scopes: &[&str]) -> RefusalResponse {
    let (status, message) = status_and_message(kind);
    let mut response = RefusalResponse::new(status, message);
    response.headers.remove(CONTENT_TYPE);
    if let Some(challenge) = challenge(refusal, kind, scopes) {
        response.headers.insert(WWW_AUTHENTICATE, challenge);
    }
    response.headers.extend(HeaderValue::try_from(extended_request_id()).ok().map(|id| (REQUEST_ID, id)));
    response
}

/// The status and the message of each kind of refusal. Missing keys are answered as a client error, as API Gateway does.
fn status_and_message(kind: RefusalKind) -> (StatusCode, Message) {
    match kind {
        RefusalKind::NoToken
        | RefusalKind::SeveralTokens
        | RefusalKind::BadToken
        | RefusalKind::WrongUse
        | RefusalKind::Authentication
        | RefusalKind::NoKeys => (StatusCode::UNAUTHORIZED, message!("Unauthorized")),
        RefusalKind::Scope | RefusalKind::Permission | RefusalKind::CrossSite | RefusalKind::RouteRefused => {
            (StatusCode::FORBIDDEN, message!("Forbidden"))
        }
        RefusalKind::NoRoute | RefusalKind::AmbiguousPath => (StatusCode::NOT_FOUND, message!("Not Found")),
        RefusalKind::NoAnswer | RefusalKind::Program => {
            (StatusCode::INTERNAL_SERVER_ERROR, message!("Internal Server Error"))
        }
    }
}

/// AWS's challenge: the parameters are separated by spaces, not commas, and begin with the scopes of the route.
fn challenge(refusal: &Refusal, kind: RefusalKind, scopes: &[&str]) -> Option<HeaderValue> {
    let scopes = scopes.join(" ");
    let challenge = match kind {
        RefusalKind::NoToken if *refusal == Refusal::Identity(IdentityError::Missing) => "Bearer".to_owned(),
        RefusalKind::Scope | RefusalKind::Permission => {
            format!(r#"Bearer scope="{scopes}" error="insufficient_scope""#)
        }
        // API Gateway has no such check. The parameters are those of RFC 9470, in AWS's syntax.
        RefusalKind::Authentication => {
            let mut challenge =
                format!(r#"Bearer scope="{scopes}" error="insufficient_user_authentication""#);
            if let Refusal::Denied(denied) = refusal {
                for (name, value) in step_up::parameters(denied) {
                    challenge.extend([" ", name, "=\"", &value, "\""]);
                }
            }
            challenge
        }
        RefusalKind::NoToken
        | RefusalKind::SeveralTokens
        | RefusalKind::BadToken
        | RefusalKind::WrongUse
        | RefusalKind::NoKeys => format!(
            r#"Bearer scope="{scopes}" error="invalid_token" error_description="{}""#,
            description(refusal, kind)
        ),
        RefusalKind::CrossSite
        | RefusalKind::NoAnswer
        | RefusalKind::Program
        | RefusalKind::NoRoute
        | RefusalKind::AmbiguousPath
        | RefusalKind::RouteRefused => {
            return None;
        }
    };
    // Scopes have neither quotes nor control characters.
    HeaderValue::try_from(challenge).ok()
}

/// AWS's text if it is known, otherwise that of the standard profile.
fn description(refusal: &Refusal, kind: RefusalKind) -> String {
    let text = match refusal {
        // API Gateway treats text that is not a token as a token without dots.
        Refusal::Identity(_) | Refusal::Rejected(Rejected::Segments { .. }) => {
            "token contains an invalid number of segments"
        }
        Refusal::Rejected(Rejected::Algorithm { named: Some(algorithm) }) => {
            return format!("signing method {algorithm} is invalid");
        }
        Refusal::Rejected(Rejected::Issuer) => "issuer does not match",
        Refusal::Rejected(
            Rejected::Client { .. }
            | Rejected::Resource
            | Rejected::NoAudience { .. }
            | Rejected::Missing { claim: RequiredClaim::Audience | RequiredClaim::ClientId },
        ) => "the token does not have a valid audience",
        Refusal::Rejected(Rejected::Expired { .. }) => "the token has expired",
        _ if kind == RefusalKind::NoKeys => "JWKS communication error",
        _ => standard::description(refusal).text,
    };
    text.to_owned()
}

//! The answers of an HTTP API with a JWT authorizer.
//!
//! Sources: «Control access to HTTP APIs with JWT authorizers» of the API Gateway developer guide, and responses as they
//! were captured.

use cognito_verify::Rejected;
use http::{HeaderName, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

use super::{Answer, Fault, Message, extended_request_id, message, standard};
use crate::{gateway::ResponseType, identity::IdentityError, refusal::Refusal};

const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// The whole answer to a refused request. It states no `content-type`, as AWS's does not.
pub(super) fn answer(refusal: &Refusal, fault: Fault, scopes: &[&str]) -> Answer {
    let (status, message) = kind(fault);
    let mut answer = Answer::new(ResponseType::Default4xx, status, message);
    answer.content_type = None;
    if let Some(challenge) = challenge(refusal, fault, scopes) {
        answer.headers.push((WWW_AUTHENTICATE, challenge));
    }
    answer.headers.extend(HeaderValue::try_from(extended_request_id()).ok().map(|id| (REQUEST_ID, id)));
    answer
}

/// The one place that says what a fault costs. That the keys cannot be had is the client's fault here, as there.
fn kind(fault: Fault) -> (StatusCode, Message) {
    match fault {
        Fault::NoToken | Fault::SeveralTokens | Fault::BadToken | Fault::WrongUse | Fault::NoKeys => {
            (StatusCode::UNAUTHORIZED, message!("Unauthorized"))
        }
        Fault::Scope | Fault::Permission | Fault::RouteRefused => {
            (StatusCode::FORBIDDEN, message!("Forbidden"))
        }
        Fault::NoRoute | Fault::AmbiguousPath => (StatusCode::NOT_FOUND, message!("Not Found")),
        Fault::NoAnswer | Fault::Program => {
            (StatusCode::INTERNAL_SERVER_ERROR, message!("Internal Server Error"))
        }
    }
}

/// AWS's challenge, whose parameters stand between spaces, not commas, and begin with the scopes of the route.
fn challenge(refusal: &Refusal, fault: Fault, scopes: &[&str]) -> Option<HeaderValue> {
    let scopes = scopes.join(" ");
    let challenge = match fault {
        Fault::NoToken if *refusal == Refusal::Identity(IdentityError::Missing) => "Bearer".to_owned(),
        Fault::Scope | Fault::Permission => format!(r#"Bearer scope="{scopes}" error="insufficient_scope""#),
        Fault::NoToken | Fault::SeveralTokens | Fault::BadToken | Fault::WrongUse | Fault::NoKeys => format!(
            r#"Bearer scope="{scopes}" error="invalid_token" error_description="{}""#,
            description(refusal, fault)
        ),
        Fault::NoAnswer | Fault::Program | Fault::NoRoute | Fault::AmbiguousPath | Fault::RouteRefused => {
            return None;
        }
    };
    // Scopes have neither quotes nor control characters.
    HeaderValue::try_from(challenge).ok()
}

/// AWS's words where they are known, and the standard profile's where they are not.
fn description(refusal: &Refusal, fault: Fault) -> String {
    let known = match refusal {
        // Whatever is no token after `Bearer` is one without dots.
        Refusal::Identity(_) | Refusal::Rejected(Rejected::Segments { .. }) => {
            "token contains an invalid number of segments"
        }
        Refusal::Rejected(Rejected::Algorithm { named: Some(algorithm) }) => {
            return format!("signing method {algorithm} is invalid");
        }
        Refusal::Rejected(Rejected::Issuer) => "issuer does not match",
        Refusal::Rejected(
            Rejected::Client { .. } | Rejected::Resource | Rejected::Missing { claim: "aud" | "client_id" },
        ) => "the token does not have a valid audience",
        Refusal::Rejected(Rejected::Expired { .. }) => "the token has expired",
        _ if fault == Fault::NoKeys => "JWKS communication error",
        _ => standard::description(refusal).text,
    };
    known.to_owned()
}

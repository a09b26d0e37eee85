//! The answers of a REST API with a Cognito authorizer.
//!
//! Sources: «Gateway response types for API Gateway» and «Integrate a REST API with an Amazon Cognito user pool» of the API
//! Gateway developer guide, and responses as they were captured.

use cognito_verify::Rejected;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Answer, Fault, Message, extended_request_id, message};
use crate::{gateway::ResponseType, refusal::Refusal};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The whole answer to a refused request.
pub(super) fn answer(refusal: &Refusal, fault: Fault, request: &HeaderMap) -> Answer {
    let (response_type, status, message, exception) = kind(refusal, fault);
    let mut answer = Answer::new(response_type, status, message);
    let (request_id, extended) = (request_id(request), extended_request_id());
    answer.headers.push((ERROR_TYPE, HeaderValue::from_static(exception)));
    let ids = [(REQUEST_ID, &request_id), (EXTENDED_REQUEST_ID, &extended)];
    // Both are ASCII without control characters.
    answer.headers.extend(ids.into_iter().filter_map(|(name, id)| Some((name, id.try_into().ok()?))));
    (answer.request_id, answer.extended_request_id) = (Some(request_id), Some(extended));
    answer
}

/// The one place that says what a fault costs. That a scope is lacking is 401, and no challenge is ever given.
fn kind(refusal: &Refusal, fault: Fault) -> (ResponseType, StatusCode, Message, &'static str) {
    match fault {
        // Not EXPIRED_TOKEN, which is about AWS's own credentials.
        Fault::BadToken if matches!(refusal, Refusal::Rejected(Rejected::Expired { .. })) => (
            ResponseType::Unauthorized,
            StatusCode::UNAUTHORIZED,
            message!("The incoming token has expired"),
            "UnauthorizedException",
        ),
        Fault::NoToken | Fault::SeveralTokens | Fault::BadToken | Fault::WrongUse | Fault::Scope => (
            ResponseType::Unauthorized,
            StatusCode::UNAUTHORIZED,
            message!("Unauthorized"),
            "UnauthorizedException",
        ),
        // API Gateway asks for nothing else than scopes; this is what it answers where a Lambda authorizer says no.
        Fault::Permission | Fault::RouteRefused => (
            ResponseType::AccessDenied,
            StatusCode::FORBIDDEN,
            message!("User is not authorized to access this resource"),
            "AccessDeniedException",
        ),
        Fault::NoKeys | Fault::Program => (
            ResponseType::AuthorizerConfigurationError,
            StatusCode::INTERNAL_SERVER_ERROR,
            message!(),
            "AuthorizerConfigurationException",
        ),
        Fault::NoAnswer => (
            ResponseType::AuthorizerFailure,
            StatusCode::INTERNAL_SERVER_ERROR,
            message!(),
            "AuthorizerFailureException",
        ),
        Fault::NoRoute | Fault::AmbiguousPath => (
            ResponseType::MissingAuthenticationToken,
            StatusCode::FORBIDDEN,
            message!("Missing Authentication Token"),
            "MissingAuthenticationTokenException",
        ),
    }
}

/// The client's request id if it is a UUID, else a new one («Variables for access logging for API Gateway»).
fn request_id(request: &HeaderMap) -> String {
    let given = request.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| id.len() == 36);
    let given = given.filter(|id| uuid::Uuid::try_parse(id).is_ok());
    given.map_or_else(
        || uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid().to_string(),
        str::to_owned,
    )
}

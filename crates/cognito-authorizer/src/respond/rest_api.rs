//! The responses of a REST API with a Cognito authorizer.
//!
//! Sources: "Gateway response types for API Gateway" and "Integrate a REST API with an Amazon Cognito user pool" of the API
//! Gateway developer guide, and responses as they were captured.

use cognito_verify::Rejected;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{GatewayFacts, Message, RefusalKind, RefusalResponse, extended_request_id, message};
use crate::{authorizer::Refusal, gateway::ResponseType};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The response to a refused request.
pub(super) fn response(refusal: &Refusal, kind: RefusalKind, request: &HeaderMap) -> RefusalResponse {
    let (response_type, status, message, exception) = status_and_message(refusal, kind);
    let mut response = RefusalResponse::new(status, message);
    let (request_id, extended) = (request_id(request), extended_request_id());
    response.headers.insert(ERROR_TYPE, HeaderValue::from_static(exception));
    let ids = [(REQUEST_ID, &request_id), (EXTENDED_REQUEST_ID, &extended)];
    // Both are ASCII without control characters.
    response.headers.extend(ids.into_iter().filter_map(|(name, id)| Some((name, id.try_into().ok()?))));
    response.gateway =
        GatewayFacts { response_type, request_id: Some(request_id), extended_request_id: Some(extended) };
    response
}

/// The status and the message of each kind of refusal. A missing scope is 401, and there is never a challenge.
fn status_and_message(
    refusal: &Refusal,
    kind: RefusalKind,
) -> (ResponseType, StatusCode, Message, &'static str) {
    match kind {
        // Not EXPIRED_TOKEN, which is about AWS's own credentials.
        RefusalKind::BadToken if matches!(refusal, Refusal::Rejected(Rejected::Expired { .. })) => (
            ResponseType::Unauthorized,
            StatusCode::UNAUTHORIZED,
            message!("The incoming token has expired"),
            "UnauthorizedException",
        ),
        RefusalKind::NoToken
        | RefusalKind::SeveralTokens
        | RefusalKind::BadToken
        | RefusalKind::WrongUse
        | RefusalKind::Scope
        // API Gateway has no such check. 401 is the status of RFC 9470.
        | RefusalKind::Authentication => (
            ResponseType::Unauthorized,
            StatusCode::UNAUTHORIZED,
            message!("Unauthorized"),
            "UnauthorizedException",
        ),
        // API Gateway checks only scopes. This is its response if a Lambda authorizer denies the request.
        RefusalKind::Permission | RefusalKind::CrossSite | RefusalKind::RouteRefused => (
            ResponseType::AccessDenied,
            StatusCode::FORBIDDEN,
            message!("User is not authorized to access this resource"),
            "AccessDeniedException",
        ),
        RefusalKind::NoKeys | RefusalKind::Program => (
            ResponseType::AuthorizerConfigurationError,
            StatusCode::INTERNAL_SERVER_ERROR,
            message!(),
            "AuthorizerConfigurationException",
        ),
        RefusalKind::NoAnswer => (
            ResponseType::AuthorizerFailure,
            StatusCode::INTERNAL_SERVER_ERROR,
            message!(),
            "AuthorizerFailureException",
        ),
        RefusalKind::NoRoute | RefusalKind::AmbiguousPath => (
            ResponseType::MissingAuthenticationToken,
            StatusCode::FORBIDDEN,
            message!("Missing Authentication Token"),
            "MissingAuthenticationTokenException",
        ),
    }
}

/// The client's request id if it is a UUID, else a new one ("Variables for access logging for API Gateway").
fn request_id(request: &HeaderMap) -> String {
    let given = request.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| id.len() == 36);
    let given = given.filter(|id| uuid::Uuid::try_parse(id).is_ok());
    given.map_or_else(
        || uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid().to_string(),
        str::to_owned,
    )
}

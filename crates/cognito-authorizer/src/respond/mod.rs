//! From a refusal to the response: status, headers, body. Each profile has a file.

mod body;
mod grpc;
#[cfg(feature = "api-gateway")]
mod http_api;
mod kind;
#[cfg(feature = "api-gateway")]
mod rest_api;
mod standard;
mod step_up;

use std::sync::Arc;

use apigateway_routes::RouteKey;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

pub use body::ResponseBody;
use kind::RefusalKind;

#[cfg(feature = "api-gateway")]
use crate::gateway::{PreparedResponses, RequestFacts, ResponseType};
use crate::{
    authorizer::{Refusal, RequestHead},
    profile::Profile,
};

/// Checked by the compiler, not for each response.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How refusals are worded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Responder {
    pub(crate) profile: Profile,
    /// The `realm` of challenges, checked by [`is_realm`].
    pub(crate) realm: Option<Arc<str>>,
    /// `resource_metadata` of challenges (RFC 9728 §5.1), a checked URL.
    pub(crate) resource_metadata: Option<Arc<str>>,
    #[cfg(feature = "api-gateway")]
    pub(crate) gateway: Option<Arc<PreparedResponses>>,
}

/// Whether the text needs no escapes in a quoted string (RFC 9110 §5.6.4).
pub(crate) fn is_realm(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// The parts of a response to a refused request.
struct RefusalResponse {
    status: StatusCode,
    message: Message,
    headers: HeaderMap,
    #[cfg(feature = "api-gateway")]
    gateway: GatewayFacts,
}

/// What gateway responses need to know of a response.
#[cfg(feature = "api-gateway")]
struct GatewayFacts {
    response_type: ResponseType,
    /// The ids of the request, in profiles that send them.
    request_id: Option<String>,
    extended_request_id: Option<String>,
}

#[cfg(feature = "api-gateway")]
impl Default for GatewayFacts {
    fn default() -> Self {
        Self { response_type: ResponseType::Default4xx, request_id: None, extended_request_id: None }
    }
}

/// The message of a response, and the body that contains it.
struct Message {
    #[cfg(feature = "api-gateway")]
    text: Option<&'static str>,
    body: &'static str,
}

macro_rules! message {
    () => {
        $crate::respond::Message {
            #[cfg(feature = "api-gateway")]
            text: None,
            body: r#"{"message":null}"#,
        }
    };
    ($text:literal) => {
        $crate::respond::Message {
            #[cfg(feature = "api-gateway")]
            text: Some($text),
            body: concat!("{\"message\":\"", $text, "\"}"),
        }
    };
}
use message;

impl RefusalResponse {
    fn new(status: StatusCode, message: Message) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, JSON);
        Self {
            status,
            message,
            headers,
            #[cfg(feature = "api-gateway")]
            gateway: GatewayFacts::default(),
        }
    }

    fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(self.message.body.as_bytes()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// The response that the gateway responses define, whose headers take precedence.
    #[cfg(feature = "api-gateway")]
    fn customised(
        self,
        responses: &PreparedResponses,
        request: RequestHead<'_>,
        route: Option<&RouteKey>,
    ) -> Response<Bytes> {
        let path = request.uri.path();
        let parameters: Vec<_> =
            route.map(|route| route.path().parameters(path).collect()).unwrap_or_default();
        let facts = RequestFacts {
            request_id: self.gateway.request_id.as_deref(),
            extended_request_id: self.gateway.extended_request_id.as_deref(),
            method: request.method,
            uri: request.uri,
            headers: request.headers,
            resource_path: route.map(|route| route.path().as_str()),
            path_parameters: &parameters,
        };
        let mut response =
            responses.render(self.gateway.response_type, self.status, self.message.text, &facts);
        // They define the content type too.
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != CONTENT_TYPE) {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response
    }
}

/// An id in the form of API Gateway's own: 15 characters and `=`.
#[cfg(feature = "api-gateway")]
fn extended_request_id() -> String {
    (0..15).map(|_| fastrand::alphanumeric()).chain(['=']).collect()
}

impl Responder {
    /// Whether it words refusals as a layer with default settings does.
    pub(crate) fn is_default(&self) -> bool {
        self.profile == Profile::Standard
            && self.realm.is_none()
            && self.resource_metadata.is_none()
            && !self.has_gateway_responses()
    }

    /// The response to a refused request of this route, as the client gets it. The refusal itself goes into its extensions.
    pub(crate) fn respond(
        &self,
        refusal: Refusal,
        scopes: &[&str],
        request: RequestHead<'_>,
        route: Option<&RouteKey>,
    ) -> Response<Bytes> {
        grpc::for_client(self.response(refusal, scopes, request, route), request)
    }

    /// The same response for a program that passes it on or reads it, such as a proxy that asks about a request: the HTTP status
    /// always tells that the request is refused.
    ///
    /// Security: a proxy takes 2xx for permission. The layer sends 200 to the client of a gRPC call, and a gateway response may have
    /// any status.
    pub(crate) fn respond_by_status(
        &self,
        refusal: Refusal,
        scopes: &[&str],
        request: RequestHead<'_>,
        route: Option<&RouteKey>,
    ) -> Response<Bytes> {
        let mut response = self.response(refusal, scopes, request, route);
        if response.status().is_success() {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        response
    }

    /// The response of the profile and its gateway responses. A gRPC call gets the status that any other request would get.
    fn response(
        &self,
        refusal: Refusal,
        scopes: &[&str],
        request: RequestHead<'_>,
        route: Option<&RouteKey>,
    ) -> Response<Bytes> {
        let kind = RefusalKind::of(&refusal);
        let parts = match self.profile {
            Profile::Standard => {
                let api = standard::ApiParameters {
                    realm: self.realm.as_deref(),
                    resource_metadata: self.resource_metadata.as_deref(),
                };
                standard::response(&refusal, kind, api, scopes)
            }
            #[cfg(feature = "api-gateway")]
            Profile::RestApi => rest_api::response(&refusal, kind, request.headers),
            #[cfg(feature = "api-gateway")]
            Profile::HttpApi => http_api::response(&refusal, kind, scopes),
        };
        // API Gateway has no gRPC, and so no gateway responses for it.
        let mut response = match grpc::content_type(request) {
            Some(content_type) => grpc::response(parts, &refusal, kind, content_type),
            None => self.customise(parts, request, route),
        };
        response.extensions_mut().insert(refusal);
        response
    }

    /// The response that the gateway responses define; these parts if none are set.
    #[cfg(feature = "api-gateway")]
    fn customise(
        &self,
        parts: RefusalResponse,
        request: RequestHead<'_>,
        route: Option<&RouteKey>,
    ) -> Response<Bytes> {
        match &self.gateway {
            Some(responses) => parts.customised(responses, request, route),
            None => parts.into_response(),
        }
    }

    #[cfg(not(feature = "api-gateway"))]
    #[expect(clippy::unused_self, reason = "only gateway responses depend on the settings and the request")]
    fn customise(&self, parts: RefusalResponse, _: RequestHead<'_>, _: Option<&RouteKey>) -> Response<Bytes> {
        parts.into_response()
    }

    #[cfg(feature = "api-gateway")]
    pub(crate) fn has_gateway_responses(&self) -> bool {
        self.gateway.is_some()
    }

    #[cfg(not(feature = "api-gateway"))]
    #[expect(clippy::unused_self, reason = "without the feature, no responder has any")]
    pub(crate) fn has_gateway_responses(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use cognito_verify::{Rejected, Requirement, group, scope};
    use http::{Request, header::WWW_AUTHENTICATE};

    use super::*;
    use crate::authorizer::IdentityError;

    fn challenge(realm: Option<&str>, refusal: Refusal, required: &Requirement) -> String {
        let responder = Responder { realm: realm.map(Into::into), ..Responder::default() };
        let request = Request::new(());
        let response = responder.respond(refusal, &required.scopes(), RequestHead::from(&request), None);
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
                Some("orders"),
                Refusal::from(Rejected::Signature),
                &nothing,
                r#"401 Bearer realm="orders", error="invalid_token", error_description="the token is not signed by an accepted key""#,
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

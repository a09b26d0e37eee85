//! The document that clients read, as a service.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Serialize;
use tower_service::Service;

use super::{resource::ProtectedResource, url::WELL_KNOWN};
use crate::{authorizer::Engine, config::ConfigError, layer::CognitoAuthLayer};

/// The protected resource metadata of an API (RFC 9728), as a Tower service; from
/// [`CognitoAuthLayer::protected_resource_metadata`].
///
/// It answers `GET` and `HEAD` with the document, whatever the path, and other methods with 405. It says nothing about callers, so it
/// must be reachable without a token: add it to the router after the layer. Clients in browsers also need CORS: put a `CorsLayer`
/// around it.
#[derive(Clone, Debug)]
#[must_use = "serve it with `.route_service(metadata.path(), metadata.clone())`"]
pub struct ProtectedResourceMetadata {
    engine: Arc<Engine>,
    resource: Arc<ProtectedResource>,
    path: Arc<str>,
}

/// RFC 9728 §2.
#[derive(Serialize)]
struct MetadataDocument<'d> {
    resource: &'d str,
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    bearer_methods_supported: &'d [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<&'d str>,
}

impl CognitoAuthLayer {
    /// The metadata of the API as a protected resource (RFC 9728), to be served without a token; see
    /// [`protected_resource`](crate::protected_resource).
    ///
    /// # Errors
    ///
    /// If the profile has no [`protected_resource`](crate::Standard::protected_resource).
    pub fn protected_resource_metadata(&self) -> Result<ProtectedResourceMetadata, ConfigError> {
        let responder = &self.engine.responder;
        let (Some(resource), Some(url)) = (&self.engine.resource, &responder.resource_metadata) else {
            return Err(ConfigError::NoProtectedResource);
        };
        let path = url.find(WELL_KNOWN).and_then(|index| url.get(index..)).unwrap_or(WELL_KNOWN);
        Ok(ProtectedResourceMetadata {
            engine: self.engine.clone(),
            resource: resource.clone(),
            path: path.into(),
        })
    }
}

impl ProtectedResourceMetadata {
    /// The path at which clients expect the document: `/.well-known/oauth-protected-resource` and the path of the API.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The document as JSON, as it is now: user pools and route tables can be replaced.
    #[must_use]
    pub fn document(&self) -> String {
        let ProtectedResource { url, name, documentation, scopes, authorization_servers } = &*self.resource;
        let issuers = || {
            let verifier = self.engine.keys.verifier();
            verifier.pools().iter().map(|pool| pool.issuer().to_owned()).collect()
        };
        let is_bearer = self.engine.identity.header_names().any(|name| *name == AUTHORIZATION);
        let document = MetadataDocument {
            resource: url,
            authorization_servers: if authorization_servers.is_empty() {
                issuers()
            } else {
                authorization_servers.clone()
            },
            scopes_supported: if scopes.is_empty() { self.engine.routing.scopes() } else { scopes.clone() },
            bearer_methods_supported: if is_bearer { &["header"] } else { &[] },
            resource_name: name.as_deref(),
            resource_documentation: documentation.as_deref(),
        };
        // It contains only texts, which can always be written as JSON.
        serde_json::to_string(&document).unwrap_or_default()
    }

    fn respond(&self, method: &Method) -> Response<String> {
        let mut response = Response::new(String::new());
        if !matches!(*method, Method::GET | Method::HEAD) {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        // In response to `HEAD`, the server sends only the headers.
        *response.body_mut() = self.document();
        response
    }
}

impl<B> Service<Request<B>> for ProtectedResourceMetadata {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.respond(request.method())))
    }
}

//! The gRPC service.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse,
    authorization_server::{Authorization, AuthorizationServer},
};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

use super::{
    answer::{Metadata, allowed, denied},
    request::original,
};
use crate::{
    carrier::Unclear,
    check::{ForwardAuth, Outcome},
    unavailable::bad_request,
};

/// The largest check that is read. Envoy limits the headers of a request to 60 KiB by default, and sends no body unless it is
/// configured to.
const LARGEST_CHECK: usize = 1024 * 1024;

/// Answers Envoy's checks over gRPC: the service `envoy.service.auth.v3.Authorization`, also below Istio, Contour and Gateway API.
///
/// It is served over HTTP/2 without TLS, by any server for `tower` services:
///
/// ```
/// use axum::Router;
/// use cognito_forward_auth::{ExtAuthz, ForwardAuth};
///
/// fn router(checks: ForwardAuth) -> Router {
///     Router::new().route_service(ExtAuthz::PATH, ExtAuthz::new(checks))
/// }
/// ```
///
/// The method and path are those of Envoy's message, whatever [`Proxy`](crate::Proxy) the [`ForwardAuth`] has. For an
/// allowed request, each of [`IDENTITY_HEADERS`](crate::IDENTITY_HEADERS) is set, or removed if it has no value, so a client's own never
/// reaches the backend. A refused request gets the layer's status, headers and body.
#[derive(Clone)]
pub struct ExtAuthz {
    server: AuthorizationServer<Checks>,
}

/// The implementation behind the generated server.
#[derive(Clone)]
struct Checks {
    forward_auth: ForwardAuth,
    metadata: Metadata,
}

impl ExtAuthz {
    /// The path of the only method.
    pub const PATH: &'static str = "/envoy.service.auth.v3.Authorization/Check";

    /// Answers with the decisions of this service.
    #[must_use]
    pub fn new(forward_auth: ForwardAuth) -> Self {
        Self::with(forward_auth, Metadata::default())
    }

    /// Answers with the decisions of this service, with dynamic metadata if the request is allowed.
    #[must_use]
    pub fn with(forward_auth: ForwardAuth, metadata: Metadata) -> Self {
        let server = AuthorizationServer::new(Checks { forward_auth, metadata });
        Self { server: server.max_decoding_message_size(LARGEST_CHECK) }
    }
}

#[tonic::async_trait]
impl Authorization for Checks {
    async fn check(
        &self,
        request: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        let outcome = match original(request.into_inner()) {
            Ok(parts) => self.forward_auth.decide(&parts).await,
            Err(Unclear::BadRequest | Unclear::Misconfigured(_)) => Outcome::Refused(bad_request()),
        };
        Ok(tonic::Response::new(match outcome {
            Outcome::Allowed(verified) => {
                let verified = verified.as_deref();
                allowed(self.forward_auth.identity(verified), verified, self.metadata)
            }
            Outcome::Refused(response) => denied(response),
        }))
    }
}

/// The body of an answer over gRPC.
#[derive(Debug)]
pub struct GrpcBody {
    body: tonic::body::Body,
}

/// The future of [`ExtAuthz`].
pub struct GrpcFuture {
    answer: Pin<Box<dyn Future<Output = Result<Response<tonic::body::Body>, Infallible>> + Send>>,
}

impl<B> Service<Request<B>> for ExtAuthz
where
    B: Body + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
{
    type Response = Response<GrpcBody>;
    type Error = Infallible;
    type Future = GrpcFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> GrpcFuture {
        GrpcFuture { answer: self.server.call(request) }
    }
}

impl Future for GrpcFuture {
    type Output = Result<Response<GrpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx).map_ok(|response| response.map(|body| GrpcBody { body }))
    }
}

impl Body for GrpcBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for ExtAuthz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtAuthz").finish_non_exhaustive()
    }
}

impl fmt::Debug for GrpcFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcFuture").finish_non_exhaustive()
    }
}

//! The gRPC service.

use std::{
    convert::Infallible,
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::Verified;
use envoy_types::pb::envoy::service::auth::v3::CheckRequest;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{
    answer::{Metadata, allowed, denied},
    request::{BadRequest, original},
    wire::{self, GrpcBody, Unreadable},
};
use crate::{
    check::{ForwardAuth, Outcome},
    form::Form,
    recent::Recent,
    unavailable::{bad_request, time_out},
    within::within,
};

/// How long the message of a call may take to arrive. Envoy sends it at once.
const ARRIVAL: Duration = Duration::from_secs(10);

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
///
/// # Security
///
/// An answer to a check is never an error of gRPC, because Envoy lets the request in on an error if `failure_mode_allow` is on. A
/// message that cannot be read is denied with 400, and so is one of more than 1 MiB.
#[derive(Clone)]
pub struct ExtAuthz {
    checks: Arc<Checks>,
}

struct Checks {
    forward_auth: ForwardAuth,
    metadata: Metadata,
    /// The encoded answers to allowed requests without claims.
    recent: Recent<Bytes>,
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
        Self { checks: Arc::new(Checks { forward_auth, metadata, recent: Recent::new() }) }
    }
}

impl Checks {
    async fn answer(&self, body: impl Body) -> Response<GrpcBody> {
        let outcome = match within(ARRIVAL, pin!(wire::read(body))).await {
            Ok(Ok(message)) => self.decide(message).await,
            // What the original request is, is unknown here.
            Ok(Err(Unreadable)) => Outcome::Refused(bad_request(&Form::Json)),
            Err(_elapsed) => Outcome::Refused(self.forward_auth.undecided(time_out(&Form::Json))),
        };
        wire::answer(match outcome {
            Outcome::Allowed(verified) => self.allowed(verified.as_ref()),
            // Envoy refuses the request whatever the HTTP status of a denial is.
            Outcome::Refused(response) | Outcome::Late(response) => wire::encode(&denied(response)),
        })
    }

    fn allowed(&self, verified: Option<&Arc<Verified>>) -> Bytes {
        let make = || {
            let verified = verified.map(|verified| &**verified);
            wire::encode(&allowed(self.forward_auth.identity(verified), verified, self.metadata))
        };
        match verified {
            Some(verified) if self.metadata == Metadata::Empty && self.forward_auth.has_small_answers() => {
                self.recent.answer(verified, || {
                    let message = make();
                    let size = message.len();
                    (message, size)
                })
            }
            _ => make(),
        }
    }

    async fn decide(&self, message: CheckRequest) -> Outcome {
        match original(message) {
            Ok(parts) => self.forward_auth.decide(&parts).await,
            Err(BadRequest { form }) => Outcome::Refused(bad_request(&form)),
        }
    }
}

/// The future of [`ExtAuthz`].
pub struct GrpcFuture {
    answer: Pin<Box<dyn Future<Output = Response<GrpcBody>> + Send>>,
}

impl<B> Service<Request<B>> for ExtAuthz
where
    B: Body + Send + 'static,
{
    type Response = Response<GrpcBody>;
    type Error = Infallible;
    type Future = GrpcFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> GrpcFuture {
        if request.uri().path() != Self::PATH {
            return GrpcFuture { answer: Box::pin(std::future::ready(wire::unimplemented())) };
        }
        let checks = self.checks.clone();
        let answer = async move { checks.answer(request.into_body()).await };
        GrpcFuture { answer: Box::pin(answer) }
    }
}

impl Future for GrpcFuture {
    type Output = Result<Response<GrpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx).map(Ok)
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

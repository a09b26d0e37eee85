//! What an authorizer returns for a request.

use std::{error::Error, fmt, sync::Arc};

use bytes::Bytes;
use cognito_verify::Verified;
use http::Response;

use super::{
    refusal::Refusal,
    routing::{Row, RowRef},
};
use crate::routes::RouteKey;

/// A request that is let in: its verified token, and the route that decided.
#[derive(Clone)]
pub struct Authorized {
    pub(super) verified: Option<Arc<Verified>>,
    pub(super) row: Option<Row>,
}

impl Authorized {
    /// The verified token. `None` if the request needs no token: its route is open, or it is a CORS preflight that is let in, and
    /// nothing has checked a token that the request may contain; or a token is optional, and the request has none.
    #[must_use]
    pub fn verified(&self) -> Option<&Arc<Verified>> {
        self.verified.as_ref()
    }

    /// The row of the route table that let the request in. `None` without a route table, if
    /// [`unmatched`](crate::routes::RouteTableBuilder::unmatched) decided, and for a preflight let in by
    /// [`pass_cors_preflight`](crate::CognitoAuthBuilder::pass_cors_preflight).
    #[must_use]
    pub fn route(&self) -> Option<&RouteKey> {
        self.row.as_ref().map(Row::as_ref).and_then(RowRef::key)
    }
}

impl fmt::Debug for Authorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized")
            .field("verified", &self.verified)
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}

/// A request that is refused: why, and the response that the layer would give.
#[derive(Clone)]
pub struct Refused {
    pub(super) refusal: Refusal,
    /// On the heap, so that a `Result` with it stays small.
    pub(super) response: Box<Response<Bytes>>,
}

impl Refused {
    /// Why the request is refused.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// The response of the layer's [`Profile`](crate::Profile): status, headers and body, with the [`Refusal`] in its
    /// extensions.
    ///
    /// Its status is never 2xx, because a proxy takes such a status for permission. It differs from that of the layer in two cases:
    ///
    /// - The layer answers a gRPC call with 200, as gRPC requires, and the reason in `grpc-status`. Here the status is that of any
    ///   other request, such as 401, beside the same `grpc-status`. gRPC clients accept both.
    /// - A customised [gateway response](crate::gateway) may have a status of 2xx. Here it is 403.
    #[must_use]
    pub fn response(&self) -> &Response<Bytes> {
        &self.response
    }

    /// The same response, to send it.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        *self.response
    }
}

/// Without the headers and the body of the response: a gateway response can repeat parts of the request.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("refusal", &self.refusal)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl Error for Refused {}

//! What the layer leaves in a request for refusals by extractors, beside the verified token.

use http::{Request, Uri};

use crate::{
    authorizer::Engine,
    respond::Responder,
    routing::{Row, RowRef},
};

/// How an extractor words a refusal, if not as a layer with default settings does.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the extractors refuse behind the layer"))]
pub(crate) struct RefusalContext {
    pub(crate) responder: Responder,
    /// The request as the layer saw it, if gateway responses can show parts of it: a nested router cuts the path.
    pub(crate) original: Option<Original>,
}

/// The parts of a request that a router changes on the way to the handler.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the extractors refuse behind the layer"))]
pub(crate) struct Original {
    pub(crate) uri: Uri,
    pub(crate) row: Option<Row>,
}

impl RefusalContext {
    /// `None` if the extractors word their refusals in the same way without it.
    pub(crate) fn of<B>(engine: &Engine, request: &Request<B>, row: Option<RowRef<'_>>) -> Option<Self> {
        let responder = &engine.responder;
        if responder.is_default() {
            return None;
        }
        let has_gateway_responses = responder.gateway.is_some();
        let original = has_gateway_responses
            .then(|| Original { uri: request.uri().clone(), row: row.map(RowRef::to_row) });
        Some(Self { responder: responder.clone(), original })
    }
}

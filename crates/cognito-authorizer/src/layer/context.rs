//! What the layer leaves in a request: the verified token, and what the extractors need to refuse as the layer does.

use std::sync::Arc;

use cognito_verify::Verified;
use http::{Request, Uri};

use crate::{
    authorizer::{Engine, Row, RowRef},
    respond::Responder,
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
        let has_gateway_responses = responder.has_gateway_responses();
        let original = has_gateway_responses
            .then(|| Original { uri: request.uri().clone(), row: row.map(RowRef::to_row) });
        Some(Self { responder: responder.clone(), original })
    }
}

/// Why a request that the layer let in has no verified token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithoutToken {
    /// The route is open, or the request is a CORS preflight. No token was looked for.
    Open,
    /// A token is optional, and the client sent none.
    Anonymous,
}

/// Puts the verified token where the handler finds it, in place of what an outer layer put there.
pub(crate) fn insert_claims<B>(
    request: &mut Request<B>,
    verified: Arc<Verified>,
    context: Option<RefusalContext>,
) {
    let extensions = request.extensions_mut();
    // An outer layer left a verified token, or the reason why it has none, and perhaps a context with it.
    let had_claims = extensions.insert(verified).is_some();
    let was_without_token = extensions.remove::<WithoutToken>().is_some();
    match context {
        Some(context) => _ = extensions.insert(context),
        None if had_claims || was_without_token => _ = extensions.remove::<RefusalContext>(),
        None => {}
    }
}

/// Tells the handler that the client sent no token, in place of what an outer layer told it.
pub(crate) fn insert_anonymous<B>(request: &mut Request<B>, context: Option<RefusalContext>) {
    remove_claims(request);
    let extensions = request.extensions_mut();
    extensions.insert(WithoutToken::Anonymous);
    if let Some(context) = context {
        extensions.insert(context);
    }
}

/// Removes what an outer layer left for the extractors. Its claims may be from a user pool, or a token, that this layer would
/// refuse, and a handler on an open route must not take them for checked here.
pub(crate) fn remove_claims<B>(request: &mut Request<B>) {
    let extensions = request.extensions_mut();
    extensions.remove::<Arc<Verified>>();
    extensions.remove::<RefusalContext>();
    extensions.insert(WithoutToken::Open);
}

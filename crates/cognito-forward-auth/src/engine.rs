//! Asks the layer, as a service of its own.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_authorizer::{CognitoAuthLayer, Verified};
use http::{Request, Response, request::Parts};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{body::AnswerBody, check::Outcome};

/// Decides about the request.
pub(crate) async fn authorize(layer: &CognitoAuthLayer, original: Parts) -> Outcome {
    let mut service = layer.layer(Admit);
    let Ok(response) = service.call(Request::from_parts(original, ())).await;
    let (mut parts, mut body) = response.into_parts();
    if let Some(Admitted(verified)) = parts.extensions.remove::<Admitted>() {
        return Outcome::Allowed(verified);
    }
    let mut context = Context::from_waker(std::task::Waker::noop());
    // The body of a refusal is ready.
    let bytes = match Pin::new(&mut body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    };
    Outcome::Refused(Response::from_parts(parts, bytes))
}

#[derive(Clone)]
struct Admit;

#[derive(Clone)]
struct Admitted(Option<Arc<Verified>>);

impl Service<Request<()>> for Admit {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        let mut response = Response::new(AnswerBody::default());
        response.extensions_mut().insert(Admitted(request.extensions_mut().remove()));
        ready(Ok(response))
    }
}

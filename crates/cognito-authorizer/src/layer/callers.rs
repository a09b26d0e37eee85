//! What a layer tells logs outside it about callers.

use std::sync::Arc;

use super::CognitoAuthLayer;
use crate::authorizer::CallerFields;

impl CognitoAuthLayer {
    /// Records who called in the current [`tracing`] span: the app client, the token use and, on demand, the subject. The span must
    /// declare the fields, as in this `TraceLayer` of tower-http around the router:
    ///
    /// ```
    /// use axum::{Router, extract::{MatchedPath, Request}};
    /// use cognito_authorizer::{CognitoAuthLayer, identity::{CallerFields, SubjectField}};
    /// use tracing::{Span, field::Empty, info_span};
    ///
    /// /// For `TraceLayer::new_for_http().make_span_with(span)`.
    /// fn span(request: &Request) -> Span {
    ///     let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    ///     info_span!(
    ///         "request",
    ///         http.route = route,
    ///         cognito.client_id = Empty,
    ///         cognito.token_use = Empty,
    ///         cognito.subject = Empty
    ///     )
    /// }
    ///
    /// fn protect(router: Router, auth: CognitoAuthLayer) -> Router {
    ///     let fields = CallerFields::new().subject(SubjectField::Hashed);
    ///     router.layer(auth.log_callers(fields)) // and the `TraceLayer` around it
    /// }
    /// ```
    ///
    /// The fields are recorded as soon as the token is verified, so that they are also there for callers who are then refused
    /// because their token is not enough or was revoked. Nothing is recorded of a token that is not valid.
    ///
    /// [`CognitoAuthorizer`](crate::CognitoAuthorizer) records them too, in the span that is current where its future is polled.
    pub fn log_callers(mut self, fields: CallerFields) -> Self {
        Arc::make_mut(&mut self.engine).callers.fields = Some(fields);
        self
    }

    /// Puts the verified token of each request that is let in into the extensions of its *response*, as `Arc<Verified>`, so that an
    /// access log outside the layer can name the caller.
    ///
    /// ```
    /// use axum::{Router, extract::Request, middleware::{Next, from_fn}, response::Response};
    /// use cognito_authorizer::{CognitoAuthLayer, Verified};
    /// use std::sync::Arc;
    ///
    /// async fn access_log(request: Request, next: Next) -> Response {
    ///     let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    ///     let response = next.run(request).await;
    ///     let caller = response.extensions().get::<Arc<Verified>>();
    ///     let client = caller.map_or("-", |caller| caller.client_id());
    ///     println!("{method} {path} {} {client}", response.status().as_u16());
    ///     response
    /// }
    ///
    /// fn serve(router: Router, auth: CognitoAuthLayer) -> Router {
    ///     router.layer(auth.callers_in_responses()).layer(from_fn(access_log))
    /// }
    /// ```
    ///
    /// Where several layers do so, the token is that of the layer nearest to the handler. Responses of refused requests contain
    /// the [`Refusal`](crate::Refusal) instead; where an extractor refuses, they contain both.
    ///
    /// *Security*: the claims are then available to every layer outside this one. They are not sent to the client.
    pub fn callers_in_responses(mut self) -> Self {
        Arc::make_mut(&mut self.engine).callers.in_responses = true;
        self
    }
}

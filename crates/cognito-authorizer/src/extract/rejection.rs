//! The response of an extractor that refuses, and the checks that extractors share.

use std::{fmt, sync::Arc};

use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cognito_verify::{Rejected, Requirement, TokenUse, Verified};
use http::{Response as HttpResponse, request::Parts};

use crate::{
    authorizer::{IdentityError, Refusal, RequestHead, Row, RowRef, refused_inside},
    clock::{Clock, SystemClock},
    layer::{RefusalContext, WithoutToken},
    respond::Responder,
};

/// The response of an extractor that refuses.
#[derive(Debug)]
pub struct Rejection {
    refusal: Refusal,
    response: Box<HttpResponse<Bytes>>,
}

impl Rejection {
    /// Why.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// Checks a requirement that is known only at run time, such as the scope of the tool that a request calls, and refuses as the
    /// layer does. Handlers whose requirement is known beforehand take an extractor such as [`RequireScope`](crate::RequireScope).
    ///
    /// [`signed_in_within`](crate::requirement::signed_in_within) is checked by the clock of the system.
    ///
    /// ```
    /// use axum::{extract::Request, middleware::Next, response::Response};
    /// use cognito_authorizer::{Rejection, scope};
    ///
    /// /// A middleware inside the layer: deleting needs another scope.
    /// async fn check_query(request: Request, next: Next) -> Result<Response, Rejection> {
    ///     let (parts, body) = request.into_parts();
    ///     if parts.uri.query().is_some_and(|query| query.contains("delete")) {
    ///         Rejection::check(&scope("orders/delete"), &parts)?;
    ///     }
    ///     Ok(next.run(Request::from_parts(parts, body)).await)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the token does not meet the requirement, or the request did not pass the layer.
    pub fn check(requirement: &Requirement, parts: &Parts) -> Result<Arc<Verified>, Self> {
        let verified = verified(parts, "Rejection::check", || requirement.clone())?;
        match requirement.check_at(&verified, SystemClock::default().now()) {
            Ok(()) => Ok(verified),
            Err(denied) => Err(Self::new(denied, requirement, parts)),
        }
    }

    pub(super) fn new(refusal: impl Into<Refusal>, requirement: &Requirement, parts: &Parts) -> Self {
        let refusal = refusal.into();
        refused_inside(&refusal, requirement);
        let context = parts.extensions.get::<RefusalContext>();
        let original = context.and_then(|context| context.original.as_ref());
        let mut request = RequestHead::from(parts);
        request.uri = original.map_or(request.uri, |original| &original.uri);
        let route =
            original.and_then(|original| original.row.as_ref()).map(Row::as_ref).and_then(RowRef::key);
        let standard = Responder::default();
        let responder = context.map_or(&standard, |context| &context.responder);
        let response = Box::new(responder.respond(refusal.clone(), &requirement.scopes(), request, route));
        Self { refusal, response }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl std::error::Error for Rejection {}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.response.map(Body::from)
    }
}

/// The token that the layer verified, for an extractor that requires this.
pub(super) fn verified(
    parts: &Parts,
    extractor: &'static str,
    requirement: impl FnOnce() -> Requirement,
) -> Result<Arc<Verified>, Rejection> {
    if let Some(verified) = parts.extensions.get::<Arc<Verified>>() {
        return Ok(verified.clone());
    }
    Err(match parts.extensions.get() {
        Some(WithoutToken::Anonymous) => Rejection::new(IdentityError::Missing, &requirement(), parts),
        Some(WithoutToken::Open) | None => {
            Rejection::new(Refusal::NoLayer { extractor }, &Requirement::nothing(), parts)
        }
    })
}

/// The token that the layer verified; `None` if the layer let the request in without one.
pub(super) fn verified_if_any(
    parts: &Parts,
    extractor: &'static str,
) -> Result<Option<Arc<Verified>>, Rejection> {
    if let Some(verified) = parts.extensions.get::<Arc<Verified>>() {
        return Ok(Some(verified.clone()));
    }
    match parts.extensions.get::<WithoutToken>() {
        Some(_) => Ok(None),
        None => Err(Rejection::new(Refusal::NoLayer { extractor }, &Requirement::nothing(), parts)),
    }
}

pub(super) fn check(requirement: &Requirement, verified: &Verified, parts: &Parts) -> Result<(), Rejection> {
    requirement.check(verified).map_err(|denied| Rejection::new(denied, requirement, parts))
}

pub(super) fn check_use(required: TokenUse, verified: &Verified, parts: &Parts) -> Result<(), Rejection> {
    let found = verified.token_use();
    if found == required {
        return Ok(());
    }
    let wrong_use = Rejected::Use { expected: required.into(), found };
    Err(Rejection::new(wrong_use, &Requirement::nothing(), parts))
}

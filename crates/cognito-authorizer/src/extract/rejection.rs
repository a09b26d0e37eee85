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

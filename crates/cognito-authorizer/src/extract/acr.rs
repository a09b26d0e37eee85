//! The extractor that requires an authentication level.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use axum_core::extract::FromRequestParts;
use cognito_verify::{Verified, acr_at_least};
use http::request::Parts;

use super::{
    levels::RequiredAcr,
    rejection::{Rejection, check, verified},
};

/// The caller, who authenticated at the level `A` or above: the claim `acr`.
///
/// ```
/// use cognito_authorizer::{RequireAcr, acr_levels};
///
/// acr_levels! { pub Strong = "urn:cognito:loa:3"; }
///
/// async fn pay(caller: RequireAcr<Strong>) -> String {
///     format!("{} pays", caller.subject())
/// }
/// ```
///
/// Below the level, the response is 401 with the challenge of RFC 9470: `error="insufficient_user_authentication"` and the sufficient
/// levels as `acr_values`. The client then has the user sign in again, with `acr_values` in the authorization request.
///
/// It needs the token that the layer verified, as [`RequireScope`](crate::RequireScope) does.
pub struct RequireAcr<A: RequiredAcr> {
    verified: Arc<Verified>,
    level: PhantomData<A>,
}

impl<S: Send + Sync, A: RequiredAcr> FromRequestParts<S> for RequireAcr<A> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let requirement = || acr_at_least(A::AT_LEAST, A::LEVELS.iter().copied());
        let verified = verified(parts, "RequireAcr", requirement)?;
        check(&requirement(), &verified, parts)?;
        Ok(Self { verified, level: PhantomData })
    }
}

impl<A: RequiredAcr> Deref for RequireAcr<A> {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.verified
    }
}

impl<A: RequiredAcr> From<RequireAcr<A>> for Arc<Verified> {
    fn from(caller: RequireAcr<A>) -> Self {
        caller.verified
    }
}

impl<A: RequiredAcr> Clone for RequireAcr<A> {
    fn clone(&self) -> Self {
        Self { verified: self.verified.clone(), level: PhantomData }
    }
}

impl<A: RequiredAcr> fmt::Debug for RequireAcr<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireAcr").field(&A::AT_LEAST).field(&self.verified).finish()
    }
}

//! The extractors of the caller, which state in a handler's signature what it requires.
//!
//! All of them read `Arc<Verified>` from the request's extensions and leave it there, so that they compose.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use cognito_verify::{Requirement, TokenUse, Verified, any_group, any_scope};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{
    markers::{RequiredGroups, RequiredScopes},
    rejection::{Rejection, check, check_use, verified, verified_if_any},
};

/// The caller, whose token has one of the scopes `S`.
///
/// ```
/// use cognito_authorizer::{RequireScope, scopes};
///
/// scopes! { pub ReadOrders = "orders/read"; }
///
/// async fn orders(caller: RequireScope<ReadOrders>) -> String {
///     format!("the orders of {}", caller.subject())
/// }
/// ```
///
/// Without the scope, the response is 403 with `insufficient_scope`. `Option<RequireScope<_>>` does not compile, because it would
/// let in callers without the scope. To serve callers with and without it, take `Option<AccessClaims>` and check
/// [`caller.scopes()`](Verified::scopes).
///
/// ```compile_fail
/// # use axum::{Router, routing::get};
/// # use cognito_authorizer::{RequireScope, scopes};
/// # scopes! { pub ReadOrders = "orders/read"; }
/// async fn orders(caller: Option<RequireScope<ReadOrders>>) {}
/// let app: Router = Router::new().route("/orders", get(orders));
/// ```
///
/// It needs the token that the layer verified. On a route without a [`CognitoAuthLayer`](crate::CognitoAuthLayer) the response is
/// 500, and the log says which line to add. Where a token is optional, a request without one gets 401.
pub struct RequireScope<S: RequiredScopes> {
    verified: Arc<Verified>,
    scopes: PhantomData<S>,
}

/// The caller, who is in one of the groups `G`; otherwise like [`RequireScope`].
pub struct RequireGroup<G: RequiredGroups> {
    verified: Arc<Verified>,
    groups: PhantomData<G>,
}

/// The caller, who sent an access token; with an ID token the response is 401.
///
/// `Option<AccessClaims>` is for routes where a token is optional, by [`allow_anonymous`](crate::CognitoAuthLayer::allow_anonymous) or
/// [`optional`](crate::routes::RouteTableBuilder::optional). It is `None` for a request without a token, and the layer refuses one
/// with a bad token. It is also `None` with an ID token, and on routes that the route table opens, where tokens are ignored. On a
/// route without a layer, the response is 500.
///
/// ```
/// use cognito_authorizer::AccessClaims;
///
/// async fn feed(caller: Option<AccessClaims>) -> String {
///     match caller {
///         Some(caller) => format!("the feed of {}", caller.subject()),
///         None => "the public feed".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AccessClaims {
    verified: Arc<Verified>,
}

/// The caller, who sent an ID token; with an access token the response is 401. The layer accepts ID tokens only if
/// [`accept`](crate::CognitoAuthLayer::accept) allows them.
///
/// `Option<IdClaims>` is `None` where there is no ID token, as [`Option<AccessClaims>`](AccessClaims) is where there is no access
/// token.
#[derive(Clone, Debug)]
pub struct IdClaims {
    verified: Arc<Verified>,
}

/// The token's claims, deserialized into `T`.
///
/// ```
/// use cognito_authorizer::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     #[serde(rename = "custom:tenant")]
///     tenant: String,
/// }
///
/// async fn orders(Claims(Tenant { tenant }): Claims<Tenant>) -> String {
///     format!("the orders of {tenant}")
/// }
/// ```
///
/// If the claims do not deserialize into `T`, the response is 403. `Option<Claims<T>>` is `None` for a request without a
/// token, as [`Option<AccessClaims>`](AccessClaims) is; claims that do not deserialize are refused there too.
#[derive(Clone)]
pub struct Claims<T>(
    /// The claims.
    pub T,
);

/// `T` is not shown: claims do not belong in a log.
impl<T> fmt::Debug for Claims<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({} withheld)", std::any::type_name::<T>())
    }
}

impl<A: Send + Sync, S: RequiredScopes> FromRequestParts<A> for RequireScope<S> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Rejection> {
        let verified = verified(parts, "RequireScope", || any_scope(S::ANY_OF.iter().copied()))?;
        let granted = verified.scopes();
        if !S::ANY_OF.iter().any(|scope| granted.contains(scope)) {
            check(&any_scope(S::ANY_OF.iter().copied()), &verified, parts)?;
        }
        Ok(Self { verified, scopes: PhantomData })
    }
}

/// Not implemented by any type: the implementations for `Option` below exist only for this diagnostic.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` would let in callers who do not meet the requirement",
    label = "a requirement cannot be optional",
    note = "take `{Self}` without `Option`; where callers with and without the permission are served, take \
            `Option<AccessClaims>` and check `caller.scopes()` or `caller.is_in_group(…)`"
)]
trait MayBeUnmet {}

#[doc(hidden)]
impl<A: Send + Sync, S: RequiredScopes> OptionalFromRequestParts<A> for RequireScope<S>
where
    Self: MayBeUnmet,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Option<Self>, Rejection> {
        <Self as FromRequestParts<A>>::from_request_parts(parts, state).await.map(Some)
    }
}

#[doc(hidden)]
impl<A: Send + Sync, G: RequiredGroups> OptionalFromRequestParts<A> for RequireGroup<G>
where
    Self: MayBeUnmet,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Option<Self>, Rejection> {
        <Self as FromRequestParts<A>>::from_request_parts(parts, state).await.map(Some)
    }
}

impl<A: Send + Sync, G: RequiredGroups> FromRequestParts<A> for RequireGroup<G> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Rejection> {
        let verified = verified(parts, "RequireGroup", || any_group(G::ANY_OF.iter().copied()))?;
        if !G::ANY_OF.iter().any(|group| verified.is_in_group(group)) {
            check(&any_group(G::ANY_OF.iter().copied()), &verified, parts)?;
        }
        Ok(Self { verified, groups: PhantomData })
    }
}

impl<A: Send + Sync, T: DeserializeOwned> FromRequestParts<A> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Rejection> {
        let verified = verified(parts, "Claims", Requirement::nothing)?;
        verified.claims().map(Self).map_err(|error| Rejection::new(error, &Requirement::nothing(), parts))
    }
}

impl<A: Send + Sync, T: DeserializeOwned> OptionalFromRequestParts<A> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &A) -> Result<Option<Self>, Rejection> {
        match verified_if_any(parts, "Option<Claims>")? {
            Some(_) => <Self as FromRequestParts<A>>::from_request_parts(parts, state).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The two extractors that require only a token use.
macro_rules! claims_for_use {
    ($name:ident, $token_use:expr) => {
        impl<A: Send + Sync> FromRequestParts<A> for $name {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Self, Rejection> {
                let verified = verified(parts, stringify!($name), Requirement::nothing)?;
                check_use($token_use, &verified, parts)?;
                Ok(Self { verified })
            }
        }

        impl<A: Send + Sync> OptionalFromRequestParts<A> for $name {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &A) -> Result<Option<Self>, Rejection> {
                let verified = verified_if_any(parts, concat!("Option<", stringify!($name), ">"))?;
                let verified = verified.filter(|verified| verified.token_use() == $token_use);
                Ok(verified.map(|verified| Self { verified }))
            }
        }
    };
}

claims_for_use!(AccessClaims, TokenUse::Access);
claims_for_use!(IdClaims, TokenUse::Id);

/// Access to the verified token, for all extractors of the caller.
macro_rules! caller {
    ($(impl<$($parameter:ident: $bound:path)?> $name:ty;)*) => {$(
        impl<$($parameter: $bound)?> Deref for $name {
            type Target = Verified;

            fn deref(&self) -> &Verified {
                &self.verified
            }
        }

        impl<$($parameter: $bound)?> From<$name> for Arc<Verified> {
            fn from(caller: $name) -> Self {
                caller.verified
            }
        }
    )*};
}

caller! {
    impl<S: RequiredScopes> RequireScope<S>;
    impl<G: RequiredGroups> RequireGroup<G>;
    impl<> AccessClaims;
    impl<> IdClaims;
}

impl<S: RequiredScopes> Clone for RequireScope<S> {
    fn clone(&self) -> Self {
        Self { verified: self.verified.clone(), scopes: PhantomData }
    }
}

impl<G: RequiredGroups> Clone for RequireGroup<G> {
    fn clone(&self) -> Self {
        Self { verified: self.verified.clone(), groups: PhantomData }
    }
}

impl<S: RequiredScopes> fmt::Debug for RequireScope<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireScope").field(&S::ANY_OF).field(&self.verified).finish()
    }
}

impl<G: RequiredGroups> fmt::Debug for RequireGroup<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireGroup").field(&G::ANY_OF).field(&self.verified).finish()
    }
}

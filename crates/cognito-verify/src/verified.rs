//! The claims of a verified token: the registered ones, and all others on request.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    keys::SigningKey, pool::Pool, pool_id::UserPoolId, scope::ScopeSet, time::UnixTime, token::SignedPayload,
    token_use::TokenUse,
};

/// The claims of a token that was verified. Only [`Verifier::verify`](crate::Verifier::verify) makes one.
///
/// `Debug` prints the expiry and the user pool, but no other claims.
#[derive(Clone)]
pub struct Verified {
    /// The signed bytes. The texts among the facts point into them.
    payload: SignedPayload,
    pool: Arc<Pool>,
    /// The key that signed it.
    key: Arc<SigningKey>,
    facts: Facts,
}

/// What the registered claims say.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) token_use: TokenUse,
    pub(crate) issuer: ClaimText,
    pub(crate) subject: ClaimText,
    pub(crate) client_id: ClaimText,
    pub(crate) username: Option<ClaimText>,
    pub(crate) scope: Option<ClaimText>,
    pub(crate) groups: Vec<ClaimText>,
    pub(crate) token_id: Option<ClaimText>,
    pub(crate) origin_token_id: Option<ClaimText>,
    pub(crate) actor: Option<ClaimText>,
    pub(crate) acr: Option<ClaimText>,
    pub(crate) times: Times,
}

/// When a token is valid.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) expiry: UnixTime,
    pub(crate) issued_at: UnixTime,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) authenticated_at: Option<UnixTime>,
}

impl Verified {
    /// The caller, the verifier, has proved that `key` of `pool` signed `payload`.
    pub(crate) fn new(payload: SignedPayload, pool: Arc<Pool>, key: Arc<SigningKey>, facts: Facts) -> Self {
        Self { payload, pool, key, facts }
    }

    /// The first two segments of the token, as they were sent.
    pub(crate) fn segments(&self) -> &[u8] {
        self.payload.segments()
    }

    pub(crate) fn key(&self) -> &Arc<SigningKey> {
        &self.key
    }

    pub(crate) fn times(&self) -> Times {
        self.facts.times
    }

    /// What the token is for.
    #[must_use]
    pub fn token_use(&self) -> TokenUse {
        self.facts.token_use
    }

    /// The subject of the token: `sub`. For a machine's access token without `sub` (AWS documents it for users only), the app
    /// client.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.facts.subject.of(self.payload.json())
    }

    /// The app client that the token was issued to: `client_id` of an access token, `aud` of an ID token.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.facts.client_id.of(self.payload.json())
    }

    /// The user's name: `username` of an access token, `cognito:username` of an ID token. `None` for machines.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.optional(self.facts.username.as_ref())
    }

    /// The scopes of an access token; an ID token has none.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet<'_> {
        ScopeSet::new(self.optional(self.facts.scope.as_ref()).unwrap_or_default())
    }

    /// The user's groups, `cognito:groups`; the most important first, as Cognito orders them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.facts.groups.iter().map(|group| group.of(self.payload.json()))
    }

    /// Whether the user is in this group. Names are compared exactly.
    #[must_use]
    pub fn is_in_group(&self, name: &str) -> bool {
        self.groups().any(|group| group == name)
    }

    /// The token's own id: `jti`.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.optional(self.facts.token_id.as_ref())
    }

    /// The id that all tokens of one sign-in share, and that revokes them: `origin_jti`. Tokens of machines have none.
    #[must_use]
    pub fn origin_token_id(&self) -> Option<&str> {
        self.optional(self.facts.origin_token_id.as_ref())
    }

    /// Who acts for the subject: `sub` of the claim `act` (RFC 8693 §4.1), if the token was delegated by token exchange. `None` if
    /// the subject acts alone.
    ///
    /// Actors before this one, which are within `act`, do not count for access control (RFC 8693 §4.1); read them with
    /// [`claims`](Self::claims) if you log them.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.optional(self.facts.actor.as_ref())
    }

    /// How strongly the user authenticated: the level `acr`, such as `urn:cognito:loa:3`. `None` for tokens without it, such as
    /// those of machines.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.optional(self.facts.acr.as_ref())
    }

    /// By which methods the user authenticated: `amr` (RFC 8176), such as `pwd`, `otp` and `mfa`. Empty for tokens without it, and
    /// if it is anything but a list of strings. It is read from the claims on each call.
    ///
    /// To require a strong sign-in, use the level, [`acr`](Self::acr): which methods are strong changes, and the pool decides it.
    #[must_use]
    pub fn amr(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Methods {
            amr: Vec<String>,
        }

        self.claims().map(|Methods { amr }| amr).unwrap_or_default()
    }

    /// The moment from which the token is no longer accepted: `exp`.
    #[must_use]
    pub fn expiry(&self) -> UnixTime {
        self.facts.times.expiry
    }

    /// When the token was issued: `iat`.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.facts.times.issued_at
    }

    /// When the user signed in: `auth_time`. It stays the same when tokens are refreshed.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<UnixTime> {
        self.facts.times.authenticated_at
    }

    /// The issuer, `iss`: exactly that of the pool, or one of several if the pool is configured with both of AWS's forms or with
    /// replicas.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.facts.issuer.of(self.payload.json())
    }

    /// The pool that the token was verified for, with its settings.
    pub(crate) fn settings(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Whether the token was verified for this pool, with the same settings.
    pub(crate) fn is_of(&self, pool: &Arc<Pool>) -> bool {
        Arc::ptr_eq(&self.pool, pool) || self.pool == *pool
    }

    /// The user pool that signed the token.
    #[must_use]
    pub fn pool(&self) -> &UserPoolId {
        self.pool.id()
    }

    /// The claims, deserialized into `T` from the bytes that were signed.
    ///
    /// ```
    /// # fn example(verified: &cognito_verify::Verified) -> Result<(), cognito_verify::ClaimsError> {
    /// #[derive(serde::Deserialize)]
    /// struct Tenant<'t> {
    ///     #[serde(rename = "custom:tenant")]
    ///     tenant: &'t str,
    /// }
    ///
    /// let Tenant { tenant } = verified.claims()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If the claims do not fit `T`. The error does not repeat them.
    pub fn claims<'v, T: Deserialize<'v>>(&'v self) -> Result<T, ClaimsError> {
        serde_json::from_str(self.payload.json())
            .map_err(|error| ClaimsError { expected: std::any::type_name::<T>(), column: error.column() })
    }

    /// Whether the token has the claim, with this string as its value if one is given.
    pub(crate) fn has_claim(&self, name: &str, value: Option<&str>) -> bool {
        let Ok(claims) = self.claims::<BTreeMap<Cow<'_, str>, &RawValue>>() else { return false };
        let Some(found) = claims.get(name).map(|found| found.get()) else { return false };
        match value {
            None => found != "null",
            Some(value) => serde_json::from_str::<Cow<'_, str>>(found).is_ok_and(|found| found == value),
        }
    }

    fn optional<'v>(&'v self, text: Option<&'v ClaimText>) -> Option<&'v str> {
        text.map(|text| text.of(self.payload.json()))
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("pool", self.pool.id())
            .field("token_use", &self.facts.token_use)
            .field("expiry", &self.facts.times.expiry)
            .finish_non_exhaustive()
    }
}

/// The claims of a verified token do not deserialize into the requested type. Contains the position, but no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims do not fit `{expected}` (at byte {column} of the payload)")]
#[non_exhaustive]
pub struct ClaimsError {
    /// The requested type.
    pub expected: &'static str,
    /// The column of the payload at which reading stopped, from 1; 0 if unknown.
    pub column: usize,
}

/// A string of the payload: where it is, or a copy if it was written with escapes.
#[derive(Clone)]
pub(crate) enum ClaimText {
    Range { start: u32, end: u32 },
    Copy(Box<str>),
}

impl ClaimText {
    pub(crate) fn new(payload: &str, text: &str) -> Self {
        // It is a part of the payload if it lies within the payload's memory. The subtraction wraps for text before it.
        let start = text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr());
        let end = start.saturating_add(text.len());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(to)) if end <= payload.len() => Self::Range { start, end: to },
            _ => Self::Copy(text.into()),
        }
    }

    pub(crate) fn of<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::Range { start, end } => payload.get(*start as usize..*end as usize).unwrap_or_default(),
            Self::Copy(text) => text,
        }
    }
}

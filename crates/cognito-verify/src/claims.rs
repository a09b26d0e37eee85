//! What a pool says in a token: the registered claims, and all others on request.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Range, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{OneOrMany, Text, object, present},
    keys::SigningKey,
    pool::Pool,
    pool_id::UserPoolId,
    rejected::Rejected,
    scope::ScopeSet,
    time::UnixTime,
    token::SignedPayload,
};

/// What a token is for: the claim `token_use`, which every Cognito token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenUse {
    /// To call APIs: carries scopes and `client_id`.
    Access,
    /// To know who signed in: carries the user's attributes, and the app client as `aud`.
    Id,
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Id => "ID token",
        })
    }
}

/// The claims of a token that was verified. Only [`Verifier::verify`](crate::Verifier::verify) makes one.
///
/// `Debug` shows when the token expires and whose pool it is from, and none of its claims.
#[derive(Clone)]
pub struct Verified {
    /// The signed bytes. The pieces among the facts point into them.
    payload: SignedPayload,
    pool: Arc<Pool>,
    /// The key that signed it.
    key: Arc<SigningKey>,
    facts: Facts,
}

/// What the registered claims say.
#[derive(Clone)]
pub(crate) struct Facts {
    token_use: TokenUse,
    issuer: Piece,
    subject: Piece,
    client_id: Piece,
    username: Option<Piece>,
    pub(crate) scope: Option<Piece>,
    groups: Vec<Piece>,
    token_id: Option<Piece>,
    origin_token_id: Option<Piece>,
    pub(crate) times: Times,
}

/// When a token holds.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) expiry: UnixTime,
    pub(crate) issued_at: UnixTime,
    pub(crate) not_before: Option<UnixTime>,
    authenticated_at: Option<UnixTime>,
}

impl Verified {
    /// The proof that `payload` was signed by `key` of `pool` lies with the caller, the verifier.
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

    /// Who the token speaks for: `sub`. A machine's access token that has none (AWS documents `sub` for users
    /// only) speaks for its app client.
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

    /// Whether the user is in this group; compared to the letter.
    #[must_use]
    pub fn is_in_group(&self, name: &str) -> bool {
        self.groups().any(|group| group == name)
    }

    /// The token's own id: `jti`.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.optional(self.facts.token_id.as_ref())
    }

    /// The id shared by all tokens of one sign-in, by which they are revoked: `origin_jti`. Machines have none.
    #[must_use]
    pub fn origin_token_id(&self) -> Option<&str> {
        self.optional(self.facts.origin_token_id.as_ref())
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

    /// The issuer, `iss`: the pool's, to the letter; one of two where the pool is configured with both of AWS's forms.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.facts.issuer.of(self.payload.json())
    }

    /// The user pool that signed the token.
    #[must_use]
    pub fn pool(&self) -> &UserPoolId {
        self.pool.id()
    }

    /// Every claim as `T` reads it, from the very bytes that were signed.
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

    fn optional<'v>(&'v self, piece: Option<&'v Piece>) -> Option<&'v str> {
        piece.map(|piece| piece.of(self.payload.json()))
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
    /// The type asked for.
    pub expected: &'static str,
    /// The column of the payload at which reading stopped, from 1; 0 if unknown.
    pub column: usize,
}

/// The claims that decide, borrowed from the payload as far as JSON's escapes allow.
///
/// Each may stand once and has one JSON type; what a pre-token-generation trigger adds beside them is not looked at
/// before somebody asks for it.
#[derive(Deserialize)]
pub(crate) struct Registered<'p> {
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) iss: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    sub: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) aud: Option<OneOrMany<'p>>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<UnixTime>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<UnixTime>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<UnixTime>,
    #[serde(default, deserialize_with = "present")]
    auth_time: Option<UnixTime>,
    #[serde(borrow, default, deserialize_with = "present")]
    jti: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    origin_jti: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    token_use: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) client_id: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    scope: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    username: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present", rename = "cognito:username")]
    cognito_username: Option<Text<'p>>,
    #[serde(borrow, default, deserialize_with = "present", rename = "cognito:groups")]
    groups: Option<Vec<Text<'p>>>,
}

impl<'p> Registered<'p> {
    pub(crate) fn parse(payload: &'p str) -> Result<Self, Rejected> {
        object(payload).ok_or(Rejected::Claims)
    }

    pub(crate) fn token_use(&self) -> Result<TokenUse, Rejected> {
        match self.token_use.as_ref().map(|text| &*text.0) {
            Some("access") => Ok(TokenUse::Access),
            Some("id") => Ok(TokenUse::Id),
            Some(_) => Err(Rejected::UnknownUse),
            None => Err(Rejected::Missing { claim: "token_use" }),
        }
    }

    pub(crate) fn times(&self) -> Result<Times, Rejected> {
        Ok(Times {
            expiry: self.exp.ok_or(Rejected::Missing { claim: "exp" })?,
            issued_at: self.iat.ok_or(Rejected::Missing { claim: "iat" })?,
            not_before: self.nbf,
            authenticated_at: self.auth_time,
        })
    }

    /// The scopes by the rules of a JWT authorizer: `scp` before `scope`. The one is no claim of user pools, where a
    /// trigger may use the name for anything, so it is read only here.
    pub(crate) fn scope_by_jwt_rules(&self, payload: &str) -> Result<Option<Piece>, Rejected> {
        #[derive(Deserialize)]
        struct Scp<'p> {
            #[serde(borrow, default, deserialize_with = "present")]
            scp: Option<OneOrMany<'p>>,
        }
        let found: Scp<'_> = object(payload).ok_or(Rejected::Claims)?;
        Ok(match found.scp {
            None => self.scope.as_ref().map(|scope| Piece::new(payload, &scope.0)),
            Some(OneOrMany::One(scopes)) => Some(Piece::new(payload, &scopes.0)),
            // A value with a space in it is no scope, and must not become two.
            Some(scopes @ OneOrMany::Many(_)) => {
                let scopes: Vec<&str> = scopes.iter().filter(|scope| !scope.contains(' ')).collect();
                Some(Piece::Own(scopes.join(" ").into()))
            }
        })
    }

    /// Where in the payload everything stands, once issuer, times, use and client are known to be right.
    pub(crate) fn locate(
        &self,
        payload: &str,
        times: Times,
        token_use: TokenUse,
        issuer: &str,
        client: &str,
    ) -> Result<Facts, Rejected> {
        let client_id = Piece::new(payload, client);
        let piece = |text: &Text<'_>| Piece::new(payload, &text.0);
        let subject = match (&self.sub, token_use) {
            (Some(sub), _) => piece(sub),
            (None, TokenUse::Access) => client_id.clone(),
            (None, TokenUse::Id) => return Err(Rejected::Missing { claim: "sub" }),
        };
        let (username, scope) = match token_use {
            TokenUse::Access => (&self.username, &self.scope),
            TokenUse::Id => (&self.cognito_username, &None),
        };
        Ok(Facts {
            token_use,
            issuer: Piece::new(payload, issuer),
            subject,
            client_id,
            username: username.as_ref().map(piece),
            scope: scope.as_ref().map(piece),
            groups: self.groups.iter().flatten().map(piece).collect(),
            token_id: self.jti.as_ref().map(piece),
            origin_token_id: self.origin_jti.as_ref().map(piece),
            times,
        })
    }
}

/// A string of the payload: where it stands, or its own copy if it was written with escapes.
#[derive(Clone)]
pub(crate) enum Piece {
    There(Range<usize>),
    Own(Box<str>),
}

impl Piece {
    fn new(payload: &str, text: &str) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(payload.as_ptr() as usize);
        let there = start..start.wrapping_add(text.len());
        // Whether it points into the payload is seen by looking there: the same text at the same place.
        match payload.get(there.clone()) {
            Some(same) if std::ptr::eq(same, text) => Self::There(there),
            _ => Self::Own(text.into()),
        }
    }

    fn of<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::There(range) => payload.get(range.clone()).unwrap_or_default(),
            Self::Own(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn a_string_without_escapes_is_not_copied() {
        let payload = r#"{"sub":"plain","iss":"with\u0020escape","aud":["a","\u0062"]}"#;
        let claims = Registered::parse(payload).unwrap();
        let sub = claims.sub.unwrap();
        assert!(matches!(sub.0, Cow::Borrowed(_)));
        assert!(matches!(Piece::new(payload, &sub.0), Piece::There(ref range) if *range == (8..13)));
        let iss = claims.iss.unwrap();
        let piece = Piece::new(payload, &iss.0);
        assert!(matches!(piece, Piece::Own(_)));
        assert_eq!(piece.of(payload), "with escape");
        assert_eq!(claims.aud.unwrap().iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_registered_claim_has_one_type_and_stands_once() {
        for claim in [
            "iss",
            "sub",
            "jti",
            "origin_jti",
            "token_use",
            "client_id",
            "scope",
            "username",
            "cognito:username",
        ] {
            assert!(Registered::parse(&format!(r#"{{"{claim}":"x"}}"#)).is_ok(), "{claim}");
            for bad in ["1", "null", "true", "[]", r#"["x"]"#, "{}"] {
                assert!(Registered::parse(&format!(r#"{{"{claim}":{bad}}}"#)).is_err(), "{claim}: {bad}");
            }
        }
        for claim in ["exp", "nbf", "iat", "auth_time"] {
            for bad in [r#""1""#, "null", "true", "[1]", "{}", "1e999"] {
                assert!(Registered::parse(&format!(r#"{{"{claim}":{bad}}}"#)).is_err(), "{claim}: {bad}");
            }
        }
        for bad in [
            r#"{"aud":1}"#,
            r#"{"aud":[1]}"#,
            r#"{"aud":null}"#,
            r#"{"cognito:groups":"a"}"#,
            r#"{"cognito:groups":[1]}"#,
            r#"{"cognito:groups":null}"#,
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"exp":1,"\u0065xp":2}"#,
            r#"{"cognito:groups":[],"cognito:groups":[]}"#,
            "[]",
            "7",
            "",
            "{} {}",
            r#""{}""#,
        ] {
            assert!(Registered::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_claims_may_be_anything() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for other in ["null", "[1,[2]]", r#"{"a":{"b":[]}}"#, "1e99", "\"\\ud83d\\ude00\"", &deep] {
            assert!(Registered::parse(&format!(r#"{{"custom:x":{other},"sub":"a"}}"#)).is_ok(), "{other}");
        }
    }
}

//! The registered claims of a payload, read strictly.

use serde::Deserialize;

use crate::{
    json::{OneOrMany, Text, object, present},
    rejected::Rejected,
    time::UnixTime,
    token_use::TokenUse,
    verified::{ClaimText, Facts, Times},
};

/// The registered claims, borrowed from the payload unless JSON escapes require a copy.
///
/// Each occurs at most once and has one JSON type. Other claims, such as those that a pre-token-generation trigger adds, are not
/// read here.
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

    /// The scopes by the rules of a JWT authorizer: `scp` before `scope`. User pools do not issue `scp`, and a trigger may use the
    /// name for anything, so it is read only here.
    pub(crate) fn scope_by_jwt_rules(&self, payload: &str) -> Result<Option<ClaimText>, Rejected> {
        #[derive(Deserialize)]
        struct Scp<'p> {
            #[serde(borrow, default, deserialize_with = "present")]
            scp: Option<OneOrMany<'p>>,
        }
        let found: Scp<'_> = object(payload).ok_or(Rejected::Claims)?;
        Ok(match found.scp {
            None => self.scope.as_ref().map(|scope| ClaimText::new(payload, &scope.0)),
            Some(OneOrMany::One(scopes)) => Some(ClaimText::new(payload, &scopes.0)),
            // A value with a space is not a scope, and must not become two.
            Some(scopes @ OneOrMany::Many(_)) => {
                let scopes: Vec<&str> = scopes.iter().filter(|scope| !scope.contains(' ')).collect();
                Some(ClaimText::Copy(scopes.join(" ").into()))
            }
        })
    }

    /// Locates the claims in the payload, once issuer, times, use and client are checked.
    pub(crate) fn locate(
        &self,
        payload: &str,
        times: Times,
        token_use: TokenUse,
        issuer: &str,
        client: &str,
    ) -> Result<Facts, Rejected> {
        let client_id = ClaimText::new(payload, client);
        let piece = |text: &Text<'_>| ClaimText::new(payload, &text.0);
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
            issuer: ClaimText::new(payload, issuer),
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
        assert!(matches!(ClaimText::new(payload, &sub.0), ClaimText::Range(ref range) if *range == (8..13)));
        let iss = claims.iss.unwrap();
        let piece = ClaimText::new(payload, &iss.0);
        assert!(matches!(piece, ClaimText::Copy(_)));
        assert_eq!(piece.of(payload), "with escape");
        assert_eq!(claims.aud.unwrap().iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_registered_claim_has_one_type_and_occurs_once() {
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

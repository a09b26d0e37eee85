//! The registered claims of a payload, read strictly.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    json::{OneOrMany, Text, object, present},
    rejected::Rejected,
    required_claim::RequiredClaim,
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
    #[serde(borrow, default, deserialize_with = "present")]
    act: Option<Act<'p>>,
    #[serde(borrow, default, deserialize_with = "present")]
    acr: Option<Text<'p>>,
    /// Whatever its value: `null` too.
    #[serde(default, deserialize_with = "present")]
    cnf: Option<IgnoredAny>,
}

/// The current actor of a delegated token (RFC 8693 §4.1). The actors within it were involved before, and "are not to be considered
/// in access control decisions", so they are not read.
#[derive(Deserialize)]
struct ActMembers<'p> {
    #[serde(borrow)]
    sub: Text<'p>,
}

/// An object with the members of an actor.
struct Act<'p>(ActMembers<'p>);

impl<'de: 'p, 'p> Deserialize<'de> for Act<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ActVisitor;

        impl<'de> Visitor<'de> for ActVisitor {
            type Value = Act<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `sub`")
            }

            // Serde would fill a struct from an array too.
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Act<'de>, A::Error> {
                ActMembers::deserialize(MapAccessDeserializer::new(members)).map(Act)
            }
        }

        deserializer.deserialize_map(ActVisitor)
    }
}

impl<'p> Registered<'p> {
    pub(crate) fn parse(payload: &'p str) -> Result<Self, Rejected> {
        object(payload).ok_or(Rejected::Claims)
    }

    /// Refuses a token that is bound to a key.
    pub(crate) fn check_unbound(&self) -> Result<(), Rejected> {
        if self.cnf.is_some() { Err(Rejected::KeyBound) } else { Ok(()) }
    }

    /// Whether it says that it is an ID token. [`token_use`](Self::token_use) checks the claim.
    pub(crate) fn is_id(&self) -> bool {
        self.token_use.as_ref().is_some_and(|text| text.0 == "id")
    }

    pub(crate) fn token_use(&self) -> Result<TokenUse, Rejected> {
        match self.token_use.as_ref().map(|text| &*text.0) {
            Some("access") => Ok(TokenUse::Access),
            Some("id") => Ok(TokenUse::Id),
            Some(_) => Err(Rejected::UnknownUse),
            None => Err(Rejected::Missing { claim: RequiredClaim::TokenUse }),
        }
    }

    pub(crate) fn times(&self) -> Result<Times, Rejected> {
        Ok(Times {
            expiry: self.exp.ok_or(Rejected::Missing { claim: RequiredClaim::Expiry })?,
            issued_at: self.iat.ok_or(Rejected::Missing { claim: RequiredClaim::IssuedAt })?,
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
            (None, TokenUse::Id) => return Err(Rejected::Missing { claim: RequiredClaim::Subject }),
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
            actor: self.act.as_ref().map(|Act(act)| piece(&act.sub)),
            acr: self.acr.as_ref().map(piece),
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
        assert!(matches!(ClaimText::new(payload, &sub.0), ClaimText::Range { start: 8, end: 13 }));
        assert_eq!(size_of::<ClaimText>(), size_of::<&str>());
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
            "acr",
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
            r#"{"act":"a"}"#,
            r#"{"act":null}"#,
            r#"{"act":["a"]}"#,
            r#"{"act":{}}"#,
            r#"{"act":{"sub":1}}"#,
            r#"{"act":{"sub":null}}"#,
            r#"{"act":{"sub":"a","sub":"b"}}"#,
            r#"{"act":{"sub":"a"},"act":{"sub":"a"}}"#,
            r#"{"cnf":{},"cnf":{}}"#,
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
    fn only_the_current_actor_is_read() {
        let mut act = r#"{"sub":"first"}"#.to_owned();
        for _ in 0..1000 {
            act = format!(r#"{{"act":{act},"sub":"current"}}"#);
        }
        let payload = format!(r#"{{"act":{act}}}"#);
        let claims = Registered::parse(&payload).unwrap();
        assert_eq!(claims.act.unwrap().0.sub.0, "current");
        let wrong_within = Registered::parse(r#"{"act":{"sub":"a","act":[7],"iss":7}}"#).unwrap();
        assert_eq!(wrong_within.act.unwrap().0.sub.0, "a");
    }

    #[test]
    fn a_token_is_bound_to_a_key_whatever_cnf_says() {
        for cnf in ["null", "{}", "[]", r#"{"jkt":"x"}"#, "false", r#""""#] {
            let payload = format!(r#"{{"cnf":{cnf}}}"#);
            assert_eq!(
                Registered::parse(&payload).unwrap().check_unbound(),
                Err(Rejected::KeyBound),
                "{cnf}"
            );
        }
        assert_eq!(Registered::parse(r#"{"custom:cnf":1}"#).unwrap().check_unbound(), Ok(()));
    }

    #[test]
    fn other_claims_may_be_anything() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for other in ["null", "[1,[2]]", r#"{"a":{"b":[]}}"#, "1e99", "\"\\ud83d\\ude00\"", &deep] {
            assert!(Registered::parse(&format!(r#"{{"custom:x":{other},"sub":"a"}}"#)).is_ok(), "{other}");
        }
    }
}

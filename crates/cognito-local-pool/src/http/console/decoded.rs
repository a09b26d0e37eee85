//! The decoded parts of a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use crate::pool::LocalPool;

/// The claims that are moments.
const MOMENTS: [&str; 4] = ["auth_time", "iat", "nbf", "exp"];

/// A token taken apart.
pub(super) struct Decoded {
    /// The header and the claims as JSON with a member a line.
    pub(super) header: String,
    pub(super) claims: String,
    /// Claims that are moments, as people read them.
    pub(super) moments: Vec<(&'static str, String)>,
    pub(super) standing: Standing,
}

/// Facts about a token that do not depend on a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A key of this pool signed it, and its time is not over.
    Good,
    /// A key of this pool signed it, and it has expired or has no expiry.
    Expired,
    /// No published key of this pool signed it.
    NotOurs,
}

impl Decoded {
    /// Decodes a compact JWS; `None` if it is not one with JSON in it.
    pub(super) fn of(pool: &LocalPool, token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { return None };
        let claims = object(claims)?;
        let now = pool.now();
        let expiry = claims.get("exp").and_then(Value::as_i64);
        let standing = match pool.verified_claims(token) {
            None => Standing::NotOurs,
            Some(_) if expiry.is_some_and(|expiry| expiry > now) => Standing::Good,
            Some(_) => Standing::Expired,
        };
        let moments =
            MOMENTS.into_iter().filter_map(|name| Some((name, written(claims.get(name)?.as_i64()?)?)));
        Some(Self {
            header: format!("{:#}", object(header)?),
            moments: moments.collect(),
            claims: format!("{claims:#}"),
            standing,
        })
    }
}

/// The pasted text, without what people often paste around a token.
pub(super) fn pasted(text: &str) -> &str {
    let text = text.trim().trim_matches(['"', '\'']);
    let bearer = text.split_at_checked(7).filter(|(word, _)| word.eq_ignore_ascii_case("bearer "));
    bearer.map_or(text, |(_, token)| token).trim()
}

/// A moment in seconds since 1970, in UTC.
pub(super) fn written(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|moment| moment.to_string())
}

fn object(part: &str) -> Option<Value> {
    let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    json.is_object().then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_what_was_pasted() {
        for text in ["a.b.c", " a.b.c\n", "Bearer a.b.c", "\"bearer  a.b.c\"", "'a.b.c'"] {
            assert_eq!(pasted(text), "a.b.c", "{text:?}");
        }
        assert_eq!(pasted("é"), "é");
    }

    #[test]
    fn the_standing_of_a_token_is_the_pools_own_word() {
        let pool = LocalPool::new();
        let standing = |token: String| Decoded::of(&pool, &token).map(|decoded| decoded.standing);
        let token = || pool.access_token("ada");
        assert_eq!(standing(token().sign()), Some(Standing::Good));
        assert_eq!(standing(token().expired().sign()), Some(Standing::Expired));
        assert_eq!(standing(token().without_claim("exp").sign()), Some(Standing::Expired));
        assert_eq!(standing(token().forged().sign()), Some(Standing::NotOurs));
        for text in ["", "a.b.c", "..", "e30.W10.c", "e30.e30", "e30.e30.e30.e30"] {
            assert_eq!(standing(text.to_owned()), None, "{text}");
        }
        assert_eq!(standing("e30.e30.".to_owned()), Some(Standing::NotOurs));
        // A moment that no calendar has.
        let far = Decoded::of(&pool, &token().claim("iat", i64::MAX).sign()).unwrap();
        assert!(far.moments.iter().all(|(name, _)| *name != "iat"));
    }
}

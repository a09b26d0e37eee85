//! What a token says, read before anything has verified it: to be shown, never to be trusted.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cognito_verify::{UnixTime, UserPoolId};
use serde_json::{Map, Value};

use crate::style::printable;

/// Reads more than the verifier does, so that a report can also describe a malformed token.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The header and the claims of a token. Anyone can write them.
#[derive(Debug, Default)]
pub(super) struct Unverified {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Unverified {
    /// Reads a token of at most `limit` bytes. What cannot be read is empty.
    pub(super) fn read(token: &str, limit: usize) -> Self {
        if token.len() > limit {
            return Self::default();
        }
        let mut segments = token.split('.').map(|segment| object(segment).unwrap_or_default());
        Self { header: segments.next().unwrap_or_default(), claims: segments.next().unwrap_or_default() }
    }

    pub(super) fn has_claims(&self) -> bool {
        !self.claims.is_empty()
    }

    /// A member of the header that is a string.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// A claim that is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a time.
    pub(super) fn time(&self, name: &str) -> Option<UnixTime> {
        serde_json::from_value(self.claims.get(name)?.clone()).ok()
    }

    /// The user pool that the issuer names, if its last segment is the id of one.
    pub(super) fn pool(&self) -> Option<UserPoolId> {
        self.text("iss")?.trim_end_matches('/').rsplit('/').next()?.parse().ok()
    }
}

fn object(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&LENIENT.decode(segment).ok()?).ok()
}

/// A claim as text: strings without quotes, lists with commas, anything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    };
    printable(&text)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(payload: &str) -> String {
        format!("{}.{}.x", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_malformed_token_is_read_as_far_as_possible() {
        let unverified = Unverified::read(&token(r#"{"scope":"a  b","exp":1.5,"iss":7}"#), 9999);
        assert_eq!(unverified.header("alg"), Some("none"));
        assert_eq!(unverified.text("scope"), Some("a  b"));
        assert_eq!(unverified.time("exp"), Some(UnixTime::from_millis(1500)));
        assert_eq!((unverified.text("iss"), unverified.time("scope")), (None, None));
        for broken in ["", "a", ".", "e30=.e30=.", "!!.!!.!!", &token("[]"), &token("{")] {
            assert!(!Unverified::read(broken, 9999).has_claims(), "{broken}");
        }
        assert!(!Unverified::read(&token(r#"{"a":1}"#), 10).has_claims());
    }

    #[test]
    fn the_pool_is_the_end_of_the_issuer() {
        for (issuer, pool) in [
            ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E", Some("eu-west-1_Ab12Cd34E")),
            ("http://127.0.0.1:9229/local_1a2b3c4d/", Some("local_1a2b3c4d")),
            ("https://accounts.example", None),
            ("eu-west-1_$(reboot)", None),
        ] {
            let unverified = Unverified::read(&token(&format!(r#"{{"iss":"{issuer}"}}"#)), 9999);
            assert_eq!(unverified.pool().as_ref().map(UserPoolId::as_str), pool, "{issuer}");
        }
    }
}

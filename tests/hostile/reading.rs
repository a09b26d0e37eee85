//! A lenient parser of tokens that checks no signature, to explain why two verifiers disagree.

use std::fmt;

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

const LAX: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claims that must be strings.
const TEXTS: [&str; 10] = [
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
];
/// The claims that must be numbers.
const TIMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];

/// The three segments and the members of two of them.
pub(super) struct Reading {
    pub(super) segments: Vec<Vec<u8>>,
    pub(super) header: Members,
    pub(super) payload: Members,
}

impl Reading {
    pub(super) fn of(token: &str) -> Self {
        let segments: Vec<_> = token.split('.').map(|part| LAX.decode(part).unwrap_or_default()).collect();
        let members = |at: usize| {
            let text = segments.get(at).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
            serde_json::from_str(&text).unwrap_or_default()
        };
        Self { header: members(0), payload: members(1), segments }
    }

    /// Whether a strict encoder would write these segments as this text.
    #[cfg(feature = "real-servers")]
    pub(super) fn is_canonical(&self, token: &str) -> bool {
        let written: Vec<String> = self.segments.iter().map(super::world::base64url).collect();
        written.join(".") == token
    }

    #[cfg(feature = "real-servers")]
    pub(super) fn payload_is_utf8(&self) -> bool {
        self.segments.get(1).is_some_and(|bytes| str::from_utf8(bytes).is_ok())
    }

    /// A claim that affects the decision occurs twice.
    pub(super) fn repeats_a_claim(&self) -> bool {
        let names = TEXTS.iter().chain(&TIMES).chain(&["aud", "cognito:groups", "act", "cnf"]);
        names.into_iter().any(|name| self.payload.count(name) > 1)
    }

    /// A claim that affects the decision has another JSON type than its own.
    pub(super) fn has_a_wrong_type(&self) -> bool {
        let strings = |json: &str| serde_json::from_str::<Vec<String>>(json).is_ok();
        let string = |json: &str| serde_json::from_str::<String>(json).is_ok();
        self.payload.0.iter().any(|(name, value)| match (name.as_str(), value.get()) {
            ("aud", json) => !string(json) && !strings(json),
            ("cognito:groups", json) => !strings(json),
            ("act", json) => {
                !serde_json::from_str::<serde_json::Value>(json).is_ok_and(|act| act["sub"].is_string())
            }
            (name, json) if TEXTS.contains(&name) => !string(json),
            (name, json) if TIMES.contains(&name) => serde_json::from_str::<f64>(json).is_err(),
            _ => false,
        })
    }

    /// A time of the payload, in seconds.
    pub(super) fn time(&self, claim: &str) -> Option<f64> {
        serde_json::from_str(self.payload.get(claim)?).ok()
    }
}

/// The members of an object in their order, repeated ones included; empty if it is not an object.
#[derive(Default)]
pub(super) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    pub(super) fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }

    /// The last member of this name, as most parsers return it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    #[cfg(feature = "real-servers")]
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

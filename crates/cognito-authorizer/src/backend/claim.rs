//! Claims as they are written in the token, before they are converted to a gateway's text.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

/// All claims of a token by name. If a claim occurs twice, the last one counts.
///
/// The values are slices of the signed text. A `serde_json::Value` would not do: how it keeps numbers and the order of members
/// depends on features that other crates of the build may enable.
pub(super) type RawClaims<'v> = BTreeMap<String, &'v RawValue>;

/// One claim.
pub(super) enum Claim<'v> {
    Null,
    Text(String),
    /// A number, `true` or `false`, as it is written in the token.
    Scalar(&'v str),
    Array(Vec<&'v RawValue>),
    Object(&'v str),
}

impl<'v> Claim<'v> {
    /// Fails on a string that is not valid Unicode, such as one with half of a surrogate pair.
    pub(super) fn read(raw: &'v RawValue) -> Result<Self, serde_json::Error> {
        let json = raw.get();
        Ok(match json.as_bytes().first() {
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            Some(b'[') => Self::Array(serde_json::from_str(json)?),
            Some(b'{') => Self::Object(json),
            _ if json == "null" => Self::Null,
            _ => Self::Scalar(json),
        })
    }
}

/// The elements of an array, separated by `between`: strings and scalars as they are, others as compact JSON.
pub(super) fn join(array: &[&RawValue], between: &str, null: &str) -> Result<String, serde_json::Error> {
    let mut joined = String::new();
    for (place, raw) in array.iter().enumerate() {
        joined.push_str(if place == 0 { "" } else { between });
        match Claim::read(raw)? {
            Claim::Null => joined.push_str(null),
            Claim::Text(text) => joined.push_str(&text),
            Claim::Scalar(text) => joined.push_str(text),
            Claim::Array(_) | Claim::Object(_) => joined.push_str(&compact(raw.get())),
        }
    }
    Ok(joined)
}

/// JSON without white space between its tokens, and otherwise unchanged.
pub(super) fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let belongs = |&character: &char| {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' => return in_string,
            _ => {}
        }
        true
    };
    json.chars().filter(belongs).collect()
}

/// The claims as a gateway writes them. Claims that it does not write are omitted.
pub(super) type Worded = BTreeMap<Box<str>, Box<str>>;

/// Reads all claims and converts each to the gateway's text.
pub(super) fn word_all<'de, D: Deserializer<'de>>(
    deserializer: D,
    word: fn(&str, &'de RawValue) -> Result<Option<String>, serde_json::Error>,
) -> Result<Worded, D::Error> {
    let mut worded = Worded::new();
    for (name, raw) in RawClaims::deserialize(deserializer)? {
        let text = word(&name, raw).map_err(|_| D::Error::custom("a claim is no Unicode text"))?;
        if let Some(text) = text {
            worded.insert(name.into(), text.into());
        }
    }
    Ok(worded)
}

/// The methods that both forms of the claims have.
macro_rules! worded_claims {
    ($name:ident, $word:path) => {
        /// The type that [`Verified::claims`](cognito_verify::Verified::claims) deserializes into.
        struct Texts($crate::backend::claim::Worded);

        impl<'de> serde::Deserialize<'de> for Texts {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::backend::claim::word_all(deserializer, $word).map(Self)
            }
        }

        impl $name {
            /// The claim with this name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<&str> {
                self.claims.get(name).map(|text| &**text)
            }

            /// The names and texts of all claims, sorted by name. The order in the token is not kept.
            pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
                self.claims.iter().map(|(name, text)| (&**name, &**text))
            }
        }

        /// Serializes as a map from names to texts.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter())
            }
        }

        /// Prints only how many claims there are, because claims do not belong in a log.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} withheld)"), self.claims.len())
            }
        }
    };
}
pub(super) use worded_claims;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_and_strings_stay() {
        for (json, expected) in [
            ("{ \"a b\" :\t[ 1 ,\n2 ] ,\r\"c\":\" \\\" \\\\\" }", "{\"a b\":[1,2],\"c\":\" \\\" \\\\\"}"),
            ("[1e3, 0.50, -0]", "[1e3,0.50,-0]"),
            (r#"{"z":1,"a":"\u00e4 ä"}"#, r#"{"z":1,"a":"\u00e4 ä"}"#),
            ("", ""),
        ] {
            assert_eq!(compact(json), expected);
        }
    }
}

//! Text that is not shown.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// A token, a secret, a password, or the name of a user. `Debug` withholds it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The text itself; whoever calls this takes care of where it goes.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(withheld)")
    }
}

/// As serde reads a string; but its error would repeat a value of another type, such as a password of digits.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("secrets and passwords are strings, in quotes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_withholds_the_text() {
        assert_eq!(format!("{:?}", Secret::from("Ada-1815".to_owned())), "(withheld)");
    }
}

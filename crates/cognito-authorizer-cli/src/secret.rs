//! Secret text.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};

/// A token, a secret, a password, or the name of a user. `Debug` omits it, and its memory is wiped when it is dropped.
///
/// Wraps [`SecretString`] to implement `Deserialize` with errors that do not contain the value.
#[derive(Clone, Debug)]
pub(crate) struct Secret(SecretString);

impl Secret {
    /// The text itself. The caller decides where it goes.
    pub(crate) fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Reads a string. serde's own error would repeat a value of another type, such as a password of digits.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(text.into()),
            _ => Err(D::Error::custom("secrets and passwords are strings, in quotes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_withholds_the_text() {
        let shown = format!("{:?}", Secret::from("Ada-1815".to_owned()));
        assert!(shown.contains("REDACTED") && !shown.contains("1815"), "{shown}");
    }
}

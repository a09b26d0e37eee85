//! Requests: JSON into types, and the constraints that AWS checks first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::exception::Exception;
use crate::srp::{NotPublicA, PublicA};

/// The longest user name in characters.
const MAX_USERNAME: usize = 128;

/// Parses the body of a call. Unknown members are ignored, as AWS does; a duplicate member is refused.
pub(super) fn parse<R: DeserializeOwned>(body: &[u8]) -> Result<R, Exception> {
    // For a request without members, some SDKs send `{}` and some an empty body.
    let body = if body.is_empty() { b"{}" } else { body };
    let fits = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    // serde would also read a struct from an array.
    if !fits {
        return Err(Exception::new("SerializationException", "the body is not a JSON object"));
    }
    // serde's message may contain a password, so only the position is passed on.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Exception::new(
            "SerializationException",
            format!("the body cannot be read as this call's request: line {line}, column {column}"),
        )
    })
}

/// `AuthParameters`, `ChallengeResponses` or `ClientMetadata`: strings by name, without duplicates. `null` counts as empty, and a parameter that is
/// `null` as missing: `amazon-cognito-identity-js` sends `"DEVICE_KEY": null` in a browser.
#[derive(Default)]
pub(super) struct AuthParameters(HashMap<String, String>);

impl AuthParameters {
    /// A parameter; an empty one counts as missing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Exception> {
        self.get(name)
            .ok_or_else(|| Exception::invalid_parameter(format!("Missing required parameter {name}")))
    }

    /// `USERNAME`, limited in length because a pending challenge stores it.
    pub(super) fn username(&self) -> Result<&str, Exception> {
        let name = self.required("USERNAME")?;
        if name.chars().count() > MAX_USERNAME {
            return Err(Exception::invalid_parameter(format!(
                "USERNAME is longer than {MAX_USERNAME} characters"
            )));
        }
        Ok(name)
    }

    /// `SRP_A`.
    pub(super) fn public_a(&self) -> Result<PublicA, Exception> {
        PublicA::parse(self.required("SRP_A")?).map_err(|why| {
            Exception::invalid_parameter(match why {
                NotPublicA::Hex => {
                    "1 validation error detected: Value at 'sRPA' failed to satisfy constraint: Member must satisfy \
                     regular expression pattern: ^[0-9a-fA-F]+$"
                }
                NotPublicA::Range => "SRP_A is not between 1 and N - 1",
            })
        })
    }

    /// All of them, as `ClientMetadata`.
    pub(super) fn metadata(&self) -> Metadata {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parameters whose name starts with `prefix`, without it, in the order of their names.
    pub(super) fn with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let found = self
            .0
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())));
        let mut found: Vec<(String, String)> = found.collect();
        found.sort();
        found
    }
}

impl<'de> Deserialize<'de> for AuthParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParametersVisitor).map(Self)
    }
}

struct ParametersVisitor;

impl<'de> Visitor<'de> for ParametersVisitor {
    type Value = HashMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(HashMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parameters = HashMap::new();
        while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
            if parameters.insert(name, value).is_some() {
                return Err(A::Error::custom("a parameter is there twice"));
            }
        }
        Ok(parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// `ClientMetadata`, which is passed to triggers.
pub(super) type Metadata = BTreeMap<String, String>;

/// An attribute of a user as the API writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    name: String,
    value: Option<String>,
}

/// The attributes as pairs; one without a value is empty.
pub(super) fn attributes(list: Option<&Vec<Attribute>>) -> Vec<(String, String)> {
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let pair = |attribute: &Attribute| (attribute.name.clone(), attribute.value.clone().unwrap_or_default());
    list.iter().map(pair).collect()
}

/// The values of required members, each with its name in messages. One exception names all that are missing.
pub(super) fn required<'a, const N: usize>(
    members: [(&str, Option<&'a str>); N],
) -> Result<[&'a str; N], Exception> {
    let mut constraints = Constraints::default();
    let values = members.map(|(member, value)| constraints.required(member, value));
    constraints.finish()?;
    Ok(values)
}

/// Collects the missing members of a request, so that one exception names all of them.
#[derive(Default)]
pub(super) struct Constraints(Vec<String>);

impl Constraints {
    /// The value of a required member, or an empty text that [`finish`](Self::finish) refuses.
    pub(super) fn required<'a>(&mut self, member: &str, value: Option<&'a str>) -> &'a str {
        let broken = match value {
            None => "Member must not be null",
            Some("") => "Member must have length greater than or equal to 1",
            Some(value) => return value,
        };
        self.0.push(format!("Value at '{member}' failed to satisfy constraint: {broken}"));
        ""
    }

    /// A required `username`, which is limited in length because it may be stored.
    pub(super) fn username<'a>(&mut self, value: Option<&'a str>) -> &'a str {
        let name = self.required("username", value);
        if name.chars().count() > MAX_USERNAME {
            self.0.push(format!(
                "Value at 'username' failed to satisfy constraint: Member must have length less than or equal to \
                 {MAX_USERNAME}"
            ));
        }
        name
    }

    pub(super) fn finish(self) -> Result<(), Exception> {
        let errors = match self.0.len() {
            0 => return Ok(()),
            1 => "1 validation error".to_owned(),
            count => format!("{count} validation errors"),
        };
        Err(Exception::invalid_parameter(format!("{errors} detected: {}", self.0.join("; "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Probe {
        client_id: Option<String>,
        #[serde(default)]
        auth_parameters: AuthParameters,
    }

    #[test]
    fn a_request_is_one_object_without_duplicates() {
        let read = |text: &str| parse::<Probe>(text.as_bytes());
        let probe =
            read(r#"{"ClientId": "web", "Other": [1], "AuthParameters": {"A": "x", "B": ""}}"#).unwrap();
        assert_eq!(probe.client_id.as_deref(), Some("web"));
        let parameters = probe.auth_parameters;
        assert_eq!((parameters.get("A"), parameters.get("B")), (Some("x"), None));
        let nulls = read(r#"{"AuthParameters": {"A": null, "B": "x"}}"#).unwrap().auth_parameters;
        assert_eq!((nulls.get("A"), nulls.get("B")), (None, Some("x")));
        assert!(read("").unwrap().client_id.is_none());
        assert!(read(r#"{"ClientId": null, "AuthParameters": null}"#).unwrap().auth_parameters.is_empty());
        let refused = [
            "[1]",
            r#"["web"]"#,
            "null",
            "{",
            r#"{"ClientId": 1}"#,
            r#"{"ClientId": "a", "ClientId": "b"}"#,
            r#"{"AuthParameters": {"A": "x", "A": "y"}}"#,
            r#"{"AuthParameters": {"A": null, "A": "y"}}"#,
            r#"{"AuthParameters": {"A": 1}}"#,
            r#"{"ClientId": "a"} {}"#,
        ];
        for text in refused {
            assert_eq!(read(text).err().map(|error| error.kind()), Some("SerializationException"), "{text}");
        }
    }

    #[test]
    fn a_refused_body_is_not_repeated() {
        let body = br#"{"ClientId": {"her-password": 1}}"#;
        let error = parse::<Probe>(body).err().unwrap();
        assert!(!error.message().contains("her-password"), "{}", error.message());
    }

    #[test]
    fn all_missing_members_are_named_at_once() {
        let mut constraints = Constraints::default();
        constraints.required("authFlow", None);
        constraints.required("clientId", Some(""));
        constraints.username(Some("ada"));
        assert_eq!(
            constraints.finish().unwrap_err().message(),
            "2 validation errors detected: Value at 'authFlow' failed to satisfy constraint: Member must not be null; \
             Value at 'clientId' failed to satisfy constraint: Member must have length greater than or equal to 1"
        );
        assert!(Constraints::default().finish().is_ok());
    }
}

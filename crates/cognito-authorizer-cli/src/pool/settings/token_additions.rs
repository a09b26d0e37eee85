//! `[[token_additions]]` of the configuration: what a small pre token generation trigger would add.

use std::{collections::BTreeMap, fmt};

use cognito_local_pool::TokenAdditions;
use serde::{Deserialize, Deserializer, de::Error};

use super::error::SettingsError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenAdditionsTable {
    user: Option<String>,
    pub(super) client: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    claims: BTreeMap<String, ClaimValue>,
}

/// The value of a claim. `Debug` withholds it, because claims can be personal data.
struct ClaimValue(serde_json::Value);

impl TokenAdditionsTable {
    pub(super) fn build(&self) -> Result<TokenAdditions, SettingsError> {
        let mut additions = match (&self.user, &self.client) {
            (Some(user), None) => TokenAdditions::for_user(user),
            (None, Some(client)) => TokenAdditions::for_client(client),
            _ => return Err(SettingsError::AdditionsOf),
        };
        additions = self.scopes.iter().fold(additions, TokenAdditions::scope);
        additions = self.groups.iter().fold(additions, TokenAdditions::group);
        Ok(self
            .claims
            .iter()
            .fold(additions, |additions, (name, value)| additions.claim(name, value.0.clone())))
    }
}

impl<'de> Deserialize<'de> for ClaimValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem = "claims have JSON values: no dates, times, `inf` or `nan`; write a date as a string";
        json(toml::Value::deserialize(deserializer)?).map(Self).ok_or_else(|| D::Error::custom(problem))
    }
}

impl fmt::Debug for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(withheld)")
    }
}

/// The value as JSON; `None` if JSON has no such value.
fn json(value: toml::Value) -> Option<serde_json::Value> {
    Some(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)?.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        toml::Value::Table(members) => {
            let members = members.into_iter().map(|(name, value)| Some((name, json(value)?)));
            members.collect::<Option<serde_json::Map<_, _>>>()?.into()
        }
        toml::Value::Datetime(_) => return None,
    })
}

//! The JSON of users and of code deliveries.

use serde_json::{Map, Value, json};

use crate::directory::{Account, Destination};

/// The attributes by name, all of them strings, without `sub`.
pub(super) fn attribute_map(account: &Account) -> Map<String, Value> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    account.attribute_claims().into_iter().map(|(name, value)| (name, text(value).into())).collect()
}

/// A list of `AttributeType` with `sub` first; `only` restricts it to some names.
pub(super) fn attributes(account: &Account, only: Option<&[String]>) -> Value {
    let sub = ("sub".to_owned(), Value::from(account.subject.as_str()));
    let all = std::iter::once(sub).chain(attribute_map(account));
    all.filter(|(name, _)| only.is_none_or(|only| only.contains(name)))
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect()
}

/// `UserType`. `list` is the name of the member for the attributes, which depends on the call.
pub(super) fn user(account: &Account, list: &str, only: Option<&[String]>) -> Map<String, Value> {
    let members = [
        ("Username", json!(account.username)),
        (list, attributes(account, only)),
        ("UserCreateDate", json!(account.created)),
        ("UserLastModifiedDate", json!(account.modified)),
        ("Enabled", json!(account.enabled)),
        ("UserStatus", json!(account.status.name())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The members of `GetUser` and `AdminGetUser` about second factors.
pub(super) fn factors(account: &Account) -> Map<String, Value> {
    if account.software_token.is_none() {
        return Map::new();
    }
    let factor = "SOFTWARE_TOKEN_MFA";
    Map::from_iter([
        ("PreferredMfaSetting".to_owned(), factor.into()),
        ("UserMFASettingList".to_owned(), json!([factor])),
    ])
}

/// `CodeDeliveryDetails`. If there is no address, or no user, a plausible one is derived from `name`, so that the answer
/// does not show whether the user exists.
pub(super) fn delivery(destination: Option<&Destination>, name: &str) -> Value {
    let made_up = || Destination::made_up(name);
    let destination = destination.cloned().unwrap_or_else(made_up);
    json!({
        "AttributeName": destination.attribute,
        "DeliveryMedium": destination.medium(),
        "Destination": destination.masked(),
    })
}

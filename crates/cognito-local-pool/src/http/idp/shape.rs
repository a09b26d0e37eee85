//! Users and codes as the API writes them.

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

/// A list of `AttributeType`, with `sub` first. `only` names the attributes that are wanted, if not all are.
pub(super) fn attributes(account: &Account, only: Option<&[String]>) -> Value {
    let sub = ("sub".to_owned(), Value::from(account.subject.as_str()));
    let all = std::iter::once(sub).chain(attribute_map(account));
    all.filter(|(name, _)| only.is_none_or(|only| only.contains(name)))
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect()
}

/// `UserType`; `list` is the name of the member that has the attributes, which differs from call to call.
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

/// Which second factors the user has, for `GetUser` and `AdminGetUser`.
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

/// `CodeDeliveryDetails`. Where there is no address, as for a user who does not exist, it is made up from `name`: the
/// same each time, and like those of users who do.
pub(super) fn delivery(destination: Option<&Destination>, name: &str) -> Value {
    let made_up = || Destination::made_up(name);
    let destination = destination.cloned().unwrap_or_else(made_up);
    json!({
        "AttributeName": destination.attribute,
        "DeliveryMedium": destination.medium(),
        "Destination": destination.masked(),
    })
}

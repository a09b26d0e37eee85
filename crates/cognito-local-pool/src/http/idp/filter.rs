//! The `Filter` of [`ListUsers`][aws]: one attribute, `=` or `^=`, and a value in quotes.
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api

use crate::directory::Account;
use crate::exception::Exception;

/// The attributes that Cognito can search; custom attributes are not searchable.
const ATTRIBUTES: [&str; 9] = [
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
    "status",
];

pub(super) struct Filter {
    attribute: String,
    comparison: Comparison,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equals,
    StartsWith,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, Exception> {
        read(text).ok_or_else(|| {
            Exception::invalid_parameter(
                "Error while parsing filter. One reads like: email ^= \"ada@\", with an attribute of the user that is \
                 not a custom one",
            )
        })
    }

    pub(super) fn accepts(&self, account: &Account) -> bool {
        let found = match self.attribute.as_str() {
            "username" => Some(account.username.as_str()),
            "sub" => Some(account.subject.as_str()),
            "cognito:user_status" => Some(account.status.name()),
            "status" => Some(if account.enabled { "Enabled" } else { "Disabled" }),
            attribute => account.attribute(attribute),
        };
        found.is_some_and(|found| match self.comparison {
            Comparison::Equals => found == self.value,
            Comparison::StartsWith => found.starts_with(&self.value),
        })
    }
}

fn read(text: &str) -> Option<Filter> {
    let (left, right) = text.split_once('=')?;
    let (attribute, comparison) = match left.strip_suffix('^') {
        Some(attribute) => (attribute, Comparison::StartsWith),
        None => (left, Comparison::Equals),
    };
    let attribute = attribute.trim().trim_matches('"');
    if attribute != "sub" && !ATTRIBUTES.contains(&attribute) {
        return None;
    }
    let quoted = right.trim().strip_prefix('"')?.strip_suffix('"')?;
    // A quote within the value is written `\"`.
    let value = quoted.replace("\\\"", "\"");
    let bare = quoted.replace("\\\"", "");
    (!bare.contains('"')).then(|| Filter { attribute: attribute.to_owned(), comparison, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_as_the_guide_writes_them() {
        let parts = |text: &str| {
            let filter = Filter::parse(text).ok()?;
            Some((filter.attribute, filter.comparison, filter.value))
        };
        let equals = |name: &str, value: &str| Some((name.to_owned(), Comparison::Equals, value.to_owned()));
        assert_eq!(parts(r#"family_name = "Reddy""#), equals("family_name", "Reddy"));
        assert_eq!(parts(r#""email"="a=b@example.com""#), equals("email", "a=b@example.com"));
        assert_eq!(parts(r#"given_name = "\"Jon\"""#), equals("given_name", "\"Jon\""));
        let prefix = Some(("phone_number".to_owned(), Comparison::StartsWith, "+1312".to_owned()));
        assert_eq!(parts(r#"phone_number ^= "+1312""#), prefix);
        for wrong in [
            "",
            "email",
            "email = x",
            r#"email = "a" or "b""#,
            r#"custom:a = "b""#,
            r#"email ~ "a""#,
            r#"email = ""#,
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}

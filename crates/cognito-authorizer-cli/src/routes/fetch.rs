//! `routes --fetch-script`: the commands that read an API with the AWS CLI.

use std::str::FromStr;

use crate::{error::CommandError, exit::Exit, surroundings::Surroundings};

/// The script, with `{API_ID}` in place of the id.
const SCRIPT: &str = include_str!("fetch.sh");

/// The id of an API, which the script has without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiIdToFetch(String);

impl FromStr for ApiIdToFetch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_id = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "the id of an API has only letters and digits, such as `a1b2c3d4e5`; the console shows it beside the name",
            )
        }
    }
}

/// Prints the script.
pub(super) fn run(api: &ApiIdToFetch, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    write!(surroundings.out, "{}", SCRIPT.replace("{API_ID}", &api.0))?;
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_gets_into_the_script() {
        for text in ["a1b2c3d4e5", "A"] {
            assert!(text.parse::<ApiIdToFetch>().is_ok(), "{text}");
        }
        for text in ["", "a b", "a;b", "$(a)", "a\nb", "../a", "a'", &"a".repeat(65)] {
            assert!(text.parse::<ApiIdToFetch>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_script_never_asks_for_the_secret_of_a_client() {
        assert_eq!(SCRIPT.matches("ClientSecret").count(), 1);
        assert!(SCRIPT.contains("HasSecret: UserPoolClient.ClientSecret != `null`"));
        assert!(!SCRIPT.contains("jq "));
    }
}

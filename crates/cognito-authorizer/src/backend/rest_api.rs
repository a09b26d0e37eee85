//! The claims as a REST API passes them on.

use cognito_verify::{ClaimsError, UnixTime, Verified};
use serde_json::value::RawValue;

use super::{
    claim::{Claim, Worded, compact, join, worded_claims},
    java_date::java_date,
};

/// The claims of a token as a Lambda function behind a REST API saw them in `event.requestContext.authorizer.claims`:
/// texts all of them.
///
/// For handlers that moved from there and read those texts. A new handler is better off with the claims themselves: see
/// [`Verified::claims`].
///
/// ```
/// use cognito_authorizer::{Verified, backend::RestApiClaims, token::ClaimsError};
///
/// fn is_admin(verified: &Verified) -> Result<bool, ClaimsError> {
///     let claims = RestApiClaims::of(verified)?;
///     Ok(claims.get("cognito:groups").is_some_and(|groups| groups.split(',').any(|group| group == "admin")))
/// }
/// ```
///
/// | claim | text | source |
/// |---|---|---|
/// | string | itself | events recorded behind REST APIs |
/// | `true`, `false` | `true`, `false` | the same |
/// | `exp`, `iat` | a date as Java prints it in UTC, `Tue Jun 18 15:00:04 UTC 2024` | the same, and the sample events of Powertools for AWS Lambda |
/// | `nbf` | the same | ours: Cognito issues none |
/// | any other number, `auth_time` too | as it stands in the token, `1718636404` | sample events of Powertools for AWS Lambda |
/// | array of strings | the strings with `,` between them, `admin,ops` | recorded events |
/// | array of objects, `identities` | each object as compact JSON, with `,` between them and without `[` and `]` | the same |
/// | other elements of arrays | compact JSON | ours |
/// | object | compact JSON | ours |
/// | `null` | left out | ours, as HTTP APIs do |
///
/// # Security
///
/// The name of a group may have commas (`GroupNameType` of the user pools API), and then the list of groups cannot be told
/// apart: the group `a,admin` reads like the groups `a` and `admin`. [`Verified::is_in_group`] knows.
#[derive(Clone, PartialEq, Eq)]
pub struct RestApiClaims {
    claims: Worded,
}

impl RestApiClaims {
    /// The claims of this token.
    ///
    /// # Errors
    ///
    /// If a claim has a string that is no Unicode: half of a surrogate pair, written as an escape.
    pub fn of(verified: &Verified) -> Result<Self, ClaimsError> {
        verified.claims().map(|Texts(claims)| Self { claims })
    }
}

worded_claims!(RestApiClaims, word);

fn word(name: &str, raw: &RawValue) -> Result<Option<String>, serde_json::Error> {
    Ok(Some(match Claim::read(raw)? {
        Claim::Null => return Ok(None),
        Claim::Text(text) => text,
        Claim::Scalar(text) => match serde_json::from_str::<UnixTime>(text) {
            Ok(time) if matches!(name, "exp" | "iat" | "nbf") => java_date(time),
            _ => text.to_owned(),
        },
        Claim::Array(array) => join(&array, ",", "null")?,
        Claim::Object(json) => compact(json),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Result<RestApiClaims, serde_json::Error> {
        serde_json::from_str(json).map(|Texts(claims)| RestApiClaims { claims })
    }

    #[test]
    fn each_kind_of_claim_has_its_text() {
        for (claim, text) in [
            (r#""a":"text""#, Some("text")),
            (r#""a":"\"\u00e4\ud83d\ude00\n""#, Some("\"ä😀\n")),
            (r#""a":true"#, Some("true")),
            (r#""a":12345678901234567890123"#, Some("12345678901234567890123")),
            (r#""a":-1.50e3"#, Some("-1.50e3")),
            (r#""a":null"#, None),
            (r#""a":[]"#, Some("")),
            (r#""a":["admin"]"#, Some("admin")),
            (r#""a":["admin", "staging-manager", "ä,\""]"#, Some("admin,staging-manager,ä,\"")),
            (r#""a":[ {"z": 1, "a": null}, {"b": "c d"} ]"#, Some(r#"{"z":1,"a":null},{"b":"c d"}"#)),
            (r#""a":[1, 2.0, true, null, ["b", "c"]]"#, Some(r#"1,2.0,true,null,["b","c"]"#)),
            (r#""a":{ "z": "1 2", "b": [ 3 ] }"#, Some(r#"{"z":"1 2","b":[3]}"#)),
            (r#""a":1,"a":"2""#, Some("2")),
            (r#""a":1,"a":null"#, None),
        ] {
            assert_eq!(texts(&format!("{{{claim}}}")).unwrap().get("a"), text, "{claim}");
        }
    }

    #[test]
    fn only_the_three_times_are_dates() {
        let claims = texts(
            r#"{"exp":1718722804,"iat":0.9,"nbf":-1,"auth_time":1718722804,"custom:exp":"1718722804"}"#,
        )
        .unwrap();
        for (name, text) in [
            ("exp", "Tue Jun 18 15:00:04 UTC 2024"),
            ("iat", "Thu Jan 01 00:00:00 UTC 1970"),
            ("nbf", "Wed Dec 31 23:59:59 UTC 1969"),
            ("auth_time", "1718722804"),
            ("custom:exp", "1718722804"),
        ] {
            assert_eq!(claims.get(name), Some(text), "{name}");
        }
        assert_eq!(texts(r#"{"exp":1e300}"#).unwrap().get("exp"), Some("Sun Aug 17 07:12:55 UTC 292278994"));
    }

    #[test]
    fn a_string_that_is_no_unicode_is_an_error() {
        for claim in [r#""\ud800""#, r#"["\ud800"]"#] {
            assert!(texts(&format!("{{\"a\":{claim}}}")).is_err(), "{claim}");
        }
    }

    #[test]
    fn claims_are_withheld_from_logs() {
        let claims = texts(r#"{"a":"secret","b":"secret"}"#).unwrap();
        assert_eq!(
            format!("{claims:?} {:?}", claims.authorizer()),
            "RestApiClaims(2 withheld) AuthorizerContext(withheld)"
        );
    }
}

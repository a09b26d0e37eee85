//! Claims as a REST API passes them to its integrations.

use cognito_verify::{ClaimsError, UnixTime, Verified};
use serde_json::value::RawValue;

use super::{
    claim::{Claim, Worded, compact, join, worded_claims},
    java_date::java_date,
};

/// The claims of a token as a Lambda function behind a REST API gets them in `event.requestContext.authorizer.claims`: each one is a
/// text.
///
/// Use this in handlers that moved from there and read these texts. New handlers should read the claims with their JSON types; see
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
/// | `true`, `false` | `true`, `false` | recorded events |
/// | `exp`, `iat` | a date as Java prints it, in UTC: `Tue Jun 18 15:00:04 UTC 2024` | recorded events, and the sample events of Powertools for AWS Lambda |
/// | `nbf` | such a date too | our choice: Cognito does not issue this claim |
/// | any other number, such as `auth_time` | as it is written in the token: `1718636404` | sample events of Powertools for AWS Lambda |
/// | array of strings | the strings, separated by `,`: `admin,ops` | recorded events |
/// | array of objects, such as `identities` | each object as compact JSON, separated by `,`, without `[` and `]` | recorded events |
/// | other elements of arrays | compact JSON | our choice |
/// | object | compact JSON | our choice |
/// | `null` | omitted | our choice, as in HTTP APIs |
///
/// # Security
///
/// The name of a group can contain commas (`GroupNameType` in the user pools API), so splitting the list of groups is not reliable: the
/// group `a,admin` looks like the groups `a` and `admin`. Use [`Verified::is_in_group`], which reads the token.
#[derive(Clone, PartialEq, Eq)]
pub struct RestApiClaims {
    claims: Worded,
}

impl RestApiClaims {
    /// The claims of the token.
    ///
    /// # Errors
    ///
    /// If a claim has a string that is not valid Unicode: an escape for half of a surrogate pair.
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
    fn only_exp_iat_and_nbf_are_dates() {
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
    fn a_string_that_is_not_unicode_is_an_error() {
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

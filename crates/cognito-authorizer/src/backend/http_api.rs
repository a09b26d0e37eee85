//! Claims as an HTTP API passes them to its integrations.

use cognito_verify::{ClaimsError, Requirement, Verified};
use serde_json::value::RawValue;

use super::claim::{Claim, Worded, compact, join, worded_claims};

/// The claims of a token as a Lambda function behind an HTTP API gets them in `event.requestContext.authorizer.jwt.claims`: each one
/// is a text.
///
/// Use this in handlers that moved from there and read these texts. New handlers should read the claims with their JSON types; see
/// [`Verified::claims`].
///
/// ```
/// use cognito_authorizer::{Verified, scope, backend::{HttpApiClaims, PayloadFormat}, token::ClaimsError};
///
/// fn event(verified: &Verified) -> Result<String, ClaimsError> {
///     let claims = HttpApiClaims::of(verified, &scope("orders/read"))?;
///     Ok(format!(r#"{{"requestContext":{{"authorizer":{}}}}}"#, claims.authorizer(PayloadFormat::V2).to_json()))
/// }
/// ```
///
/// | claim | text | source |
/// |---|---|---|
/// | string | itself | events recorded behind HTTP APIs |
/// | number, also `exp` and `iat` | as it is written in the token: `1718722804` | sample events of Powertools for AWS Lambda |
/// | `true`, `false` | `true`, `false` | recorded events |
/// | array | its elements in brackets, separated by spaces, as Go prints a slice: `[admin poweruser]` | recorded events |
/// | `null` | omitted | measured behind HTTP APIs |
/// | object, and an element that is an object or an array | compact JSON | our choice: Go's own form has also been reported |
/// | element that is `null` | `<nil>`, as Go prints it | our choice |
///
/// # Security
///
/// A list in brackets cannot be split reliably if its elements can contain spaces. Names of groups cannot; other claims may. Use
/// [`Verified::is_in_group`] and [`Verified::claims`], which read the token.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpApiClaims {
    claims: Worded,
    scopes: Option<Vec<String>>,
}

/// The version of the event that a Lambda integration of an HTTP API gets ("Create AWS Lambda proxy integrations for HTTP APIs" in
/// the API Gateway developer guide).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadFormat {
    /// 1.0: `{"claims":{…},"scopes":…}`.
    V1,
    /// 2.0: `{"jwt":{"claims":{…},"scopes":…}}`.
    V2,
}

impl HttpApiClaims {
    /// The claims of the token on a route with this requirement.
    ///
    /// # Errors
    ///
    /// If a claim has a string that is not valid Unicode: an escape for half of a surrogate pair.
    pub fn of(verified: &Verified, route: &Requirement) -> Result<Self, ClaimsError> {
        let Texts(claims) = verified.claims()?;
        let asked = !route.scopes().is_empty() && !verified.scopes().is_empty();
        let scopes = asked.then(|| verified.scopes().iter().map(str::to_owned).collect());
        Ok(Self { claims, scopes })
    }

    /// All scopes of the token if the route requires a scope. `None` if it does not, or if the token has no scopes, as measured behind
    /// HTTP APIs.
    #[must_use]
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }
}

worded_claims!(HttpApiClaims, word);

fn word(_: &str, raw: &RawValue) -> Result<Option<String>, serde_json::Error> {
    Ok(Some(match Claim::read(raw)? {
        Claim::Null => return Ok(None),
        Claim::Text(text) => text,
        Claim::Scalar(text) => text.to_owned(),
        Claim::Array(array) => format!("[{}]", join(&array, " ", "<nil>")?),
        Claim::Object(json) => compact(json),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Result<HttpApiClaims, serde_json::Error> {
        serde_json::from_str(json).map(|Texts(claims)| HttpApiClaims { claims, scopes: None })
    }

    #[test]
    fn each_kind_of_claim_has_its_text() {
        for (claim, text) in [
            (r#""a":"text""#, Some("text")),
            (r#""a":false"#, Some("false")),
            (r#""a":12345678901234567890123"#, Some("12345678901234567890123")),
            (r#""a":null"#, None),
            (r#""a":[]"#, Some("[]")),
            (r#""a":["admin"]"#, Some("[admin]")),
            (r#""a":["admin" ,"power\u0075ser"]"#, Some("[admin poweruser]")),
            (r#""a":[1, true, null, ["b", "c"]]"#, Some(r#"[1 true <nil> ["b","c"]]"#)),
            (r#""a":[{"b": null}, {}]"#, Some(r#"[{"b":null} {}]"#)),
            (r#""a":{ "z": "1 2", "b": [ 3 ] }"#, Some(r#"{"z":"1 2","b":[3]}"#)),
            (r#""a":"1","a":2"#, Some("2")),
        ] {
            assert_eq!(texts(&format!("{{{claim}}}")).unwrap().get("a"), text, "{claim}");
        }
        assert_eq!(texts(r#"{"exp":1718722804}"#).unwrap().get("exp"), Some("1718722804"));
        assert!(texts(r#"{"a":"\ud800"}"#).is_err());
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let claims = texts(&format!(r#"{{"a":{deep}}}"#)).unwrap();
        assert_eq!(claims.get("a").map(str::len), Some(200_000));
    }

    #[test]
    fn claims_are_withheld_from_logs() {
        let claims = texts(r#"{"a":"secret","b":"secret"}"#).unwrap();
        let context = claims.authorizer(PayloadFormat::V2);
        assert_eq!(
            format!("{claims:?} {context:?}"),
            "HttpApiClaims(2 withheld) AuthorizerContext(withheld)"
        );
    }
}

//! API Gateway's *identity validation expression*: a regular expression for the audience.

use cognito_verify::Verified;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// The most memory that an expression may take, compiled.
const SIZE_LIMIT: usize = 1 << 20;

/// What the whole of some `aud` of a token must match.
#[derive(Clone, Debug)]
pub(crate) struct AudiencePattern {
    expression: Regex,
}

impl AudiencePattern {
    /// Compiles an expression, or says why it is none. The engine takes time in proportion to the text, whatever the
    /// expression: look-around and back-references, which Java has, are not in it.
    pub(crate) fn new(expression: &str) -> Result<Self, String> {
        // By itself first, so that no parenthesis of it can end the group around it.
        Regex::new(expression).map_err(|error| error.to_string())?;
        RegexBuilder::new(&format!(r"\A(?:{expression})\z"))
            .size_limit(SIZE_LIMIT)
            .build()
            .map(|expression| Self { expression })
            .map_err(|error| error.to_string())
    }

    /// A token without `aud`, as access tokens are, matches nothing.
    pub(crate) fn matches(&self, token: &Verified) -> bool {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Audience<'t> {
            One(#[serde(borrow)] std::borrow::Cow<'t, str>),
            Many(Vec<String>),
        }
        #[derive(Deserialize)]
        struct Claims<'t> {
            #[serde(borrow)]
            aud: Audience<'t>,
        }
        match token.claims() {
            Ok(Claims { aud: Audience::One(audience) }) => self.expression.is_match(&audience),
            Ok(Claims { aud: Audience::Many(all) }) => all.iter().any(|one| self.expression.is_match(one)),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_audience_must_match() {
        let matches = |expression: &str, audience: &str| {
            AudiencePattern::new(expression).unwrap().expression.is_match(audience)
        };
        assert!(matches("[0-9a-z]+", "4example23456789") && matches("a|b", "b"));
        assert!(!matches("example", "4example23456789"), "a part is not enough");
        assert!(!matches("a|b", "ab") && !matches("(?m)a", "a\nb") && !matches("a", "a\n"));
        for bad in ["(", "a)|(b", "(?=a)", r"(a)\1", "(?:a{1000}){1000}"] {
            assert!(AudiencePattern::new(bad).is_err(), "{bad}");
        }
    }
}

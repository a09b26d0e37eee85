//! API Gateway's *identity validation expression*: a regular expression for the audience.

use std::borrow::Cow;

use cognito_verify::Verified;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::authorizer::Fact;

/// The most memory that an expression may take, compiled.
const SIZE_LIMIT: usize = 1 << 20;

/// A regular expression that must match the whole of one value of `aud`.
#[derive(Clone, Debug)]
pub(crate) struct AudiencePattern {
    /// As it was given.
    text: Box<str>,
    expression: Regex,
}

impl AudiencePattern {
    /// Compiles an expression, or says why it is invalid. The engine takes time in proportion to the text, whatever the
    /// expression: look-around and back-references, which Java has, are not in it.
    pub(crate) fn new(expression: &str) -> Result<Self, String> {
        // First without the group around it, so that an unbalanced parenthesis cannot end that group.
        Regex::new(expression).map_err(|error| error.to_string())?;
        RegexBuilder::new(&format!(r"\A(?:{expression})\z"))
            .size_limit(SIZE_LIMIT)
            .build()
            .map(|compiled| Self { text: expression.into(), expression: compiled })
            .map_err(|error| error.to_string())
    }

    /// Whether some audience of the token matches. A token without `aud`, as access tokens usually are, matches nothing.
    pub(crate) fn matches(&self, token: &Verified) -> bool {
        audience(token).iter().any(|one| self.expression.is_match(one))
    }

    /// What is compared, for an explanation.
    pub(crate) fn fact(&self, token: &Verified) -> Fact {
        let audience = audience(token).into_iter().map(Cow::into_owned).collect();
        Fact::Audience { expression: self.text.as_ref().to_owned(), audience }
    }
}

/// The claim `aud`, a string or an array of strings; empty if there is none.
fn audience(token: &Verified) -> Vec<Cow<'_, str>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience<'t> {
        One(#[serde(borrow)] Cow<'t, str>),
        Many(Vec<String>),
    }
    #[derive(Deserialize)]
    struct Payload<'t> {
        #[serde(borrow)]
        aud: Audience<'t>,
    }
    match token.claims() {
        Ok(Payload { aud: Audience::One(audience) }) => vec![audience],
        Ok(Payload { aud: Audience::Many(all) }) => all.into_iter().map(Cow::Owned).collect(),
        Err(_) => Vec::new(),
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

    #[test]
    fn an_expression_takes_little_memory() {
        let large = "(?:a{100}){500}";
        assert!(Regex::new(large).is_ok(), "its own limit is higher");
        assert!(AudiencePattern::new(large).is_err());
    }
}

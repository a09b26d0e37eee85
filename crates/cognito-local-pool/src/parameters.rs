//! The parameters of a query or a form, without repeated names.

use form_urlencoded::Serializer;

/// Name and value pairs in their order. An empty value counts as left out (RFC 6749 §3.1, §3.2).
#[derive(Clone, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

/// A parameter is repeated, which RFC 6749 §3.1 and §3.2 forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl Parameters {
    /// Reads `name=value&…`.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Repeated> {
        let mut pairs: Vec<(String, String)> =
            form_urlencoded::parse(encoded).map(|(name, value)| (name.into(), value.into())).collect();
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        if names.len() < count {
            return Err(Repeated);
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as a text of its own.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The parameters as a query, without `?`.
    pub(crate) fn to_query(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// `url` with these parameters after `separator`, which is `?` or `#`, or `&` if there is a query already.
pub(crate) fn append(url: &str, separator: char, pairs: &[(&str, &str)]) -> String {
    let separator = if separator == '?' && url.contains('?') { '&' } else { separator };
    let encoded = Serializer::new(String::new()).extend_pairs(pairs).finish();
    // `https://app.example/?` and `…?a=1&` need no second separator.
    let joined = url.ends_with(['?', '&']) && separator == '&';
    if joined { format!("{url}{encoded}") } else { format!("{url}{separator}{encoded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_there_once_or_not_at_all() {
        let parameters = Parameters::parse(b"a=1&b=&c=x+y%2Fz").ok().unwrap();
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| parameters.get(name)),
            [Some("1"), None, Some("x y/z"), None]
        );
        assert_eq!(parameters.to_query(), "a=1&c=x+y%2Fz");
        for repeated in ["a=1&a=1", "a=&a=1", "a=1&b=2&%61=3"] {
            assert!(Parameters::parse(repeated.as_bytes()).is_err(), "{repeated}");
        }
    }

    #[test]
    fn parameters_are_appended_to_what_is_there() {
        let cases = [
            ("https://a/cb", '?', "https://a/cb?code=1+2"),
            ("https://a/cb?x=1", '?', "https://a/cb?x=1&code=1+2"),
            ("https://a/cb?", '?', "https://a/cb?code=1+2"),
            ("https://a/cb?x=1", '#', "https://a/cb?x=1#code=1+2"),
            ("myapp://", '?', "myapp://?code=1+2"),
        ];
        for (url, separator, expected) in cases {
            assert_eq!(append(url, separator, &[("code", "1 2")]), expected);
        }
    }
}

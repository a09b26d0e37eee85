//! The one token of a request, or why there is none.

use http::{HeaderMap, header::AUTHORIZATION};

/// Why a request has no token that could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no `Authorization` header, or it is blank.
    #[error("the request has no token")]
    Missing,
    /// The header has credentials of another scheme, such as `Basic`.
    #[error("the request's credentials are not a bearer token")]
    OtherScheme,
    /// There is more than one `Authorization` header, so it is not clear which counts.
    #[error("the request has more than one `Authorization` header")]
    SeveralHeaders,
    /// The header has more than one token.
    #[error("the `Authorization` header has more than one token")]
    SeveralTokens,
    /// The header has bytes that no token has.
    #[error("the `Authorization` header is not visible ASCII")]
    NotText,
}

impl IdentityError {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "no_token",
            Self::OtherScheme => "other_scheme",
            Self::SeveralHeaders => "several_headers",
            Self::SeveralTokens => "several_tokens",
            Self::NotText => "not_text",
        }
    }
}

/// The token in the `Authorization` header: behind `Bearer`, in any case (RFC 6750 §2.1, RFC 9110 §11.1), or bare, as
/// clients of API Gateway send it.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, IdentityError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(IdentityError::Missing)?;
    if values.next().is_some() {
        return Err(IdentityError::SeveralHeaders);
    }
    let value = value.to_str().map_err(|_| IdentityError::NotText)?.trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(IdentityError::Missing);
    }
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => token.trim_start_matches(' '),
        // A token has no spaces: what stands before one is a scheme, unless it is a token itself.
        Some((first, _)) if first.contains('.') => return Err(IdentityError::SeveralTokens),
        Some(_) => return Err(IdentityError::OtherScheme),
        None if value.eq_ignore_ascii_case("Bearer") => return Err(IdentityError::Missing),
        None => value,
    };
    if token.contains([' ', '\t', ',']) {
        return Err(IdentityError::SeveralTokens);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(values: &[&[u8]]) -> Result<String, IdentityError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        bearer_token(&headers).map(str::to_owned)
    }

    #[test]
    fn the_token_stands_behind_bearer_or_alone() {
        for value in
            ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", "a.b.c", "  a.b.c ", "\tBearer a.b.c\t"]
        {
            assert_eq!(token(&[value.as_bytes()]).as_deref(), Ok("a.b.c"), "{value:?}");
        }
    }

    #[test]
    fn anything_else_is_named() {
        use IdentityError::{Missing, NotText, OtherScheme, SeveralHeaders, SeveralTokens};
        for (value, error) in [
            ("", Missing),
            ("   ", Missing),
            ("Bearer", Missing),
            ("bearer  ", Missing),
            ("Basic dXNlcjpwYXNz", OtherScheme),
            ("Bearer2 a.b.c", OtherScheme),
            ("Bearer\ta.b.c", SeveralTokens),
            ("Bearer a.b.c d.e.f", SeveralTokens),
            ("Bearer a.b.c, Bearer d.e.f", SeveralTokens),
            ("Bearer a.b.c,d.e.f", SeveralTokens),
            ("a.b.c d.e.f", SeveralTokens),
            ("a.b.c,d.e.f", SeveralTokens),
            ("Bearer Bearer a.b.c", SeveralTokens),
        ] {
            assert_eq!(token(&[value.as_bytes()]), Err(error), "{value:?}");
        }
        assert_eq!(token(&[]), Err(Missing));
        assert_eq!(token(&[b"Bearer a.b.c", b"Bearer a.b.c"]), Err(SeveralHeaders));
        assert_eq!(token(&[b"", b"Bearer a.b.c"]), Err(SeveralHeaders));
        assert_eq!(token(&[b"Bearer a.b.\xff"]), Err(NotText));
    }
}

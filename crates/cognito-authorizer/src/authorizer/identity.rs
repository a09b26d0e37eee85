//! Finds the one token of a request, or the reason why there is not exactly one.

use std::{borrow::Cow, fmt, str::FromStr};

use http::{HeaderMap, HeaderName, Uri, header::AUTHORIZATION};

/// Where the token of a request is: API Gateway's *identity source*, or *token source*.
///
/// It is parsed from AWS's mapping expressions: `method.request.header.Authorization` as REST APIs write it,
/// `$request.header.Authorization` and `$request.querystring.token` as HTTP APIs do (API Gateway API reference,
/// `CreateAuthorizer`, `identitySource`). The default is the header `Authorization`. Header names are
/// case-insensitive (RFC 9110 §5.1); names of query parameters are not.
///
/// ```
/// use cognito_authorizer::identity::IdentitySource;
///
/// let source: IdentitySource = "method.request.header.X-Token".parse()?;
/// assert_eq!(source, IdentitySource::header("x-token")?);
/// assert!("$context.identity.sourceIp".parse::<IdentitySource>().is_err());
/// # Ok::<(), cognito_authorizer::identity::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource(pub(crate) TokenLocation);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenLocation {
    Header(HeaderName),
    Query(Box<str>),
}

impl IdentitySource {
    /// The header with this name.
    ///
    /// # Errors
    ///
    /// If no header can have the name.
    pub fn header(name: &str) -> Result<Self, IdentitySourceError> {
        name.parse()
            .map(|name| Self(TokenLocation::Header(name)))
            .map_err(|_| IdentitySourceError { given: name.into() })
    }

    /// The query parameter with this name; requires the profile of HTTP APIs.
    ///
    /// *Security*: URLs are kept in browser histories and in proxy logs.
    ///
    /// # Errors
    ///
    /// If the name is empty.
    pub fn query_parameter(name: &str) -> Result<Self, IdentitySourceError> {
        if name.is_empty() {
            return Err(IdentitySourceError { given: name.into() });
        }
        Ok(Self(TokenLocation::Query(name.into())))
    }

    pub(crate) fn is_query(&self) -> bool {
        matches!(self.0, TokenLocation::Query(_))
    }

    /// The header, if it is one.
    #[cfg(feature = "api-gateway")]
    pub(crate) fn header_name(&self) -> Option<&HeaderName> {
        match &self.0 {
            TokenLocation::Header(name) => Some(name),
            TokenLocation::Query(_) => None,
        }
    }
}

impl Default for IdentitySource {
    fn default() -> Self {
        Self(TokenLocation::Header(AUTHORIZATION))
    }
}

impl FromStr for IdentitySource {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, IdentitySourceError> {
        let header =
            text.strip_prefix("method.request.header.").or_else(|| text.strip_prefix("$request.header."));
        let source = match (header, text.strip_prefix("$request.querystring.")) {
            (Some(name), _) => Self::header(name),
            (None, Some(name)) => Self::query_parameter(name),
            (None, None) => return Err(IdentitySourceError { given: text.into() }),
        };
        source.map_err(|_| IdentitySourceError { given: text.into() })
    }
}

/// As HTTP APIs write it.
impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            TokenLocation::Header(name) => write!(f, "$request.header.{name}"),
            TokenLocation::Query(name) => write!(f, "$request.querystring.{name}"),
        }
    }
}

/// The text is not an identity source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not an identity source; one reads like `method.request.header.Authorization`, \
     `$request.header.Authorization` or `$request.querystring.token`"
)]
#[non_exhaustive]
pub struct IdentitySourceError {
    /// The text.
    pub given: String,
}

/// Why a request has no token that could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no such header or query parameter, or it is blank.
    #[error("the request has no token")]
    Missing,
    /// The header has credentials of another scheme, such as `Basic`. Of a value that is longer than any token may be the
    /// scheme is all that is looked at: other faults than this are not seen there, and the token is too long.
    #[error("the request's credentials are not a bearer token")]
    OtherScheme,
    /// There is more than one header of that name, so it is not clear which counts.
    #[error("the request has more than one header that should have the token")]
    SeveralHeaders,
    /// There is more than one query parameter of that name.
    #[error("the request has more than one query parameter that should have the token")]
    SeveralParameters,
    /// The header or query parameter has more than one token.
    #[error("the request has more than one token in one place")]
    SeveralTokens,
    /// There are bytes that no token has.
    #[error("what should be the token is not visible ASCII")]
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
            Self::SeveralParameters => "several_parameters",
            Self::SeveralTokens => "several_tokens",
            Self::NotText => "not_text",
        }
    }
}

/// How a request carries its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenForm {
    /// After the scheme `Bearer`.
    Bearer,
    /// Alone, as clients of API Gateway send it.
    Bare,
}

impl IdentitySource {
    /// How the request carries this token, which was found in it.
    pub(crate) fn form(&self, headers: &HeaderMap, uri: &Uri, token: &[u8]) -> TokenForm {
        let is_bare = |value: &[u8]| value.trim_ascii() == token;
        let is_bare = match &self.0 {
            TokenLocation::Header(name) => headers.get(name).is_some_and(|value| is_bare(value.as_bytes())),
            TokenLocation::Query(name) => form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                .any(|(key, value)| *key == **name && is_bare(value.as_bytes())),
        };
        if is_bare { TokenForm::Bare } else { TokenForm::Bearer }
    }
}

impl IdentitySource {
    /// Whether the request has such a header or query parameter, whatever its value. A request without is anonymous where that is
    /// allowed.
    pub(crate) fn is_presented(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        match &self.0 {
            TokenLocation::Header(name) => headers.contains_key(name),
            TokenLocation::Query(name) => {
                let query = uri.query().unwrap_or_default().as_bytes();
                form_urlencoded::parse(query).any(|(key, _)| *key == **name)
            }
        }
    }
}

/// How much longer than its token a value may be: room for the scheme, and for spaces.
const AROUND: usize = 64;

impl IdentitySource {
    /// What follows `Bearer ` in the header, if the request has one such header: in nearly all requests, it is the token that
    /// [`token`](Self::token) finds. Its bytes are not looked at, so it must not be used unless the verifier accepts it.
    pub(crate) fn likely_token<'r>(&self, headers: &'r HeaderMap) -> Option<&'r [u8]> {
        let TokenLocation::Header(name) = &self.0 else { return None };
        let mut values = headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        value.as_bytes().strip_prefix(b"Bearer ")
    }

    /// The token: after `Bearer`, in any case (RFC 6750 §2.1, RFC 9110 §11.1), or bare, as clients of API Gateway send it.
    /// A value that is too long for a token of at most `limit` bytes is returned as it is, to be refused for its length.
    pub(crate) fn token<'r>(
        &self,
        headers: &'r HeaderMap,
        uri: &'r Uri,
        limit: usize,
    ) -> Result<Cow<'r, [u8]>, IdentityError> {
        let limit = limit.saturating_add(AROUND);
        match &self.0 {
            TokenLocation::Header(name) => {
                let mut values = headers.get_all(name).iter();
                let value = values.next().ok_or(IdentityError::Missing)?;
                if values.next().is_some() {
                    return Err(IdentityError::SeveralHeaders);
                }
                only_token(value.as_bytes(), limit).map(Cow::Borrowed)
            }
            TokenLocation::Query(name) => {
                let query = uri.query().unwrap_or_default().as_bytes();
                let mut values = form_urlencoded::parse(query).filter(|(key, _)| **key == **name);
                let (_, value) = values.next().ok_or(IdentityError::Missing)?;
                if values.next().is_some() {
                    return Err(IdentityError::SeveralParameters);
                }
                match value {
                    Cow::Borrowed(value) => only_token(value.as_bytes(), limit).map(Cow::Borrowed),
                    Cow::Owned(value) => {
                        only_token(value.as_bytes(), limit).map(|token| Cow::Owned(token.to_owned()))
                    }
                }
            }
        }
    }
}

/// The one token of a value.
fn only_token(value: &[u8], limit: usize) -> Result<&[u8], IdentityError> {
    if value.len() > limit {
        let start = value.get(..AROUND).unwrap_or_default();
        return match split_once(start, b' ') {
            Some((scheme, _)) if is_other_scheme(scheme) => Err(IdentityError::OtherScheme),
            _ => Ok(value),
        };
    }
    // Fast path for what nearly all clients send.
    if let Some(token) = value.strip_prefix(b"Bearer ")
        && is_token(token)
    {
        return Ok(token);
    }
    if !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return Err(IdentityError::NotText);
    }
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(IdentityError::Missing);
    }
    let token = match split_once(value, b' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer") => behind_spaces(token),
        Some((scheme, _)) if is_other_scheme(scheme) => return Err(IdentityError::OtherScheme),
        Some(_) => return Err(IdentityError::SeveralTokens),
        None if value.eq_ignore_ascii_case(b"Bearer") => return Err(IdentityError::Missing),
        None => value,
    };
    if is_token(token) { Ok(token) } else { Err(IdentityError::SeveralTokens) }
}

/// A token has no spaces, so text before a space is a scheme, unless it is a token itself.
fn is_other_scheme(first: &[u8]) -> bool {
    !first.is_empty() && !first.eq_ignore_ascii_case(b"Bearer") && !first.contains(&b'.')
}

fn behind_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// Splits at the first of these bytes.
fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = text.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}

/// Whether it is visible ASCII without a comma, and there is some. Looks at every byte, even behind one that decides: so the
/// compiler looks at many at a time, each as a signed number, of which those that are not ASCII are below all others.
fn is_token(text: &[u8]) -> bool {
    let is_good = |byte: u8| byte.cast_signed() > 0x20 && byte != 0x7F && byte != b',';
    !text.is_empty() && text.iter().fold(true, |all, &byte| all & is_good(byte))
}

#[cfg(test)]
mod tests;

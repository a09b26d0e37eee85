//! Finds the one token of a request, or the reason why there is not exactly one.

mod cookie;
mod error;
mod subprotocol;
mod value;

use std::{borrow::Cow, fmt, str::FromStr};

use http::{
    HeaderMap, HeaderName, Uri,
    header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL},
};

use self::{cookie::Cookie, error::Expected, subprotocol::Subprotocol, value::only_token};
use super::request::RequestHead;

pub use error::{IdentityError, IdentitySourceError};

/// Where the token of a request is: API Gateway's *identity source*, or *token source*.
///
/// It is parsed from AWS's mapping expressions: `method.request.header.Authorization` as REST APIs write it,
/// `$request.header.Authorization` and `$request.querystring.token` as HTTP APIs do (API Gateway API reference,
/// `CreateAuthorizer`, `identitySource`). The default is the header `Authorization`. Header names are
/// case-insensitive (RFC 9110 §5.1); names of query parameters, cookies and subprotocols are not.
///
/// ```
/// use cognito_authorizer::identity::IdentitySource;
///
/// let source: IdentitySource = "method.request.header.X-Token".parse()?;
/// assert_eq!(source, IdentitySource::header("x-token")?);
/// assert!("$context.identity.sourceIp".parse::<IdentitySource>().is_err());
/// # Ok::<(), cognito_authorizer::identity::IdentitySourceError>(())
/// ```
///
/// [`Standard::identity_sources`](crate::Standard::identity_sources) takes several. Only the standard profile supports cookies and
/// subprotocols, because API Gateway supports neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource(TokenLocation);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TokenLocation {
    Header(HeaderName),
    Query(Box<str>),
    Cookie(Cookie),
    Subprotocol(Subprotocol),
}

/// The prefixes of expressions for a cookie and for a subprotocol. They are this crate's own.
const COOKIE_PREFIX: &str = "$request.cookie.";
const SUBPROTOCOL_PREFIX: &str = "$request.subprotocol.";

impl IdentitySource {
    /// The header with this name.
    ///
    /// # Errors
    ///
    /// If no header can have the name.
    pub fn header(name: &str) -> Result<Self, IdentitySourceError> {
        let name = name.parse().map_err(|_| unexpected(name, Expected::Source))?;
        Ok(Self(TokenLocation::Header(name)))
    }

    /// The query parameter with this name; not for the profile of REST APIs.
    ///
    /// *Security*: URLs are kept in browser histories and in proxy logs.
    ///
    /// # Errors
    ///
    /// If the name is empty.
    pub fn query_parameter(name: &str) -> Result<Self, IdentitySourceError> {
        if name.is_empty() {
            return Err(unexpected(name, Expected::Source));
        }
        Ok(Self(TokenLocation::Query(name.into())))
    }

    /// The cookie with this name; for the standard profile.
    ///
    /// Browsers send cookies also with requests that other sites cause (*cross-site request forgery*). A request is therefore
    /// refused with 403 ([`IdentityError::CrossSite`]) unless one of these holds:
    ///
    /// - its method is GET, HEAD, OPTIONS or TRACE, and it does not open a WebSocket (`Upgrade`, `Sec-WebSocket-Key` or
    ///   `Sec-WebSocket-Version`);
    /// - `Sec-Fetch-Site` is `same-origin`;
    /// - there is no `Sec-Fetch-Site`, and the host of `Origin` is the request's own;
    /// - `Origin` is a [trusted origin](Self::trusted_origin).
    ///
    /// Programs other than browsers send `Authorization` instead, as a further source.
    ///
    /// ```
    /// use cognito_authorizer::{Standard, identity::IdentitySource};
    ///
    /// let cookie = IdentitySource::cookie("__Host-token")?.trusted_origin("https://app.example.com")?;
    /// let profile = Standard::new().identity_sources([IdentitySource::default(), cookie]);
    /// assert!(IdentitySource::cookie("a cookie").is_err());
    /// # Ok::<(), cognito_authorizer::identity::IdentitySourceError>(())
    /// ```
    ///
    /// *Security*: handlers of GET requests must not change anything. Set the cookie with `HttpOnly`, `Secure` and `SameSite`, and
    /// give it a name that starts with `__Host-`, which other hosts of the domain cannot set. Where a proxy changes `Host`, name the
    /// page's origin as trusted.
    ///
    /// # Errors
    ///
    /// If no cookie can have the name.
    pub fn cookie(name: &str) -> Result<Self, IdentitySourceError> {
        let cookie = Cookie::new(name).ok_or_else(|| unexpected(name, Expected::Cookie))?;
        Ok(Self(TokenLocation::Cookie(cookie)))
    }

    /// Lets pages of this origin, such as `https://app.example.com`, cause requests with the [cookie](Self::cookie). There may be
    /// several.
    ///
    /// # Errors
    ///
    /// If the text is not an origin as browsers send it, in lower case and without a path; or if this source is not a cookie.
    pub fn trusted_origin(mut self, origin: &str) -> Result<Self, IdentitySourceError> {
        if !cookie::is_origin(origin) {
            return Err(unexpected(origin, Expected::Origin));
        }
        match &mut self.0 {
            TokenLocation::Cookie(cookie) => cookie.trusted_origins.push(origin.into()),
            _ => return Err(unexpected(&self.to_string(), Expected::CookieSource)),
        }
        Ok(self)
    }

    /// The subprotocol of a WebSocket that starts with this text and a dot, such as `bearer.eyJ…`; for the standard profile.
    ///
    /// Pages can set no header of a WebSocket handshake but `Sec-WebSocket-Protocol`:
    /// `new WebSocket(url, ["orders.v1", "bearer." + token])`. The page must offer a second subprotocol, and the handler accept that,
    /// because browsers fail a handshake whose subprotocols are all ignored: with axum, `handshake.protocols(["orders.v1"])`. The layer
    /// removes the one with the token before the request goes on, so that no handler repeats it in the response.
    ///
    /// ```
    /// use cognito_authorizer::{Standard, identity::IdentitySource};
    ///
    /// let profile = Standard::new().identity_sources([IdentitySource::default(), IdentitySource::subprotocol("bearer")?]);
    /// assert!(IdentitySource::subprotocol("orders.v1, bearer").is_err());
    /// # Ok::<(), cognito_authorizer::identity::IdentitySourceError>(())
    /// ```
    ///
    /// *Security*: proxies may log the header. A token is as readable there as in any other header.
    ///
    /// # Errors
    ///
    /// If no subprotocol can start with the text.
    pub fn subprotocol(start: &str) -> Result<Self, IdentitySourceError> {
        let subprotocol = Subprotocol::new(start).ok_or_else(|| unexpected(start, Expected::Subprotocol))?;
        Ok(Self(TokenLocation::Subprotocol(subprotocol)))
    }

    /// Whether it is a header, as in every kind of API.
    pub(crate) fn is_header(&self) -> bool {
        matches!(self.0, TokenLocation::Header(_))
    }

    pub(crate) fn is_query(&self) -> bool {
        matches!(self.0, TokenLocation::Query(_))
    }

    /// Whether it is the same place, whatever origins are trusted there.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (TokenLocation::Cookie(one), TokenLocation::Cookie(other)) => one.name == other.name,
            (one, other) => one == other,
        }
    }

    /// The header that has the token, or of which it is a part.
    pub(crate) fn header_name(&self) -> Option<&HeaderName> {
        match &self.0 {
            TokenLocation::Header(name) => Some(name),
            TokenLocation::Query(_) => None,
            TokenLocation::Cookie(_) => Some(&COOKIE),
            TokenLocation::Subprotocol(_) => Some(&SEC_WEBSOCKET_PROTOCOL),
        }
    }

    /// The query parameter, if it is one.
    #[cfg(feature = "api-gateway")]
    pub(crate) fn query_name(&self) -> Option<&str> {
        match &self.0 {
            TokenLocation::Query(name) => Some(name),
            _ => None,
        }
    }
}

fn unexpected(given: &str, expected: Expected) -> IdentitySourceError {
    IdentitySourceError { given: given.to_owned(), expected }
}

impl Default for IdentitySource {
    fn default() -> Self {
        Self(TokenLocation::Header(AUTHORIZATION))
    }
}

impl FromStr for IdentitySource {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, IdentitySourceError> {
        let behind = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
        let source = if let Some(name) = behind(&["method.request.header.", "$request.header."]) {
            Self::header(name)
        } else if let Some(name) = behind(&["$request.querystring."]) {
            Self::query_parameter(name)
        } else if let Some(name) = behind(&[COOKIE_PREFIX]) {
            Self::cookie(name)
        } else if let Some(start) = behind(&[SUBPROTOCOL_PREFIX]) {
            Self::subprotocol(start)
        } else {
            return Err(unexpected(text, Expected::Source));
        };
        source.map_err(|error| unexpected(text, error.expected))
    }
}

/// As HTTP APIs write it. Cookies and subprotocols are written alike: `$request.cookie.token`, `$request.subprotocol.bearer`.
impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            TokenLocation::Header(name) => write!(f, "$request.header.{name}"),
            TokenLocation::Query(name) => write!(f, "$request.querystring.{name}"),
            TokenLocation::Cookie(cookie) => write!(f, "{COOKIE_PREFIX}{}", cookie.name),
            TokenLocation::Subprotocol(subprotocol) => write!(f, "{SUBPROTOCOL_PREFIX}{}", subprotocol.start),
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
    pub(crate) fn form(&self, request: RequestHead<'_>, token: &[u8]) -> TokenForm {
        let is_bare = |value: &[u8]| value.trim_ascii() == token;
        let is_bare = match &self.0 {
            TokenLocation::Query(name) => {
                parameters(request.uri, name).any(|value| is_bare(value.as_bytes()))
            }
            _ => self.value(request.headers).is_ok_and(is_bare),
        };
        if is_bare { TokenForm::Bare } else { TokenForm::Bearer }
    }

    /// Whether the request has something in this place, whatever its value. A request without is anonymous where that is allowed.
    pub(crate) fn is_presented(&self, request: RequestHead<'_>) -> bool {
        match &self.0 {
            TokenLocation::Query(name) => parameters(request.uri, name).next().is_some(),
            _ => self.value(request.headers) != Err(IdentityError::Missing),
        }
    }

    /// What follows `Bearer ` in the header, if the request has one such header: in nearly all requests, it is the token that
    /// [`token`](Self::token) finds. Its bytes are not looked at, so it must not be used unless the verifier accepts it.
    pub(crate) fn likely_token<'r>(&self, headers: &'r HeaderMap) -> Option<&'r [u8]> {
        let TokenLocation::Header(_) = self.0 else { return None };
        self.value(headers).ok()?.strip_prefix(b"Bearer ")
    }

    /// The token: after `Bearer`, in any case (RFC 6750 §2.1, RFC 9110 §11.1), or bare, as clients of API Gateway send it.
    /// A value that is too long for a token of at most `limit` bytes is returned as it is, to be refused for its length.
    pub(crate) fn token<'r>(
        &self,
        request: RequestHead<'r>,
        limit: usize,
    ) -> Result<Cow<'r, [u8]>, IdentityError> {
        let limit = limit.saturating_add(value::AROUND);
        let TokenLocation::Query(name) = &self.0 else {
            let token = only_token(self.value(request.headers)?, limit)?;
            if let TokenLocation::Cookie(cookie) = &self.0 {
                cookie.check_origin(request)?;
            }
            return Ok(Cow::Borrowed(token));
        };
        let mut values = parameters(request.uri, name);
        let value = values.next().ok_or(IdentityError::Missing)?;
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

    /// The one value in the headers.
    fn value<'r>(&self, headers: &'r HeaderMap) -> Result<&'r [u8], IdentityError> {
        match &self.0 {
            TokenLocation::Header(name) => {
                let value = headers.get(name).ok_or(IdentityError::Missing)?;
                if has_repeated_header(headers) && headers.get_all(name).iter().nth(1).is_some() {
                    return Err(IdentityError::SeveralHeaders);
                }
                Ok(value.as_bytes())
            }
            TokenLocation::Query(_) => Err(IdentityError::Missing),
            TokenLocation::Cookie(cookie) => cookie.value(headers),
            TokenLocation::Subprotocol(subprotocol) => subprotocol.value(headers),
        }
    }

    /// Marks the credentials as sensitive: `Debug` of the headers then withholds them, and HTTP/2 keeps them out of its compression
    /// tables (RFC 7541 §7.1.3). Removes a token from a header whose values handlers repeat in responses.
    pub(crate) fn hide(&self, headers: &mut HeaderMap) {
        if let TokenLocation::Subprotocol(subprotocol) = &self.0 {
            subprotocol.remove(headers);
        }
        let Some(name) = self.header_name() else { return };
        if has_repeated_header(headers) {
            // Several values are refused where a token is needed, and pass an open route.
            let values = headers.iter_mut().filter(|(other, _)| *other == name);
            values.for_each(|(_, value)| value.set_sensitive(true));
        } else if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
}

/// Whether some header has several values. In nearly all requests, none has, so that a look-up of one value finds all.
fn has_repeated_header(headers: &HeaderMap) -> bool {
    headers.len() > headers.keys_len()
}

/// The values of the query parameter with this name.
fn parameters<'r>(uri: &'r Uri, name: &str) -> impl Iterator<Item = Cow<'r, str>> {
    let query = uri.query().unwrap_or_default().as_bytes();
    form_urlencoded::parse(query).filter(move |(key, _)| **key == *name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;

//! Why an identity source cannot be one, and why a request has no token that could be verified.

/// The text is not an identity source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
#[non_exhaustive]
pub struct IdentitySourceError {
    /// The text.
    pub given: String,
    pub(super) expected: Expected,
}

/// What was expected instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Expected {
    #[error(
        "an identity source; one reads like `method.request.header.Authorization`, `$request.header.Authorization` or \
         `$request.querystring.token`"
    )]
    Source,
    #[error("the name of a cookie; give visible ASCII without separators, as `__Host-token`")]
    Cookie,
    #[error("the start of a subprotocol; give visible ASCII without separators, as `bearer`")]
    Subprotocol,
    #[error("an origin; one reads like `https://app.example.com`, without a path")]
    Origin,
    #[error("a cookie; only a cookie needs a trusted origin")]
    CookieSource,
}

/// Why a request has no token that could be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no such header, query parameter, cookie or subprotocol, or it is blank.
    #[error("the request has no token")]
    Missing,
    /// The header has credentials of another scheme, such as `Basic`. If the value is longer than the longest token that is read,
    /// only this is checked; the verifier then rejects the token for its length.
    #[error("the request's credentials are not a bearer token")]
    OtherScheme,
    /// There is more than one header of that name, so it is ambiguous which one counts.
    #[error("the request has more than one header that should have the token")]
    SeveralHeaders,
    /// There is more than one query parameter of that name.
    #[error("the request has more than one query parameter that should have the token")]
    SeveralParameters,
    /// There is more than one cookie of that name. A page of another host in the same domain may have set one of them.
    #[error("the request has more than one cookie that should have the token")]
    SeveralCookies,
    /// There is more than one subprotocol that should have the token.
    #[error("the request has more than one subprotocol that should have the token")]
    SeveralSubprotocols,
    /// More than one of the identity sources has a credential, so it is ambiguous which one counts.
    #[error("the request has credentials in more than one place")]
    SeveralSources,
    /// The header or query parameter has more than one token.
    #[error("the request has more than one token in one place")]
    SeveralTokens,
    /// There are bytes that no token has.
    #[error("what should be the token is not visible ASCII")]
    NotText,
    /// The token is in a cookie, which browsers also send with requests that other sites cause, and the request does not show that
    /// it comes from this site.
    #[error("the token is in a cookie, and the request does not show that it comes from the same origin")]
    CrossSite,
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
            Self::SeveralCookies => "several_cookies",
            Self::SeveralSubprotocols => "several_subprotocols",
            Self::SeveralSources => "several_sources",
            Self::SeveralTokens => "several_tokens",
            Self::NotText => "not_text",
            Self::CrossSite => "cross_site",
        }
    }
}

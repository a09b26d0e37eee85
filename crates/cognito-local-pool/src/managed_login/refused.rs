//! Why an authorization request is refused, and whether the browser may be sent back.

use crate::parameters::append;

/// The outcome of a refused request.
#[derive(Debug)]
pub(crate) enum Refused {
    /// A page says why: the client or its URL is in doubt, and nothing may be sent there.
    Page(PageError),
    /// The browser goes back to the client's URL with the error.
    Redirect(String),
}

/// The subject of an error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// A required parameter is missing or repeated, or the request is too long.
    InvalidRequest,
    /// No app client has this id.
    UnknownClient,
    /// `redirect_uri` is not a callback URL of the client.
    RedirectMismatch,
    /// `logout_uri` is not a sign-out URL of the client.
    LogoutMismatch,
    /// A form came without its token, or from another page.
    Forged,
}

impl PageError {
    /// The error as `/error?error=…` names it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnknownClient => "unauthorized_client",
            Self::RedirectMismatch => "redirect_mismatch",
            Self::LogoutMismatch => "logout_mismatch",
            Self::Forged => "access_denied",
        }
    }

    /// The error of this name; any other name is an invalid request.
    pub(crate) fn of(code: Option<&str>) -> Self {
        let known = [Self::UnknownClient, Self::RedirectMismatch, Self::LogoutMismatch, Self::Forged];
        known.into_iter().find(|error| Some(error.code()) == code).unwrap_or(Self::InvalidRequest)
    }
}

/// The client's URL with an error (RFC 6749 §4.1.2.1).
pub(crate) fn error_redirect(
    redirect_uri: &str,
    state: Option<&str>,
    error: &str,
    description: Option<&str>,
) -> String {
    let mut pairs = vec![("error", error)];
    pairs.extend(description.map(|text| ("error_description", text)));
    pairs.extend(state.map(|state| ("state", state)));
    append(redirect_uri, '?', &pairs)
}

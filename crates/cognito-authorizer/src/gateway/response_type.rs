//! The types of gateway responses.

use std::{fmt, str::FromStr};

use http::StatusCode;

/// A type of response that API Gateway generates itself because of its authorizer.
///
/// Names, default statuses and fall-backs are those of "Gateway response types" in the API Gateway developer guide.
///
/// ```
/// use cognito_authorizer::gateway::ResponseType;
///
/// let unauthorized: ResponseType = "UNAUTHORIZED".parse()?;
/// assert_eq!(unauthorized, ResponseType::Unauthorized);
/// assert!("THROTTLED".parse::<ResponseType>().is_err());
/// # Ok::<(), cognito_authorizer::gateway::ResponseTypeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseType {
    /// `UNAUTHORIZED`, 401: there is no good token. Also used for an expired token, with a separate message.
    Unauthorized,
    /// `ACCESS_DENIED`, 403: the token is good but does not grant enough.
    AccessDenied,
    /// `EXPIRED_TOKEN`, 403: a temporary AWS credential has expired. [`Profile::RestApi`](crate::Profile::RestApi) never uses it for
    /// a Cognito token. [`Profile::Standard`](crate::Profile::Standard) uses it for every expired token, with 401, so customise it
    /// there as well as `UNAUTHORIZED`.
    ExpiredToken,
    /// `AUTHORIZER_FAILURE`, 500: the authorizer failed.
    AuthorizerFailure,
    /// `AUTHORIZER_CONFIGURATION_ERROR`, 500: the authorizer could not reach what it needs, such as the pool's keys.
    AuthorizerConfigurationError,
    /// `MISSING_AUTHENTICATION_TOKEN`, 403: no route has this method and path.
    MissingAuthenticationToken,
    /// `DEFAULT_4XX`: used for every 4XX type above that is not customised.
    Default4xx,
    /// `DEFAULT_5XX`: used for every 5XX type above that is not customised.
    Default5xx,
}

impl ResponseType {
    const ALL: [Self; 8] = [
        Self::Unauthorized,
        Self::AccessDenied,
        Self::ExpiredToken,
        Self::AuthorizerFailure,
        Self::AuthorizerConfigurationError,
        Self::MissingAuthenticationToken,
        Self::Default4xx,
        Self::Default5xx,
    ];

    /// API Gateway's name, such as `UNAUTHORIZED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::ExpiredToken => "EXPIRED_TOKEN",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::AuthorizerConfigurationError => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::Default4xx => "DEFAULT_4XX",
            Self::Default5xx => "DEFAULT_5XX",
        }
    }

    /// The status if none is set. The two defaults have none: each response keeps its own.
    #[must_use]
    pub const fn default_status(self) -> Option<StatusCode> {
        match self {
            Self::Unauthorized => Some(StatusCode::UNAUTHORIZED),
            Self::AccessDenied | Self::ExpiredToken | Self::MissingAuthenticationToken => {
                Some(StatusCode::FORBIDDEN)
            }
            Self::AuthorizerFailure | Self::AuthorizerConfigurationError => {
                Some(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Default4xx | Self::Default5xx => None,
        }
    }

    /// The type that is used instead if this one is not customised.
    pub(super) const fn fallback(self) -> Self {
        match self {
            Self::Unauthorized
            | Self::AccessDenied
            | Self::ExpiredToken
            | Self::MissingAuthenticationToken
            | Self::Default4xx => Self::Default4xx,
            Self::AuthorizerFailure | Self::AuthorizerConfigurationError | Self::Default5xx => {
                Self::Default5xx
            }
        }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ResponseType {
    type Err = ResponseTypeError;

    fn from_str(name: &str) -> Result<Self, ResponseTypeError> {
        let found = Self::ALL.into_iter().find(|response_type| response_type.name() == name);
        found.ok_or_else(|| ResponseTypeError { given: name.to_owned() })
    }
}

/// The text is not the name of a [`ResponseType`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a gateway response type that an authorizer causes; those read like `UNAUTHORIZED`, `ACCESS_DENIED` \
     or `DEFAULT_4XX`"
)]
#[non_exhaustive]
pub struct ResponseTypeError {
    /// The text.
    pub given: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_awss_name_status_and_fallback() {
        for (name, status, fallback) in [
            ("UNAUTHORIZED", Some(401), "DEFAULT_4XX"),
            ("ACCESS_DENIED", Some(403), "DEFAULT_4XX"),
            ("EXPIRED_TOKEN", Some(403), "DEFAULT_4XX"),
            ("AUTHORIZER_FAILURE", Some(500), "DEFAULT_5XX"),
            ("AUTHORIZER_CONFIGURATION_ERROR", Some(500), "DEFAULT_5XX"),
            ("MISSING_AUTHENTICATION_TOKEN", Some(403), "DEFAULT_4XX"),
            ("DEFAULT_4XX", None, "DEFAULT_4XX"),
            ("DEFAULT_5XX", None, "DEFAULT_5XX"),
        ] {
            let response_type: ResponseType = name.parse().unwrap();
            assert_eq!(response_type.to_string(), name);
            assert_eq!(response_type.default_status().map(|status| status.as_u16()), status, "{name}");
            assert_eq!(response_type.fallback().name(), fallback, "{name}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "unauthorized", "THROTTLED", "DEFAULT_3XX", " UNAUTHORIZED"] {
            assert_eq!(name.parse::<ResponseType>(), Err(ResponseTypeError { given: name.into() }));
        }
    }
}

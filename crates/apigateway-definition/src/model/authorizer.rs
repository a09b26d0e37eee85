//! Authorizers.

use std::{fmt, sync::Arc};

use crate::{
    model::{
        rest_jwt::RestJwtAuthorizer,
        value::{PoolRef, Value},
    },
    source::Location,
};

/// An authorizer of an API.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Authorizer {
    /// `COGNITO_USER_POOLS` of a REST API.
    Cognito(Arc<CognitoAuthorizer>),
    /// `JWT` of an HTTP API.
    Jwt(Arc<JwtAuthorizer>),
    /// `JWT` of a REST API.
    RestJwt(Arc<RestJwtAuthorizer>),
    /// A Lambda function, which cannot be reproduced: its routes are refused.
    Lambda {
        /// The authorizer's name in the definition.
        name: String,
        /// Where it is declared.
        source: Location,
    },
}

impl Authorizer {
    /// Its name in the definition: the logical id, or the name of the security scheme.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Cognito(authorizer) => &authorizer.name,
            Self::Jwt(authorizer) => &authorizer.name,
            Self::RestJwt(authorizer) => &authorizer.name,
            Self::Lambda { name, .. } => name,
        }
    }
}

/// A `COGNITO_USER_POOLS` authorizer of a REST API.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CognitoAuthorizer {
    /// Its name in the definition: the logical id, or the name of the security scheme.
    pub name: String,
    /// The user pools, at least one. A token of any of them is accepted.
    pub pools: Vec<PoolRef>,
    /// The request header with the token, as the definition writes it.
    pub header: String,
    /// `AuthorizerResultTtlInSeconds`: 0 to 3600 s; `None` if the definition does not set it, for which API Gateway's
    /// default is 300 s.
    pub result_ttl: Option<u16>,
    /// `IdentityValidationExpression`: a regular expression that the token's `aud` must match. An access token has no
    /// `aud` and is then refused.
    pub validation_expression: Option<String>,
    /// Where it is declared.
    pub source: Location,
}

/// A `JWT` authorizer of an HTTP API.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JwtAuthorizer {
    /// Its name in the definition: the logical id, or the name of the security scheme.
    pub name: String,
    /// The issuer that a token's `iss` must be.
    pub issuer: Value,
    /// The user pool with that issuer, if there is one.
    pub pool: Option<PoolRef>,
    /// The audiences, at least one. A token's `aud`, or `client_id` if it has no `aud`, must be one of them.
    pub audiences: Vec<Value>,
    /// Where the token is in a request.
    pub identity_source: IdentitySource,
    /// Where it is declared.
    pub source: Location,
}

/// Where the token of a request is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentitySource {
    /// A header.
    Header(String),
    /// A parameter of the query.
    Query(String),
}

/// Prints the form of HTTP APIs: `$request.header.Authorization`.
impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "$request.header.{name}"),
            Self::Query(name) => write!(f, "$request.querystring.{name}"),
        }
    }
}

/// One line: `cognito(Auth) pools=eu-west-1_Ab12Cd34E header=Authorization ttl=300`.
impl fmt::Display for Authorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cognito(authorizer) => authorizer.fmt(f),
            Self::Jwt(authorizer) => authorizer.fmt(f),
            Self::RestJwt(authorizer) => authorizer.fmt(f),
            Self::Lambda { name, .. } => write!(f, "lambda({name})"),
        }
    }
}

impl fmt::Display for CognitoAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pools: Vec<String> = self.pools.iter().map(ToString::to_string).collect();
        write!(f, "cognito({}) pools={} header={}", self.name, pools.join(","), self.header)?;
        if let Some(seconds) = self.result_ttl {
            write!(f, " ttl={seconds}")?;
        }
        match &self.validation_expression {
            Some(expression) => write!(f, " expression={expression}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for JwtAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audiences: Vec<String> = self.audiences.iter().map(ToString::to_string).collect();
        write!(f, "jwt({}) issuer={} audience={}", self.name, self.issuer, audiences.join(","))?;
        write!(f, " source={}", self.identity_source)
    }
}

//! The authorizer's part of an event.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    http_api::{HttpApiClaims, PayloadFormat},
    rest_api::RestApiClaims,
};

/// The value of `event.requestContext.authorizer` in the event of a Lambda function behind API Gateway, which serializes to its JSON.
///
/// Created by [`RestApiClaims::authorizer`] and [`HttpApiClaims::authorizer`]. `Debug` omits the claims.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorizerContext<'c>(ContextShape<'c>);

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum ContextShape<'c> {
    RestApi { claims: &'c RestApiClaims },
    HttpApi(Jwt<'c>),
    HttpApi2 { jwt: Jwt<'c> },
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
struct Jwt<'c> {
    claims: &'c HttpApiClaims,
    scopes: Option<&'c [String]>,
}

impl RestApiClaims {
    /// The value of `event.requestContext.authorizer`: `{"claims":{…}}`.
    #[must_use]
    pub fn authorizer(&self) -> AuthorizerContext<'_> {
        AuthorizerContext(ContextShape::RestApi { claims: self })
    }
}

impl HttpApiClaims {
    /// The value of `event.requestContext.authorizer`. Without scopes, `scopes` is `null`.
    #[must_use]
    pub fn authorizer(&self, format: PayloadFormat) -> AuthorizerContext<'_> {
        let jwt = Jwt { claims: self, scopes: self.scopes() };
        AuthorizerContext(match format {
            PayloadFormat::V1 => ContextShape::HttpApi(jwt),
            PayloadFormat::V2 => ContextShape::HttpApi2 { jwt },
        })
    }
}

impl AuthorizerContext<'_> {
    /// As JSON, without white space.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A map from text to text can always be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for AuthorizerContext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Debug for AuthorizerContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizerContext(withheld)")
    }
}

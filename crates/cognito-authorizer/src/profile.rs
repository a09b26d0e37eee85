//! The rules for decisions and responses: those of a new service, or those of one of API Gateway's authorizers.

use cognito_verify::ClaimRules;

/// The rules by which requests are let in and refusals are answered.
///
/// The profiles other than [`Standard`](Self::Standard) are for APIs that move off API Gateway without a change for clients: they
/// reproduce its decisions and its responses, byte for byte where those are known.
///
/// | | `Standard` | `RestApi` | `HttpApi` |
/// |---|---|---|---|
/// | accepted token, unless set with [`accept`](crate::CognitoAuthBuilder::accept) | access token | access token on a route that requires scopes, otherwise ID token | either |
/// | app client | `client_id` of an access token, `aud` of an ID token | the same | `aud`; `client_id` only where there is no `aud` |
/// | `aud` of an access token, if the pool has no [`resource`](crate::UserPool::resource) or [`audience`](crate::UserPool::audience) | its own or a listed app client, or no `aud` | not compared | as for the app client |
/// | scopes | `scope` | `scope` | `scp`, else `scope` |
/// | no token, or a rejected one | 401 with a challenge of RFC 6750 | 401, with a separate message for an expired token | 401 with AWS's challenge |
/// | missing scope | 403 | 401 | 403 |
/// | no keys | 503 with `Retry-After` | 500 | 401 |
/// | no row of the route table | 404 | 403 | 404 |
///
/// Sources, all in the API Gateway developer guide: "Integrate a REST API with an Amazon Cognito user pool", "Control access to HTTP
/// APIs with JWT authorizers", "Gateway response types for API Gateway".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// RFC 6750 and RFC 9110, for new services; the default.
    #[default]
    Standard,
    /// A REST API with an authorizer of type `COGNITO_USER_POOLS`.
    #[cfg(feature = "api-gateway")]
    RestApi,
    /// An HTTP API with an authorizer of type `JWT`.
    #[cfg(feature = "api-gateway")]
    HttpApi,
}

impl Profile {
    /// Whether the token may be in the query.
    pub(crate) fn takes_queries(self) -> bool {
        match self {
            Self::Standard => true,
            #[cfg(feature = "api-gateway")]
            Self::HttpApi => true,
            #[cfg(feature = "api-gateway")]
            Self::RestApi => false,
        }
    }

    /// Whether the token may be where API Gateway does not look for it: in a cookie, or in a subprotocol.
    pub(crate) fn takes_any_source(self) -> bool {
        self == Self::Standard
    }

    /// How claims are read.
    pub(crate) fn claim_rules(self) -> ClaimRules {
        match self {
            Self::Standard => ClaimRules::UserPool,
            #[cfg(feature = "api-gateway")]
            Self::RestApi => ClaimRules::RestApi,
            #[cfg(feature = "api-gateway")]
            Self::HttpApi => ClaimRules::Jwt,
        }
    }
}

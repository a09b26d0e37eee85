//! The profiles with their settings.

use cognito_verify::ClaimRules;

use crate::authorizer::IdentitySource;
#[cfg(feature = "api-gateway")]
use crate::gateway::GatewayResponses;
use crate::{profile::Profile, protected_resource::ProtectedResource};

/// The profile of a new service, and the default: responses follow RFC 6750 and RFC 9110.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, Standard};
///
/// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// let builder = builder.profile(Standard::new().realm("orders"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give the profile to `.profile(…)` of the builder"]
pub struct Standard {
    settings: ProfileSettings,
}

/// The profile of a REST API with an authorizer of type `COGNITO_USER_POOLS`.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, RestApi, gateway::GatewayResponses};
///
/// # fn example(responses: GatewayResponses) {
/// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// let builder = builder.profile(RestApi::new().identity_source("method.request.header.X-Token").gateway_responses(responses));
/// # }
/// ```
#[cfg(feature = "api-gateway")]
#[derive(Clone, Debug)]
#[must_use = "give the profile to `.profile(…)` of the builder"]
pub struct RestApi {
    settings: ProfileSettings,
}

/// The profile of an HTTP API with an authorizer of type `JWT`.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, HttpApi};
///
/// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// let builder = builder.profile(HttpApi::new().identity_source("$request.querystring.token"));
/// ```
///
/// An HTTP API has no gateway responses, so this has no setting for them:
///
/// ```compile_fail,E0599
/// # use cognito_authorizer::{HttpApi, gateway::GatewayResponses};
/// HttpApi::new().gateway_responses(GatewayResponses::new());
/// ```
#[cfg(feature = "api-gateway")]
#[derive(Clone, Debug)]
#[must_use = "give the profile to `.profile(…)` of the builder"]
pub struct HttpApi {
    settings: ProfileSettings,
}

/// A profile and its settings, for [`CognitoAuthBuilder::profile`](crate::CognitoAuthBuilder::profile): made from [`Standard`],
/// [`RestApi`] or [`HttpApi`], or from a [`Profile`] without settings.
#[derive(Clone, Debug, Default)]
pub struct ProfileSettings {
    pub(crate) profile: Profile,
    pub(crate) identity_source: Option<String>,
    pub(crate) identity_sources: Option<Vec<IdentitySource>>,
    #[cfg(feature = "api-gateway")]
    pub(crate) identity_validation_expression: Option<String>,
    pub(crate) realm: Option<String>,
    pub(crate) resource: Option<ProtectedResource>,
    pub(crate) resource_metadata: Option<String>,
    /// How claims are read, if not as the profile says.
    claim_rules: Option<ClaimRules>,
    #[cfg(feature = "api-gateway")]
    pub(crate) gateway_responses: Option<GatewayResponses>,
    /// The names of the single-value settings that were called, in order.
    pub(crate) given: Vec<&'static str>,
}

impl ProfileSettings {
    /// These settings; what they leave open is as in `defaults`.
    pub(crate) fn or(self, defaults: Self) -> Self {
        // Sources that the program names replace the one of a definition.
        let source =
            self.identity_source.or(defaults.identity_source.filter(|_| self.identity_sources.is_none()));
        Self {
            profile: self.profile,
            identity_source: source,
            identity_sources: self.identity_sources,
            #[cfg(feature = "api-gateway")]
            identity_validation_expression: self
                .identity_validation_expression
                .or(defaults.identity_validation_expression),
            realm: self.realm.or(defaults.realm),
            resource: self.resource.or(defaults.resource),
            resource_metadata: self.resource_metadata.or(defaults.resource_metadata),
            // Another profile has other rules.
            claim_rules: self.claim_rules,
            #[cfg(feature = "api-gateway")]
            gateway_responses: self.gateway_responses.or(defaults.gateway_responses),
            given: self.given,
        }
    }

    pub(crate) fn claim_rules(&self) -> ClaimRules {
        self.claim_rules.unwrap_or_else(|| self.profile.claim_rules())
    }

    fn identity_source(&mut self, expression: String) {
        self.given.push("identity_source");
        self.identity_source = Some(expression);
    }

    #[cfg(feature = "api-gateway")]
    fn gateway_responses(&mut self, responses: GatewayResponses) {
        self.given.push("gateway_responses");
        self.gateway_responses = Some(responses);
    }
}

impl From<Profile> for ProfileSettings {
    fn from(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }
}

impl From<Standard> for ProfileSettings {
    fn from(profile: Standard) -> Self {
        profile.settings
    }
}

#[cfg(feature = "api-gateway")]
impl From<RestApi> for ProfileSettings {
    fn from(profile: RestApi) -> Self {
        profile.settings
    }
}

#[cfg(feature = "api-gateway")]
impl From<HttpApi> for ProfileSettings {
    fn from(profile: HttpApi) -> Self {
        profile.settings
    }
}

impl Standard {
    /// The profile without settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads claims as the JWT authorizer of a REST API does: `aud` decides alone, and scopes are in `scp` or `scope`.
    #[cfg(feature = "definition")]
    pub(crate) fn jwt_claims(mut self) -> Self {
        self.settings.claim_rules = Some(ClaimRules::Jwt);
        self
    }

    /// The `realm` of challenges (RFC 9110 §11.5). By default there is one only in challenges that would otherwise be empty.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.settings.given.push("realm");
        self.settings.realm = Some(realm.into());
        self
    }

    /// This API as a protected resource (RFC 9728): challenges then have the URL of its metadata as `resource_metadata`, so that
    /// clients such as MCP clients find the user pool. Serve the metadata too, with
    /// [`protected_resource_metadata`](crate::CognitoAuthLayer::protected_resource_metadata).
    ///
    /// Each user pool must have the URL of the API as a [`resource`](crate::UserPool::resource); otherwise the layer is not built.
    pub fn protected_resource(mut self, resource: ProtectedResource) -> Self {
        self.settings.given.push("protected_resource");
        self.settings.resource = Some(resource);
        self
    }

    /// The URL of protected resource metadata (RFC 9728) that something else serves, for `resource_metadata` of challenges. Instead of
    /// [`protected_resource`](Self::protected_resource).
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.settings.given.push("resource_metadata");
        self.settings.resource_metadata = Some(url.into());
        self
    }

    /// Where the token is, as an expression such as `method.request.header.X-Token` or `$request.querystring.token`; the header
    /// `Authorization` by default. See [`IdentitySource`].
    ///
    /// The value is the token, with or without `Bearer` before it, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.settings.identity_source(expression.into());
        self
    }

    /// Several places where the token can be, instead of [`identity_source`](Self::identity_source). A request must have a credential
    /// in exactly one of them. Without any, it is refused as a request without a token; with two, because it is ambiguous which one
    /// counts.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthLayer, Standard, identity::IdentitySource};
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // Programs send `Authorization`, the web app has a cookie, and a page opens a WebSocket with a subprotocol.
    /// let sources =
    ///     [IdentitySource::default(), IdentitySource::cookie("__Host-token")?, IdentitySource::subprotocol("bearer")?];
    /// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// let builder = builder.profile(Standard::new().identity_sources(sources));
    /// # Ok(()) }
    /// ```
    pub fn identity_sources(mut self, sources: impl IntoIterator<Item = IdentitySource>) -> Self {
        self.settings.given.push("identity_sources");
        self.settings.identity_sources = Some(sources.into_iter().collect());
        self
    }

    /// Answers refusals with *gateway responses* like those of a REST API.
    #[cfg(feature = "api-gateway")]
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.settings.gateway_responses(responses);
        self
    }
}

#[cfg(feature = "api-gateway")]
impl RestApi {
    /// The profile without settings.
    pub fn new() -> Self {
        Self { settings: Profile::RestApi.into() }
    }

    /// The header with the token, as `method.request.header.X-Token`; `Authorization` by default. See
    /// [`IdentitySource`](crate::identity::IdentitySource).
    ///
    /// The value is the token, with or without `Bearer` before it, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.settings.identity_source(expression.into());
        self
    }

    /// API Gateway's *identity validation expression* (in its console, *token validation*): a regular expression that must match
    /// the whole of `aud`; otherwise the request gets 401. None by default. Other profiles name the app clients instead.
    ///
    /// Access tokens have no `aud` and so never match, as in API Gateway ("Authorizer" in its API reference). AWS supports
    /// look-around and back-references; here they are errors, because their cost is not bounded.
    pub fn identity_validation_expression(mut self, expression: impl Into<String>) -> Self {
        self.settings.given.push("identity_validation_expression");
        self.settings.identity_validation_expression = Some(expression.into());
        self
    }

    /// Answers refusals with the customised *gateway responses* of the API; none by default.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.settings.gateway_responses(responses);
        self
    }
}

#[cfg(feature = "api-gateway")]
impl Default for RestApi {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "api-gateway")]
impl HttpApi {
    /// The profile without settings.
    pub fn new() -> Self {
        Self { settings: Profile::HttpApi.into() }
    }

    /// Where the token is, as AWS's expression: `$request.header.X-Token` or `$request.querystring.token`; the header
    /// `Authorization` by default. See [`IdentitySource`](crate::identity::IdentitySource).
    ///
    /// The value is the token, with or without `Bearer` before it, as in API Gateway.
    pub fn identity_source(mut self, expression: impl Into<String>) -> Self {
        self.settings.identity_source(expression.into());
        self
    }
}

#[cfg(feature = "api-gateway")]
impl Default for HttpApi {
    fn default() -> Self {
        Self::new()
    }
}

//! Builds the layer and its route table from an existing API definition.

mod error;
mod preflights;

use std::collections::BTreeSet;

use apigateway_definition::{Api, ApiDefinition, ApiKind, OpenReason, PoolRef, Rule, TrustedIssuer};
use apigateway_routes::{RouteKey, RouteMethod};
use cognito_verify::{Accept, IssuerForm, Requirement, UserPool, UserPoolId, any_user_pool};

use crate::{
    authorizer::IdentitySource,
    builder::{CognitoAuthBuilder, HttpApi, RestApi, Standard},
    gateway::{GatewayResponse, GatewayResponses},
    layer::CognitoAuthLayer,
    routes::{RouteRule, RouteTable},
};

pub use error::DefinitionError;

/// API Gateway's default result TTL, in seconds.
const DEFAULT_RESULT_TTL: u16 = 300;

/// An API whose routes can be put into a [`RouteTable`].
///
/// ```
/// use cognito_authorizer::{DefinesRoutes, apigateway_definition::Import};
/// use http::Method;
///
/// let definition = br#"
/// Resources:
///   Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { ProtocolType: HTTP, Name: orders } }
///   Health:
///     Type: AWS::ApiGatewayV2::Route
///     Properties: { ApiId: !Ref Api, RouteKey: GET /health, AuthorizationType: NONE }
/// "#;
/// let definition = Import::new().file("template.yaml", definition).read()?.definition;
/// let table = definition.route_table()?;
/// assert!(table.rule(&Method::GET, "/health").key().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait DefinesRoutes {
    /// The routes and the requirement of each, as a table. Requests that no route matches are refused. So are requests whose path
    /// has routes, but none for their method: an HTTP API would use a broader route, but axum runs the handler of the most
    /// specific path (see [`RouteTable`]).
    ///
    /// A route that only answers CORS preflights, such as one that Serverless creates for `cors: true`, lets in preflights but no
    /// other `OPTIONS` requests ([`RouteRule::Preflight`](crate::RouteRule::Preflight)). So does a path of an HTTP API without a
    /// route for `OPTIONS` or `ANY`, if the API's CORS configuration or a broader open route for `OPTIONS` opens its preflights,
    /// and no route with an authorizer would handle them. A `CorsLayer` must answer them.
    ///
    /// *Security*: a handler for every method, such as axum's `any(…)`, runs for preflights without a token if no `CorsLayer`
    /// answers them.
    ///
    /// # Errors
    ///
    /// If there is not exactly one API, or a resource is not bound. The routes of an import can always be rows of a table; the
    /// import itself refuses those that cannot, and says where they are declared. One such route is a HEAD route that lets in
    /// requests that the GET or ANY route of its path does not, because axum serves HEAD with the handler of GET. If the path has no
    /// GET or ANY route, serve HEAD with `head(…)`.
    fn route_table(&self) -> Result<RouteTable, DefinitionError>;
}

impl DefinesRoutes for ApiDefinition {
    fn route_table(&self) -> Result<RouteTable, DefinitionError> {
        only_api(self)?.route_table()
    }
}

impl DefinesRoutes for Api {
    fn route_table(&self) -> Result<RouteTable, DefinitionError> {
        let all = pools(self)?;
        let mut rows = RouteTable::builder();
        for route in &self.routes {
            let key = route.key.clone();
            let rule = match (&route.rule, route.requirement()) {
                (Rule::Open(OpenReason::Preflight), _) => RouteRule::Preflight,
                (Rule::Open(_), _) => RouteRule::Open,
                (Rule::Cognito { .. } | Rule::Jwt { .. } | Rule::RestJwt { .. }, Some(requirement)) => {
                    RouteRule::Require(requirement.and(of_pools(&route.rule, &all)?))
                }
                _ => RouteRule::Refuse,
            };
            rows = rows.row(key, rule);
        }
        if self.kind == ApiKind::Http {
            rows = preflights::paths(self)
                .into_iter()
                .map(|path| RouteKey::new(RouteMethod::Options, path.clone()))
                .fold(rows, |rows, key| rows.row(key, RouteRule::Preflight));
        }
        Ok(rows.build()?)
    }
}

impl CognitoAuthLayer {
    /// Starts to build a layer for the API of a definition: with its user pools, app clients, identity source, result TTL, gateway
    /// responses and routes, and the profile of its kind. Settings on the builder add to these or replace them.
    ///
    /// Put it around the whole router, with `.layer(auth)`. To check at start-up that the router serves the routes
    /// of the definition and no others, call [`RouteTable::compare`] on the result of [`route_table`](DefinesRoutes::route_table).
    ///
    /// ```no_run
    /// use cognito_authorizer::{CognitoAuthLayer, apigateway_definition::Import};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let definition = Import::from_path("serverless.yml")?.stage("prod").bind("UserPool", "eu-west-1_Ab12Cd34E");
    /// let auth = CognitoAuthLayer::builder_from(&definition.read()?.definition)?.connect().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is not exactly one API (use [`builder_from_api`](Self::builder_from_api) then), a resource is not bound, no route
    /// requires a token, or the authorizers of the API differ in a setting that a layer has once.
    pub fn builder_from(definition: &ApiDefinition) -> Result<CognitoAuthBuilder, DefinitionError> {
        Self::builder_from_api(only_api(definition)?)
    }

    /// The same for one of several APIs.
    ///
    /// # Errors
    ///
    /// As for [`builder_from`](Self::builder_from).
    pub fn builder_from_api(api: &Api) -> Result<CognitoAuthBuilder, DefinitionError> {
        let mut pools = user_pools(api)?.into_iter();
        let first = pools.next().ok_or(DefinitionError::NoAuthorizer { api: api.id.clone() })?;
        let mut builder = CognitoAuthBuilder::with_pool(first).routes(api.route_table()?);
        builder = pools.fold(builder, CognitoAuthBuilder::user_pool);
        let source = same(api, "identity source", identity_source)?;
        let ApiKind::Rest = api.kind else {
            let profile = source.into_iter().fold(HttpApi::new(), HttpApi::identity_source);
            return Ok(builder.profile(profile).into_defaults());
        };
        // How the JWT authorizers of REST APIs respond is not documented, so their refusals are not those of the other authorizers.
        if same(api, "kind of authorizer", is_rest_jwt)? == Some(true) {
            let profile = source.into_iter().fold(Standard::new().jwt_claims(), Standard::identity_source);
            return Ok(builder.profile(profile).accept(Accept::Either).into_defaults());
        }
        let mut profile = source.into_iter().fold(RestApi::new(), RestApi::identity_source);
        let ttl = api.routes.iter().filter_map(|route| match &route.rule {
            Rule::Cognito { authorizer, .. } => Some(authorizer.result_ttl.unwrap_or(DEFAULT_RESULT_TTL)),
            _ => None,
        });
        let seconds = u64::from(ttl.min().unwrap_or(DEFAULT_RESULT_TTL));
        builder = builder.result_ttl(std::time::Duration::from_secs(seconds));
        let expression = same(api, "identity validation expression", validation_expression)?;
        if let Some(expression) = expression.filter(|expression| !expression.is_empty()) {
            profile = profile.identity_validation_expression(expression);
        }
        if !api.gateway_responses.is_empty() {
            profile = profile.gateway_responses(responses(api));
        }
        builder = builder.profile(profile);
        Ok(builder.into_defaults())
    }
}

fn only_api(definition: &ApiDefinition) -> Result<&Api, DefinitionError> {
    match &*definition.apis {
        [api] => Ok(api),
        apis => Err(DefinitionError::Apis { ids: apis.iter().map(|api| api.id.clone()).collect() }),
    }
}

/// The setting that the authorizers of all routes have in common; `None` if none of them has it.
fn same<T: PartialEq + std::fmt::Debug>(
    api: &Api,
    setting: &'static str,
    of: fn(&Rule) -> Option<T>,
) -> Result<Option<T>, DefinitionError> {
    let mut found: Option<T> = None;
    for value in api.routes.iter().filter_map(|route| of(&route.rule)) {
        match &found {
            Some(first) if *first != value => {
                let (first, second) = (format!("{first:?}"), format!("{value:?}"));
                return Err(DefinitionError::Differ { api: api.id.clone(), setting, first, second });
            }
            Some(_) => {}
            None => found = Some(value),
        }
    }
    Ok(found)
}

fn identity_source(rule: &Rule) -> Option<String> {
    match rule {
        Rule::Cognito { authorizer, .. } => {
            Some(format!("method.request.header.{}", authorizer.header.to_ascii_lowercase()))
        }
        Rule::Jwt { authorizer, .. } => {
            let source = authorizer.identity_source.to_string();
            // Header names have no case.
            Some(source.parse::<IdentitySource>().map_or(source, |source| source.to_string()))
        }
        Rule::RestJwt { authorizer, .. } => {
            Some(format!("method.request.header.{}", authorizer.header.to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// Whether the rule is that of a JWT authorizer of a REST API; `None` where no token is looked at.
fn is_rest_jwt(rule: &Rule) -> Option<bool> {
    match rule {
        Rule::RestJwt { .. } => Some(true),
        Rule::Cognito { .. } | Rule::Jwt { .. } => Some(false),
        _ => None,
    }
}

/// Empty where there is none.
fn validation_expression(rule: &Rule) -> Option<String> {
    match rule {
        Rule::Cognito { authorizer, .. } => {
            Some(authorizer.validation_expression.clone().unwrap_or_default())
        }
        _ => None,
    }
}

/// The pools whose tokens a rule lets in, each once.
fn pools_of(rule: &Rule) -> Result<Vec<UserPoolId>, DefinitionError> {
    let unbound =
        |symbol: &apigateway_definition::Symbol| DefinitionError::Unbound { symbol: symbol.to_string() };
    let refs: Vec<&PoolRef> = match rule {
        Rule::Cognito { authorizer, .. } => authorizer.pools.iter().collect(),
        Rule::Jwt { authorizer, .. } => {
            authorizer.issuer.known().map_err(unbound)?;
            let none = || DefinitionError::NotAUserPool {
                authorizer: authorizer.name.clone(),
                issuer: authorizer.issuer.to_string(),
            };
            vec![authorizer.pool.as_ref().ok_or_else(none)?]
        }
        Rule::RestJwt { authorizer, .. } => {
            let pool = |trusted: &'_ TrustedIssuer| {
                trusted.issuer.known().map_err(unbound)?;
                let none = DefinitionError::NotAUserPool {
                    authorizer: authorizer.name.clone(),
                    issuer: trusted.issuer.to_string(),
                };
                trusted.pool.as_ref().ok_or(none).cloned()
            };
            let pools = authorizer.issuers.iter().map(pool).collect::<Result<Vec<_>, _>>()?;
            return known_pools(pools.iter());
        }
        _ => Vec::new(),
    };
    known_pools(refs.into_iter())
}

/// The ids of the pools, each once.
fn known_pools<'p>(refs: impl Iterator<Item = &'p PoolRef>) -> Result<Vec<UserPoolId>, DefinitionError> {
    let mut pools = Vec::new();
    for pool in refs {
        let id = pool.id().map_err(|symbol| DefinitionError::Unbound { symbol: symbol.to_string() })?;
        if !pools.contains(id) {
            pools.push(id.clone());
        }
    }
    Ok(pools)
}

/// The pools of all routes, each once.
fn pools(api: &Api) -> Result<Vec<UserPoolId>, DefinitionError> {
    let mut all = Vec::new();
    for route in &api.routes {
        for pool in pools_of(&route.rule)? {
            if !all.contains(&pool) {
                all.push(pool);
            }
        }
    }
    Ok(all)
}

/// Asks for one of the rule's pools, if the layer lets in others as well.
fn of_pools(rule: &Rule, all: &[UserPoolId]) -> Result<Requirement, DefinitionError> {
    let pools = pools_of(rule)?;
    Ok(if pools.len() == all.len() { Requirement::nothing() } else { any_user_pool(pools) })
}

/// The pools with their app clients: all of them for a REST API, whose authorizer asks for none; the audiences of an HTTP
/// API's.
fn user_pools(api: &Api) -> Result<Vec<UserPool>, DefinitionError> {
    pools(api)?.into_iter().map(|id| user_pool(api, &id)).collect()
}

fn user_pool(api: &Api, id: &UserPoolId) -> Result<UserPool, DefinitionError> {
    let mut found: Option<(String, BTreeSet<String>)> = None;
    let mut is_required = false;
    for route in &api.routes {
        if !pools_of(&route.rule)?.contains(id) {
            continue;
        }
        let (issuer, audiences) = match &route.rule {
            Rule::Jwt { authorizer, .. } => (&authorizer.issuer, &authorizer.audiences),
            Rule::RestJwt { authorizer, .. } => {
                let is_of =
                    |issuer: &&TrustedIssuer| issuer.pool.as_ref().is_some_and(|pool| pool.id() == Ok(id));
                let mut issuers = authorizer.issuers.iter().filter(is_of);
                let (Some(first), None) = (issuers.next(), issuers.next()) else {
                    let (api, setting) = (api.id.clone(), "issuer or audience");
                    let (first, second) =
                        (authorizer.name.clone(), "several issuers of one user pool".to_owned());
                    return Err(DefinitionError::Differ { api, setting, first, second });
                };
                // "The `aud` of the token must match"; there is no second look at `client_id`.
                is_required = true;
                (&first.issuer, &first.audiences)
            }
            _ => continue,
        };
        let unbound =
            |symbol: &apigateway_definition::Symbol| DefinitionError::Unbound { symbol: symbol.to_string() };
        let issuer = issuer.known().map_err(unbound)?.to_owned();
        let audiences = audiences.iter().map(|audience| audience.known().map(str::to_owned));
        let audiences = audiences.collect::<Result<BTreeSet<_>, _>>().map_err(unbound)?;
        match &found {
            Some(first) if *first != (issuer.clone(), audiences.clone()) => {
                let (first, second) = (format!("{:?}", first.1), format!("{audiences:?}"));
                let (api, setting) = (api.id.clone(), "issuer or audience");
                return Err(DefinitionError::Differ { api, setting, first, second });
            }
            Some(_) => {}
            None => found = Some((issuer, audiences)),
        }
    }
    let pool = UserPool::new(id.as_str());
    let Some((issuer, audiences)) = found else { return Ok(pool.any_client()) };
    let pool = audiences.into_iter().fold(pool, |pool, audience| {
        // An ID token has its app client there.
        let pool = pool.client(&audience);
        if is_required { pool.audience(audience) } else { pool }
    });
    let is = |form| id.issuer(form).is_some_and(|known| known == issuer);
    Ok(match () {
        () if is(IssuerForm::Original) => pool,
        () if is(IssuerForm::Updated) => pool.issuer_form(IssuerForm::Updated).into_defaults(),
        () => pool.issuer(issuer).into_defaults(),
    })
}

/// The gateway responses for refusals of an authorizer. Other types, such as `THROTTLED`, are ignored.
fn responses(api: &Api) -> GatewayResponses {
    let mut responses = GatewayResponses::new();
    for given in &api.gateway_responses {
        let Ok(response_type) = given.response_type.parse() else { continue };
        let mut response = GatewayResponse::new();
        if let Some(status) = given.status {
            response = response.status(status);
        }
        let headers = given.parameters.iter();
        response = headers.fold(response, |response, (name, value)| response.header(name, value));
        let templates = given.templates.iter();
        response =
            templates.fold(response, |response, (media_type, text)| response.template(media_type, text));
        responses = responses.response(response_type, response);
    }
    if let Some(stage) = &api.stage { responses.stage(stage) } else { responses }
}

//! Documents of `utoipa`.

use std::convert::Infallible;

use axum::routing::MethodRouter;
use cognito_verify::IntoRequirement;
use utoipa::{
    Modify,
    openapi::{
        Components, OpenApi, PathItem, Paths, RefOr, Response,
        extensions::ExtensionsBuilder,
        path::Operation,
        schema::Schema,
        security::{
            AuthorizationCode, Flow, OAuth2, OpenIdConnect, Scopes, SecurityRequirement, SecurityScheme,
        },
    },
};

use super::{
    GROUPS, OpenApiSecurity, REQUIREMENT, SCHEME,
    operation::{OperationSecurity, Statuses, refusals},
};
use crate::{
    authorizer::Anonymous,
    config::ConfigError,
    layer::CognitoAuthLayer,
    routes::{Comparison, RouteRule},
};

/// Adds the security scheme, and describes each operation that the layer's route table covers and that has no security yet. An
/// open route gets an empty list of security requirements, which says that it needs no token. Where a token is optional, the first
/// security requirement is empty: `[{}, {"cognito": []}]`.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, RouteTable, scope};
/// use utoipa::{Modify, OpenApi};
///
/// #[utoipa::path(get, path = "/orders", responses((status = 200, description = "The orders.")))]
/// async fn orders() {}
///
/// #[derive(OpenApi)]
/// #[openapi(paths(orders))]
/// struct Document;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let table = RouteTable::builder().require("GET /orders", scope("orders/read")).build()?;
/// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").routes(table);
/// # let auth = auth.map_user_pools(|pool| pool.jwks_url("http://127.0.0.1:1/jwks.json"));
/// let auth = auth.connect_lazy()?;
///
/// let mut document = Document::openapi();
/// let security = auth.openapi().managed_login("https://auth.example.com");
/// security.modify(&mut document);
/// security.compare(&document).into_result()?; // in a test: every operation has a row, and every row an operation
///
/// let operation = document.paths.paths["/orders"].get.as_ref().unwrap();
/// assert_eq!(serde_json::to_string(&operation.security)?, r#"[{"cognito":["orders/read"]}]"#);
/// assert!(operation.responses.responses.contains_key("403"));
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Modify for OpenApiSecurity {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = self.scheme(scopes_of(&document.paths));
        document.components.get_or_insert_with(Components::new).add_security_scheme(SCHEME, scheme);
        let refusals = refusals(&self.engine);
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                if operation.security.is_some() {
                    continue;
                }
                match self.engine.routing.rule_of_route(&format!("{method} {path}")) {
                    Some(RouteRule::Require(requirement)) => {
                        describe(operation, &OperationSecurity::new(&requirement), &refusals);
                    }
                    Some(RouteRule::Optional) => {
                        let requirement = self.engine.routing.policy(None).layer.requirement();
                        describe(operation, &OperationSecurity::optional(requirement), &refusals);
                    }
                    Some(RouteRule::Open | RouteRule::Preflight) => operation.security = Some(Vec::new()),
                    Some(RouteRule::Refuse) | None => {}
                }
            }
        }
    }
}

impl OpenApiSecurity {
    /// Compares the layer's route table with the operations of a document, for a test: an operation without a row is refused at
    /// run time, and a row without an operation is undocumented. Without a route table, every operation is reported.
    #[must_use = "it says whether they agree"]
    pub fn compare(&self, document: &OpenApi) -> Comparison {
        let mut document = document.clone();
        let routes = document.paths.paths.iter_mut().flat_map(|(path, item)| {
            operations(item).into_iter().map(move |(method, _)| format!("{method} {path}"))
        });
        let routes: Vec<String> = routes.collect();
        self.engine.routing.compare(routes.clone()).unwrap_or_else(|| Comparison::without_table(routes))
    }

    fn scheme(&self, documented: Vec<String>) -> SecurityScheme {
        let Some(base_url) = &self.managed_login else {
            return SecurityScheme::OpenIdConnect(OpenIdConnect::new(self.discovery()));
        };
        let mut scopes = self.scopes();
        scopes.extend(documented);
        let scopes = scopes.into_iter().map(|scope| (scope, String::new())).collect::<Scopes>();
        let authorize = format!("{base_url}/oauth2/authorize");
        let token = format!("{base_url}/oauth2/token");
        SecurityScheme::OAuth2(OAuth2::new([Flow::AuthorizationCode(AuthorizationCode::new(
            authorize, token, scopes,
        ))]))
    }
}

/// Requires scopes or groups of the routes of a `utoipa_axum` router, and documents the requirement in the same line.
///
/// Implemented for what [`utoipa_axum::routes!`](https://docs.rs/utoipa-axum/latest/utoipa_axum/macro.routes.html) returns.
///
/// ```no_run
/// use cognito_authorizer::{CognitoAuthLayer, scope, openapi::RequireRoutes};
/// use utoipa::Modify;
/// use utoipa_axum::{router::OpenApiRouter, routes};
///
/// #[utoipa::path(get, path = "/orders", responses((status = 200, description = "The orders.")))]
/// async fn list() {}
///
/// #[utoipa::path(post, path = "/orders", responses((status = 201, description = "The new order.")))]
/// async fn create() {}
///
/// # async fn example() -> Result<(), cognito_authorizer::ConfigError> {
/// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
/// let (router, mut document) = OpenApiRouter::new()
///     .routes(routes!(list).require(&auth, scope("orders/read"))?)
///     .routes(routes!(create).require(&auth, scope("orders/write"))?)
///     .split_for_parts();
/// auth.openapi().managed_login("https://auth.example.com").modify(&mut document); // adds the security scheme
/// # let _: axum::Router = router;
/// # Ok(()) }
/// ```
pub trait RequireRoutes: Sized {
    /// Puts the layer, with this requirement in addition to its own, around the routes, and describes it in their operations.
    ///
    /// # Errors
    ///
    /// As [`CognitoAuthLayer::require`].
    fn require(self, auth: &CognitoAuthLayer, requirement: impl IntoRequirement)
    -> Result<Self, ConfigError>;
}

impl<S: Clone + Send + Sync + 'static> RequireRoutes
    for (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<S, Infallible>)
{
    fn require(
        self,
        auth: &CognitoAuthLayer,
        requirement: impl IntoRequirement,
    ) -> Result<Self, ConfigError> {
        let (schemas, mut paths, router) = self;
        let auth = auth.clone().require(requirement)?;
        let routing = &auth.engine.routing;
        let requirement = routing.policy(None).layer.requirement();
        let security = match routing.anonymous {
            Anonymous::Refused => OperationSecurity::new(requirement),
            Anonymous::LetIn => OperationSecurity::optional(requirement),
        };
        let refusals = refusals(&auth.engine);
        for item in paths.paths.values_mut() {
            for (_, operation) in operations(item) {
                describe(operation, &security, &refusals);
            }
        }
        Ok((schemas, paths, router.route_layer(auth)))
    }
}

fn describe(operation: &mut Operation, security: &OperationSecurity, refusals: &Statuses) {
    let requirement = |scopes: &Vec<String>| SecurityRequirement::new(SCHEME, scopes);
    let without_token = security.is_optional.then(SecurityRequirement::default);
    let with_token = security.alternatives.iter().map(requirement);
    operation.security = Some(without_token.into_iter().chain(with_token).collect());
    operation.description = Some(security.description(operation.description.as_deref()));
    if !security.groups.is_empty() {
        let groups = ExtensionsBuilder::new().add(GROUPS, security.groups.clone()).build();
        operation.extensions.get_or_insert_default().merge(groups);
    }
    if let Some(requirement) = &security.beyond_scopes {
        let requirement = ExtensionsBuilder::new().add(REQUIREMENT, requirement.clone()).build();
        operation.extensions.get_or_insert_default().merge(requirement);
    }
    for (status, text) in refusals {
        let response = || RefOr::T(Response::new(text));
        operation.responses.responses.entry(status.to_string()).or_insert_with(response);
    }
}

/// The operations of a path, with their methods as in a route key.
pub(super) fn operations(item: &mut PathItem) -> Vec<(&str, &mut Operation)> {
    let PathItem { get, put, post, delete, options, head, patch, trace, additional_operations, .. } = item;
    let named = [
        ("GET", get),
        ("PUT", put),
        ("POST", post),
        ("DELETE", delete),
        ("OPTIONS", options),
        ("HEAD", head),
        ("PATCH", patch),
        ("TRACE", trace),
    ];
    let named = named.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)));
    named.chain(additional_operations.iter_mut().map(|(method, operation)| (&**method, operation))).collect()
}

/// The scopes in the document's security requirements for the scheme.
fn scopes_of(paths: &Paths) -> Vec<String> {
    let mut paths = paths.clone();
    let operations = paths.paths.values_mut().flat_map(operations);
    let required = operations.flat_map(|(_, operation)| operation.security.clone().unwrap_or_default());
    // The fields of a security requirement are private.
    let values = required.filter_map(|required| serde_json::to_value(required).ok());
    let scopes = values.filter_map(|value| value.get(SCHEME).and_then(|scopes| scopes.as_array().cloned()));
    scopes.flatten().filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
}

//! Documents that API Gateway imports.

use cognito_verify::{Accept, ClaimRules};
use serde_json::{Map, Value, json};
use utoipa::{Modify, openapi::OpenApi};

use super::{GROUPS, OpenApiSecurity, REQUIREMENT, SCHEME};

/// The version that API Gateway imports ("OpenAPI support for HTTP APIs" in its developer guide).
const VERSION: &str = "3.0.1";

impl OpenApiSecurity {
    /// The document as JSON for the import into an HTTP API of API Gateway, with its JWT authorizer
    /// (`x-amazon-apigateway-authorizer`): issuer and app clients are those of the layer's user pool.
    ///
    /// API Gateway reads the scopes of one security requirement as *any of*, so alternatives are merged into one. The document
    /// gets version 3.0.1, which API Gateway requires; the integrations (`x-amazon-apigateway-integration`) are yours to add.
    ///
    /// # Errors
    ///
    /// If an HTTP API cannot enforce what the layer enforces: a requirement of anything but scopes, all of several scopes, an
    /// optional token, a greatest age of tokens, app clients beside audiences, or the use of a token where no scope is required; if
    /// the layer has several user pools or accepts app clients without naming them; or if the layer's route table refuses an
    /// operation, which API Gateway would open. Without a route table, an operation that names no security is open.
    pub fn for_http_api(&self, document: &OpenApi) -> Result<String, ApiGatewayError> {
        let verifier = self.engine.keys.verifier();
        let [pool] = verifier.pools() else { return Err(ApiGatewayError::SeveralPools) };
        if pool.max_token_age().is_some() {
            return Err(ApiGatewayError::MaxTokenAge);
        }
        let clients = pool.clients().filter(|_| !pool.has_client_rules());
        let mut audience: Vec<&str> = clients.ok_or(ApiGatewayError::AnyClient)?.collect();
        let routing = &self.engine.routing;
        let checks_either = routing.profile.claim_rules() == ClaimRules::Jwt && pool.requires_audience();
        if pool.resources().next().is_some() && !checks_either {
            return Err(ApiGatewayError::ClientAndAudience);
        }
        if pool.requires_audience() {
            audience.clear();
        }
        audience.extend(pool.resources());
        let authorizer = json!({
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": { "issuer": pool.issuer(), "audience": audience },
        });
        let mut document = document.clone();
        self.modify(&mut document);
        let mut json =
            serde_json::to_value(&document).map_err(|error| ApiGatewayError::Json(error.to_string()))?;
        if let Some(version) = json.get_mut("openapi") {
            *version = VERSION.into();
        }
        let scheme =
            json.pointer_mut(&format!("/components/securitySchemes/{SCHEME}")).and_then(Value::as_object_mut);
        if let Some(scheme) = scheme {
            scheme.insert("x-amazon-apigateway-authorizer".into(), authorizer);
        }
        // Reported only if the described operations can be imported.
        let mut refused = None;
        let paths = json.get_mut("paths").and_then(Value::as_object_mut);
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let Some(operation) = operation.as_object_mut() else { continue };
                let name = || format!("{} {path}", method.to_uppercase());
                if routing.routes.is_some() && !operation.contains_key("security") {
                    refused.get_or_insert_with(name);
                    continue;
                }
                let needs_scope = merge(operation)
                    .map_err(|problem| ApiGatewayError::Requirement { operation: name(), problem })?;
                if !needs_scope && routing.policy(None).accept() != Accept::Either {
                    return Err(ApiGatewayError::TokenUse { operation: name() });
                }
            }
        }
        match refused {
            Some(operation) => Err(ApiGatewayError::Refused { operation }),
            None => Ok(json.to_string()),
        }
    }
}

/// Merges the security requirements of an operation into one, in which API Gateway accepts any of the scopes. `false` if it requires a
/// token without a scope.
fn merge(operation: &mut Map<String, Value>) -> Result<bool, &'static str> {
    if operation.contains_key(GROUPS) {
        return Err("API Gateway does not check groups");
    }
    if operation.contains_key(REQUIREMENT) {
        return Err("API Gateway checks only scopes");
    }
    let Some(Value::Array(requirements)) = operation.get_mut("security") else { return Ok(true) };
    let mut merged: Vec<Value> = Vec::new();
    if requirements.iter().any(|required| required.as_object().is_some_and(Map::is_empty)) {
        return Err("API Gateway cannot make a token optional");
    }
    for scopes in requirements.iter().filter_map(|required| required.get(SCHEME)?.as_array()) {
        match &**scopes {
            [] if requirements.len() > 1 => return Err("API Gateway cannot make a scope optional"),
            [] => {}
            [scope] => merged.push(scope.clone()),
            _ => return Err("API Gateway cannot require all of several scopes"),
        }
    }
    if requirements.is_empty() {
        return Ok(true);
    }
    let needs_scope = !merged.is_empty();
    *requirements = vec![json!({ SCHEME: merged })];
    Ok(needs_scope)
}

/// The document cannot be imported into API Gateway without losing a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiGatewayError {
    /// An authorizer of type `JWT` has one issuer.
    #[error(
        "the layer has several user pools, but a JWT authorizer has one issuer; describe a layer with one pool"
    )]
    SeveralPools,
    /// An authorizer of type `JWT` lists the app clients that it accepts.
    #[error(
        "the layer accepts app clients that it does not name, but a JWT authorizer lists them; name them with `.client(…)`"
    )]
    AnyClient,
    /// An authorizer of type `JWT` accepts a token until it expires.
    #[error(
        "the layer has `.max_token_age(…)`, which a JWT authorizer cannot check; describe a layer without it"
    )]
    MaxTokenAge,
    /// An authorizer of type `JWT` has one list, and accepts a token that names any of it as its app client or audience.
    #[error(
        "the layer checks both the app client and the audience of a token, but a JWT authorizer checks either; use `Profile::HttpApi`, \
         which does too, without `.accept_with_or_without_audience()`, or describe a layer without `.resource(…)` and `.audience(…)`"
    )]
    ClientAndAudience,
    /// API Gateway opens an operation without security requirements.
    #[error(
        "{operation} is refused by the route table, and API Gateway would open it; add a row for it, or leave it out of the document"
    )]
    Refused {
        /// The method and path.
        operation: String,
    },
    /// Where an authorizer of type `JWT` requires no scope, it accepts access tokens and ID tokens.
    #[error(
        "{operation} accepts access tokens only, or ID tokens only, and without a scope API Gateway accepts both; require a scope, or \
         use `Profile::HttpApi`, which accepts both too"
    )]
    TokenUse {
        /// The method and path.
        operation: String,
    },
    /// An operation requires more than API Gateway can check.
    #[error(
        "{operation} cannot be imported: {problem}; keep this check in the service, and describe the operation without it"
    )]
    Requirement {
        /// The method and path.
        operation: String,
        /// What API Gateway cannot check.
        problem: &'static str,
    },
    /// The document has a value that JSON cannot represent.
    #[error("the document cannot be written as JSON: {0}")]
    Json(String),
}

//! Documents that API Gateway imports.

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
    /// optional token, or a greatest age of tokens; or if the layer has several user pools or accepts app clients without naming
    /// them.
    pub fn for_http_api(&self, document: &OpenApi) -> Result<String, ApiGatewayError> {
        let verifier = self.engine.keys.verifier();
        let [pool] = verifier.pools() else { return Err(ApiGatewayError::SeveralPools) };
        if pool.max_token_age().is_some() {
            return Err(ApiGatewayError::MaxTokenAge);
        }
        let clients = pool.clients().filter(|_| !pool.has_client_rules());
        let mut audience: Vec<&str> = clients.ok_or(ApiGatewayError::AnyClient)?.collect();
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
        let paths = json.get_mut("paths").and_then(Value::as_object_mut);
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let Some(operation) = operation.as_object_mut() else { continue };
                merge(operation).map_err(|problem| ApiGatewayError::Requirement {
                    operation: format!("{} {path}", method.to_uppercase()),
                    problem,
                })?;
            }
        }
        Ok(json.to_string())
    }
}

/// Merges the security requirements of an operation into one, in which API Gateway accepts any of the scopes.
fn merge(operation: &mut Map<String, Value>) -> Result<(), &'static str> {
    if operation.contains_key(GROUPS) {
        return Err("API Gateway does not check groups");
    }
    if operation.contains_key(REQUIREMENT) {
        return Err("API Gateway checks only scopes");
    }
    let Some(Value::Array(requirements)) = operation.get_mut("security") else { return Ok(()) };
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
    if !requirements.is_empty() {
        *requirements = vec![json!({ SCHEME: merged })];
    }
    Ok(())
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

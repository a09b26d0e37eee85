//! The OpenAPI document, and Swagger UI, which reads it and signs in.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    middleware::{self, Next},
};
use cognito_authorizer::CognitoAuthLayer;
use utoipa::{Modify, openapi::OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi, oauth};

use crate::local_pool::{CLIENT, ServedPool};

/// Adds the security scheme: where to sign in, and the scopes of all operations.
pub(crate) fn describe(document: &mut OpenApi, auth: &CognitoAuthLayer, pool: &ServedPool) {
    auth.openapi().managed_login(&*pool.url).modify(document);
}

/// `/openapi.json`, and Swagger UI at `/docs`. Both are open: they contain no data of a user.
pub(crate) fn router(document: OpenApi, pool: &ServedPool) -> Router {
    // A page cannot keep a secret, so the app client has none; PKCE takes its place (RFC 7636).
    let sign_in = oauth::Config::new().client_id(CLIENT).use_pkce_with_authorization_code_grant(true);
    // By default, Swagger UI sends the URL of the document to a validator on the internet.
    let config = Config::default().validator_url("none");
    let swagger_ui = SwaggerUi::new("/docs").url("/openapi.json", document).config(config).oauth(sign_in);
    let policy = policy(&pool.url);
    Router::from(swagger_ui).layer(middleware::from_fn(move |request: Request, next: Next| {
        let policy = policy.clone();
        async move {
            let mut response = next.run(request).await;
            response.headers_mut().extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, policy)));
            response
        }
    }))
}

/// Only Swagger UI's own scripts run, and they send requests only to this API and to the pool. They set styles, so inline styles
/// are allowed.
fn policy(pool: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' {pool}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

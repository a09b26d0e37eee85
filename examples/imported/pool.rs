//! A user pool on this machine with what a definition says of it: resource servers, scopes, app clients.

use cognito_authorizer::apigateway_definition::ApiDefinition;
use cognito_local_pool::{AppClient, LocalPool, PoolError, ResourceServer, User};

/// The id under which the pool of the definition is known here.
pub(crate) const POOL: &str = "eu-west-1_LocalPool";
/// The secret of each app client that has one; it protects only this pool.
pub(crate) const SECRET: &str = "local-secret";

/// The pool. Ids are given when a stack is deployed, so here an app client's is its logical id; and as users are not part of
/// a definition, there is one.
pub(crate) fn of(definition: &ApiDefinition, issuer: String) -> Result<LocalPool, PoolError> {
    let mut pool = LocalPool::builder(POOL).issuer(issuer).user(User::new("ada", "Ada-1815"));
    for server in &definition.resource_servers {
        let scopes = server.scopes.iter().map(|scope| &scope.name);
        pool =
            pool.resource_server(scopes.fold(ResourceServer::new(&server.identifier), ResourceServer::scope));
    }
    for client in &definition.app_clients {
        let id = &client.logical_id;
        let made =
            if client.has_secret { AppClient::confidential(id, SECRET) } else { AppClient::public(id) };
        pool = pool.app_client(client.scopes.iter().fold(made, AppClient::allow_scope));
    }
    pool.build()
}

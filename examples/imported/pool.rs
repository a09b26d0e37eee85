//! A user pool on this machine with the resource servers, scopes and app clients of a definition.

use cognito_authorizer::apigateway_definition::ApiDefinition;
use cognito_local_pool::{AppClient, LocalPool, PoolError, ResourceServer, User};

/// The id of the definition's pool here.
pub(crate) const POOL: &str = "eu-west-1_LocalPool";
/// The secret of each app client that has one; it protects only this pool.
pub(crate) const SECRET: &str = "local-secret";

/// The pool. An app client gets its id when the stack is deployed, so here its logical id is used. Definitions have no users, so
/// there is one here.
pub(crate) fn of(definition: &ApiDefinition, issuer: String) -> Result<LocalPool, PoolError> {
    let mut pool = LocalPool::builder(POOL).issuer(issuer).user(User::new("ada", "Ada-1815"));
    for server in &definition.resource_servers {
        let scopes = server.scopes.iter().map(|scope| &scope.name);
        pool =
            pool.resource_server(scopes.fold(ResourceServer::new(&server.identifier), ResourceServer::scope));
    }
    for client in &definition.app_clients {
        let id = &client.logical_id;
        let app_client =
            if client.has_secret { AppClient::confidential(id, SECRET) } else { AppClient::public(id) };
        pool = pool.app_client(client.scopes.iter().fold(app_client, AppClient::allow_scope));
    }
    pool.build()
}

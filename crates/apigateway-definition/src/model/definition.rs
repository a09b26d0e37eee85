//! The definition as a whole.

use std::{collections::BTreeSet, fmt, iter};

use crate::{
    model::{
        api::Api,
        cognito::{AppClient, PoolGroup, PoolUser, ResourceServer, UserPoolResource},
        route::{Route, Rule},
        value::{PoolRef, Symbol, Value},
    },
    source::Location,
};

/// The APIs of a definition, and the Cognito resources beside them: what [`Import::read`](crate::Import::read) gives.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiDefinition {
    /// The APIs, in the order of the definition.
    pub apis: Vec<Api>,
    /// The user pools that the definition makes.
    pub user_pools: Vec<UserPoolResource>,
    /// Their app clients.
    pub app_clients: Vec<AppClient>,
    /// Their resource servers, with the scopes.
    pub resource_servers: Vec<ResourceServer>,
    /// Their groups.
    pub groups: Vec<PoolGroup>,
    /// Their users.
    pub users: Vec<PoolUser>,
    /// Everything that was seen and is not in the other fields.
    pub not_carried_over: Vec<NotCarriedOver>,
}

/// Something that the definition has and the import leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotCarriedOver {
    /// What it is: a resource with its type, a property, a plugin.
    pub what: String,
    /// Why it is left out.
    pub why: String,
    /// Its location.
    pub source: Location,
}

impl fmt::Display for NotCarriedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.source, self.what, self.why)
    }
}

impl ApiDefinition {
    /// The API with this logical id.
    #[must_use]
    pub fn api(&self, id: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.id == id)
    }

    /// Every route of every API.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.apis.iter().flat_map(|api| &api.routes)
    }

    /// The routes that need no token. Worth looking at after every import, even when nothing is wrong.
    pub fn open_routes(&self) -> impl Iterator<Item = &Route> {
        self.routes().filter(|route| matches!(route.rule, Rule::Open(_)))
    }

    /// What must be bound before anything can be served: each symbol once, in the order of the routes.
    #[must_use]
    pub fn unbound(&self) -> Vec<&Symbol> {
        let mut symbols: Vec<&Symbol> = Vec::new();
        let mut seen: BTreeSet<&Symbol> = BTreeSet::new();
        for route in self.routes() {
            let found: Vec<&Symbol> = match &route.rule {
                Rule::Cognito { authorizer, .. } => {
                    authorizer.pools.iter().map(PoolRef::id).filter_map(Result::err).collect()
                }
                Rule::Jwt { authorizer, .. } => {
                    let values = iter::once(&authorizer.issuer).chain(&authorizer.audiences);
                    values.map(Value::known).filter_map(Result::err).collect()
                }
                Rule::RestJwt { authorizer, .. } => {
                    let values = authorizer
                        .issuers
                        .iter()
                        .flat_map(|trusted| iter::once(&trusted.issuer).chain(&trusted.audiences));
                    values.map(Value::known).filter_map(Result::err).collect()
                }
                Rule::Open(_) | Rule::Refused(_) => Vec::new(),
            };
            symbols.extend(found.into_iter().filter(|symbol| seen.insert(symbol)));
        }
        symbols
    }
}

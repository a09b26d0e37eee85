//! Why a definition cannot be served.

use crate::routes::RouteTableError;

/// Why an API definition cannot be served. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// There is no API, or more than one.
    #[error("the definition has {} APIs ({}); take one with `definition.api(\"…\")`", .ids.len(), .ids.join(", "))]
    Apis {
        /// Their ids.
        ids: Vec<String>,
    },
    /// A resource exists only after deployment and is not bound.
    #[error("`{symbol}` is not known before it is deployed; give its id to the import with `.bind(…)`")]
    Unbound {
        /// The name of the resource.
        symbol: String,
    },
    /// No route requires a token.
    #[error(
        "no route of `{api}` requires a token of a user pool, so there is nothing to authorize; leave the layer out"
    )]
    NoAuthorizer {
        /// The API's id.
        api: String,
    },
    /// A JWT authorizer trusts an issuer that is not a user pool.
    #[error(
        "the issuer `{issuer}` of the authorizer `{authorizer}` is not a user pool; only tokens of user pools can be verified"
    )]
    NotAUserPool {
        /// The authorizer's name.
        authorizer: String,
        /// Its issuer.
        issuer: String,
    },
    /// The authorizers of one API differ in a setting that a layer has once.
    #[error(
        "the authorizers of `{api}` differ in their {setting}: {first} and {second}; a layer has one, so build a layer for \
         each, with `.route_table()` of a part of the routes"
    )]
    Differ {
        /// The API's id.
        api: String,
        /// The setting.
        setting: &'static str,
        /// The value of one authorizer.
        first: String,
        /// The value of another.
        second: String,
    },
    /// The table cannot be built, because the routes of the API were changed after the import.
    #[error(transparent)]
    Table(#[from] RouteTableError),
}

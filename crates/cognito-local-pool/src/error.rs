//! What can be wrong with a pool's configuration, and with where it is served.

use std::io;
use std::time::Duration;

use thiserror::Error;

/// Why a pool was not built. Each message ends with the fix; none shows a secret or a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The id is not one of a user pool: at most 55 characters, a Region, `_`, letters and digits.
    #[error("`{id}` is not a user pool id; one reads like `eu-west-1_Ab12Cd34E`")]
    PoolId {
        /// What was given.
        id: String,
    },
    /// The issuer is not an `http` or `https` URL without query, fragment and final `/`.
    #[error(
        "`{issuer}` is not an issuer; one reads like `http://127.0.0.1:9229/eu-west-1_Ab12Cd34E`, without a final `/`"
    )]
    Issuer {
        /// What was given.
        issuer: String,
    },
    /// A key id is empty or longer than 256 bytes.
    #[error("a key id of {length} bytes; give one of 1 to 256 bytes, such as `dummy`")]
    KeyId {
        /// Its length in bytes.
        length: usize,
    },
    /// Both the keys of another pool and a key id of its own were asked for.
    #[error("`keys_of` and `key_id` were both called; call one of them")]
    KeysTwice,
    /// The identifier of a resource server has characters that Cognito refuses.
    #[error(
        "`{id}` is not a resource server identifier; use 1 to 256 visible ASCII characters without `\"` and `\\`"
    )]
    ResourceServerId {
        /// What was given.
        id: String,
    },
    /// A scope's name has characters that Cognito refuses, often the `/` of a full name.
    #[error(
        "`{name}` is not the name of a scope; write `read` for the scope `orders/read` of the resource server `orders`"
    )]
    ScopeName {
        /// What was given.
        name: String,
    },
    /// A resource server or an app client has more scopes than Cognito allows.
    #[error("`{of}` has {count} scopes; leave at most {most}")]
    TooManyScopes {
        /// The resource server or app client.
        of: String,
        /// How many were given.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two of the pool's parts have the same name.
    #[error("the {what} `{id}` is there twice; remove one or rename it")]
    Duplicate {
        /// `resource server`, `scope`, `app client` or `user`.
        what: &'static str,
        /// The name.
        id: String,
    },
    /// The id of an app client has characters that would not survive a token or a Basic header.
    #[error("`{id}` is not an app client id; use 1 to 128 letters, digits, `_`, `+`, `-` and `.`")]
    ClientId {
        /// What was given.
        id: String,
    },
    /// A confidential client was given an empty secret.
    #[error("the app client `{client}` has an empty secret; give it one, or make it `AppClient::public`")]
    EmptySecret {
        /// The client.
        client: String,
    },
    /// An app client is allowed a scope that no resource server of the pool defines.
    #[error(
        "the app client `{client}` is allowed `{scope}`, which no resource server has; \
         add `.resource_server(ResourceServer::new(\"…\").scope(\"…\"))`, or remove the scope"
    )]
    UnknownScope {
        /// The client.
        client: String,
        /// The scope by its full name.
        scope: String,
    },
    /// A token would live shorter or longer than Cognito allows.
    #[error("{token} tokens of the app client `{client}` would live {given:?}; choose {least:?} to {most:?}")]
    Lifetime {
        /// The client.
        client: String,
        /// `access`, `ID` or `refresh`.
        token: &'static str,
        /// What was given.
        given: Duration,
        /// The shortest lifetime.
        least: Duration,
        /// The longest lifetime.
        most: Duration,
    },
    /// A user's name is empty, too long, or has white space.
    #[error("`{name}` is not a user name; use 1 to 128 characters without white space")]
    Username {
        /// What was given.
        name: String,
    },
    /// A user has no password.
    #[error("the user `{user}` has an empty password; give one")]
    EmptyPassword {
        /// The user.
        user: String,
    },
    /// A user was given an empty `sub`.
    #[error("the user `{user}` has an empty subject; give one, or leave `.subject(…)` out")]
    EmptySubject {
        /// The user.
        user: String,
    },
    /// A group's name is empty, too long, or has white space.
    #[error("`{name}` is not the name of a group; use 1 to 128 characters without white space")]
    GroupName {
        /// What was given.
        name: String,
    },
    /// A user is in more groups than Cognito allows.
    #[error("the user `{user}` is in {count} groups; leave at most {most}")]
    TooManyGroups {
        /// The user.
        user: String,
        /// How many were given.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// An attribute is one that Cognito writes itself, or one that it does not have.
    #[error(
        "the user `{user}` cannot have the attribute `{name}`; use a standard one such as `email`, or `custom:{name}` \
         (`sub` is set by `.subject(…)`, groups by `.group(…)`)"
    )]
    Attribute {
        /// The user.
        user: String,
        /// The attribute.
        name: String,
    },
    /// An attribute that says yes or no says neither.
    #[error("the attribute `{name}` of the user `{user}` is a boolean; write `true` or `false`")]
    NotBoolean {
        /// The user.
        user: String,
        /// The attribute.
        name: String,
    },
}

/// Why a pool is not served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not `host:port`, or the host is unknown.
    #[error("`{address}` cannot be resolved; give an address such as `127.0.0.1:9229`")]
    Resolve {
        /// What was given.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Other machines could reach the address, and whoever reaches a local pool gets tokens from it.
    #[error(
        "`{address}` can be reached from other machines; use `127.0.0.1`, or `dangerous_serve_anywhere` inside a container"
    )]
    NotLoopback {
        /// What was given.
        address: String,
    },
    /// The address cannot be listened on, most often because something else does.
    #[error("cannot listen on `{address}`; stop what does, or choose another port (0 takes a free one)")]
    Listen {
        /// What was given.
        address: String,
        /// Why.
        source: io::Error,
    },
}

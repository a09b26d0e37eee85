//! Errors in a pool's configuration, and in how it is served.

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
    /// Both the keys of another pool and a separate key id were set.
    #[error("`keys_of` and `key_id` were both called; call one of them")]
    KeysTwice,
    /// The restored state has keys, but other keys were set too.
    #[error("`state` brings the keys of the pool; remove `keys_of` or `key_id`")]
    KeysAndState,
    /// The state of another run is damaged, or another version wrote it.
    #[error(
        "the kept state of the pool is damaged: {problem}; restore it from a copy, or remove it to start with new keys and \
         without the users and refresh tokens that it holds"
    )]
    State {
        /// What is wrong with it. No value of it is repeated.
        problem: String,
    },
    /// The state of another run is that of another pool.
    #[error(
        "the kept state is that of the pool `{found}`, and this pool is `{pool}`; give each pool a state of its own"
    )]
    StateOfAnotherPool {
        /// The pool of the state.
        found: String,
        /// This pool.
        pool: String,
    },
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
        /// Such as `resource server`, `scope`, `app client` or `user`.
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
    /// A client has more secrets than Cognito allows.
    #[error("the app client `{client}` has {count} secrets; leave at most 2")]
    TooManySecrets {
        /// The client.
        client: String,
        /// How many were given.
        count: usize,
    },
    /// A callback or sign-out URL is one that Cognito refuses.
    #[error(
        "`{url}` of the app client `{client}` is not a {kind} URL; use `https://…`, `http://localhost:8080/…` \
         (or `127.0.0.1`, `[::1]`), or an app's own such as `myapp://signed-in`, without a fragment"
    )]
    RedirectUrl {
        /// The client.
        client: String,
        /// `callback` or `sign-out`.
        kind: &'static str,
        /// What was given.
        url: String,
    },
    /// A client has more callback or sign-out URLs than Cognito allows.
    #[error("the app client `{client}` has {count} {kind} URLs; leave at most {most}")]
    TooManyUrls {
        /// The client.
        client: String,
        /// `callback` or `sign-out`.
        kind: &'static str,
        /// How many were given.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A client without a secret is allowed `client_credentials`.
    #[error(
        "the app client `{client}` is allowed `client_credentials` and has no secret; make it `AppClient::confidential`"
    )]
    FlowWithoutSecret {
        /// The client.
        client: String,
    },
    /// A client is allowed both `client_credentials` and a flow of users.
    #[error(
        "the app client `{client}` is allowed both `client_credentials` and `{other}`, which Cognito refuses; \
         use two app clients"
    )]
    FlowsExclude {
        /// The client.
        client: String,
        /// `code` or `implicit`.
        other: &'static str,
    },
    /// A client is allowed a flow that ends in a redirect, and has no URL for it.
    #[error(
        "the app client `{client}` is allowed the flow `{flow}` and has no callback URL; add `.callback_url(\"…\")`"
    )]
    FlowWithoutCallback {
        /// The client.
        client: String,
        /// `code` or `implicit`.
        flow: &'static str,
    },
    /// A client is allowed a flow of users, and no scope that they could get by it.
    #[error(
        "the app client `{client}` is allowed the flow `{flow}` and no scope; add `.allow_scope(\"openid\")`"
    )]
    FlowWithoutScope {
        /// The client.
        client: String,
        /// `code` or `implicit`.
        flow: &'static str,
    },
    /// A client rotates refresh tokens, and allows the flow that cannot hand a new one out.
    #[error(
        "the app client `{client}` rotates refresh tokens and allows `ALLOW_REFRESH_TOKEN_AUTH`, which Cognito refuses; \
         remove one of them (`GetTokensFromRefreshToken` refreshes without that flow)"
    )]
    RotationExcludesFlow {
        /// The client.
        client: String,
    },
    /// A rotated refresh token would stay good for longer than Cognito allows.
    #[error(
        "the grace of rotated refresh tokens of the app client `{client}` is {given:?}; choose at most {most:?}"
    )]
    RotationGrace {
        /// The client.
        client: String,
        /// What was given.
        given: Duration,
        /// The longest grace.
        most: Duration,
    },
    /// A challenge would live shorter or longer than Cognito allows.
    #[error(
        "the authentication sessions of the app client `{client}` live {given:?}; choose 3 to 15 minutes"
    )]
    AuthSession {
        /// The client.
        client: String,
        /// What was given.
        given: Duration,
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
    /// `preferred_username` replaces no user name.
    #[error("`preferred_username` cannot be a username attribute; use `.alias_attribute(…)`")]
    UsernameAttribute,
    /// A pool has both username attributes and alias attributes.
    #[error("`username_attribute` and `alias_attribute` were both called; Cognito has one or the other")]
    UsernameAndAlias,
    /// Users of the pool are known by an attribute, and the name of a user is not a value of it.
    #[error("the users of this pool are known by {expected}; `{name}` is not one")]
    UsernameFormat {
        /// What was given.
        name: String,
        /// `an email address`, `a phone number` or both.
        expected: &'static str,
    },
    /// A password policy asks for shorter or longer passwords than Cognito allows.
    #[error("the password policy has a minimum length of {length}; choose 6 to 99")]
    PasswordLength {
        /// What was given.
        length: usize,
    },
    /// A password policy lets temporary passwords live shorter or longer than Cognito allows.
    #[error("the password policy keeps temporary passwords for {days} days; choose 1 to 365")]
    TemporaryPasswordDays {
        /// What was given.
        days: u32,
    },
    /// The name of an authentication level has characters that Cognito refuses.
    #[error(
        "`{name}` cannot be the name of an authentication level; use 1 to 64 visible ASCII characters without `\"` and `\\`"
    )]
    AcrName {
        /// What was given.
        name: String,
    },
    /// The secret of a user's authenticator app is not one.
    #[error(
        "the software token of the user `{user}` is not Base32; give 16 or more letters and digits `2` to `7`"
    )]
    SoftwareToken {
        /// The user.
        user: String,
    },
    /// A scope that is added to tokens has characters that no scope has.
    #[error("`{scope}` cannot be added to tokens; write the full name of a scope, such as `orders/read`")]
    AddedScope {
        /// What was given.
        scope: String,
    },
    /// A claim that is added to tokens is one that Cognito lets nothing change.
    #[error("the claim `{claim}` is always Cognito's own; add one of another name")]
    AddedClaim {
        /// What was given.
        claim: String,
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

impl PoolError {
    pub(crate) fn damaged_state(problem: impl Into<String>) -> Self {
        Self::State { problem: problem.into() }
    }
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
    /// Other machines could reach the address, and anyone who can reach a local pool can get its tokens.
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

//! The Rust blocks of the READMEs and of the guide: `cargo test --doc -p cognito-tests` compiles them and runs those that need no pool
//! on AWS. A test in `documents.rs` fails if a file is missing here.

#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../crates/apigateway-definition/README.md")]
    struct Definition;
    #[doc = include_str!("../crates/apigateway-routes/README.md")]
    struct Routes;
    #[doc = include_str!("../crates/cognito-authorizer/README.md")]
    struct Authorizer;
    #[doc = include_str!("../crates/cognito-authorizer-testing/README.md")]
    struct AuthorizerTesting;
    #[doc = include_str!("../crates/cognito-local-pool/README.md")]
    struct LocalPool;
    #[doc = include_str!("../crates/cognito-verify/README.md")]
    struct Verify;
}

#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../crates/cognito-authorizer/docs/access.md")]
    struct Access;
    #[doc = include_str!("../crates/cognito-authorizer/docs/errors.md")]
    struct Errors;
    #[doc = include_str!("../crates/cognito-authorizer/docs/forward-auth.md")]
    struct ForwardAuth;
    #[doc = include_str!("../crates/cognito-authorizer/docs/from-the-console.md")]
    struct FromTheConsole;
    #[doc = include_str!("../crates/cognito-authorizer/docs/getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../crates/cognito-authorizer/docs/keys.md")]
    struct Keys;
    #[doc = include_str!("../crates/cognito-authorizer/docs/local-pool.md")]
    struct LocalPool;
    #[doc = include_str!("../crates/cognito-authorizer/docs/logging.md")]
    struct Logging;
    #[doc = include_str!("../crates/cognito-authorizer/docs/moving.md")]
    struct Moving;
    #[doc = include_str!("../crates/cognito-authorizer/docs/neighbours.md")]
    #[doc = include_str!("../crates/cognito-authorizer/docs/neighbours-requests.md")]
    struct Neighbours;
    #[doc = include_str!("../crates/cognito-authorizer/docs/openapi.md")]
    struct OpenApi;
    #[doc = include_str!("../crates/cognito-authorizer/docs/operating.md")]
    struct Operating;
    #[doc = include_str!("../crates/cognito-authorizer/docs/requirements.md")]
    struct Requirements;
    #[doc = include_str!("../crates/cognito-authorizer/docs/cognito.md")]
    #[doc = include_str!("../crates/cognito-authorizer/docs/api-gateway.md")]
    struct Settings;
    #[doc = include_str!("../crates/cognito-authorizer/docs/testing.md")]
    struct Testing;
}

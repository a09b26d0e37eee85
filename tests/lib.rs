//! The Rust blocks of the READMEs: `cargo test --doc -p cognito-tests` compiles them and runs those that need no pool on AWS.

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
    #[doc = include_str!("../crates/cognito-local-pool/README.md")]
    struct LocalPool;
    #[doc = include_str!("../crates/cognito-verify/README.md")]
    struct Verify;
}

//! The Rust blocks of the README: `cargo test --doc -p cognito-tests` compiles them and runs those that need no pool on AWS.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

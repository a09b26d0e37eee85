//! An Amazon Cognito user pool on this machine, for tests and development.
//!
//! - [`LocalPool`] mints access, ID and machine tokens with Cognito's header and claims, signed by keys of its own:
//!   no network, a [`Clock`] that the test moves, and by [`TokenBuilder`] every fault that a token can have.
//! - [`LocalPool::serve`] answers as Cognito does: the JWK Set, discovery, [managed login][login] with its pages and the
//!   OAuth endpoints behind it, and the sign-in API of an SDK with a changed endpoint ([`LocalPool::router`] has the list).
//! - [`LocalPool::sign_in`] gives the tokens of a real sign-in without a browser or an SDK, through the same pre token
//!   generation trigger ([`LocalPoolBuilder::on_token`]).
//! - `GET /` in a browser shows the pool: its clients, users and last events, with a form that mints and decodes tokens.
//! - With the feature `tls`, `serve_tls` serves by https, as Amplify's redirect sign-in needs it.
//! - Keys rotate at once ([`LocalPool::rotate`]) or step by step.
//!
//! ```
//! use cognito_local_pool::{AppClient, LocalPool, ResourceServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = LocalPool::builder("ap-south-1_abcdefghi")
//!     .resource_server(ResourceServer::new("user_management_lambdas").scope("api"))
//!     .app_client(AppClient::confidential("m2m-client", "its-secret").allow_scope("user_management_lambdas/api"))
//!     .build()?;
//! let server = pool.serve("127.0.0.1:0").await?;
//! // curl -u m2m-client:its-secret -d grant_type=client_credentials {server.url()}/oauth2/token
//! assert!(server.jwks_url().ends_with("/ap-south-1_abcdefghi/.well-known/jwks.json"));
//! # Ok(())
//! # }
//! ```
//!
//! It does not have other identity providers, codes by mail or text message as a factor, passkeys and
//! devices, and Lambda functions. It writes nothing to disk; [`LocalPool::export_state`] gives what to keep for a restart.
//!
//! [login]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html

// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access_token;
mod acr;
mod base32;
mod bounded;
mod builder;
mod challenges;
mod client;
mod clock;
mod connections;
mod directory;
mod error;
mod exception;
mod exchange;
mod explain;
mod grant;
mod grants;
mod http;
mod issue;
mod issuing;
mod journal;
mod keys;
mod loopback;
mod managed_login;
mod members;
mod parameters;
mod password_policy;
mod pool;
mod random;
mod resource_server;
mod server;
mod settings;
mod sign_in;
mod srp;
mod state;
mod syntax;
#[cfg(feature = "tls")]
mod tls;
mod token;
mod totp;
mod trigger;
mod user;

pub use acr::AcrLevel;
pub use builder::LocalPoolBuilder;
pub use client::{AppClient, AuthFlow, OAuthFlow};
pub use clock::Clock;
pub use directory::{CodePurpose, SentCode, SignInAttribute};
pub use error::{PoolError, ServeError};
pub use explain::{ExplainLine, ExplainOutcome, ExplainRequest};
pub use keys::KeyUse;
pub use password_policy::PasswordPolicy;
pub use pool::LocalPool;
pub use resource_server::ResourceServer;
pub use server::PoolServer;
pub use sign_in::{SignInBuilder, SignInError, SignedIn};
#[cfg(feature = "tls")]
pub use tls::{TlsError, TlsIdentity};
pub use token::TokenBuilder;
pub use trigger::{AccessTokenChanges, IdTokenChanges, TokenAdditions, TokenEvent, TriggerSource};
pub use user::User;

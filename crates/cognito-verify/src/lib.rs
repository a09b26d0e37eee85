//! Verifies the tokens of Amazon Cognito user pools.
//!
//! A [`Verifier`] takes a token, keys and the time, and returns verified claims or one reason for rejection. This crate has no I/O,
//! clock, runtime or HTTP framework; [`cognito-authorizer`](https://docs.rs/cognito-authorizer) adds those.
//!
//! ```
//! use cognito_verify::{PoolKeys, KeySet, UnixTime, UserPool, Verifier, scope};
//!
//! # fn example(jwks: &[u8], token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789")])?;
//! let keys = PoolKeys::from(&KeySet::from_json(jwks)?);
//! let now = UnixTime::from_secs(1_700_000_000);
//!
//! let verified = verifier.verify(token, &keys, now)?; // `Rejected`: the token is not accepted
//! scope("orders/read").check(&verified)?; // `Denied`: the token is good, but lacks the scope
//! # Ok(()) }
//! ```
//!
//! # What is checked
//!
//! By the default [rules](ClaimRules), in this order:
//!
//! - **Form**: three segments in strict base64url (RFC 7515).
//! - **Header**: `alg` is RS256, `kid` is that of a key that a configured pool publishes, and there is no `crit`.
//! - **Signature**: verified before any claim is read.
//! - **Claims**: registered claims have their JSON type and occur once; other claims can be anything. A token that is bound to a key
//!   (`cnf`) is rejected.
//! - **Issuer and times**: `iss`, `exp`, `nbf` and `iat` (RFC 7519).
//! - **Purpose**: `token_use`, the app client, and the audience. An access token for another API is rejected.
//!
//! Like API Gateway, this crate does not check revocation.
//!
//! # Where verifiers disagree
//!
//! Verifiers of other projects decide differently about some of these cases. This crate decides as follows:
//!
//! - `exp` and `iat` are required and must be JSON numbers. Fractions are read to the millisecond. A number that is too large counts
//!   as the latest possible time.
//! - A token is expired at `exp`; `nbf` and `iat` must not be in the future; the default leeway is zero.
//! - `crit` and `b64` are rejected even if they are empty, and so is a token without `kid`.
//! - Padding, white space and spare bits in base64url are errors. So are registered members that occur twice, with or without escapes,
//!   and a `scope` that is an array.
//! - `aud` of an ID token may be an array that contains the client.
//! - A key whose `alg` is not RS256, or that has the ROCA fingerprint, is not used.
//! - Other members are ignored.

mod audience;
mod check;
mod claim_rules;
mod denied;
mod finding;
mod json;
mod keys;
mod part;
mod pool;
mod pool_id;
mod registered;
mod rejected;
mod require;
mod required_claim;
mod roca;
mod scope;
mod time;
mod token;
mod token_use;
mod unverified;
mod verified;
mod verify;

pub use check::Check;
pub use claim_rules::ClaimRules;
pub use denied::{Denied, Granted};
pub use finding::{Finding, Recorder, Unrecorded};
pub use keys::{KeyProblem, KeySet, KeySetError, PoolKeys, SkippedKey};
pub use part::Part;
pub use pool::{Pool, PoolError, UserPool};
pub use pool_id::{IssuerForm, Partition, UserPoolId};
pub use rejected::Rejected;
pub use require::{
    COGNITO_ACR_LEVELS, IntoRequirement, Requirement, RequirementError, acr_at_least, actor, all_of,
    all_scopes, any_group, any_of, any_scope, any_user_pool, claim, claim_is, group, is_acr, no_actor, scope,
    signed_in_within, token_use,
};
pub use required_claim::RequiredClaim;
pub use scope::{ScopeSet, is_group, is_scope};
pub use time::UnixTime;
pub use token_use::{Accept, TokenUse};
pub use unverified::UnverifiedToken;
pub use verified::{ClaimsError, Verified};
pub use verify::{LeewayError, Verifier};

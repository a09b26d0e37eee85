//! Hostile tokens: what an attacker or a faulty issuer could send, and the decision about it.
//!
//! - The table: named cases, each sent to the verifier and, over a real socket, to a router behind the layer.
//! - Two other verifiers get thousands of generated tokens; each kind of disagreement is listed with its reason.
//! - Properties of all input, by proptest, and published vectors of signatures and keys.
//!
//! Where verifiers are known to disagree, the front page of `cognito-verify` documents its choice, and [`choices`] tests it.

mod case;
mod world;

// The table, by what is attacked.
mod algorithms;
mod authorization;
mod authorization_properties;
mod base64_and_text;
mod choices;
mod clients_and_uses;
mod issuers_and_pools;
mod json;
mod key_ids;
mod scopes;
mod segments;
mod times;

mod differential;
mod generated;
mod properties;
mod reading;
mod requirements;
#[cfg(feature = "real-servers")]
mod second_opinion;
mod table;
#[cfg(feature = "real-servers")]
mod vectors;

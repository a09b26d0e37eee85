//! Hostile tokens: what an attacker or a faulty issuer could send, and the decision about it.
//!
//! - The table: named cases, each put to the verifier and, over a real socket, to a router behind the layer.
//! - Two other verifiers, asked about thousands of generated tokens: each disagreement is a written one.
//! - Properties that hold for all input, by proptest; signature and key vectors that were published by others.
//!
//! Where verifiers are known to disagree, `cognito-verify` states its choice in its front page, and [`choices`] pins it.

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

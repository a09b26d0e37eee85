//! What an import takes for granted, what it asks for, and what it says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

mod accepted;
mod defaults;
mod given;
mod misplaced;
mod refused_routes;
mod repeated_keys;
#[cfg(unix)]
mod special_files;
mod stage;
mod support;

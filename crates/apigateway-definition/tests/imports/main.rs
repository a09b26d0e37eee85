//! What an import takes for granted, what it asks for, and what it says.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

mod accepted;
mod defaults;
mod given;
mod helps;
mod merged_lists;
mod misplaced;
mod not_a_row;
mod openapi;
mod plain_values;
mod refused_routes;
mod repeated_keys;
mod sam;
#[cfg(unix)]
mod special_files;
mod stage;
mod support;
mod undecided;
mod yaml_versions;

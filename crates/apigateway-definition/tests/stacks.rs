//! Several stacks in one import: each thing has a name of its own, and nothing is decided by the order of files.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

#[cfg(test)]
#[path = "stacks/bindings.rs"]
mod bindings;
#[cfg(test)]
#[path = "stacks/deployed.rs"]
mod deployed;
#[cfg(test)]
#[path = "stacks/exports.rs"]
mod exports;
#[cfg(test)]
#[path = "stacks/nested.rs"]
mod nested;
#[cfg(test)]
#[path = "stacks/order.rs"]
mod order;
#[cfg(test)]
#[path = "stacks/support.rs"]
mod support;
#[cfg(test)]
#[path = "stacks/values.rs"]
mod values;

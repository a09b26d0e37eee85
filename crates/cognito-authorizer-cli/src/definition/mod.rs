//! API definitions, as the commands take them.

mod facts;
mod flags;
mod problems;

pub(crate) use facts::Facts;
pub use facts::FactsError;
pub(crate) use problems::{JsonProblem, write as write_problems};

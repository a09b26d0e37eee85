//! API definitions as arguments of the commands.

mod facts;
mod flags;
mod problems;

pub(crate) use facts::{Facts, Unlisted, regular};
pub(crate) use problems::{JsonProblem, write as write_problems};

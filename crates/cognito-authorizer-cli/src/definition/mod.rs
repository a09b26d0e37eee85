//! API definitions as arguments of the commands.

mod facts;
mod flags;
mod problems;

pub(crate) use facts::{Facts, Unlisted};
pub(crate) use problems::{JsonProblem, write as write_problems};

//! How results look on a terminal.

mod colours;
mod text;
mod width;

pub(crate) use colours::{BAD, CAUTION, COMMAND, FAINT, GOOD, HEADING};
pub(crate) use text::{counted, grouped, printable};
pub use text::{printable_lines, without_tokens};
pub(crate) use width::Width;

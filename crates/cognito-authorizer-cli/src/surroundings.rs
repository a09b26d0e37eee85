//! The environment that a command runs in.

use std::{
    fmt,
    io::{Read, Write},
};

use cognito_verify::UnixTime;

use crate::{error::InputError, style::Width};

/// The environment that a command runs in: its output and input, the time, and environment variables.
pub struct Surroundings<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) messages: &'a mut dyn Write,
    pub(crate) input: Input<'a>,
    pub(crate) now: &'a dyn Fn() -> UnixTime,
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) width: Width,
}

/// The standard input.
#[non_exhaustive]
pub enum Input<'a> {
    /// A file or another program.
    Piped(&'a mut dyn Read),
    /// A terminal. The command says that it waits for input. It does not read secrets, which the terminal would show.
    Keyboard(&'a mut dyn Read),
}

impl<'a> Surroundings<'a> {
    /// Results go to `out`, styled for a terminal, and messages to `messages`. `variable` looks up an environment variable.
    pub fn new(
        out: &'a mut dyn Write,
        messages: &'a mut dyn Write,
        input: Input<'a>,
        now: &'a dyn Fn() -> UnixTime,
        variable: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self { out, messages, input, now, variable, width: Width::default() }
    }

    /// Wraps results to the width of a terminal with this many columns: at least 40 and at most 100. The default is 80.
    #[must_use]
    pub fn columns(self, columns: usize) -> Self {
        Self { width: Width::of_terminal(columns), ..self }
    }

    /// Reads at most `limit` bytes of text from the standard input. `what` names it in messages.
    pub(crate) fn read_input(&mut self, what: &'static str, limit: usize) -> Result<String, InputError> {
        let reader = match &mut self.input {
            Input::Piped(reader) => reader,
            Input::Keyboard(reader) => {
                // If standard error is closed, the message is lost and reading still works.
                let _ = writeln!(self.messages, "reading the {what} from standard input; end it with Ctrl-D");
                reader
            }
        };
        read_text(reader, what, limit)
    }
}

/// Reads at most `limit` bytes of text.
pub(crate) fn read_text(
    reader: &mut dyn Read,
    what: &'static str,
    limit: usize,
) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    // One byte more than the limit shows that there is more.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut bytes).map_err(|source| InputError::Read { what, source })?;
    if bytes.len() > limit {
        return Err(InputError::TooLong { what, limit });
    }
    String::from_utf8(bytes).map_err(|_| InputError::NotText { what })
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("input", &self.input).finish_non_exhaustive()
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Piped(_) => "Piped",
            Self::Keyboard(_) => "Keyboard",
        })
    }
}

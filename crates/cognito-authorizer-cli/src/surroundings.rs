//! What a command has from outside.

use std::{
    fmt,
    io::{Read, Write},
};

use cognito_verify::UnixTime;

use crate::error::InputError;

/// What a command has from outside: where it writes and reads, the time, and the environment.
pub struct Surroundings<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) messages: &'a mut dyn Write,
    pub(crate) input: Input<'a>,
    pub(crate) now: &'a dyn Fn() -> UnixTime,
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
}

/// The standard input.
#[non_exhaustive]
pub enum Input<'a> {
    /// A file or another program.
    Piped(&'a mut dyn Read),
    /// A person, who has to be told that something is waited for, and whose screen shows what is typed.
    Keyboard(&'a mut dyn Read),
}

impl<'a> Surroundings<'a> {
    /// Results go to `out`, styled for a terminal; messages to `messages`; `variable` is the environment.
    pub fn new(
        out: &'a mut dyn Write,
        messages: &'a mut dyn Write,
        input: Input<'a>,
        now: &'a dyn Fn() -> UnixTime,
        variable: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self { out, messages, input, now, variable }
    }

    /// The standard input as text, at most `limit` bytes of it. `what` names it in messages.
    pub(crate) fn read_input(&mut self, what: &'static str, limit: usize) -> Result<String, InputError> {
        let reader = match &mut self.input {
            Input::Piped(reader) => reader,
            Input::Keyboard(reader) => {
                // Nobody is there to read it if standard error is gone.
                let _ = writeln!(self.messages, "reading the {what} from standard input; end it with Ctrl-D");
                reader
            }
        };
        read_text(reader, what, limit)
    }
}

/// Text of at most `limit` bytes.
pub(crate) fn read_text(
    reader: &mut dyn Read,
    what: &'static str,
    limit: usize,
) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells that there is more.
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

//! Exit codes.

use std::process::ExitCode;

/// How a command ends, for scripts and CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// The command succeeded and found no problem.
    Good,
    /// A check failed, or the request was refused.
    Refused,
    /// The arguments, a file or the input cannot be used; nothing was checked.
    Usage,
    /// A server could not be reached, or its response cannot be used.
    Unreachable,
}

/// The section of `--help` and of the manual page.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  a check failed, or the request was refused
  2  the arguments, a file or the input cannot be used; nothing was checked
  3  a server could not be reached, or gave no usable answer";

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_documented() {
        for exit in [Exit::Good, Exit::Refused, Exit::Usage, Exit::Unreachable] {
            assert!(EXIT_CODES.contains(&format!("\n  {}  ", exit.code())), "{exit:?}");
        }
    }
}

//! A definition that could not be read.

use apigateway_definition::{Diagnostic, Problems};

use crate::{
    definition,
    error::CommandError,
    routes::{json, output::Output},
    style::BAD,
    surroundings::Surroundings,
};

/// What to do if a definition could not be read, apart from the help of each diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnreadAdvice {
    Partial,
    Nothing,
}

impl UnreadAdvice {
    /// `--partial` helps if the errors are those of single routes.
    pub(super) fn of(problems: &Problems) -> Self {
        if problems.only_routes() { Self::Partial } else { Self::Nothing }
    }
}

/// Reports why the definition could not be read.
pub(super) fn unread(
    problems: &[Diagnostic],
    advice: UnreadAdvice,
    output: Output,
    surroundings: &mut Surroundings<'_>,
) -> Result<(), CommandError> {
    if output == Output::Json {
        return Ok(json::write_problems(problems, surroundings.out)?);
    }
    definition::write_problems(problems, surroundings.width, surroundings.out)?;
    writeln!(surroundings.out, "{BAD}The definition cannot be served as it is{BAD:#}")?;
    let advice = match advice {
        UnreadAdvice::Partial => {
            "Nothing was guessed. `--partial` reads the rest, and refuses each route that has a problem."
        }
        UnreadAdvice::Nothing => "Nothing was guessed. Each error says what it needs.",
    };
    writeln!(surroundings.out, "{}", surroundings.width.advice(advice))?;
    Ok(())
}

//! The arguments, and which command they mean.

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    doctor::{self, Doctor},
    error::CommandError,
    exit::{EXIT_CODES, Exit},
    explain::{self, Explain},
    pool::{self, Pool},
    routes::{self, Routes},
    serve::{self, Serve},
    shell::{self, Completions, Man},
    surroundings::Surroundings,
    token::{self, Token},
};

/// Says why Amazon Cognito tokens are refused, and runs a user pool on this machine to try things with
#[derive(Debug, Parser)]
#[command(name = "cognito-authorizer", version, after_help = EXIT_CODES, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colours; `auto`: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explain(Box<Explain>),
    Routes(Box<Routes>),
    Pool(Box<Pool>),
    Token(Box<Token>),
    Serve(Box<Serve>),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

impl Cli {
    /// Whether results are to be coloured; the stream that they go to decides by it.
    #[must_use]
    pub fn color(&self) -> anstream::ColorChoice {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }

    /// Does what the arguments say.
    ///
    /// # Errors
    ///
    /// If there is no result. A bad result is not an error but an [`Exit`].
    pub async fn run(self, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
        match self.command {
            Command::Explain(options) => explain::run(*options, surroundings).await,
            Command::Routes(options) => routes::run(&options, surroundings),
            Command::Pool(options) => pool::run(*options, surroundings).await,
            Command::Token(options) => token::run(*options, surroundings).await,
            Command::Serve(options) => serve::run(*options, surroundings).await,
            Command::Doctor(options) => doctor::run(options, surroundings).await,
            Command::Completions(options) => shell::completions(&options, surroundings),
            Command::Man(options) => shell::man(&options, surroundings),
        }
    }
}

//! The command line: its arguments, and the command that they name.

use std::ffi::OsString;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, error::ErrorKind};

use crate::{
    doctor::{self, Doctor},
    environment::{self, SETTINGS},
    error::CommandError,
    exit::{EXIT_CODES, Exit},
    explain::{self, Explain},
    pool::{self, Pool},
    routes::{self, Routes},
    serve::{self, Serve},
    shell::{self, Completions, Man},
    surroundings::Surroundings,
    token::{self, SCOPES_OF_PASSWORD, Token},
};

/// Explains why Amazon Cognito tokens are refused, and runs a local user pool to develop and test with
#[derive(Debug, Parser)]
#[command(
    name = "cognito-authorizer",
    version,
    override_usage = "cognito-authorizer <COMMAND> [OPTIONS]",
    after_help = format!("{SETTINGS}\n\n{EXIT_CODES}"),
    max_term_width = 100
)]
pub struct Cli {
    /// When to use colours, with every command; `auto`: on a terminal, unless `NO_COLOR` is set
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
    /// Parses the command line, which begins with the program's name. A missing option is read from the environment, in which
    /// `variable` looks it up: `--pool` from `COGNITO_AUTHORIZER_POOL`, or from the file that
    /// `COGNITO_AUTHORIZER_POOL_FILE` names.
    ///
    /// # Errors
    ///
    /// If the arguments or the variables are invalid. Also for `--help` and `--version`, whose text is the message.
    pub fn parse_with(
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let matches = environment::matches(&command(), &arguments, variable).map_err(with_reason)?;
        Self::from_arg_matches(&matches)
    }

    /// Whether results are coloured; evaluated by the output stream.
    #[must_use]
    pub fn color(&self) -> anstream::ColorChoice {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    ///
    /// If the command has no result. A failed check is a result; its exit code is in [`Exit`].
    pub async fn run(self, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
        match self.command {
            Command::Explain(options) => explain::run(*options, surroundings).await,
            Command::Routes(options) => routes::run(&options, surroundings),
            Command::Pool(options) => pool::run(*options, surroundings).await,
            Command::Token(options) => token::run(*options, surroundings).await,
            Command::Serve(options) => serve::run(*options, surroundings).await,
            Command::Doctor(options) => doctor::run(options, surroundings).await,
            Command::Completions(options) => shell::completions(&options, command(), surroundings),
            Command::Man(options) => shell::man(&options, command(), surroundings),
        }
    }
}

/// The arguments for clap. The help of each command lists only its own options. `--color`, which every command has, is in the help of
/// the program.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(with_hidden_color)
}

/// Adds the reason to an error if it is not obvious why two options exclude each other.
fn with_reason(error: clap::Error) -> clap::Error {
    let text = error.render().to_string();
    let is_about = |option: &str| text.contains(&format!("'{option}"));
    if error.kind() == ErrorKind::ArgumentConflict && is_about("--scope ") && is_about("--username ") {
        return clap::Error::raw(ErrorKind::ArgumentConflict, SCOPES_OF_PASSWORD);
    }
    error
}

fn with_hidden_color(command: clap::Command) -> clap::Command {
    // clap does not add a global option to a command that already has one with its id.
    let color = Arg::new("color").long("color").global(true).hide(true);
    command.arg(color.value_parser(clap::value_parser!(Color))).mut_subcommands(with_hidden_color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_defined() {
        command().debug_assert();
    }

    #[test]
    fn a_sign_in_with_a_password_says_which_ways_give_scopes() {
        let sign_in = "token --username ada --password-env A --client a --pool eu-west-1_Ab12Cd34E";
        let parse = |more: &str, variable: &dyn Fn(&str) -> Option<String>| {
            let text = format!("cognito-authorizer {sign_in}{more}");
            Cli::parse_with(text.split(' '), variable).map_err(|error| error.to_string())
        };
        for more in [" --scope orders/read", " --scope a --scope b"] {
            let error = parse(more, &|_| None).unwrap_err();
            for way in ["managed login", "--client-credentials", "--pool-url", "a trigger"] {
                assert!(error.contains(way), "{error}");
            }
        }
        // The variable may be for another command.
        parse("", &|name| (name == "COGNITO_AUTHORIZER_SCOPE").then(|| "a/b".to_owned())).unwrap();
    }

    #[test]
    fn every_usage_line_names_the_command_that_it_is_for() {
        fn check(command: &clap::Command, path: &str) {
            let usage = command.clone().bin_name(path).render_usage().to_string();
            for line in usage.trim_start_matches("Usage:").lines().map(str::trim) {
                assert!(line.starts_with(path) || path.ends_with(" help"), "{path}: {line}");
                assert!(!line.contains('|'), "a usage line can be typed: {line}");
            }
            for below in command.get_subcommands() {
                check(below, &format!("{path} {}", below.get_name()));
            }
        }
        let mut command = command();
        command.build();
        check(&command, "cognito-authorizer");
    }
}

//! `completions` and `man`: for shells and manuals.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::{error::CommandError, exit::Exit, surroundings::Surroundings};

/// Print a script that completes the command's arguments in a shell
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer completions bash > /etc/bash_completion.d/cognito-authorizer\n",
    "  cognito-authorizer completions fish > ~/.config/fish/completions/cognito-authorizer.fish"
))]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page of the program, or of one of its commands
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cognito-authorizer man explain | man -l -")]
pub(crate) struct Man {
    /// The command, such as `explain`
    #[arg(value_name = "COMMAND", value_parser = ["explain", "routes", "routes-diff", "pool", "token", "serve", "doctor"])]
    command: Option<String>,
}

/// Prints the completions of `command`.
pub(crate) fn completions(
    options: &Completions,
    mut command: Command,
    surroundings: &mut Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "cognito-authorizer", &mut script);
    surroundings.out.write_all(&script)?;
    Ok(Exit::Good)
}

/// Prints the manual page of `command`, or of its subcommand.
pub(crate) fn man(
    options: &Man,
    mut command: Command,
    surroundings: &mut Surroundings<'_>,
) -> Result<Exit, CommandError> {
    command.build();
    let chosen = options.command.as_ref().and_then(|name| match name.split_once('-') {
        None => command.find_subcommand(name),
        Some((name, below)) => command.find_subcommand(name)?.find_subcommand(below),
    });
    let chosen = chosen.cloned();
    clap_mangen::Man::new(chosen.unwrap_or(command)).render(surroundings.out)?;
    Ok(Exit::Good)
}

//! The command `cognito-authorizer`; see the library part for what it does.

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    process::ExitCode,
};

use anstream::AutoStream;
use clap::Parser;
use cognito_authorizer_cli::{Cli, CommandError, Exit, Input, Surroundings, system_time, without_tokens};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_arguments(&error),
    };
    let mut out = AutoStream::new(io::stdout(), cli.color());
    match run(cli, &mut out) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Whoever closed the pipe wants to hear no more.
            let closed =
                matches!(&error, CommandError::Output(error) if error.kind() == ErrorKind::BrokenPipe);
            if !closed {
                say(&without_tokens(&format!("error: {error}\n")));
            }
            error.exit().into()
        }
    }
}

/// Says what is wrong with the arguments, or gives the help that was asked for.
fn wrong_arguments(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    say(&without_tokens(&error.render().ansi().to_string()));
    Exit::Usage.into()
}

/// To standard error, in colour on a terminal. If it is gone, nobody listens.
fn say(message: &str) {
    let _ = write!(anstream::stderr(), "{message}");
}

/// Runs the command.
fn run(cli: Cli, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut messages, mut stdin) = (io::stderr(), io::stdin());
    let input = if stdin.is_terminal() { Input::Keyboard(&mut stdin) } else { Input::Piped(&mut stdin) };
    let variable = |name: &str| std::env::var(name).ok();
    let mut surroundings = Surroundings::new(out, &mut messages, input, &system_time, &variable);
    let exit = runtime.block_on(cli.run(&mut surroundings))?;
    out.flush()?;
    Ok(exit)
}

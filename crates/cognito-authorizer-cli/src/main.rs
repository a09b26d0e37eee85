//! The program `cognito-authorizer`. The commands are in the library.

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    process::ExitCode,
};

use anstream::AutoStream;
use cognito_authorizer_cli::{
    Cli, CommandError, Exit, Input, Surroundings, printable_lines, system_time, without_tokens,
};

fn main() -> ExitCode {
    let cli = match Cli::parse_with(std::env::args_os(), &variable) {
        Ok(cli) => cli,
        Err(error) => return wrong_arguments(&error),
    };
    let mut out = AutoStream::new(io::stdout(), cli.color());
    match run(cli, &mut out) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // The reader closed the pipe, and expects no more output.
            let closed =
                matches!(&error, CommandError::Output(error) if error.kind() == ErrorKind::BrokenPipe);
            if !closed {
                report(&without_tokens(&format!("error: {}\n", printable_lines(&error.to_string()))));
            }
            error.exit().into()
        }
    }
}

/// Reports what is wrong with the arguments, or prints the help.
fn wrong_arguments(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    report(&without_tokens(&error.render().ansi().to_string()));
    Exit::Usage.into()
}

/// Writes to standard error, in colour on a terminal. If it is closed, the message is lost.
fn report(message: &str) {
    let _ = write!(anstream::stderr(), "{message}");
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs the command.
fn run(cli: Cli, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut messages, mut stdin) = (io::stderr(), io::stdin());
    let input = if stdin.is_terminal() { Input::Keyboard(&mut stdin) } else { Input::Piped(&mut stdin) };
    let mut surroundings = Surroundings::new(out, &mut messages, input, &system_time, &variable);
    // The width of the terminal to which results are written.
    if let Some((terminal_size::Width(columns), _)) = terminal_size::terminal_size_of(io::stdout()) {
        surroundings = surroundings.columns(columns.into());
    }
    let exit = runtime.block_on(cli.run(&mut surroundings))?;
    out.flush()?;
    Ok(exit)
}

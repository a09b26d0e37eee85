//! The command `cognito-authorizer`; see the library part for what it does.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anstream::AutoStream;
use clap::Parser;
use cognito_authorizer_cli::{Cli, Exit, Input, Surroundings, system_time};

fn main() -> ExitCode {
    // Ends by itself where the arguments are wrong, with exit code 2, or ask for help.
    let cli = Cli::parse();
    let mut out = AutoStream::new(io::stdout(), cli.color());
    let mut messages = io::stderr();
    let exit = run(cli, &mut out).unwrap_or_else(|(exit, error)| {
        // If standard error is gone, nobody listens.
        let _ = writeln!(messages, "error: {error}");
        exit
    });
    exit.into()
}

/// Runs the command; an error with how it ends by it.
fn run(cli: Cli, out: &mut dyn Write) -> Result<Exit, (Exit, String)> {
    let failed = |error: io::Error| (Exit::Usage, error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (mut messages, mut stdin) = (io::stderr(), io::stdin());
    let input = if stdin.is_terminal() { Input::Keyboard(&mut stdin) } else { Input::Piped(&mut stdin) };
    let variable = |name: &str| std::env::var(name).ok();
    let mut surroundings = Surroundings::new(out, &mut messages, input, &system_time, &variable);
    let exit =
        runtime.block_on(cli.run(&mut surroundings)).map_err(|error| (error.exit(), error.to_string()))?;
    out.flush().map_err(failed)?;
    Ok(exit)
}

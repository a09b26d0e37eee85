//! `explain`: every step of the check of a token, the one that failed, and what to do about it.

mod advice;
mod expected;
mod judge;
mod keys;
mod options;
mod presented;
mod report;
mod stated;
mod step;

use std::time::Duration;

pub(crate) use options::Explain;

use crate::{
    error::CommandError,
    exit::Exit,
    explain::{expected::Expected, presented::Presented, report::Report},
    http::Http,
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) async fn run(options: Explain, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let at = options.at.unwrap_or_else(surroundings.now);
    let expected = Expected::from_options(&options)?;
    let presented = Presented::read(&options.token, surroundings)?;
    let http = Http::new(Duration::from_secs(options.timeout));
    let case = judge::judge(&expected, presented, http, at).await?;
    let report = Report::new(&expected, &case);
    if options.json {
        report.write_json(surroundings.out)?;
    } else {
        report.write(surroundings.out)?;
    }
    Ok(case.verdict.exit())
}

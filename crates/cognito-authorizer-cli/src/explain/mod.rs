//! `explain`: every step of the check of a token, the one that failed, and what to do about it.

mod advice;
mod answer;
mod console;
mod expected;
mod judge;
mod keys;
mod options;
mod pool;
mod presented;
mod report;
mod route;
mod stated;
mod step;

use std::time::Duration;

use cognito_authorizer::Profile;
use cognito_verify::UnixTime;

pub(crate) use console::Console;
pub(crate) use options::Explain;

use crate::{
    error::{CommandError, InputError},
    exit::Exit,
    explain::{
        answer::Answer,
        expected::Expected,
        judge::{Case, Verdict},
        presented::Presented,
        report::Report,
        route::{Outcome, Ruling},
    },
    http::HttpClient,
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) async fn run(options: Explain, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let at = options.at.unwrap_or_else(surroundings.now);
    let expected = if options.definitions.is_empty() {
        Expected::from_options(&options)?
    } else {
        let ruling = Ruling::read(&options)?;
        let Outcome::Asked(route) = &ruling.outcome else {
            return without_token(&ruling, &options, at, surroundings).await;
        };
        let route = route.clone();
        Expected::from_route(&route, ruling, &options)?
    };
    let presented = Presented::read(&options.token, surroundings)?;
    let http = HttpClient::new(Duration::from_secs(options.timeout));
    let mut case = judge::judge(&expected, presented, http, at).await?;
    let answer = settle(&expected, &mut case, Duration::from_secs(options.leeway)).await?;
    let report = Report::new(&expected, &case, answer.as_ref());
    if options.json {
        report.write_json(surroundings.out)?;
    } else {
        report.write(surroundings.width, surroundings.out)?;
    }
    Ok(case.verdict.exit())
}

/// What the client gets. Where the middleware refuses what the verifier accepts, the verdict follows the middleware.
async fn settle(
    expected: &Expected,
    case: &mut Case,
    leeway: Duration,
) -> Result<Option<Answer>, InputError> {
    let answer = answer::to_token(expected, case, leeway).await?;
    if let (Verdict::Accepted(_), Some(refused)) =
        (&case.verdict, answer.as_ref().and_then(|of| of.refused.as_ref()))
    {
        case.verdict = Verdict::Refused(refused.refusal.clone());
    }
    Ok(answer)
}

/// Where the route decides alone, no token is read.
async fn without_token(
    ruling: &Ruling,
    options: &Explain,
    at: UnixTime,
    surroundings: &mut Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let profile = options.profile.map_or(ruling.profile(), Profile::from);
    let answer = answer::to_request(ruling, profile, at).await?;
    if options.json {
        report::write_ruling_json(ruling, &answer, surroundings.out)?;
    } else {
        report::write_ruling(ruling, &answer, surroundings.width, surroundings.out)?;
    }
    Ok(if answer.refused.is_none() { Exit::Good } else { Exit::Refused })
}

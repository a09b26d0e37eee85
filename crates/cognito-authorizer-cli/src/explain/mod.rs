//! `explain`: every step of the check of a token, the one that failed, and what to do about it.

mod advice;
mod answer;
mod api;
mod case;
mod console;
mod json;
mod keys;
mod no_pool;
mod options;
mod pasted;
mod recognised;
mod report;
mod request;
mod required;
mod service;
mod step;
mod unverified;

use std::time::Duration;

use cognito_authorizer::{Profile, UnixTime};

pub(crate) use console::Console;
pub(crate) use options::Explain;

use crate::{
    error::CommandError,
    exit::Exit,
    explain::{
        case::Case,
        keys::KeysFrom,
        pasted::Pasted,
        report::Report,
        request::{DefinedRequest, Routed},
        service::CheckedService,
    },
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) async fn run(options: Explain, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let at = options.at.unwrap_or_else(surroundings.now);
    let service = match configured(&options, at).await? {
        Configured::Service(service) => *service,
        Configured::Decided { request, routed } => {
            return write_decided(&request, &routed, &options, surroundings);
        }
    };
    let pasted = Pasted::read(&options.token, service.wanted, surroundings)?;
    let keys = match &options.jwks {
        Some(path) => KeysFrom::File(path.clone()),
        None => KeysFrom::Fetched { timeout: Duration::from_secs(options.timeout) },
    };
    let case = Case::explain(service, pasted, keys).await?;
    let report = Report::new(&case, options.claims());
    if options.json {
        json::write(&report, surroundings.out)?;
    } else {
        report.write(surroundings.width, surroundings.out)?;
    }
    Ok(case.exit())
}

/// What the options or the definition configure.
enum Configured {
    /// A service that reads a token.
    Service(Box<CheckedService>),
    /// A route that decides without one.
    Decided { request: Box<DefinedRequest>, routed: Box<(request::RouteDecision, answer::Answer)> },
}

/// Reads the options and the definition. No token is read.
async fn configured(options: &Explain, at: UnixTime) -> Result<Configured, CommandError> {
    if options.definitions.is_empty() {
        return Ok(Configured::Service(Box::new(CheckedService::of_options(options, at)?)));
    }
    let request = DefinedRequest::read(options)?;
    Ok(match request.route(options.profile.map(Profile::from), at).await? {
        Routed::Token(route) => {
            Configured::Service(Box::new(CheckedService::of_route(request, &route, options, at)?))
        }
        Routed::Decided { decision, answer } => {
            Configured::Decided { request: Box::new(request), routed: Box::new((decision, answer)) }
        }
    })
}

fn write_decided(
    request: &DefinedRequest,
    (decision, answer): &(request::RouteDecision, answer::Answer),
    options: &Explain,
    surroundings: &mut Surroundings<'_>,
) -> Result<Exit, CommandError> {
    if options.json {
        json::write_decision(decision, answer, surroundings.out)?;
    } else {
        report::write_decision(request, decision, answer, surroundings.width, surroundings.out)?;
    }
    Ok(if answer.is_refused() { Exit::Refused } else { Exit::Good })
}

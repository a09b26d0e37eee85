//! The explanation of a token on the page of a local pool: the same check and the same words as `explain`.

use std::{path::PathBuf, sync::Arc};

use cognito_local_pool::{ExplainLine, ExplainOutcome, ExplainRequest};
use cognito_verify::{KeySet, UserPoolId};

use crate::{
    definition::Facts,
    error::{CommandError, InputError},
    explain::{
        Configured, api,
        case::Case,
        configured,
        keys::KeysFrom,
        options::{Claims, Explain},
        pasted::Pasted,
        report::{self, Report},
        step::ReportOutcome,
    },
    http::HttpUrl,
    style::Width,
};

/// What the tokens of a local pool are explained with.
#[derive(Debug)]
pub(crate) struct Console {
    /// The id of the local pool.
    pub(crate) pool: UserPoolId,
    /// Its issuer.
    pub(crate) issuer: HttpUrl,
    /// Its app clients.
    pub(crate) clients: Vec<String>,
    /// The definition with the routes; empty if there is only the pool.
    pub(crate) definitions: Vec<PathBuf>,
    /// The inputs of the definition.
    pub(crate) facts: Facts,
}

impl Console {
    /// The routes of the definition.
    pub(crate) fn routes(&self) -> Result<Vec<String>, InputError> {
        if self.definitions.is_empty() {
            return Ok(Vec::new());
        }
        let api = api::api(&self.facts, &self.definitions)?;
        Ok(api.routes.iter().map(|route| route.key.to_string()).collect())
    }

    /// The explanation, or why there is none.
    pub(crate) async fn explain(self: Arc<Self>, request: ExplainRequest) -> Vec<ExplainLine> {
        match self.lines(&request).await {
            Ok(lines) => lines,
            Err(error) => vec![note(format!("not explained: {error}"))],
        }
    }

    async fn lines(&self, request: &ExplainRequest) -> Result<Vec<ExplainLine>, CommandError> {
        let route = request.route().filter(|_| !self.definitions.is_empty());
        let service = match configured(&self.options(route), request.now().into()).await? {
            Configured::Service(service) => *service,
            Configured::Decided { request, routed } => {
                let (decision, answer) = &*routed;
                let outcome =
                    if answer.is_refused() { ExplainOutcome::Failed } else { ExplainOutcome::Passed };
                let mut written = Vec::new();
                report::write_decision(&request, decision, answer, Width::default(), &mut written)?;
                return Ok(texts(&written, outcome));
            }
        };
        // The page never fetches keys. It knows those of its own pool.
        if let Some(other) = service.pools.iter().find(|pool| **pool != self.pool) {
            let text = format!(
                "{} takes tokens of the user pool {other}, and this is {}; start the pool with `--bind NAME={}`",
                service.route_name(),
                self.pool,
                self.pool
            );
            return Ok(vec![ExplainLine::new(ExplainOutcome::Failed, text)]);
        }
        let keys = KeySet::from_json(request.jwks().as_bytes())
            .map_err(|problem| InputError::Served(problem.to_string()))?;
        let pasted = Pasted::on_page(request.token(), service.wanted)?;
        let case =
            Case::explain(service, pasted, KeysFrom::Given(vec![(self.pool.to_string(), keys)])).await?;
        Ok(lines(&Report::new(&case, Claims::Hidden)))
    }

    /// The options that `explain` would be called with.
    fn options(&self, route: Option<&str>) -> Explain {
        let common = Explain {
            issuer: Some(self.issuer.clone()),
            timeout: 1,
            no_claims: true,
            facts: self.facts.clone().into(),
            ..Explain::default()
        };
        match route {
            Some(route) => {
                Explain { definitions: self.definitions.clone(), route: Some(route.to_owned()), ..common }
            }
            None => Explain {
                pools: vec![self.pool.clone()],
                clients: self.clients.clone(),
                any_client: self.clients.is_empty(),
                ..common
            },
        }
    }
}

/// The decision, what the token is instead, the steps, what to do, and the answer to the client.
fn lines(report: &Report<'_>) -> Vec<ExplainLine> {
    let (accepted, decision) = report.decision();
    let outcome = if accepted { ExplainOutcome::Passed } else { ExplainOutcome::Failed };
    let mut lines = vec![ExplainLine::new(outcome, decision)];
    lines.extend(report.case.recognised.as_ref().map(|recognised| note(recognised.sentence())));
    for step in &report.steps {
        let outcome = match step.outcome {
            ReportOutcome::Passed => ExplainOutcome::Passed,
            ReportOutcome::Failed => ExplainOutcome::Failed,
            ReportOutcome::Unchecked | ReportOutcome::NotReached => ExplainOutcome::NotReached,
        };
        let text =
            if step.fact.is_empty() { step.name.clone() } else { format!("{}: {}", step.name, step.fact) };
        lines.push(ExplainLine::new(outcome, text));
    }
    lines.extend(report.advice.iter().map(|advice| note(advice.text.clone())));
    lines.extend(report.answer.as_ref().map(|answer| note(answer.to_string())));
    lines
}

fn note(text: String) -> ExplainLine {
    ExplainLine::new(ExplainOutcome::Note, text)
}

/// Text for a terminal as lines without colours. The first line has the outcome.
fn texts(written: &[u8], outcome: ExplainOutcome) -> Vec<ExplainLine> {
    let text = anstream::adapter::strip_bytes(written).into_vec();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().map(|line| ExplainLine::new(outcome, line));
    first.into_iter().chain(lines.map(|line| note(line.trim().to_owned()))).collect()
}

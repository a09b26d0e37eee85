//! The explanation of a token on the page of a local pool: the same check and the same words as `explain`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use cognito_local_pool::{ExplainLine, ExplainOutcome, ExplainRequest};
use cognito_verify::{KeySet, UserPoolId};

use crate::{
    definition::Facts,
    error::{CommandError, InputError},
    explain::{
        answer,
        expected::{Expected, Pools},
        judge,
        options::Explain,
        presented::Presented,
        report::{self, Report},
        route::{self, Outcome, Ruling},
        settle, step,
    },
    http::{Http, IssuerUrl},
};

/// What a token of a local pool is explained by.
#[derive(Debug)]
pub(crate) struct Console {
    /// The id of the local pool.
    pub(crate) pool: UserPoolId,
    /// Its issuer.
    pub(crate) issuer: IssuerUrl,
    /// Its app clients.
    pub(crate) clients: Vec<String>,
    /// The definition that has the routes; none for the pool alone.
    pub(crate) definitions: Vec<PathBuf>,
    /// What is known beyond the definition.
    pub(crate) facts: Facts,
}

impl Console {
    /// The routes of the definition.
    pub(crate) fn routes(&self) -> Result<Vec<String>, InputError> {
        if self.definitions.is_empty() {
            return Ok(Vec::new());
        }
        let api = route::api(&self.facts, &self.definitions)?;
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
        let at = request.now().into();
        let route = request.route().filter(|_| !self.definitions.is_empty());
        let options = self.options(route);
        let mut expected = if route.is_some() {
            let ruling = Ruling::read(&options)?;
            let Outcome::Asked(route) = &ruling.outcome else {
                let answer = answer::to_request(&ruling, ruling.profile(), at).await?;
                let outcome =
                    if answer.refused.is_none() { ExplainOutcome::Passed } else { ExplainOutcome::Failed };
                let mut written = Vec::new();
                report::write_ruling(&ruling, &answer, &mut written)?;
                return Ok(texts(&written, outcome));
            };
            let route = route.clone();
            Expected::from_route(&route, ruling, &options)?
        } else {
            Expected::from_options(&options)?
        };
        // Keys are never fetched for the page: it knows those of its own pool.
        if let Some(other) = expected.user_pools.iter().find(|pool| pool.id != self.pool.as_str()) {
            let text = format!(
                "{} takes tokens of the user pool {}, and this is {}; start the pool with `--bind NAME={}`",
                expected.route, other.id, self.pool, self.pool
            );
            return Ok(vec![ExplainLine::new(ExplainOutcome::Failed, text)]);
        }
        let keys = KeySet::from_json(request.jwks().as_bytes())
            .map_err(|problem| InputError::Served(problem.to_string()))?;
        expected.pools = Pools::Given(keys);
        let presented = Presented::on_page(request.token())?;
        let mut case = judge::judge(&expected, presented, Http::new(Duration::from_secs(1)), at).await?;
        let answer = settle(&expected, &mut case, Duration::ZERO).await?;
        let report = Report::new(&expected, &case, answer.as_ref());
        let mut lines = Vec::new();
        let (accepted, verdict) = report.verdict();
        let outcome = if accepted { ExplainOutcome::Passed } else { ExplainOutcome::Failed };
        lines.push(ExplainLine::new(outcome, verdict));
        for (step, outcome, fact) in report.steps() {
            let outcome = match outcome {
                step::Outcome::Passed => ExplainOutcome::Passed,
                step::Outcome::Failed => ExplainOutcome::Failed,
                step::Outcome::NotReached => ExplainOutcome::NotReached,
            };
            let text = if fact.is_empty() { step.to_string() } else { format!("{step}: {fact}") };
            lines.push(ExplainLine::new(outcome, text));
        }
        lines.extend(report.advice().map(|text| note(text.to_owned())));
        lines.extend(answer.as_ref().map(|answer| note(answer.to_string())));
        Ok(lines)
    }

    /// The options that `explain` would be called with.
    fn options(&self, route: Option<&str>) -> Explain {
        let by_definition = route.is_some();
        Explain {
            token: Vec::new(),
            pools: if by_definition { Vec::new() } else { vec![self.pool.clone()] },
            clients: if by_definition { Vec::new() } else { self.clients.clone() },
            any_client: !by_definition && self.clients.is_empty(),
            resources: Vec::new(),
            issuer: Some(self.issuer.clone()),
            jwks_url: None,
            jwks: None,
            accept: None,
            scopes: Vec::new(),
            groups: Vec::new(),
            profile: None,
            definitions: if by_definition { self.definitions.clone() } else { Vec::new() },
            route: route.map(str::to_owned),
            method: None,
            path: None,
            at: None,
            leeway: 0,
            timeout: 1,
            json: false,
            facts: self.facts.clone(),
        }
    }
}

fn note(text: String) -> ExplainLine {
    ExplainLine::new(ExplainOutcome::Note, text)
}

/// What was written for a terminal, without its colours: the first paragraph has the outcome.
fn texts(written: &[u8], outcome: ExplainOutcome) -> Vec<ExplainLine> {
    let text = anstream::adapter::strip_bytes(written).into_vec();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().map(|line| ExplainLine::new(outcome, line));
    first.into_iter().chain(lines.map(|line| note(line.trim().to_owned()))).collect()
}

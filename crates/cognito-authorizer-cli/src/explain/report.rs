//! The report: for people, and as JSON.

use std::io::{self, Write};

use cognito_verify::TokenUse;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    explain::{
        advice::{Advice, advice},
        answer::{Answer, JsonAnswer},
        expected::Expected,
        judge::{Case, Verdict},
        route::{self, Ruling},
        step::{Outcome, Step, said},
    },
    moment,
    style::{BAD, CAUTION, COMMAND, FAINT, GOOD, HEADING, Width, printable},
};

/// The claims that are shown, in order. Names and addresses of people are not among them.
const SHOWN: [&str; 9] =
    ["iss", "token_use", "client_id", "aud", "scope", "cognito:groups", "iat", "nbf", "exp"];
/// Those of them that are moments.
const MOMENTS: [&str; 3] = ["iat", "nbf", "exp"];

/// What is told of a token.
#[derive(Debug)]
pub(super) struct Report<'c> {
    expected: &'c Expected,
    case: &'c Case,
    steps: Vec<(Step, Outcome, String)>,
    advice: Vec<Advice>,
    answer: Option<&'c Answer>,
}

impl<'c> Report<'c> {
    pub(super) fn new(expected: &'c Expected, case: &'c Case, answer: Option<&'c Answer>) -> Self {
        let steps =
            Step::all().map(|step| (step, step.outcome(&case.verdict), step.fact(expected, case))).collect();
        Self { expected, case, steps, advice: advice(expected, case), answer }
    }

    /// Writes it for a person at a terminal.
    pub(super) fn write(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        self.write_claims(width, out)?;
        writeln!(out, "{HEADING}The check, step by step{HEADING:#}")?;
        let mut skipped = Vec::new();
        for (step, outcome, fact) in &self.steps {
            match outcome {
                Outcome::Passed => writeln!(out, "  {GOOD}✓ {step:<12}{GOOD:#} {}", width.fact(fact))?,
                Outcome::Failed => writeln!(out, "  {BAD}✗ {step:<12}{BAD:#} {}", width.fact(fact))?,
                Outcome::NotReached if fact.is_empty() => skipped.push(step.to_string()),
                Outcome::NotReached => {
                    writeln!(out, "  {CAUTION}? {step:<12}{CAUTION:#} {}", width.fact(fact))?;
                }
            }
        }
        if !skipped.is_empty() {
            writeln!(out, "  {FAINT}· not reached  {}{FAINT:#}", width.fact(&skipped.join(", ")))?;
        }
        self.write_verdict(width, out)?;
        self.write_advice(width, out)?;
        self.answer.map_or(Ok(()), |answer| writeln!(out, "{answer}"))
    }

    fn write_claims(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        let Case { stated, verdict, at, .. } = self.case;
        if !stated.has_claims() {
            return Ok(());
        }
        if verdict.is_signed() {
            writeln!(out, "{HEADING}Claims{HEADING:#}, {GOOD}signed by the user pool{GOOD:#}")?;
        } else {
            writeln!(
                out,
                "{HEADING}Claims{HEADING:#}, {CAUTION}NOT VERIFIED: anybody can have written them{CAUTION:#}"
            )?;
        }
        for name in SHOWN {
            let Some(value) = stated.claim(name) else { continue };
            let text = match stated.moment(name).filter(|_| MOMENTS.contains(&name)) {
                Some(moment) => {
                    format!("{}, {}", moment::written(moment), moment::seen_from(moment, *at))
                }
                None => shown(value),
            };
            writeln!(out, "  {FAINT}{name:<14}{FAINT:#} {}", width.fact(&text))?;
        }
        writeln!(out)
    }

    fn write_verdict(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        let (style, verdict) = self.styled_verdict();
        writeln!(out, "\n{style}{}{style:#}", width.hanging(&verdict, 2))
    }

    /// Whether the token is accepted, and the verdict in words.
    pub(super) fn verdict(&self) -> (bool, String) {
        (matches!(self.case.verdict, Verdict::Accepted(_)), self.styled_verdict().1)
    }

    /// The steps, what became of each, and what it found.
    pub(super) fn steps(&self) -> impl Iterator<Item = (Step, Outcome, &str)> {
        self.steps.iter().map(|(step, outcome, fact)| (*step, *outcome, fact.as_str()))
    }

    /// What to do, without the commands.
    pub(super) fn advice(&self) -> impl Iterator<Item = &str> {
        self.advice.iter().map(|advice| advice.text.as_str())
    }

    fn styled_verdict(&self) -> (anstyle::Style, String) {
        match &self.case.verdict {
            Verdict::Accepted(verified) => (GOOD, format!("Accepted{}", with_use(verified.token_use()))),
            Verdict::NoPool => (CAUTION, "Not checked: no user pool was given".to_owned()),
            Verdict::NoToken(problem) => (BAD, format!("Refused: {problem}")),
            Verdict::Rejected(rejected) => (BAD, format!("Refused: {}", said(rejected))),
            Verdict::Refused(refusal) => (BAD, format!("Refused, though the token is good: {refusal}")),
            Verdict::Denied(_) => {
                (BAD, format!("Refused, though the token is good: {} is required", self.expected.requirement))
            }
        }
    }

    fn write_advice(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        for advice in &self.advice {
            writeln!(out, "{}", width.advice(&advice.text))?;
            if let Some(command) = &advice.command {
                writeln!(out, "    {COMMAND}{command}{COMMAND:#}")?;
            }
        }
        Ok(())
    }

    /// Writes it for a program.
    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Case { stated, verdict, at, .. } = self.case;
        let (name, code, reason) = match verdict {
            Verdict::Accepted(_) => ("accepted", None, None),
            Verdict::NoPool => ("not_checked", None, None),
            Verdict::NoToken(problem) => ("rejected", Some(problem.code()), Some(problem.to_string())),
            Verdict::Rejected(rejected) => ("rejected", Some(rejected.code()), Some(rejected.to_string())),
            Verdict::Refused(refusal) => ("refused", Some(refusal.code()), Some(refusal.to_string())),
            Verdict::Denied(_) => {
                ("denied", Some("requirement"), Some(format!("{} is required", self.expected.requirement)))
            }
        };
        let mut claims = Map::new();
        for name in SHOWN {
            if let Some(value) = stated.claim(name) {
                let value = if value.is_number() { value.clone() } else { shown(value).into() };
                claims.insert(name.to_owned(), value);
            }
        }
        let report = JsonReport {
            verdict: name,
            route: self.expected.ruling.as_ref().map(|_| &*self.expected.route),
            code,
            reason,
            checked_at: at.as_secs(),
            steps: self
                .steps
                .iter()
                .map(|(step, outcome, fact)| JsonStep { step: step.code(), outcome: outcome.code(), fact })
                .collect(),
            claims_are_signed: verdict.is_signed(),
            key_id: stated.header("kid").map(printable),
            algorithm: stated.header("alg").map(printable),
            claims,
            advice: self
                .advice
                .iter()
                .map(|advice| JsonAdvice { text: &advice.text, command: advice.command.as_deref() })
                .collect(),
            answer: self.answer.map(JsonAnswer::from),
        };
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }
}

/// Says what a route decides without a token.
pub(super) fn write_ruling(
    ruling: &Ruling,
    answer: &Answer,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Ruling { method, path, outcome, .. } = ruling;
    match outcome {
        route::Outcome::Unmatched | route::Outcome::NoMethod => {
            writeln!(out, "{BAD}No route of the definition takes {method} {}{BAD:#}", printable(path))?;
            if let route::Outcome::NoMethod = outcome {
                let text = "The path has routes for other methods. In an HTTP API, API Gateway would pass the request on to a \
                            broader route. Here it would reach the handler of the path, so it is refused: add a route for the \
                            method.";
                writeln!(out, "{}", width.advice(text))?;
            }
        }
        route::Outcome::Refused(route) => {
            writeln!(out, "{BAD}{route} lets nothing through, whatever the token{BAD:#}")?;
            let text = "What protects it is not reproduced, or could not be resolved: see `cognito-authorizer routes`.";
            writeln!(out, "{}", width.advice(text))?;
        }
        route::Outcome::Asked(_) => {}
        route::Outcome::Open(route) => {
            writeln!(out, "{CAUTION}{route} is open: no token is looked at{CAUTION:#}")?;
        }
        route::Outcome::Preflights(route) => {
            writeln!(out, "{CAUTION}{route} is open to CORS preflights: they need no token{CAUTION:#}")?;
            let text = "A preflight has the headers `Origin` and `Access-Control-Request-Method`. Any other OPTIONS request is \
                        judged by the other routes of the path, and refused if none takes it.";
            writeln!(out, "{}", width.advice(text))?;
        }
    }
    writeln!(out, "{answer}")
}

/// The same for a program.
pub(super) fn write_ruling_json(ruling: &Ruling, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let (verdict, route) = match &ruling.outcome {
        route::Outcome::Unmatched => ("no_route", None),
        route::Outcome::NoMethod => ("no_method", None),
        route::Outcome::Refused(route) => ("route_refused", Some(route)),
        route::Outcome::Open(route) => ("open", Some(route)),
        route::Outcome::Preflights(route) => ("open_to_preflights", Some(route)),
        route::Outcome::Asked(_) => ("asked", None),
    };
    let report = JsonRuling { verdict, route, answer: JsonAnswer::from(answer) };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonRuling<'r> {
    verdict: &'static str,
    route: Option<&'r String>,
    answer: JsonAnswer<'r>,
}

#[derive(Serialize)]
struct JsonReport<'r> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'r str>,
    code: Option<&'static str>,
    reason: Option<String>,
    checked_at: i64,
    steps: Vec<JsonStep<'r>>,
    key_id: Option<String>,
    algorithm: Option<String>,
    claims_are_signed: bool,
    claims: Map<String, Value>,
    advice: Vec<JsonAdvice<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<JsonAnswer<'r>>,
}

#[derive(Serialize)]
struct JsonStep<'r> {
    step: &'static str,
    outcome: &'static str,
    fact: &'r str,
}

#[derive(Serialize)]
struct JsonAdvice<'r> {
    text: &'r str,
    command: Option<&'r str>,
}

impl Outcome {
    fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotReached => "not_reached",
        }
    }
}

/// A claim as text: strings without quotes, lists between commas, all else as JSON.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    };
    printable(&text)
}

fn with_use(token_use: TokenUse) -> &'static str {
    match token_use {
        TokenUse::Access => ": a good access token",
        TokenUse::Id => ": a good ID token",
        _ => "",
    }
}

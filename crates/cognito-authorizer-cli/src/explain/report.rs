//! The report for people.

use std::io::{self, Write};

use cognito_authorizer::Refusal;
use cognito_verify::TokenUse;
use serde_json::Value;

use crate::{
    explain::{
        advice::{Advice, advice},
        answer::Answer,
        case::{Case, CaseDecision},
        options::Claims,
        request::{DefinedRequest, RouteDecision},
        step::{self, ReportOutcome, ReportStep},
        unverified::shown,
    },
    moment,
    style::{BAD, CAUTION, COMMAND, FAINT, GOOD, HEADING, Width, printable},
};

/// The claims that are shown, in order. Names and addresses of people are not among them.
pub(super) const SHOWN: [&str; 15] = [
    "iss",
    "token_use",
    "client_id",
    "aud",
    "sub",
    "username",
    "cognito:username",
    "jti",
    "scope",
    "cognito:groups",
    "act",
    "acr",
    "iat",
    "nbf",
    "exp",
];
/// Those of them that are times.
const TIMES: [&str; 3] = ["iat", "nbf", "exp"];
/// The column of their values.
const VALUES: usize = 19;

/// What is reported about a token.
#[derive(Debug)]
pub(super) struct Report<'c> {
    pub(super) case: &'c Case,
    pub(super) steps: Vec<ReportStep>,
    pub(super) advice: Vec<Advice>,
    pub(super) answer: Option<Answer>,
    claims: Claims,
}

impl<'c> Report<'c> {
    pub(super) fn new(case: &'c Case, claims: Claims) -> Self {
        let profile = case.service.profile.filter(|_| case.service.has_pools());
        let answer = profile.zip(case.explanation.as_ref());
        let answer = answer.map(|(profile, explanation)| Answer::of(explanation, profile));
        Self { case, steps: step::steps(case), advice: advice(case), answer, claims }
    }

    /// Writes it for a person at a terminal.
    pub(super) fn write(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        if let Some(recognised) = &self.case.recognised {
            writeln!(out, "{CAUTION}{}{CAUTION:#}\n", width.hanging(&recognised.sentence(), 0))?;
        }
        self.write_claims(width, out)?;
        writeln!(out, "{HEADING}The check, step by step{HEADING:#}")?;
        let mut skipped = Vec::new();
        for ReportStep { name, outcome, fact, .. } in &self.steps {
            let (style, mark) = match outcome {
                ReportOutcome::Passed => (GOOD, '✓'),
                ReportOutcome::Failed => (BAD, '✗'),
                ReportOutcome::Unchecked => (CAUTION, '?'),
                ReportOutcome::NotReached => {
                    skipped.push(name.as_str());
                    continue;
                }
            };
            writeln!(out, "  {style}{mark} {name:<12}{style:#} {}", width.fact(fact))?;
        }
        if !skipped.is_empty() {
            writeln!(out, "  {FAINT}· not reached  {}{FAINT:#}", width.fact(&skipped.join(", ")))?;
        }
        let (style, decision) = self.styled_decision();
        writeln!(out, "\n{style}{}{style:#}", width.hanging(&decision, 2))?;
        for advice in &self.advice {
            writeln!(out, "{}", width.advice(&advice.text))?;
            if let Some(command) = &advice.command {
                writeln!(out, "    {COMMAND}{command}{COMMAND:#}")?;
            }
        }
        self.answer.as_ref().map_or(Ok(()), |answer| writeln!(out, "{answer}"))
    }

    fn write_claims(&self, width: Width, out: &mut dyn Write) -> io::Result<()> {
        let Case { unverified, service, .. } = self.case;
        if !unverified.has_claims() || self.claims == Claims::Hidden {
            return Ok(());
        }
        if self.case.is_signed() {
            writeln!(out, "{HEADING}Claims{HEADING:#}, {GOOD}signed by the user pool{GOOD:#}")?;
        } else {
            writeln!(
                out,
                "{HEADING}Claims{HEADING:#}, {CAUTION}NOT VERIFIED: anyone can have written them{CAUTION:#}"
            )?;
        }
        for (name, value) in self.claims() {
            let text = match unverified.time(name).filter(|_| TIMES.contains(&name)) {
                Some(time) => format!("{}, {}", moment::written(time), moment::seen_from(time, service.at)),
                None => shown(value),
            };
            writeln!(out, "  {FAINT}{name:<16}{FAINT:#} {}", width.beside(&text, VALUES))?;
        }
        writeln!(out)
    }

    /// The claims that are shown, in order.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let names = SHOWN.into_iter().filter(|_| self.claims == Claims::Shown);
        names.filter_map(|name| Some((name, self.case.unverified.claim(name)?)))
    }

    /// Whether the token is accepted, and the decision in words.
    pub(super) fn decision(&self) -> (bool, String) {
        (matches!(self.case.decision, CaseDecision::Accepted(_)), self.styled_decision().1)
    }

    fn styled_decision(&self) -> (anstyle::Style, String) {
        let case = self.case;
        match &case.decision {
            CaseDecision::Accepted(token_use) => (GOOD, format!("Accepted{}", with_use(*token_use))),
            CaseDecision::NoPool => (CAUTION, "Not checked: no user pool was given".to_owned()),
            CaseDecision::Unsendable => (BAD, format!("Refused: {}", step::unsendable_reason(&case.pasted))),
            CaseDecision::Refused(refusal) => {
                let text = step::said(refusal, case);
                (
                    BAD,
                    if is_good(refusal) {
                        format!("Refused, though the token is good: {text}")
                    } else {
                        format!("Refused: {text}")
                    },
                )
            }
        }
    }
}

/// Whether the refused token is a good one.
fn is_good(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Denied(_) | Refusal::Audience | Refusal::Revoked | Refusal::RevocationUnknown)
}

/// Reports what a route decides without a token.
pub(super) fn write_decision(
    request: &DefinedRequest,
    decision: &RouteDecision,
    answer: &Answer,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    let DefinedRequest { method, path, .. } = request;
    let path = printable(path);
    match decision {
        RouteDecision::Unmatched => {
            writeln!(out, "{BAD}No route of the definition matches {method} {path}{BAD:#}")?;
        }
        RouteDecision::NoMethod => {
            writeln!(out, "{BAD}No route of the definition matches {method} {path}{BAD:#}")?;
            let text = "The path has routes for other methods. In an HTTP API, API Gateway would use a broader route. Here, the \
                        request would reach the handler of the path, so it is refused: add a route for the method.";
            writeln!(out, "{}", width.advice(text))?;
        }
        RouteDecision::Ambiguous => {
            writeln!(out, "{BAD}The path {path} is refused, because it can be read in two ways{BAD:#}")?;
        }
        RouteDecision::Refused(route) => {
            writeln!(out, "{BAD}{route} refuses every request, whatever its token{BAD:#}")?;
            let text = "Its protection is not reproduced, or could not be resolved: see `cognito-authorizer routes`.";
            writeln!(out, "{}", width.advice(text))?;
        }
        RouteDecision::Open(route) => {
            writeln!(out, "{CAUTION}{route} is open: no token is read{CAUTION:#}")?;
        }
        RouteDecision::Preflight(route) => {
            writeln!(out, "{CAUTION}{route} is open to CORS preflights: they need no token{CAUTION:#}")?;
            let text = "A preflight has the headers `Origin` and `Access-Control-Request-Method`. The other routes of the path \
                        decide about other OPTIONS requests, which are refused if there is none.";
            writeln!(out, "{}", width.advice(text))?;
        }
    }
    writeln!(out, "{answer}")
}

fn with_use(token_use: Option<TokenUse>) -> &'static str {
    match token_use {
        Some(TokenUse::Access) => ": a good access token",
        Some(TokenUse::Id) => ": a good ID token",
        _ => "",
    }
}

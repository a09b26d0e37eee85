//! The report as JSON.

use std::io::{self, Write};

use cognito_authorizer::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    explain::{
        answer::{Answer, JsonAnswer},
        case::{Case, CaseDecision},
        report::Report,
        request::RouteDecision,
        step,
        unverified::shown,
    },
    style::printable,
};

#[derive(Serialize)]
struct JsonCase<'r> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recognised: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
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

#[derive(Serialize)]
struct JsonDecision<'r> {
    verdict: &'static str,
    route: Option<&'r String>,
    answer: JsonAnswer<'r>,
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Case { unverified, service, pasted, .. } = report.case;
    let (verdict, code, reason) = match &report.case.decision {
        CaseDecision::Accepted(_) => ("accepted", None, None),
        CaseDecision::NoPool => ("not_checked", None, None),
        CaseDecision::Unsendable => {
            ("rejected", Some("not_sendable"), Some(step::unsendable_reason(pasted).to_owned()))
        }
        CaseDecision::Refused(refusal) => {
            let (verdict, code) = match &**refusal {
                Refusal::Denied(_) => ("denied", "requirement"),
                Refusal::Identity(_) | Refusal::Rejected(_) => ("rejected", refusal.code()),
                _ => ("refused", refusal.code()),
            };
            let reason = if let Refusal::Denied(_) = &**refusal {
                step::said(refusal, report.case)
            } else {
                refusal.to_string()
            };
            (verdict, Some(code), Some(reason))
        }
    };
    let claims = report.claims().map(|(name, value)| {
        let value = if value.is_number() { value.clone() } else { shown(value).into() };
        (name.to_owned(), value)
    });
    let report = JsonCase {
        verdict,
        recognised: report.case.recognised.as_ref().map(super::recognised::Recognised::code),
        route: service.route.as_ref().map(ToString::to_string),
        code,
        reason,
        checked_at: service.at.as_secs(),
        steps: report
            .steps
            .iter()
            .map(|step| JsonStep { step: step.code, outcome: step.outcome.code(), fact: &step.fact })
            .collect(),
        claims_are_signed: report.case.is_signed(),
        key_id: unverified.header("kid").map(printable),
        algorithm: unverified.header("alg").map(printable),
        claims: claims.collect(),
        advice: report
            .advice
            .iter()
            .map(|advice| JsonAdvice { text: &advice.text, command: advice.command.as_deref() })
            .collect(),
        answer: report.answer.as_ref().map(JsonAnswer::from),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// Writes what a route decides without a token.
pub(super) fn write_decision(
    decision: &RouteDecision,
    answer: &Answer,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (verdict, route) = match decision {
        RouteDecision::Unmatched => ("no_route", None),
        RouteDecision::NoMethod => ("no_method", None),
        RouteDecision::Ambiguous => ("ambiguous_path", None),
        RouteDecision::Refused(route) => ("route_refused", Some(route)),
        RouteDecision::Open(route) => ("open", Some(route)),
        RouteDecision::Preflight(route) => ("open_to_preflights", Some(route)),
    };
    let report = JsonDecision { verdict, route, answer: JsonAnswer::from(answer) };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

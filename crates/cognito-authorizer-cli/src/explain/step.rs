//! The steps of the check, from the header of a request to the handler, and what each one found.

use std::fmt;

use cognito_verify::{Accept, Check, Rejected, Requirement};

use crate::{
    explain::{
        expected::{Clients, Expected},
        judge::{Case, Verdict},
        presented::{Around, Origin, Presented},
    },
    moment,
    style::{counted, grouped, printable},
};

/// A step of the check. The order of the values is that of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The one token of the request.
    Source,
    /// A step of the verifier.
    Check(Check),
    /// What the route asks for beyond a good token.
    Requirement,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    NotReached,
}

impl Step {
    /// All of them, in order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        [Self::Source].into_iter().chain(Check::ALL.map(Self::Check)).chain([Self::Requirement])
    }

    /// A short name for other programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Source => "identity_source",
            Self::Check(check) => check.code(),
            Self::Requirement => "requirement",
        }
    }

    /// What became of it.
    pub(super) fn outcome(self, verdict: &Verdict) -> Outcome {
        match verdict.stopped_at() {
            Some(stop) if self > stop => Outcome::NotReached,
            Some(stop) if self == stop && matches!(verdict, Verdict::NoPool) => Outcome::NotReached,
            Some(stop) if self == stop => Outcome::Failed,
            _ => Outcome::Passed,
        }
    }

    /// What it found; nothing where it was not reached.
    pub(super) fn fact(self, expected: &Expected, case: &Case) -> String {
        match (self.outcome(&case.verdict), &case.verdict) {
            (Outcome::NotReached, Verdict::NoPool) if self == Self::Check(Check::Key) => {
                "no user pool was given to check the token against".to_owned()
            }
            (Outcome::Passed, _) => self.fact_of_pass(expected, case),
            (Outcome::Failed, Verdict::NoToken(problem)) => problem.to_string(),
            (Outcome::Failed, Verdict::Rejected(rejected)) => said(rejected),
            (Outcome::Failed, Verdict::Refused(refusal)) => refusal.to_string(),
            (Outcome::Failed, Verdict::Denied(_)) => format!("{} is required", expected.requirement),
            (Outcome::NotReached | Outcome::Failed, _) => String::new(),
        }
    }

    fn fact_of_pass(self, expected: &Expected, case: &Case) -> String {
        let stated = &case.stated;
        let text = |name| printable(stated.text(name).unwrap_or_default());
        match self {
            Self::Source => source(&case.presented),
            Self::Check(Check::Form) => form(&case.presented),
            Self::Check(Check::Header) => {
                format!("alg RS256, kid {}", printable(stated.header("kid").unwrap_or_default()))
            }
            Self::Check(Check::Key) => key(case),
            Self::Check(Check::Signature) => "holds".to_owned(),
            Self::Check(Check::ClaimSet) => "well-formed".to_owned(),
            Self::Check(Check::Issuer) => text("iss"),
            Self::Check(Check::Times) => times(case),
            Self::Check(Check::TokenUse) => match (text("token_use").as_str(), expected.accept) {
                ("id", Accept::Id) => "ID token, as expected".to_owned(),
                ("id", _) => "ID token; both kinds are let in".to_owned(),
                (_, Accept::Access) => "access token, as expected".to_owned(),
                (_, _) => "access token; both kinds are let in".to_owned(),
            },
            Self::Check(Check::Client) => client(expected, case),
            Self::Check(Check::Subject) => "the token says for whom it speaks".to_owned(),
            Self::Check(_) => "passed".to_owned(),
            Self::Requirement if expected.requirement == Requirement::nothing() => {
                "a valid token is enough".to_owned()
            }
            Self::Requirement => format!("{}: met", expected.requirement),
        }
    }
}

/// A rejection, with moments as people read them.
pub(super) fn said(rejected: &Rejected) -> String {
    match rejected {
        Rejected::Expired { expiry, now } => {
            format!("expired {}, at {}", moment::seen_from(*expiry, *now), moment::written(*expiry))
        }
        Rejected::NotYetValid { claim, from, now } => {
            format!(
                "by `{claim}` it begins {}, at {}",
                moment::seen_from(*from, *now),
                moment::written(*from)
            )
        }
        other => other.to_string(),
    }
}

fn source(presented: &Presented) -> String {
    let origin = match presented.origin {
        Origin::Argument => "from the argument",
        Origin::Page => "from the page",
        Origin::Input => "from standard input",
    };
    presented.around.iter().fold(origin.to_owned(), |fact, around| {
        fact + match around {
            Around::HeaderName => ", without the header's name",
            Around::Quotes => ", without the quotes around it (a header must not have them)",
            Around::Bearer => ", behind `Bearer`",
        }
    })
}

fn form(presented: &Presented) -> String {
    let bytes = presented.token.as_ref().map_or(0, |token| token.reveal().len());
    format!("3 segments, {} bytes", grouped(bytes))
}

fn key(case: &Case) -> String {
    let kid = case.stated.header("kid").unwrap_or_default();
    let publishers = case.keys.iter().filter(|pool| pool.keys.key_ids().any(|id| id == kid));
    let publishers: Vec<String> = publishers
        .map(|pool| {
            format!("{} ({}, {})", pool.pool, counted(pool.keys.key_ids().count(), "key"), pool.source)
        })
        .collect();
    format!("published by {}", publishers.join(" and "))
}

fn times(case: &Case) -> String {
    let told = |name, verb: &str| {
        let moment = case.stated.moment(name)?;
        Some(format!("{verb} {}", moment::seen_from(moment, case.at)))
    };
    let facts: Vec<String> = [told("iat", "issued"), told("exp", "expires")].into_iter().flatten().collect();
    facts.join(", ")
}

fn client(expected: &Expected, case: &Case) -> String {
    let client = match &case.verdict {
        Verdict::Accepted(verified) => verified.client_id(),
        _ => case.stated.text("client_id").or(case.stated.text("aud")).unwrap_or_default(),
    };
    let client = printable(client);
    match &expected.clients {
        Clients::Unsaid => format!("{client}; not compared, as no `--client` was given"),
        Clients::Any => format!("{client}; any is let in"),
        Clients::These(_) => format!("{client}, which is let in"),
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source => f.pad("source"),
            Self::Check(check) => check.fmt(f),
            Self::Requirement => f.pad("requirement"),
        }
    }
}

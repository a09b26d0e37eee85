//! The layer's own steps in words.

use cognito_authorizer::{
    Refusal,
    explain::{Check, Fact, Finding, Step, StepName, StepOutcome},
    identity::IdentityError,
};
use cognito_verify::{Accept, Denied, Rejected, Requirement, TokenUse, UserPoolId};

use crate::{
    explain::{
        case::{Case, CaseDecision},
        pasted::{Around, Origin, Pasted},
        service::Clients,
    },
    moment,
    style::{counted, grouped, printable},
};

/// A step of the report.
#[derive(Debug)]
pub(super) struct ReportStep {
    /// A short name for other programs.
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) outcome: ReportOutcome,
    /// What it found, or nothing.
    pub(super) fact: String,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportOutcome {
    Passed,
    Failed,
    /// There was nothing to check it against.
    Unchecked,
    NotReached,
}

impl ReportOutcome {
    /// A short name for other programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unchecked | Self::NotReached => "not_reached",
        }
    }
}

/// The steps of a case, in order.
pub(super) fn steps(case: &Case) -> Vec<ReportStep> {
    let Some(explanation) = &case.explanation else { return unsendable(case) };
    let steps = explanation.steps().iter();
    // Without a definition, there are no routes.
    let steps = steps.filter(|step| step.name() != StepName::Route || case.service.route.is_some());
    steps.map(|step| of_engine(step, case)).collect()
}

fn of_engine(step: &Step, case: &Case) -> ReportStep {
    let (outcome, fact) = match (step.outcome(), &case.decision) {
        (StepOutcome::Failed, CaseDecision::NoPool) => {
            (ReportOutcome::Unchecked, "no user pool was given to check the token against".to_owned())
        }
        (StepOutcome::Failed, CaseDecision::Refused(refusal)) => (ReportOutcome::Failed, said(refusal, case)),
        (StepOutcome::Passed, _) => {
            (ReportOutcome::Passed, step.fact().map(|fact| told(fact, case)).unwrap_or_default())
        }
        _ => (ReportOutcome::NotReached, String::new()),
    };
    ReportStep { code: step.name().code(), name: step.name().to_string(), outcome, fact }
}

/// The layer never saw a request.
fn unsendable(case: &Case) -> Vec<ReportStep> {
    let source = StepName::IdentitySource;
    let first = ReportStep {
        code: source.code(),
        name: source.to_string(),
        outcome: ReportOutcome::Failed,
        fact: unsendable_reason(&case.pasted).to_owned(),
    };
    let rest = Check::ALL.map(StepName::Token).into_iter().chain([StepName::Requirement]);
    let rest = rest.map(|name| ReportStep {
        code: name.code(),
        name: name.to_string(),
        outcome: ReportOutcome::NotReached,
        fact: String::new(),
    });
    std::iter::once(first).chain(rest).collect()
}

/// Why no request can carry the text.
pub(super) fn unsendable_reason(pasted: &Pasted) -> &'static str {
    if pasted.value.reveal().contains(['\r', '\n']) {
        "there is a line break in it, which no header can have"
    } else {
        "there are characters in it that no request can have"
    }
}

/// A refusal, with times as people read them.
pub(super) fn said(refusal: &Refusal, case: &Case) -> String {
    match refusal {
        Refusal::Rejected(Rejected::Expired { expiry, now }) => {
            format!("expired {}, at {}", moment::seen_from(*expiry, *now), moment::written(*expiry))
        }
        Refusal::Rejected(Rejected::NotYetValid { claim, from, now }) => {
            format!(
                "not valid yet: `{claim}` is {}, at {}",
                moment::seen_from(*from, *now),
                moment::written(*from)
            )
        }
        Refusal::Rejected(Rejected::UnknownKey) if case.is_foreign() => format!(
            "not looked up: the token's `iss` is {}, and trusted is {}",
            printable(case.unverified.text("iss").unwrap_or_default()),
            trusted(&case.service.pools)
        ),
        Refusal::Denied(Denied::Scope { required, .. } | Denied::Group { required, .. }) => {
            format!("{required} is required")
        }
        Refusal::Denied(Denied::Authentication { required }) => {
            let level = case.unverified.text("acr").map_or_else(
                || "the token has no `acr`".to_owned(),
                |level| format!("the token has acr {}", printable(level)),
            );
            let signed_in = case.unverified.time("auth_time").map_or_else(
                || "no `auth_time`".to_owned(),
                |time| format!("the user signed in {}", moment::seen_from(time, case.service.at)),
            );
            format!("{required} is required; {level}, and {signed_in}")
        }
        Refusal::Rejected(Rejected::TooOld { issued_at, max_age, now }) => format!(
            "issued {}, at {}, and at most {} s are allowed",
            moment::seen_from(*issued_at, *now),
            moment::written(*issued_at),
            max_age.as_secs()
        ),
        Refusal::Identity(IdentityError::SeveralTokens) if case.pasted.is_bearer_twice() => {
            "`Bearer` occurs twice".to_owned()
        }
        other => other.to_string(),
    }
}

fn trusted(pools: &[UserPoolId]) -> String {
    let pools: Vec<String> = pools.iter().map(|pool| format!("user pool {pool}")).collect();
    pools.join(" or ")
}

/// What a passed step found.
fn told(fact: &Fact, case: &Case) -> String {
    match fact {
        Fact::Route { key, .. } => key.as_ref().map(ToString::to_string).unwrap_or_default(),
        Fact::IdentitySource { .. } => source(&case.pasted),
        Fact::Anonymous { .. } => "no token, which is optional here".to_owned(),
        Fact::Token(finding) => of_token(finding, case),
        Fact::Audience { expression, audience, .. } => {
            format!("{} matches {}", printable(&audience.join(", ")), printable(expression))
        }
        Fact::Requirement { requirement, .. } if *requirement == Requirement::nothing() => {
            "a valid token is enough".to_owned()
        }
        Fact::Requirement { requirement, .. } => format!("{requirement}: met"),
        Fact::Revocation { check, .. } => format!("not revoked, according to {check}"),
        _ => String::new(),
    }
}

fn of_token(finding: &Finding, case: &Case) -> String {
    match finding {
        Finding::Form { bytes, .. } => format!("3 segments, {} bytes", grouped(*bytes)),
        Finding::Header { key_id, .. } => format!("alg RS256, kid {}", printable(key_id)),
        Finding::Key { published_by, .. } => key(published_by, case),
        Finding::Signature => "made with that key".to_owned(),
        Finding::ClaimSet => "well-formed".to_owned(),
        Finding::Issuer { issuer, .. } => printable(issuer),
        Finding::Times { issued_at, expiry, now, .. } => format!(
            "issued {}, expires {}",
            moment::seen_from(*issued_at, *now),
            moment::seen_from(*expiry, *now)
        ),
        Finding::TokenUse { found, accept, .. } => token_use(*found, *accept),
        Finding::Client { client_id, audience, .. } => {
            let text = client(client_id.as_deref().or(audience.first().map(String::as_str)), case);
            match client_id {
                // It passed, so it names this API or the app client.
                Some(_) if !audience.is_empty() => format!("{text}; aud {}", printable(&audience.join(", "))),
                _ => text,
            }
        }
        Finding::Subject { .. } => "the token has one".to_owned(),
        _ => String::new(),
    }
}

fn source(pasted: &Pasted) -> String {
    let origin = match pasted.origin {
        Origin::Argument => "from the argument",
        Origin::Page => "from the page",
        Origin::Input => "from standard input",
    };
    pasted.around.iter().fold(origin.to_owned(), |fact, around| {
        fact + &match around {
            Around::Header(name) => format!(", in the header {name}"),
            Around::Json(member) => format!(", `{member}` of a JSON response"),
            Around::Quotes => ", without the quotes around it (a header must not have them)".to_owned(),
            Around::Bearer => ", after `Bearer`".to_owned(),
        }
    })
}

fn key(published_by: &[UserPoolId], case: &Case) -> String {
    let Some(keys) = &case.keys else { return String::new() };
    let publishers = published_by.iter().map(|pool| {
        let count = keys.counts.iter().find(|(id, _)| id == pool.as_str()).map_or(0, |(_, count)| *count);
        format!("{pool} ({}, {})", counted(count, "key"), keys.source.describe())
    });
    format!("published by {}", publishers.collect::<Vec<_>>().join(" and "))
}

fn token_use(found: TokenUse, accept: Accept) -> String {
    match accept {
        Accept::Either => format!("{found}; both kinds are accepted"),
        _ => format!("{found}, as expected"),
    }
}

fn client(client: Option<&str>, case: &Case) -> String {
    let client = printable(client.unwrap_or_default());
    match &case.service.clients {
        Clients::Unsaid => format!("{client}; not compared, because no `--client` was given"),
        Clients::Any => format!("{client}; any is accepted"),
        Clients::These(_) => format!("{client}, which is accepted"),
    }
}

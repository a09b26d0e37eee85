//! The check of `--check`.

use apigateway_definition::{ApiDefinition, OpenReason, RefusedReason, Route, Rule};

use crate::{definition::Facts, exit::Exit};

/// The routes that fail the check, in the order of the definition.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) failures: Vec<Failure>,
}

/// A route that fails the check.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) route: String,
    pub(super) why: FailureReason,
}

/// Why a route fails the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureReason {
    /// It is open, and `--allow-open` does not name it. It makes no difference whether the definition says so: a format in which
    /// silence means open compiles to one that says `NONE`.
    Open,
    /// What it requires could not be resolved.
    Unresolved,
}

impl Check {
    pub(super) fn of(definition: &ApiDefinition, facts: &Facts) -> Self {
        let failure = |route: &Route| {
            let key = route.key.to_string();
            let why = match route.rule {
                Rule::Open(OpenReason::Preflight) => return None,
                Rule::Open(_) if facts.confirms(&key) => return None,
                Rule::Open(_) => FailureReason::Open,
                Rule::Refused(RefusedReason::Unresolved(_)) => FailureReason::Unresolved,
                _ => return None,
            };
            Some(Failure { route: key, why })
        };
        Self { failures: definition.routes().filter_map(failure).collect() }
    }

    pub(super) fn exit(&self) -> Exit {
        if self.failures.is_empty() { Exit::Good } else { Exit::Refused }
    }
}

impl FailureReason {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unresolved => "unresolved",
        }
    }
}

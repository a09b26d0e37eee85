//! What `--check` asks of a definition.

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
    pub(super) why: Why,
}

/// Why a route fails the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is open, and nobody confirmed that it may be. How a definition says so makes no difference: what is silence in
    /// one format is `NONE` in what it compiles to.
    Open,
    /// What it asks for could not be resolved.
    Unresolved,
}

impl Check {
    pub(super) fn of(definition: &ApiDefinition, facts: &Facts) -> Self {
        let failure = |route: &Route| {
            let key = route.key.to_string();
            let why = match route.rule {
                Rule::Open(OpenReason::Preflight) => return None,
                Rule::Open(_) if facts.confirms(&key) => return None,
                Rule::Open(_) => Why::Open,
                Rule::Refused(RefusedReason::Unresolved(_)) => Why::Unresolved,
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

impl Why {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unresolved => "unresolved",
        }
    }
}

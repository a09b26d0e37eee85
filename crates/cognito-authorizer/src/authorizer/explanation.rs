//! How a decision was made, step by step.

use cognito_verify::Check;

use super::{
    outcome::{Authorized, Refused},
    recorder::Recording,
    step::{Fact, StepName},
};

/// How the engine decided about a request, step by step; from
/// [`CognitoAuthorizer::explain`](crate::CognitoAuthorizer::explain).
#[derive(Clone, Debug)]
pub struct Explanation {
    steps: Vec<Step>,
    outcome: Result<Authorized, Refused>,
}

/// One step of a decision.
#[derive(Clone, Debug)]
pub struct Step {
    name: StepName,
    outcome: StepOutcome,
    fact: Option<Fact>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// The request passed.
    Passed,
    /// The request was refused here.
    Failed,
    /// An earlier step had already decided: it refused the request, or the request needs no token.
    NotReached,
}

impl StepOutcome {
    /// A short name for other programs, the same in every release.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotReached => "not_reached",
        }
    }
}

impl Step {
    /// Which step it is.
    #[must_use]
    pub fn name(&self) -> StepName {
        self.name
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> StepOutcome {
        self.outcome
    }

    /// What it found. A failed step has a fact if it got far enough to find something; a step that was not reached has none.
    #[must_use]
    pub fn fact(&self) -> Option<&Fact> {
        self.fact.as_ref()
    }
}

impl Explanation {
    pub(super) fn new(
        mut recording: Recording,
        outcome: Result<Authorized, Refused>,
        is_configured: impl Fn(StepName) -> bool,
    ) -> Self {
        let failed = outcome.as_ref().err().map(|refused| StepName::that_refuses(refused.refusal()));
        let steps = StepName::all().filter(|name| is_configured(*name)).map(|name| {
            let fact = recording.take(|fact| fact.step() == name);
            let outcome = match &fact {
                _ if failed == Some(name) => StepOutcome::Failed,
                Some(_) => StepOutcome::Passed,
                None => StepOutcome::NotReached,
            };
            Step { name, outcome, fact }
        });
        Self { steps: steps.collect(), outcome }
    }

    /// The steps that the layer is configured for, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step with this name, if the layer is configured for it.
    #[must_use]
    pub fn step(&self, name: StepName) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// The step that refused the request.
    #[must_use]
    pub fn failed(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.outcome == StepOutcome::Failed)
    }

    /// Whether the signature was verified, so that the claims in the facts, and in the token, are those that the user pool
    /// signed.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.step(StepName::Token(Check::Signature)).is_some_and(|step| step.outcome == StepOutcome::Passed)
    }

    /// The decision, as [`authorize`](crate::CognitoAuthorizer::authorize) returns it.
    ///
    /// # Errors
    ///
    /// If the request is refused.
    pub fn outcome(&self) -> Result<&Authorized, &Refused> {
        self.outcome.as_ref()
    }
}

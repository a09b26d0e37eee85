//! Records the facts of a decision, or nothing at no cost.

use cognito_verify::{Finding, Recorder, Unrecorded};

use super::step::Fact;

/// Receives the facts of a decision. The verifier records its own findings through the supertrait.
pub(crate) trait FactRecorder: Recorder {
    /// Takes a fact; `fact` makes it, and is not called if nothing is recorded.
    fn record_fact(&mut self, fact: impl FnOnce() -> Fact);
}

impl FactRecorder for Unrecorded {
    #[inline]
    fn record_fact(&mut self, _: impl FnOnce() -> Fact) {}
}

/// All facts of one decision, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Recording {
    facts: Vec<Fact>,
}

impl Recording {
    /// Takes the last fact of this kind: a token may be checked again with newer keys.
    pub(super) fn take(&mut self, is_wanted: impl Fn(&Fact) -> bool) -> Option<Fact> {
        let index = self.facts.iter().rposition(is_wanted)?;
        Some(self.facts.swap_remove(index))
    }
}

impl Recorder for Recording {
    const RECORDS: bool = true;

    fn record(&mut self, finding: impl FnOnce() -> Finding) {
        self.facts.push(Fact::Token(finding()));
    }
}

impl FactRecorder for Recording {
    fn record_fact(&mut self, fact: impl FnOnce() -> Fact) {
        self.facts.push(fact());
    }
}

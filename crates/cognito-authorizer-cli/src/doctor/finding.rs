//! Findings and their report.

use std::io::{self, Write};

use cognito_verify::UserPoolId;
use serde::Serialize;

use crate::{
    exit::Exit,
    style::{BAD, CAUTION, FAINT, GOOD, HEADING, Width, counted},
};

/// A finding about one subject.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    subject: &'static str,
    level: Level,
    text: String,
    /// What to do, if there is something to do.
    advice: Option<String>,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Nothing to do.
    Good,
    /// Not a problem, but useful to know.
    Note,
    /// This could not be checked.
    Unconfirmed,
    /// Some or all tokens will be refused because of it.
    Problem,
    /// There is no response.
    Unreachable,
}

impl Finding {
    fn new(subject: &'static str, level: Level, text: impl Into<String>) -> Self {
        Self { subject, level, text: text.into(), advice: None }
    }

    pub(super) fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Level::Good, text)
    }

    pub(super) fn note(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Level::Note, text)
    }

    pub(super) fn unconfirmed(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Level::Unconfirmed, text)
    }

    pub(super) fn problem(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Level::Problem, text)
    }

    pub(super) fn unreachable(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Level::Unreachable, text)
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// All findings, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    pub(super) fn exit(&self) -> Exit {
        match () {
            () if self.has(Level::Unreachable) => Exit::Unreachable,
            () if self.has(Level::Problem) => Exit::Refused,
            () => Exit::Good,
        }
    }

    fn has(&self, level: Level) -> bool {
        self.0.iter().any(|finding| finding.level == level)
    }

    pub(super) fn write(&self, pool: &UserPoolId, width: Width, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{HEADING}User pool {pool}{HEADING:#}")?;
        for Finding { subject, level, text, .. } in &self.0 {
            let (style, mark) = match level {
                Level::Good => (GOOD, '✓'),
                Level::Note => (FAINT, '·'),
                Level::Unconfirmed => (CAUTION, '?'),
                Level::Problem | Level::Unreachable => (BAD, '✗'),
            };
            writeln!(out, "  {style}{mark} {subject:<12}{style:#} {}", width.fact(text))?;
        }
        let problems = self.0.iter().filter(|finding| finding.level == Level::Problem).count();
        let (style, conclusion) = match (self.exit(), problems) {
            (Exit::Unreachable, 0) => (BAD, "The pool could not be reached.".to_owned()),
            (Exit::Unreachable, _) => {
                let problems = counted(problems, "problem");
                (BAD, format!("The pool could not be reached for everything, and {problems} found."))
            }
            (_, 0) if self.has(Level::Unconfirmed) => {
                (CAUTION, "No problem found, but not everything could be checked.".to_owned())
            }
            (_, 0) => (GOOD, "Nothing is wrong.".to_owned()),
            (_, _) => (CAUTION, format!("{} found.", counted(problems, "problem"))),
        };
        writeln!(out, "\n{style}{conclusion}{style:#}")?;
        let mut advice: Vec<&String> = self.0.iter().filter_map(|finding| finding.advice.as_ref()).collect();
        // Two findings may have the same cause.
        advice.dedup();
        advice.into_iter().try_for_each(|advice| writeln!(out, "{}", width.advice(advice)))
    }

    pub(super) fn write_json(&self, pool: &UserPoolId, out: &mut dyn Write) -> io::Result<()> {
        let state = match self.exit() {
            Exit::Good if self.has(Level::Unconfirmed) => "unconfirmed",
            Exit::Good => "good",
            Exit::Unreachable => "unreachable",
            Exit::Refused | Exit::Usage => "problems",
        };
        let report = serde_json::json!({ "user_pool_id": pool.as_str(), "state": state, "findings": self.0 });
        writeln!(out, "{report:#}")
    }
}

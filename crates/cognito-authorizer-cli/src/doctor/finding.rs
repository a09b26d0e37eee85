//! What was found, and how it is told.

use std::io::{self, Write};

use cognito_verify::UserPoolId;
use serde::Serialize;

use crate::{
    exit::Exit,
    style::{self, BAD, CAUTION, FAINT, GOOD, HEADING, counted, fact},
};

/// What was found about one thing.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    subject: &'static str,
    level: Level,
    text: String,
    /// What to do, where something is to be done.
    advice: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Good,
    /// Good to know.
    Note,
    /// Tokens will be refused by it, some or all.
    Problem,
    /// No answer, so nothing is known.
    Unreachable,
}

impl Finding {
    pub(super) fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, level: Level::Good, text: text.into(), advice: None }
    }

    pub(super) fn note(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, level: Level::Note, text: text.into(), advice: None }
    }

    pub(super) fn problem(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, level: Level::Problem, text: text.into(), advice: None }
    }

    pub(super) fn unreachable(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, level: Level::Unreachable, text: text.into(), advice: None }
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// All findings, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn exit(&self) -> Exit {
        let any = |level| self.findings.iter().any(|finding| finding.level == level);
        match () {
            () if any(Level::Unreachable) => Exit::Unreachable,
            () if any(Level::Problem) => Exit::Refused,
            () => Exit::Good,
        }
    }

    pub(super) fn write(&self, pool: &UserPoolId, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{HEADING}User pool {pool}{HEADING:#}")?;
        for Finding { subject, level, text, .. } in &self.findings {
            let (style, mark) = match level {
                Level::Good => (GOOD, '✓'),
                Level::Note => (FAINT, '·'),
                Level::Problem | Level::Unreachable => (BAD, '✗'),
            };
            writeln!(out, "  {style}{mark} {subject:<12}{style:#} {}", fact(text))?;
        }
        let wrong = self.findings.iter().filter(|finding| finding.level == Level::Problem).count();
        match (self.exit(), wrong) {
            (Exit::Unreachable, 0) => writeln!(out, "\n{BAD}The pool could not be asked.{BAD:#}")?,
            (Exit::Unreachable, _) => writeln!(
                out,
                "\n{BAD}The pool could not be asked for all, and {} was found.{BAD:#}",
                counted(wrong, "problem")
            )?,
            (_, 0) => writeln!(out, "\n{GOOD}Nothing is wrong.{GOOD:#}")?,
            (_, _) => writeln!(out, "\n{CAUTION}{} found.{CAUTION:#}", counted(wrong, "problem"))?,
        }
        let mut advices: Vec<&String> =
            self.findings.iter().filter_map(|finding| finding.advice.as_ref()).collect();
        // What is wrong once may be found twice.
        advices.dedup();
        for advice in advices {
            writeln!(out, "{}", style::advice(advice))?;
        }
        Ok(())
    }

    pub(super) fn write_json(&self, pool: &UserPoolId, out: &mut dyn Write) -> io::Result<()> {
        let state = match self.exit() {
            Exit::Good => "good",
            Exit::Unreachable => "unreachable",
            Exit::Refused | Exit::Usage => "problems",
        };
        let report =
            serde_json::json!({ "user_pool_id": pool.as_str(), "state": state, "findings": self.findings });
        writeln!(out, "{report:#}")
    }
}

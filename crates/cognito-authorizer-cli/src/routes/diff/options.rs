//! The arguments of `routes diff`.

use std::path::PathBuf;

use clap::Args;

use crate::{definition::Unlisted, routes::output::Output};

/// Show what a change of a definition opens, closes, tightens and loosens
///
/// Each request is followed through both definitions as API Gateway does it. The requests of a removed route may go to a broader
/// one; in an HTTP API, also if their path has routes for other methods. The options that describe the definition are used for
/// both, and an option that neither of them needs is an error.
#[derive(Debug, Args)]
#[command(
    override_usage = "cognito-authorizer routes diff [OPTIONS] <OLD> <NEW>",
    after_help = concat!(
    "Options that describe the definition, such as `--stage` and `--bind`: see\n",
    "`cognito-authorizer routes --help`.\n\n",
    "Example:\n",
    "  git show main:serverless.yml > old.yml\n",
    "  cognito-authorizer routes diff old.yml serverless.yml --check\n\n",
    "  opens     requests no longer need a token\n",
    "  loosens   tokens are accepted that were refused\n",
    "  adds      requests that had no route are accepted with a token\n",
    "  changes   other tokens are accepted, or the token is elsewhere: some that were refused are accepted\n",
    "  tightens  tokens are refused that were accepted\n",
    "  closes    requests that needed no token need one, or are refused\n",
    "  removes   requests that were accepted with a token have no route\n\n",
    "Exit codes:\n",
    "  0  both were read, and with `--check` nothing opens, loosens or changes\n",
    "  1  one has errors, or the check failed\n",
    "  2  the arguments or a file cannot be used"
))]
pub(crate) struct Diff {
    /// The definition before the change
    #[arg(id = "definition", value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The definition after the change
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// Fail if something opens, loosens or changes
    #[arg(long)]
    pub(super) check: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Unlisted,
}

/// The result of `--check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// The option was not given.
    Off,
    Passed,
    /// Because of this many changes.
    Failed(usize),
}

impl Diff {
    pub(super) fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }

    /// The result of the check with this many changes that accept more requests.
    pub(super) fn checked(&self, loosened: usize) -> Checked {
        match (self.check, loosened) {
            (false, _) => Checked::Off,
            (true, 0) => Checked::Passed,
            (true, _) => Checked::Failed(loosened),
        }
    }
}

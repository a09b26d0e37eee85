//! The arguments of `routes diff`.

use std::path::PathBuf;

use clap::Args;

use crate::{definition::Facts, routes::options::Output};

/// Say what a change of a definition opens, closes, tightens and loosens
///
/// Each request is followed through both definitions as API Gateway does it: a route that is taken out may leave its requests to
/// a broader one, in an HTTP API also where its path has other methods. What is known beyond the definitions is the same for
/// both; what neither asks for is an error.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n",
    "  git show main:serverless.yml > old.yml\n",
    "  cognito-authorizer routes diff old.yml serverless.yml --check\n\n",
    "  opens     requests need no token any more\n",
    "  loosens   tokens are let in that were not\n",
    "  adds      requests that had no route are let in with a token\n",
    "  changes   another token is looked for, or where it is looked for: some are let in that were not\n",
    "  tightens  tokens are refused that were let in\n",
    "  closes    requests that needed no token need one, or are refused\n",
    "  removes   requests that were let in with a token have no route\n\n",
    "Exit codes:\n",
    "  0  both were read, and with `--check` nothing opens, loosens or changes\n",
    "  1  one has errors, or the check failed\n",
    "  2  the arguments or a file cannot be used"
))]
pub(in crate::routes) struct Diff {
    /// The definition as it was
    #[arg(id = "definition", value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The definition as it is to be
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// Fail where something opens, loosens or changes
    #[arg(long)]
    pub(super) check: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Facts,
}

impl Diff {
    pub(super) fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

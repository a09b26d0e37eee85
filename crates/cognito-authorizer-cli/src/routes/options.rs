//! The arguments of `routes`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{definition::Facts, routes::diff::Diff};

/// Say what each route of an API definition asks of a token
///
/// Reads serverless.yml, SAM, CloudFormation (also as the CDK and `serverless package` write it) and OpenAPI; the format is told
/// from the content. Several files are read together, as the stacks of one application. Nothing is asked of AWS, and
/// nothing is guessed: what cannot be resolved is an error with its place, never an open route. The default of a
/// template's parameter decides nothing unless `--defaults` confirms it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer routes serverless.yml --stage prod\n",
    "  cognito-authorizer routes template.yaml --param Stage=prod --bind UserPool=eu-west-1_Ab12Cd34E\n",
    "  cognito-authorizer routes template.yaml --defaults --verbose\n",
    "  cognito-authorizer routes serverless.yml --check --allow-open 'GET /health'\n\n",
    "With `--check` it fails where, whatever the definition's format,\n",
    "  - a route is open, is no answer to a CORS preflight, and no `--allow-open` names it\n",
    "  - a route is refused because it could not be resolved (`--partial`)\n",
    "Routes by AWS IAM, a Lambda authorizer or an API key alone do not fail it: they are refused here.\n",
    "Nor do ids that are yet to be bound.\n\n",
    "Exit codes:\n",
    "  0  the definition was read, and passed the check that was asked for\n",
    "  1  it has errors or no API, or failed the check\n",
    "  2  the arguments or a file cannot be used"
))]
pub(crate) struct Routes {
    #[command(flatten)]
    pub(super) show: Show,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Diff(Box<Diff>),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The definition; several are read together
    #[arg(id = "definition", value_name = "DEFINITION", required = true)]
    pub(super) definitions: Vec<PathBuf>,
    /// Fail where a route is open and not confirmed, or could not be resolved
    #[arg(long)]
    check: bool,
    /// List everything that is not carried over
    #[arg(long, short)]
    verbose: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Facts,
}

/// Whether the result is to be held against what CI asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checking {
    Off,
    On,
}

/// How much is told of what is not carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Count,
    List,
}

/// For whom the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Json,
}

impl Show {
    pub(super) fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }

    pub(super) fn detail(&self) -> Detail {
        if self.verbose { Detail::List } else { Detail::Count }
    }

    pub(super) fn checking(&self) -> Checking {
        if self.check { Checking::On } else { Checking::Off }
    }
}

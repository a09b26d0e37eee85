//! The arguments of `routes`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    definition::Facts,
    routes::{diff::Diff, fetch::ApiIdToFetch, output::Output},
};

/// Show what each route of an API definition requires of a request's token
///
/// Reads serverless.yml, SAM, CloudFormation (also a folder `cdk.out` and the output of `serverless package`), OpenAPI, states and plans
/// of Terraform (`terraform show -json`), stacks of Pulumi (`pulumi stack export`), and the deployed API as the AWS CLI prints it
/// (`--fetch-script` has the commands). The format is recognised from the content. Several files, or those of a folder, are read
/// together, as the stacks of one application. AWS is not asked, and nothing
/// is guessed: what cannot be resolved is an error with its location, never an open route. The default of a template's parameter
/// decides nothing unless `--defaults` confirms it.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    override_usage = concat!(
        "cognito-authorizer routes [OPTIONS] <DEFINITION>...\n",
        "       cognito-authorizer routes --fetch-script <API_ID>\n",
        "       cognito-authorizer routes diff [OPTIONS] <OLD> <NEW>",
    ),
    after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer routes serverless.yml --stage prod\n",
    "  cognito-authorizer routes template.yaml --param Stage=prod --bind UserPool=eu-west-1_Ab12Cd34E\n",
    "  cognito-authorizer routes template.yaml --defaults --verbose\n",
    "  cognito-authorizer routes serverless.yml --check --allow-open 'GET /health'\n",
    "  cognito-authorizer routes --fetch-script a1b2c3d4e5 | sh && cognito-authorizer routes a1b2c3d4e5\n",
    "  cognito-authorizer routes serverless.yml --stage prod --compare-with a1b2c3d4e5\n\n",
    "`--check` fails, whatever the definition's format, if\n",
    "  - a route is open, does not answer CORS preflights, and no `--allow-open` names it\n",
    "  - a route is refused because it could not be resolved (`--partial`)\n",
    "It does not fail because of routes with AWS IAM, a Lambda authorizer or only an API key, which are\n",
    "refused here, or because of ids that are still to be bound.\n\n",
    "Exit codes:\n",
    "  0  the definition was read, `--check` passed, and what `--compare-with` names is the same\n",
    "  1  it has errors or no API, or `--check` failed, or what is deployed differs\n",
    "  2  the arguments or a file cannot be used"
))]
pub(crate) struct Routes {
    #[command(flatten)]
    pub(super) show: Show,
    #[command(subcommand)]
    pub(super) command: Option<RoutesCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RoutesCommand {
    Diff(Box<Diff>),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The definition: a file, or a folder such as `cdk.out`; several are read together
    #[arg(id = "definition", value_name = "DEFINITION", required_unless_present = "fetch_script")]
    pub(super) definitions: Vec<PathBuf>,
    /// Fail if a route is open and not confirmed, or could not be resolved
    #[arg(long)]
    check: bool,
    /// Print a shell script that reads this REST or HTTP API with the AWS CLI, into a folder of its name
    ///
    /// Run it where the AWS CLI has access to the account, and read the folder with this command. `STAGE=prod` in its environment reads
    /// what is deployed to that stage.
    #[arg(long, value_name = "API_ID", exclusive = true)]
    pub(super) fetch_script: Option<ApiIdToFetch>,
    /// Compare with what is deployed: files or folders, such as the output of the AWS CLI; may be repeated
    ///
    /// Reports what is different in what is deployed, in the words of `routes diff`, and fails if anything is.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "check")]
    pub(super) compare_with: Vec<PathBuf>,
    /// List everything that is not carried over from the definition
    #[arg(long, short)]
    verbose: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Facts,
}

/// Whether the result is checked, as CI needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checking {
    Off,
    On,
}

/// How what is not carried over is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Count,
    List,
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

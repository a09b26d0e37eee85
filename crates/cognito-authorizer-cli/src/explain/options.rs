//! The arguments of `explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cognito_authorizer::Profile;
use cognito_verify::{Accept, UnixTime, UserPoolId};

use crate::{
    definition::Facts,
    http::{IssuerUrl, SecureUrl},
    moment,
    secret::Secret,
};

/// Say why a token is refused: every step of the check, the one that failed, and what to do
///
/// The verdict is that of the middleware: the same code decides. The token is read from the argument, or from standard
/// input, which keeps it out of the shell's history. It is not printed again, nor sent anywhere; its claims are, with
/// a clear word on whether the user pool signed them.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  pbpaste | cognito-authorizer explain --pool eu-west-1_Ab12Cd34E --scope orders/read\n",
    "  cognito-authorizer explain --pool eu-west-1_Ab12Cd34E --jwks jwks.json \"$TOKEN\"\n",
    "  cognito-authorizer explain --definition serverless.yml --route 'POST /my_path' \\\n",
    "    --bind UserPool=eu-west-1_Ab12Cd34E \"$TOKEN\"\n\n",
    "Exit codes:\n",
    "  0  the token is accepted, or the route is open\n",
    "  1  it is not\n",
    "  2  the arguments or the input cannot be used, or no pool was given to check the token against\n",
    "  3  the pool's keys could not be had"
))]
pub(crate) struct Explain {
    /// The token, or the value of the `Authorization` header; read from standard input when absent or `-`
    // Several words: who forgets the quotes around `Bearer eyJ…` is understood.
    #[arg(value_name = "TOKEN", num_args = 0..)]
    pub(super) token: Vec<Secret>,
    /// A user pool whose tokens are let in, by its id; may be repeated
    #[arg(long = "pool", value_name = "ID", group = "trusted")]
    pub(super) pools: Vec<UserPoolId>,
    /// An app client that is let in; may be repeated. Without one, any is, and the report says so
    #[arg(long = "client", value_name = "ID", conflicts_with = "any_client")]
    pub(super) clients: Vec<String>,
    /// Let any app client in, as API Gateway's REST authorizer does
    #[arg(long)]
    pub(super) any_client: bool,
    /// An identifier of the API (RFC 8707), which an access token with `aud` must name; may be repeated
    #[arg(long = "resource", value_name = "URL")]
    pub(super) resources: Vec<String>,
    /// The pool's issuer, if it is not AWS's original one (emulators, pools with the updated issuer)
    #[arg(long, value_name = "URL", requires = "trusted")]
    pub(super) issuer: Option<IssuerUrl>,
    /// Where the pool's keys are fetched, if not below its issuer
    #[arg(long, value_name = "URL", requires = "trusted", conflicts_with = "jwks")]
    pub(super) jwks_url: Option<SecureUrl>,
    /// Take the pool's keys from this JWK Set and ask no server
    #[arg(long, value_name = "FILE", requires = "trusted")]
    pub(super) jwks: Option<PathBuf>,
    /// Which kind of token is let in [default: access, or as the profile has it]
    #[arg(long, value_name = "USE", value_enum)]
    pub(super) accept: Option<Use>,
    /// A scope that the route asks for; of several, any one is enough
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(super) scopes: Vec<String>,
    /// A group that the route asks for; of several, any one is enough
    #[arg(long = "group", value_name = "GROUP")]
    pub(super) groups: Vec<String>,
    /// By whose rules, and whose answer the client gets [default with a definition: its API's]
    #[arg(long, value_name = "PROFILE", value_enum)]
    pub(super) profile: Option<Rules>,
    /// Take the pools, app clients and scopes of a route from this API definition; several are read together
    #[arg(
        id = "definition", long = "definition", value_name = "FILE", group = "trusted", requires = "request",
        conflicts_with_all = ["clients", "any_client", "resources", "scopes", "groups", "accept"]
    )]
    pub(super) definitions: Vec<PathBuf>,
    /// The request that the token is for, such as `POST /orders`; also a route as the definition has it
    #[arg(
        long,
        value_name = "METHOD PATH",
        group = "request",
        requires = "definition",
        conflicts_with = "method"
    )]
    pub(super) route: Option<String>,
    /// Its method [default: GET]
    #[arg(long, value_name = "METHOD", requires = "path")]
    pub(super) method: Option<String>,
    /// Its path, such as `/orders/7`
    #[arg(long, value_name = "PATH", group = "request", requires = "definition")]
    pub(super) path: Option<String>,
    /// Check as at this moment: 2026-01-31T12:00:00Z, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub(super) at: Option<UnixTime>,
    /// Let clocks differ by so many seconds, at most 300
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub(super) leeway: u64,
    /// How many seconds a fetch of keys may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(super) timeout: u64,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Facts,
}

/// By whose rules.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Rules {
    /// RFC 6750: this project's own
    Standard,
    /// A REST API of API Gateway with a Cognito authorizer
    RestApi,
    /// An HTTP API of API Gateway with a JWT authorizer
    HttpApi,
}

impl From<Rules> for Profile {
    fn from(rules: Rules) -> Self {
        match rules {
            Rules::Standard => Self::Standard,
            Rules::RestApi => Self::RestApi,
            Rules::HttpApi => Self::HttpApi,
        }
    }
}

/// Which kind of token is let in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Use {
    Access,
    Id,
    Either,
}

impl From<Use> for Accept {
    fn from(token_use: Use) -> Self {
        match token_use {
            Use::Access => Self::Access,
            Use::Id => Self::Id,
            Use::Either => Self::Either,
        }
    }
}

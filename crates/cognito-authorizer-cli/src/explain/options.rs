//! The arguments of `explain`.

use std::path::PathBuf;

use clap::Args;
use cognito_verify::{UnixTime, UserPoolId};

use crate::{
    definition::Unlisted,
    http::HttpUrl,
    moment,
    rules::{AcceptedUse, ProfileName},
    secret::Secret,
};

/// Explain why a token is refused: every step of the check, the one that failed, and what to do
///
/// The middleware itself decides. The token is read from the argument, or from standard input, which keeps it out of the shell's
/// history. It is neither printed nor sent anywhere. Its claims are printed, and whether the user pool signed them, except names,
/// addresses and custom attributes.
#[derive(Debug, Default, Args)]
#[command(
    override_usage = concat!(
        "cognito-authorizer explain --pool <ID> [OPTIONS] [TOKEN]\n",
        "       cognito-authorizer explain --definition <FILE> --route <METHOD PATH> [OPTIONS] [TOKEN]",
    ),
    after_help = concat!(
    "Options that describe the definition, such as `--stage` and `--bind`: see\n",
    "`cognito-authorizer routes --help`.\n\n",
    "Examples:\n",
    "  pbpaste | cognito-authorizer explain --pool eu-west-1_Ab12Cd34E --scope orders/read\n",
    "  cognito-authorizer explain --pool eu-west-1_Ab12Cd34E --jwks jwks.json \"$TOKEN\"\n",
    "  cognito-authorizer explain --definition serverless.yml --route 'POST /my_path' \\\n",
    "    --bind UserPool=eu-west-1_Ab12Cd34E \"$TOKEN\"\n\n",
    "Exit codes:\n",
    "  0  the token is accepted, or the route is open\n",
    "  1  the token is refused\n",
    "  2  the arguments or the input cannot be used, or no user pool was given to check the token against\n",
    "  3  the pool's keys could not be fetched"
))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Explain {
    /// The token, the value of the `Authorization` header, or what a token endpoint answers; `-` or nothing: standard input
    // Several words, so that `Bearer eyJ…` without quotes is understood.
    #[arg(value_name = "TOKEN", num_args = 0..)]
    pub(super) token: Vec<Secret>,
    /// Accept the tokens of this user pool; may be repeated
    #[arg(long = "pool", value_name = "ID", group = "trusted")]
    pub(super) pools: Vec<UserPoolId>,
    /// Accept this app client; may be repeated. If left out, any is accepted, and the report says so
    #[arg(long = "client", value_name = "ID", conflicts_with = "any_client")]
    pub(super) clients: Vec<String>,
    /// Accept any app client, as API Gateway's REST authorizer does
    #[arg(long)]
    pub(super) any_client: bool,
    /// An identifier of the API (RFC 8707), which the `aud` of access tokens must contain; may be repeated
    #[arg(long = "resource", value_name = "URL")]
    pub(super) resources: Vec<String>,
    /// A name of the API that token exchange writes into `aud`; required like `--resource`; may be repeated
    #[arg(long = "audience", value_name = "NAME")]
    pub(super) audiences: Vec<String>,
    /// Refuse tokens this many seconds after they were issued, at most 86400
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(super) max_token_age: Option<u64>,
    /// Also accept the issuer of this Region, to which the pool is replicated; may be repeated
    #[arg(long = "replica-region", value_name = "REGION")]
    pub(super) replica_regions: Vec<String>,
    /// The pool's issuer, if it is not AWS's original one (emulators, pools with the updated issuer)
    #[arg(long, value_name = "URL", requires = "trusted")]
    pub(super) issuer: Option<HttpUrl>,
    /// Fetch the pool's keys from here instead of below its issuer
    #[arg(long, value_name = "URL", requires = "trusted", conflicts_with = "jwks")]
    pub(super) jwks_url: Option<HttpUrl>,
    /// Allow keys over plain http from this one host, such as a container's name; anyone who can change the traffic can replace
    /// them
    #[arg(long, value_name = "HOST", requires = "trusted", conflicts_with = "jwks")]
    pub(super) dangerous_allow_http: Option<String>,
    /// Read the pool's keys from this JWK Set instead of fetching them
    #[arg(long, value_name = "FILE", requires = "trusted")]
    pub(super) jwks: Option<PathBuf>,
    /// Which kind of token is accepted [default: access, or by the rules of `--profile`]
    #[arg(long, value_name = "USE", value_enum)]
    pub(super) accept: Option<AcceptedUse>,
    /// Require a scope; of several, one is enough
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(super) scopes: Vec<String>,
    /// Require a group; of several, one is enough
    #[arg(long = "group", value_name = "GROUP")]
    pub(super) groups: Vec<String>,
    /// Require that the user authenticated at this level or above, by Cognito's names such as `urn:cognito:loa:3`
    #[arg(long, value_name = "LEVEL")]
    pub(super) acr: Option<String>,
    /// Require a sign-in at most this many seconds ago
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) signed_in_within: Option<u64>,
    /// Require a token delegated to this actor; of several, one is enough
    #[arg(long = "actor", value_name = "SUBJECT", conflicts_with = "no_actor")]
    pub(super) actors: Vec<String>,
    /// Require a token that was not delegated
    #[arg(long)]
    pub(super) no_actor: bool,
    /// Decide and answer by these rules [default with a definition: those of its API]
    #[arg(long, value_name = "PROFILE", value_enum)]
    pub(super) profile: Option<ProfileName>,
    /// Read the pools, app clients and scopes of a route from this API definition; several files are read together
    #[arg(
        id = "definition", long = "definition", value_name = "FILE", group = "trusted", requires = "request",
        conflicts_with_all = [
            "clients", "any_client", "resources", "audiences", "max_token_age", "replica_regions", "scopes", "groups", "acr",
            "signed_in_within", "actors", "no_actor", "accept",
        ]
    )]
    pub(super) definitions: Vec<PathBuf>,
    /// The request, such as `POST /orders`, or a route of the definition
    #[arg(
        long,
        value_name = "METHOD PATH",
        group = "request",
        requires = "definition",
        conflicts_with = "method"
    )]
    pub(super) route: Option<String>,
    /// The method of the request [default: GET]
    #[arg(long, value_name = "METHOD", requires = "path")]
    pub(super) method: Option<String>,
    /// The path of the request, such as `/orders/7`
    #[arg(long, value_name = "PATH", group = "request", requires = "definition")]
    pub(super) path: Option<String>,
    /// Check the token at this time instead of now: 2026-01-31T12:00:00Z, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub(super) at: Option<UnixTime>,
    /// Allow clocks to differ by this many seconds, at most 300
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub(super) leeway: u64,
    /// How many seconds fetching the keys may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=30))]
    pub(super) timeout: u64,
    /// Leave the claims of the token out of the report
    #[arg(long)]
    pub(super) no_claims: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) facts: Unlisted,
}

impl Explain {
    /// Whether the report has the claims.
    pub(super) fn claims(&self) -> Claims {
        if self.no_claims { Claims::Hidden } else { Claims::Shown }
    }
}

/// Whether a report has the claims of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claims {
    Shown,
    Hidden,
}

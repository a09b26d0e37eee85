//! The arguments of `token`.

use std::{fmt, path::PathBuf};

use clap::{ArgGroup, Args};
use cognito_verify::UserPoolId;
use serde_json::Value;

use crate::{http::SecureUrl, secret::Secret};

/// Fetch a token from Amazon Cognito or a local pool, or mint any token of a local pool, and print it
///
/// The whole token is printed to standard output. Secrets and passwords are read from the environment, a file or standard input,
/// never from an argument, which other users of the machine could see.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("grant").args(["client_credentials", "username", "pool_url"]).required(true),
    group = ArgGroup::new("scoped").args(["client_credentials", "pool_url"]).multiple(true),
    group = ArgGroup::new("of_user").args(["username", "pool_url"]).multiple(true),
    group = ArgGroup::new("client_secret").args(["client_secret_env", "client_secret_file"]),
    group = ArgGroup::new("password").args(["password_env", "password_file"]),
    group = ArgGroup::new("api").args(["endpoint", "pool"]),
    override_usage = concat!(
        "cognito-authorizer token --client-credentials --client <ID> --client-secret-env <NAME> --domain <URL>\n",
        "       cognito-authorizer token --username <NAME> --password-env <NAME> --client <ID> --pool <ID>\n",
        "       cognito-authorizer token --pool-url <URL> --as <NAME>",
    ),
    after_help = concat!(
        "Examples:\n",
        "  cognito-authorizer token --pool-url http://127.0.0.1:9229 --as ada --scope orders/read\n",
        "  SECRET=local-secret cognito-authorizer token --client-credentials \\\n",
        "      --client 7machine23456789 --client-secret-env SECRET \\\n",
        "      --domain http://127.0.0.1:9229\n",
        "  cognito-authorizer token --username ada --password-file password.txt \\\n",
        "      --client 4example23456789 --pool eu-west-1_Ab12Cd34E |\n",
        "      cognito-authorizer explain --pool eu-west-1_Ab12Cd34E\n\n",
        "Exit codes:\n",
        "  0  the token was printed\n",
        "  1  it was refused, or more than a password is needed\n",
        "  2  the arguments or the input cannot be used\n",
        "  3  the server could not be reached, or gave no usable answer"
    )
)]
pub(crate) struct Token {
    /// The app client's id; with `--pool-url` and without `--as`, the machine that the token is for
    #[arg(long, value_name = "ID", required_unless_present = "pool_url")]
    pub(super) client: Option<String>,
    /// Fetch a machine's token from the token endpoint, with the app client's secret
    #[arg(long, requires = "client_secret", requires = "domain")]
    pub(super) client_credentials: bool,
    /// The pool's domain, which has `/oauth2/token`
    #[arg(long, value_name = "URL", requires = "client_credentials")]
    pub(super) domain: Option<SecureUrl>,
    /// Ask for this scope; may be repeated
    ///
    /// By default, a machine's token has all scopes that the app client is allowed, and a user's minted token has
    /// `aws.cognito.signin.user.admin`, as after a sign-in through the API. A sign-in with `--username` cannot ask for scopes.
    #[arg(long = "scope", value_name = "SCOPE", requires = "scoped", conflicts_with = "username")]
    pub(super) scopes: Vec<String>,
    /// Fetch a user's token, with `InitiateAuth` and the flow `USER_PASSWORD_AUTH`
    #[arg(long, value_name = "NAME", requires = "password", requires = "api")]
    pub(super) username: Option<Secret>,
    /// The URL of Cognito's API
    #[arg(long, value_name = "URL", requires = "username")]
    pub(super) endpoint: Option<SecureUrl>,
    /// Use Cognito's API in the Region of this user pool
    #[arg(long, value_name = "ID", requires = "username")]
    pub(super) pool: Option<UserPoolId>,
    /// The environment variable that has the app client's secret
    #[arg(long, value_name = "NAME")]
    pub(super) client_secret_env: Option<String>,
    /// The file that has the app client's secret; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) client_secret_file: Option<PathBuf>,
    /// The environment variable that has the user's password
    #[arg(long, value_name = "NAME", requires = "username")]
    pub(super) password_env: Option<String>,
    /// The file that has the user's password; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "username")]
    pub(super) password_file: Option<PathBuf>,
    /// Print the ID token instead of the access token
    #[arg(long, requires = "of_user", conflicts_with = "client_credentials")]
    pub(super) id: bool,
    /// Print all issued tokens as JSON: access, ID and refresh token
    #[arg(long, conflicts_with_all = ["id", "pool_url"])]
    pub(super) json: bool,
    /// How many seconds the server may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(super) timeout: u64,
    #[command(flatten)]
    pub(super) minting: Minting,
}

/// The error for `--scope` with `--username`.
pub(crate) const SCOPES_OF_PASSWORD: &str = "\
a sign-in with a password (`--username`) gives no custom scopes (`--scope`): Cognito gives such access tokens
only `aws.cognito.signin.user.admin`. These give scopes:
  managed login     sign in in a browser, with an app client that is allowed the scope
  a machine         token --client-credentials --domain URL --scope SCOPE
  a local pool      token --pool-url http://127.0.0.1:9229 --as NAME --scope SCOPE
  a trigger         before token generation (version 2), which adds the scope to the tokens of every sign-in
";

/// What conflicts with the options of [`Minting`]. They also require `--pool-url`, but clap does not report a missing option
/// that conflicts with another one.
const SIGN_IN: [&str; 2] = ["client_credentials", "username"];

/// Options for a token of a local pool.
#[derive(Debug, Args)]
#[command(next_help_heading = "Minting a token of a local pool")]
pub(super) struct Minting {
    /// Mint a token of the local pool at this URL, such as `http://127.0.0.1:9229`; no password is needed
    ///
    /// The URL must be on this machine, unless `--allow-host` names its host, such as a container's name.
    #[arg(long, value_name = "URL", conflicts_with_all = ["client_secret", "password"])]
    pub(super) pool_url: Option<String>,
    /// The host of `--pool-url`, if it is not this machine; plain http is allowed for it
    #[arg(long, value_name = "HOST", requires = "pool_url", conflicts_with_all = SIGN_IN)]
    pub(super) allow_host: Option<String>,
    /// Mint the token of this user
    #[arg(long = "as", value_name = "NAME", requires = "pool_url", conflicts_with_all = SIGN_IN)]
    pub(super) user: Option<Secret>,
    /// Add a group to those of the user; may be repeated
    #[arg(long = "group", value_name = "GROUP", requires = "pool_url", conflicts_with_all = SIGN_IN)]
    pub(super) groups: Vec<String>,
    /// Set a claim to a JSON value, such as `tenant="a"` or `level=3`; may be repeated
    #[arg(long = "claim", value_name = "NAME=JSON", requires = "pool_url", conflicts_with_all = SIGN_IN, value_parser = claim)]
    pub(super) claims: Vec<MintedClaim>,
    /// Mint a token that expired an hour ago
    #[arg(long, requires = "pool_url", conflicts_with_all = SIGN_IN)]
    pub(super) expired: bool,
}

/// A claim and its value. The value may be a secret of a test.
#[derive(Clone)]
pub(super) struct MintedClaim {
    pub(super) name: String,
    pub(super) value: Value,
}

/// Prints only the name.
impl fmt::Debug for MintedClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedClaim").field("name", &self.name).finish_non_exhaustive()
    }
}

fn claim(text: &str) -> Result<MintedClaim, &'static str> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("give a name, `=`, and a JSON value, such as level=3")?;
    let value = serde_json::from_str(value)
        .map_err(|_| "the value is not JSON; a text is in quotes: 'tenant=\"a\"'")?;
    Ok(MintedClaim { name: name.to_owned(), value })
}

//! The arguments of `token`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cognito_verify::UserPoolId;

use crate::{http::SecureUrl, secret::Secret};

/// Fetch a token from a local pool or from Amazon Cognito, and print it
///
/// This prints the token whole: that is what it is for. Secrets and passwords are taken from the environment, a file or
/// standard input, never from an argument, which other users of the machine could see.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("grant").args(["client_credentials", "username"]).required(true),
    group = ArgGroup::new("client_secret").args(["client_secret_env", "client_secret_file"]),
    group = ArgGroup::new("password").args(["password_env", "password_file"]),
    group = ArgGroup::new("api").args(["endpoint", "pool"]),
    after_help = concat!(
        "Examples:\n",
        "  SECRET=local-secret cognito-authorizer token --client-credentials \\\n",
        "      --client 7machine23456789 --client-secret-env SECRET \\\n",
        "      --domain http://127.0.0.1:9229\n",
        "  cognito-authorizer token --username ada --password-file password.txt \\\n",
        "      --client 4example23456789 --pool eu-west-1_Ab12Cd34E |\n",
        "      cognito-authorizer explain --pool eu-west-1_Ab12Cd34E\n\n",
        "Exit codes:\n",
        "  0  the token was printed\n",
        "  1  it was refused, or asks for more than a password\n",
        "  2  the arguments or the input cannot be used\n",
        "  3  the server could not be reached, or gave no usable answer"
    )
)]
pub(crate) struct Token {
    /// The app client's id
    #[arg(long, value_name = "ID")]
    pub(super) client: String,
    /// Fetch the token of a machine, by the app client's secret, from the token endpoint
    #[arg(long, requires = "client_secret", requires = "domain")]
    pub(super) client_credentials: bool,
    /// The pool's domain, which has `/oauth2/token`
    #[arg(long, value_name = "URL", requires = "client_credentials")]
    pub(super) domain: Option<SecureUrl>,
    /// A scope to ask for; may be repeated. Without one, the token has all that the app client may have
    #[arg(long = "scope", value_name = "SCOPE", requires = "client_credentials")]
    pub(super) scopes: Vec<String>,
    /// Fetch the token of a user, by `InitiateAuth` with the flow `USER_PASSWORD_AUTH`
    #[arg(long, value_name = "NAME", requires = "password", requires = "api")]
    pub(super) username: Option<Secret>,
    /// Take Cognito's API from this URL
    #[arg(long, value_name = "URL", requires = "username")]
    pub(super) endpoint: Option<SecureUrl>,
    /// Take Cognito's API from the Region of this user pool
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
    #[arg(long, requires = "username")]
    pub(super) id: bool,
    /// Print all that was issued, as JSON: access, ID and refresh token
    #[arg(long, conflicts_with = "id")]
    pub(super) json: bool,
    /// How many seconds the server may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(super) timeout: u64,
}

//! The arguments of `pool`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgGroup, Args};

use crate::{definition::Unlisted, secret::Secret};

/// Run a user pool on this machine, for development and tests
///
/// It answers as Amazon Cognito does: the JWK Set, discovery, managed login with its pages, the OAuth endpoints and the
/// sign-in API. In a browser, its URL shows a page that mints and explains tokens, and lists the latest sign-ins, codes and
/// refusals. Codes that Cognito would send by email or text message are printed to standard error. Without `--state`, it has new
/// keys at each start.
///
/// The printed commands contain the secrets and passwords of its file, which protect only this pool.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("definition").args(["template", "definitions"]).multiple(true))]
#[command(
    override_usage = concat!(
        "cognito-authorizer pool [OPTIONS]\n",
        "       cognito-authorizer pool --config <FILE> [OPTIONS]\n",
        "       cognito-authorizer pool --template <FILE> [OPTIONS]",
    ),
    after_help = concat!(
    "Options that describe the template or the definition, such as `--stage` and `--bind`: see\n",
    "`cognito-authorizer routes --help`.\n\n",
    "Examples:\n",
    "  cognito-authorizer pool\n",
    "  cognito-authorizer pool --print-sample > pool.toml\n",
    "  cognito-authorizer pool --config pool.toml --listen 127.0.0.1:0\n",
    "  cognito-authorizer pool --template serverless.yml --user ada:Ada-1815\n",
    "  cognito-authorizer pool --state pool-state.json --tls\n",
    "  cognito-authorizer pool --listen 0.0.0.0:9229 --reachable-from-other-machines \\\n",
    "    --issuer http://cognito:9229/ap-south-1_LocalPool\n\n",
    "From a template, the pool has its resource servers, scopes, app clients with their URLs and flows,\n",
    "users and groups. Each user is in every group. If the template has no users, there is one. Ids are\n",
    "logical ids until they are bound.\n\n",
    "The pool runs until SIGINT (Ctrl-C) or SIGTERM, and then lets requests finish.\n\n",
    "Exit codes:\n",
    "  0  it ran and was stopped\n",
    "  2  the file or the address cannot be used"
))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Pool {
    /// The pool's configuration, in TOML; the sample if left out
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Configure the pool from the `AWS::Cognito` resources of a definition; several files are read together
    #[arg(id = "template", long, value_name = "FILE", conflicts_with_all = ["config", "print_sample"])]
    pub(super) templates: Vec<PathBuf>,
    /// The pool's logical id, if the template has several; `Stack.Pool` or `file:Pool` if several stacks have it
    #[arg(long = "user-pool", value_name = "NAME", requires = "template")]
    pub(super) named: Option<String>,
    /// Add a user with this password, in every group of the template, or set the password of an existing user
    #[arg(long = "user", value_name = "NAME:PASSWORD", conflicts_with = "print_sample", value_parser = secret)]
    pub(super) users: Vec<Secret>,
    /// The address to listen on; port 0 means any free port
    ///
    /// It must be a loopback address, unless other machines may reach the pool. `localhost` reaches the pool as well, but the
    /// issuer of its tokens has this address. Services compare issuers exactly, so configure them with the printed issuer.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9229", value_parser = address)]
    pub(super) listen: SocketAddr,
    /// Allow `--listen` an address that other machines reach, as containers need it
    ///
    /// Anyone who reaches the pool can get its tokens.
    #[arg(long)]
    pub(super) reachable_from_other_machines: bool,
    /// The issuer of the pool's tokens, such as `http://cognito:9229/ap-south-1_LocalPool`; overrides the configuration
    ///
    /// For services that reach the pool by another name than this machine does. They fetch the keys from there too.
    #[arg(long, value_name = "URL")]
    pub(super) issuer: Option<String>,
    /// Serve over https, as Amplify's redirect sign-in needs it
    ///
    /// The certificate is for `localhost`, `127.0.0.1` and `::1`, and for the host of the issuer or the address of `--listen`
    /// if that is another one. It is made once and kept in the user's cache folder. The command that makes browsers trust it is
    /// printed.
    #[arg(long)]
    pub(super) tls: bool,
    /// Keep keys, users and refresh tokens in this file across restarts; it is created if it does not exist
    ///
    /// The file has private keys and passwords. Users that it has are not changed by the configuration. Only one pool can use
    /// it at a time: a second one is refused.
    #[arg(long, value_name = "FILE", conflicts_with = "print_sample")]
    pub(super) state: Option<PathBuf>,
    /// Print the sample configuration and exit
    #[arg(long)]
    pub(super) print_sample: bool,
    /// Print where the pool is as one line of JSON, without secrets
    #[arg(long)]
    pub(super) json: bool,
    /// Let the pool's page explain tokens for the routes of this API definition; several files are read together
    /// [default: the template, if it has an API]
    #[arg(id = "definitions", long = "definition", value_name = "FILE", conflicts_with = "print_sample")]
    pub(super) definitions: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) facts: Unlisted,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:9229".to_owned())
}

/// Accepts any text: an error of clap would repeat it. The command checks it and reports without repeating it.
#[expect(clippy::unnecessary_wraps, reason = "clap takes functions that can fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(text.to_owned()))
}

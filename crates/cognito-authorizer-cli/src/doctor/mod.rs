//! `doctor`: what is wrong with a user pool, as seen from this machine.

mod clock;
mod discovery;
mod examine;
mod finding;
mod keys;

use std::time::Duration;

use clap::Args;
use cognito_verify::{IssuerForm, PoolError, UserPoolId};

use self::examine::Target;
use crate::{
    error::{CommandError, InputError},
    exit::Exit,
    http::{Http, SecureUrl},
    surroundings::Surroundings,
};

/// Say what is wrong with a user pool, as seen from this machine
///
/// Asks the pool's issuer for its discovery document and its keys, and looks at: TLS, whether the issuer is what services
/// will expect, which keys can be used, and how far this machine's clock is from the pool's. Needs no credentials.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer doctor eu-west-1_Ab12Cd34E\n",
    "  cognito-authorizer doctor local_1a2b3c4d --issuer http://127.0.0.1:9229/local_1a2b3c4d\n\n",
    "Exit codes:\n",
    "  0  nothing is wrong\n",
    "  1  something is\n",
    "  2  the arguments cannot be used\n",
    "  3  the pool could not be reached"
))]
pub(crate) struct Doctor {
    /// The user pool's id
    #[arg(value_name = "POOL_ID")]
    pool: UserPoolId,
    /// The pool's issuer, if it is not AWS's (emulators)
    #[arg(long, value_name = "URL")]
    issuer: Option<SecureUrl>,
    /// Where the pool's keys are, if not below its issuer
    #[arg(long, value_name = "URL")]
    jwks_url: Option<SecureUrl>,
    /// How many seconds each request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(options: Doctor, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let http = Http::new(Duration::from_secs(options.timeout));
    let target = target(&options)?;
    let updated = options.issuer.is_none().then(|| options.pool.issuer(IssuerForm::Updated)).flatten();
    let updated = updated.and_then(|issuer| issuer.parse().ok());
    let report = examine::examine(&target, updated.as_ref(), http, surroundings.now).await;
    if options.json {
        report.write_json(&options.pool, surroundings.out)?;
    } else {
        report.write(&options.pool, surroundings.out)?;
    }
    Ok(report.exit())
}

fn target(options: &Doctor) -> Result<Target, InputError> {
    let issuer = match (&options.issuer, options.pool.issuer(IssuerForm::Original)) {
        (Some(issuer), _) => issuer.clone(),
        (None, Some(issuer)) => issuer.parse().map_err(|problem| InputError::Url { url: issuer, problem })?,
        (None, None) => {
            return Err(InputError::Pools(PoolError::UnknownRegion { id: options.pool.clone() }));
        }
    };
    let jwks_url = options.jwks_url.clone().unwrap_or_else(|| issuer.join("/.well-known/jwks.json"));
    Ok(Target { issuer, jwks_url })
}

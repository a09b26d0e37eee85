//! `doctor`: what is wrong with a user pool, as seen from this machine.

mod clock;
mod discovery;
mod examine;
mod finding;
mod keys;
mod target;
mod unreachable;

use std::time::Duration;

use clap::Args;
use cognito_verify::{IssuerForm, PoolError, UserPoolId};

use self::target::{ExaminedPool, KEYS_PATH, KeysUrl};
use crate::{
    error::{CommandError, InputError},
    exit::Exit,
    http::{HttpClient, HttpUrl, SecureUrl, UrlError},
    surroundings::Surroundings,
};

/// Find out what is wrong with a user pool, as seen from this machine
///
/// Requests the discovery document and the keys of the pool, and checks: TLS; whether the issuer is the one that services expect;
/// which keys can be used, and whether they are this pool's; and the difference between this machine's clock and the pool's. It
/// needs no credentials.
///
/// For an emulator, or a VPC endpoint (AWS PrivateLink), give the URL of the keys with `--jwks-url`, and the issuer that the
/// tokens have with `--issuer` if it is not AWS's. The issuer is then only compared, and need not be reachable.
#[derive(Debug, Args)]
#[command(
    override_usage = "cognito-authorizer doctor [OPTIONS] <POOL_ID>",
    after_help = concat!(
    "Examples:\n",
    "  cognito-authorizer doctor eu-west-1_Ab12Cd34E\n",
    "  cognito-authorizer doctor local_1a2b3c4d --issuer http://127.0.0.1:9229/local_1a2b3c4d\n",
    "  cognito-authorizer doctor eu-west-1_Ab12Cd34E \\\n",
    "    --jwks-url http://localhost:5000/eu-west-1_Ab12Cd34E/.well-known/jwks.json\n\n",
    "Exit codes:\n",
    "  0  no problem was found\n",
    "  1  there is a problem\n",
    "  2  the arguments cannot be used\n",
    "  3  the pool could not be reached"
))]
pub(crate) struct Doctor {
    /// The user pool's id
    #[arg(value_name = "POOL_ID")]
    pool: UserPoolId,
    /// The issuer of the pool's tokens, if it is not AWS's (emulators)
    #[arg(long, value_name = "URL")]
    issuer: Option<HttpUrl>,
    /// Where services fetch the pool's keys, if not below its issuer
    #[arg(long, value_name = "URL")]
    jwks_url: Option<HttpUrl>,
    /// Allow plain http for this one host, such as a container's name; anyone who can change the traffic can replace the keys
    #[arg(long, value_name = "HOST")]
    dangerous_allow_http: Option<String>,
    /// How many seconds each request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(options: Doctor, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    let http = HttpClient::new(Duration::from_secs(options.timeout));
    let target = target(&options)?;
    let updated = options.issuer.is_none().then(|| options.pool.issuer(IssuerForm::Updated)).flatten();
    let updated = updated.and_then(|issuer| issuer.parse().ok());
    let findings = examine::examine(&target, updated.as_ref(), http, surroundings.now).await;
    if options.json {
        findings.write_json(&options.pool, surroundings.out)?;
    } else {
        findings.write(&options.pool, surroundings.width, surroundings.out)?;
    }
    Ok(findings.exit())
}

fn target(options: &Doctor) -> Result<ExaminedPool, InputError> {
    let unusable =
        |url: &HttpUrl, problem: UrlError| InputError::Url { url: url.as_str().to_owned(), problem };
    let secure = |url: &HttpUrl| -> Result<SecureUrl, InputError> {
        url.secure(options.dangerous_allow_http.as_deref()).map_err(|problem| unusable(url, problem))
    };
    let issuer: HttpUrl = match (&options.issuer, options.pool.issuer(IssuerForm::Original)) {
        (Some(issuer), _) => issuer.clone(),
        (None, Some(issuer)) => issuer.parse().map_err(|problem| InputError::Url { url: issuer, problem })?,
        (None, None) => {
            return Err(InputError::Pools(PoolError::UnknownRegion { id: options.pool.clone() }));
        }
    };
    let (issuer_url, keys) = if let Some(keys) = &options.jwks_url {
        // Services only compare the issuer, so it need not be one that requests are sent to.
        (secure(&issuer).ok(), KeysUrl::Apart(secure(keys)?))
    } else {
        let url = secure(&issuer)?;
        let keys = url.join(KEYS_PATH);
        (Some(url), KeysUrl::BelowIssuer(keys))
    };
    let allowed_http = options.dangerous_allow_http.clone();
    Ok(ExaminedPool { pool: options.pool.clone(), issuer, issuer_url, keys, allowed_http })
}

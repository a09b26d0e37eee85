//! A Lambda function behind a function URL. Function URLs have no authorizer for tokens, so the layer is the authorizer.
//!
//! Build and deploy it with [`cargo lambda`](https://www.cargo-lambda.info): `cargo lambda build --bin lambda`, and give its URL the auth
//! type `NONE`. The program needs the Lambda runtime; the test `examples/programs/lambda.rs` simulates it on this machine.
//!
//! | variable | default | |
//! |---|---|---|
//! | `COGNITO_USER_POOL_ID` | | required: the user pool |
//! | `COGNITO_CLIENT_IDS` | | required: the app clients to accept, separated by commas, or `any` |
//! | `COGNITO_ISSUER`, `COGNITO_JWKS_URL` | AWS's | for emulators, as in `orders.rs` |
//! | `TMPDIR` | `/tmp` | folder of the last known keys, the only one that a function can write |
//! | `RUST_LOG` | `info` | log filter; the log goes to standard error, which Lambda keeps |

#[path = "lambda/function.rs"]
mod function;
#[path = "orders/program.rs"]
#[expect(dead_code, reason = "Lambda serves and stops the function")]
mod program;
#[path = "orders/settings.rs"]
#[expect(dead_code, reason = "a function listens on no address and starts with keys")]
mod settings;

use std::{env, error::Error, process::ExitCode};

use cognito_authorizer::keys::Jwks;

use crate::settings::{Pool, SettingError, Settings};

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

/// Everything before `lambda_http::run` is the init phase. An error there ends the process, and Lambda starts another one.
async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { pool, start, log, .. } = Settings::from_environment()?;
    program::log_to_stderr(log);
    let Pool::Cognito(pool) = pool else {
        return Err(SettingError {
            variable: "COGNITO_USER_POOL_ID",
            problem: "not set, and a function has no local pool".to_owned(),
            fix: "set it to the id of the user pool",
        }
        .into());
    };
    // The keys are fetched in the init phase, before the first event. The file lives as long as the execution environment, so a
    // restarted process can start even if a fetch fails.
    let keys = env::temp_dir().join("cognito-keys.json");
    let auth = start.layer(pool.authorizer().keys(Jwks::https().last_known(keys))).await?;
    lambda_http::run(function::router(auth)).await.map_err(|error| error as Box<dyn Error>)
}

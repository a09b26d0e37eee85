//! The command `cognito-authorizer`, as a library, so that tests can run it with their own clock, input and output.
//!
//! - `explain` shows why a token is refused: every step of the check, the one that failed, and what to do about it.
//! - `routes` shows what each route of an API definition requires, and what a change of the definition opens.
//! - `pool` runs a user pool on this machine, with a page that mints and explains tokens. `token` fetches a token from that
//!   pool or from Amazon Cognito, or mints any token of that pool.
//! - `serve` answers the checks of a proxy, by the routes of an API definition: forward auth and Envoy's external authorization.
//! - `doctor` finds problems with a user pool, as seen from this machine.
//!
//! Results go to standard output, as text or with `--json` as JSON, and messages to standard error. The exit code is one of
//! [`Exit`]: 0, success; 1, a check failed or the request was refused; 2, the arguments or the input cannot
//! be used; 3, a server could not be reached. With 2 and 3, there may be no result.
//!
//! [`CognitoAuthorizer`](cognito_authorizer::CognitoAuthorizer) decides about a token, so `explain` cannot disagree with the
//! middleware. No service accepts a token because of the output of this command.

mod cli;
mod clock;
mod definition;
mod doctor;
mod environment;
mod error;
mod exit;
mod explain;
mod http;
mod moment;
mod pool;
mod quoted;
mod routes;
mod rules;
mod secret;
mod serve;
mod shell;
mod style;
mod surroundings;
mod token;

pub use cli::Cli;
pub use clock::system_time;
pub use error::{CommandError, FactsError, InputError, PoolCommandError, ServeError, TokenError};
pub use exit::Exit;
pub use http::{HttpError, UrlError};
pub use style::{printable_lines, without_tokens};
pub use surroundings::{Input, Surroundings};

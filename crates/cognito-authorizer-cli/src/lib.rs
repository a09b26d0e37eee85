//! The command `cognito-authorizer`: told as a library, so that tests run it with a clock, an input and an output of
//! their own.
//!
//! - `explain` says why a token is refused: every step of the check, the one that failed, and what to do about it.
//! - `routes` says what each route of an API definition asks of a token, and what a change of it opens.
//! - `pool` runs a user pool on this machine, with a page that mints and explains tokens. `token` fetches a token from that
//!   pool or from Amazon Cognito, or mints any token of that pool.
//! - `serve` answers the checks of a proxy, by the routes of an API definition: forward auth and Envoy's external authorization.
//! - `doctor` says what is wrong with a user pool as seen from here.
//!
//! Results go to standard output, for people or with `--json` for programs, and messages to standard error. How a command
//! ended is told by its exit code, see [`Exit`]: 0, all is well; 1, a check failed or something was refused; 2, the
//! arguments or the input cannot be used; 3, a server could not be reached. With 2 and 3 there may be no result.
//!
//! The verdict on a token is [`cognito_verify::Verifier`]'s, so `explain` cannot say something else than the
//! middleware. Nothing is trusted by a service because this command said so: it only tells.

mod cli;
mod clock;
mod definition;
mod doctor;
mod error;
mod exit;
mod explain;
mod http;
mod moment;
mod pool;
mod quoted;
mod routes;
mod secret;
mod serve;
mod shell;
mod style;
mod surroundings;
mod token;

pub use cli::Cli;
pub use clock::system_time;
pub use definition::FactsError;
pub use error::{CommandError, InputError};
pub use exit::Exit;
pub use http::{HttpError, UrlError};
pub use pool::PoolCommandError;
pub use serve::ServeError;
pub use style::without_tokens;
pub use surroundings::{Input, Surroundings};
pub use token::TokenError;

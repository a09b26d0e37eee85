//! How long a connection may stay open for a token.

use std::time::{Duration, SystemTime};

use cognito_authorizer::Verified;

/// The time until the token expires; zero if it has.
#[expect(clippy::disallowed_methods, reason = "an example; a library takes the time as an argument")]
pub(crate) fn until_expiry(token: &Verified) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let expiry = Duration::from_secs(token.expiry().as_secs().try_into().unwrap_or_default());
    expiry.saturating_sub(now)
}

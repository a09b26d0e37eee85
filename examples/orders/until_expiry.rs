//! How long a connection may stay open for a token.

use std::time::Duration;

use cognito_authorizer::{
    Verified,
    clock::{Clock, SystemClock},
};

/// The time until the token expires; zero if it has.
pub(crate) fn until_expiry(token: &Verified) -> Duration {
    token.expiry().since(SystemClock::default().now())
}

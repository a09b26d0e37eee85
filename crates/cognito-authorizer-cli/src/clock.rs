//! The system clock. Nothing else in this crate reads it.

use std::time::SystemTime;

use cognito_verify::UnixTime;

/// The current time of the system clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
pub fn system_time() -> UnixTime {
    SystemTime::now().into()
}

//! The only place that asks what time it is.

use std::time::SystemTime;

use cognito_verify::UnixTime;

/// The moment now, by the system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
pub fn system_time() -> UnixTime {
    SystemTime::now().into()
}

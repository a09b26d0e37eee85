//! Requirements about when the user signed in.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    error::RequirementError,
    requirement::{Node, Requirement},
};
use crate::{time::UnixTime, verified::Verified};

/// Up to the longest lifetime of a refresh token, ten years ("Quotas in Amazon Cognito"): no sign-in is older.
pub(super) const AGES: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(3650 * 24 * 3600);

/// Requires that the user signed in at most this long ago: the claim `auth_time`, which stays the same when tokens are refreshed.
/// Between 1 second and 10 years. A token without `auth_time` is not enough.
///
/// An older sign-in is refused with 401 and the challenge of RFC 9470, which has the limit as `max_age`, so that the client can have
/// the user sign in again.
///
/// Only [`check_at`](Requirement::check_at) knows the time. [`check`](Requirement::check) denies this requirement.
///
/// ```
/// use std::time::Duration;
/// use cognito_verify::signed_in_within;
///
/// let recent = signed_in_within(Duration::from_secs(300));
/// assert_eq!(recent.max_sign_in_age(), Some(Duration::from_secs(300)));
/// assert!(signed_in_within(Duration::ZERO).error().is_some());
/// ```
pub fn signed_in_within(age: Duration) -> Requirement {
    let node = if AGES.contains(&age) {
        Node::SignedIn(age)
    } else {
        Node::Mistaken(RequirementError::SignInAge { given: age })
    };
    Requirement { node }
}

/// Whether the user signed in at most this long ago. An `auth_time` in the future, and after `iat`, says nothing.
pub(super) fn is_recent(token: &Verified, age: Duration, now: UnixTime) -> bool {
    token
        .authenticated_at()
        .is_some_and(|signed_in| signed_in <= now.max(token.issued_at()) && now.since(signed_in) <= age)
}

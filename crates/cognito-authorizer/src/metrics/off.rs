//! What is recorded without the feature `metrics`: nothing. The same functions as in `record.rs`.

use std::{sync::atomic::AtomicUsize, time::Duration};

use cognito_verify::{TokenUse, UserPoolId};

use crate::clock::Stopwatch;

#[inline]
pub(crate) fn allowed(_: Option<TokenUse>) {}

#[inline]
pub(crate) fn refused(_: &'static str) {}

#[inline]
pub(crate) fn verification<T, E>(verify: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    verify()
}

#[inline]
pub(crate) fn cache_hit() {}

#[inline]
pub(crate) fn cache_miss() {}

#[inline]
pub(crate) fn cache_dropped_key() {}

#[inline]
pub(crate) fn cache_entries(_: &AtomicUsize, _: impl FnOnce() -> usize) {}

#[inline]
pub(crate) fn key_fetch(_: &UserPoolId, _: &'static str, _: &'static str, _: Stopwatch) {}

#[inline]
pub(crate) fn pool_keys(_: &UserPoolId, _: usize, _: Option<Duration>) {}

#[inline]
pub(crate) fn unknown_kid_fetched(_: &UserPoolId) {}

#[inline]
pub(crate) fn unknown_kid_cooled_down(_: Option<&UserPoolId>) {}

#[inline]
pub(crate) fn revocation_check(_: &'static str) {}

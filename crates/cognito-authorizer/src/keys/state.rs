//! The state of one pool's keys: the key set, the last error, and the schedule.

use std::sync::Arc;

use cognito_verify::{KeySet, Pool, UnixTime};

use super::{
    events::KeyEvent,
    last_known::{Kept, Known},
    schedule::{Outcome, Schedule, Timing},
    source::{FetchError, FetchedKeys},
    status::PoolStatus,
};
use crate::metrics;

/// The state of one pool's keys. Its task owns it; requests read copies.
#[derive(Clone, Debug)]
pub(super) struct PoolState {
    pub(super) pool: Arc<Pool>,
    pub(super) schedule: Schedule,
    keys: Option<KeySet>,
    /// The set as it was fetched, to be kept on disk.
    body: Option<Arc<[u8]>>,
    last_error: Option<FetchError>,
}

impl PoolState {
    /// No keys; the first fetch is due now.
    pub(super) fn new(pool: Arc<Pool>, timing: Timing, now: UnixTime) -> Self {
        Self { pool, schedule: Schedule::new(timing, now), keys: None, body: None, last_error: None }
    }

    /// Keys that the program supplied.
    pub(super) fn supplied(pool: Arc<Pool>, keys: KeySet, timing: Timing) -> Self {
        Self { pool, schedule: Schedule::supplied(timing), keys: Some(keys), body: None, last_error: None }
    }

    /// Uses keys from the disk, to be replaced as soon as a fetch succeeds.
    pub(super) fn recall(&mut self, known: Known) {
        self.schedule.recall(known.fetched_at);
        self.keys = Some(known.keys);
        self.body = Some(known.body);
    }

    /// The keys, unless they are too old.
    pub(super) fn trusted_keys(&self, now: UnixTime) -> Option<&KeySet> {
        self.keys.as_ref().filter(|_| self.schedule.has_keys(now))
    }

    /// Forgets the keys, if they are too old.
    pub(super) fn drop_stale(&mut self, now: UnixTime) {
        self.schedule.drop_stale(now);
        if self.trusted_keys(now).is_none() {
            (self.keys, self.body) = (None, None);
        }
    }

    /// The key set to write to disk.
    pub(super) fn to_keep(&self, now: UnixTime) -> Option<Kept> {
        self.trusted_keys(now)?;
        let (fetched_at, body) = (self.schedule.fetched_at()?, self.body.clone()?);
        Some(Kept { pool: self.pool.clone(), fetched_at, body })
    }

    /// Ends the attempt that has begun: a new set replaces the old one; a failure leaves it.
    pub(super) fn end(
        &mut self,
        result: Result<FetchedKeys, FetchError>,
        now: UnixTime,
        random: f64,
    ) -> KeyEvent {
        let pool = self.pool.clone();
        match result {
            Ok(FetchedKeys { keys, body, max_age }) => {
                self.schedule.end(Outcome::Fetched { max_age }, now, random);
                self.body = body;
                self.last_error = None;
                let event = match &self.keys {
                    Some(known) if *known != keys => KeyEvent::New { pool, keys: keys.clone() },
                    Some(known) if known.skipped() == keys.skipped() => KeyEvent::Same,
                    Some(_) => KeyEvent::Skipped { pool, keys: keys.clone() },
                    None => KeyEvent::New { pool, keys: keys.clone() },
                };
                self.keys = Some(keys);
                event
            }
            Err(error) => {
                self.schedule.end(Outcome::Failed, now, random);
                self.last_error = Some(error.clone());
                let (failures, has_keys) = (self.schedule.failures(), self.keys.is_some());
                KeyEvent::Failed { pool, error, failures, has_keys }
            }
        }
    }

    /// Records the number of keys that may be trusted, and their age.
    pub(super) fn record_metrics(&self, now: UnixTime) {
        let keys = self.trusted_keys(now).map_or(0, |keys| keys.key_ids().count());
        let age = self.schedule.fetched_at().map(|fetched_at| now.since(fetched_at));
        metrics::pool_keys(self.pool.id(), keys, age);
    }

    pub(super) fn status(&self, now: UnixTime) -> PoolStatus {
        let fetched_at = self.schedule.fetched_at();
        let key_ids = self.trusted_keys(now).into_iter().flat_map(KeySet::key_ids);
        PoolStatus {
            pool: self.pool.id().clone(),
            key_ids: key_ids.map(Into::into).collect(),
            age: fetched_at.map(|fetched_at| now.since(fetched_at)),
            last_success: fetched_at,
            last_error: self.last_error.clone(),
            failures: self.schedule.failures(),
            next_refresh: self.schedule.planned(),
        }
    }
}

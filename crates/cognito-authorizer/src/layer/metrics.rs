//! The metrics that change without an event: the keys of a layer and their age.

use super::CognitoAuthLayer;

impl CognitoAuthLayer {
    /// Records the number and the age of each pool's keys as they are now; see [`KEYS_AGE_SECONDS`](crate::metrics::KEYS_AGE_SECONDS).
    ///
    /// They are also recorded after each fetch, so between two fetches the age would stay as it was. Call this before each scrape,
    /// in the handler of the metrics endpoint, or at an interval if metrics are pushed.
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn record_key_metrics(&self) {
        self.engine.keys.record_metrics();
    }
}

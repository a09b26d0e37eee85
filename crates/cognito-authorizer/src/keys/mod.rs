//! The keys, kept fresh: how they are fetched (`fetch`), and kept across a restart (`last_known`); each pool's past and
//! plan (`history`), what is known of all of them (`store`), and who fetches when (`refresh`).

mod fetch;
mod history;
mod last_known;
mod news;
mod refresh;
mod status;
mod store;

pub use fetch::FetchError;
pub(crate) use fetch::{Fetcher, TimeOuts};
pub(crate) use history::Schedule;
pub(crate) use last_known::LastKnown;
pub(crate) use refresh::{KeyWait, Keys, Refreshed};
pub use status::{KeyStatus, PoolStatus};

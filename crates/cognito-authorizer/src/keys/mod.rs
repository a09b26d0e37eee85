//! The keys, kept fresh: how they are fetched (`fetch`), and kept across a restart (`last_known`); each pool's past and
//! plan (`history`), what is known of all of them (`store`), and who fetches when (`refresh`). That requests suffer from it is
//! said once in a while (`seldom`).

mod fetch;
mod history;
mod last_known;
mod refresh;
mod seldom;
mod status;
mod store;

pub use fetch::FetchError;
pub(crate) use fetch::Fetcher;
pub(crate) use history::Schedule;
pub(crate) use last_known::LastKnown;
pub(crate) use refresh::{Keys, Refreshed, Wait};
pub use status::{KeyStatus, PoolStatus};

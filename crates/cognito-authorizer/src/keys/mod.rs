//! The keys, kept fresh: what is known (`store`), when to fetch (`refresh`), and how (`fetch`).

mod fetch;
mod refresh;
mod status;
mod store;

pub use fetch::FetchError;
pub(crate) use fetch::Fetcher;
pub(crate) use refresh::{Keys, Refreshed, Wait};
pub use status::{KeyStatus, PoolStatus};
pub(crate) use store::Schedule;

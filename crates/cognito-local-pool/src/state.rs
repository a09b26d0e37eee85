//! The state that a pool keeps across restarts: its keys, users and grants, as one document.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::directory::Account;
use crate::error::PoolError;
use crate::grants::{Grants, KeptGrant};
use crate::journal::Event;
use crate::keys::{RotatingKeys, RotatingKeysState};
use crate::pool::LocalPool;

/// The format that is written, and the only one that is read.
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    pool_id: String,
    created: i64,
    keys: RotatingKeysState,
    users: Vec<Account>,
    grants: Vec<KeptGrant>,
}

/// Read first: another version may have other members.
#[derive(Deserialize)]
struct FormatVersion {
    version: u32,
}

/// A document before it is read. It has no content in `Debug`.
#[derive(Clone)]
pub(crate) struct StateBytes(Arc<[u8]>);

/// The content of a document.
pub(crate) struct Restored {
    pub(crate) created: i64,
    pub(crate) keys: RotatingKeys,
    pub(crate) users: Vec<Account>,
    pub(crate) grants: Grants,
}

impl From<Vec<u8>> for StateBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for StateBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateBytes(…)")
    }
}

impl StateBytes {
    /// The content, if the document is from this pool.
    pub(crate) fn restore(&self, pool_id: &str) -> Result<Restored, PoolError> {
        let FormatVersion { version } = parse(&self.0)?;
        if version != VERSION {
            return Err(PoolError::damaged_state(format!(
                "it has version {version}, and this release reads {VERSION}"
            )));
        }
        let document: Document = parse(&self.0)?;
        if document.pool_id != pool_id {
            return Err(PoolError::StateOfAnotherPool { found: document.pool_id, pool: pool_id.to_owned() });
        }
        Ok(Restored {
            created: document.created,
            keys: document.keys.restore().ok_or_else(|| PoolError::damaged_state("a key cannot be used"))?,
            users: document.users,
            grants: Grants::restore(document.grants)
                .ok_or_else(|| PoolError::damaged_state("a grant is there twice"))?,
        })
    }
}

/// The text of `serde_json` can repeat a value, such as a password. Only the position is passed on.
fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, PoolError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Data => "it has a member that does not belong there, or lacks one",
            _ => "it is not JSON",
        };
        PoolError::damaged_state(format!("{what}, at line {}, column {}", error.line(), error.column()))
    })
}

impl LocalPool {
    /// The keys, users, and grants with their refresh tokens, for [`LocalPoolBuilder::state`] after a restart.
    ///
    /// Settings of the builder, sessions of browsers, and sign-ins that are under way are not part of it. The format is
    /// JSON; it is not specified, and only the same release is guaranteed to read it.
    ///
    /// ```
    /// use cognito_local_pool::{LocalPool, User};
    ///
    /// let builder = || LocalPool::builder("eu-west-1_Ab12Cd34E").user(User::new("ada", "Ada-1815"));
    /// let pool = builder().build()?;
    /// let token = pool.access_token("ada").sign();
    ///
    /// let after_restart = builder().state(pool.export_state()).build()?;
    /// assert_eq!(after_restart.jwks(), pool.jwks()); // so `token` still verifies
    ///
    /// let damaged = builder().state("{\"version\":2").build();
    /// assert!(damaged.is_err());
    /// # Ok::<(), cognito_local_pool::PoolError>(())
    /// ```
    ///
    /// # Panics
    /// If the system has no memory left to encode a key.
    ///
    /// # Security
    /// The bytes hold private keys, passwords and refresh tokens in the clear. Keep them where only their user can read
    /// them.
    ///
    /// [`LocalPoolBuilder::state`]: crate::LocalPoolBuilder::state
    #[must_use]
    pub fn export_state(&self) -> Vec<u8> {
        // Each lock is held for a copy only.
        let keys = self.rotating_keys().state();
        let users = self.directory().iter().cloned().collect();
        let grants = self.grants().state();
        let document = Document {
            version: VERSION,
            pool_id: self.id().to_owned(),
            created: self.created(),
            keys,
            users,
            grants,
        };
        #[expect(clippy::expect_used, reason = "texts, numbers and lists have a form in JSON")]
        serde_json::to_vec(&document).expect("the state of a pool can be written")
    }

    /// Whether there is a closure that keeps the state.
    pub(crate) fn tells_state(&self) -> bool {
        self.settings().on_state.is_some()
    }

    /// Passes the state to the closure if it changed since the last call that succeeded. The lock keeps concurrent calls in
    /// order.
    pub(crate) fn tell_state(&self) {
        let Some(on_state) = &self.settings().on_state else { return };
        let mut told = self.told_state();
        let state = self.export_state();
        let hash = digest::digest(&digest::SHA256, &state).as_ref().to_vec();
        if *told != hash {
            match on_state(&state) {
                Ok(()) => *told = hash,
                Err(error) => self.record(Event::not_kept(&error.to_string())),
            }
        }
    }
}

//! The keys of a pool in this process.

use cognito_authorizer::keys::{FetchError, FetchedKeys, KeyRequest, KeySource, KeySourceError};
use cognito_local_pool::LocalPool;

/// What the pool publishes at each fetch.
pub(crate) struct PoolKeys {
    pool: LocalPool,
}

impl PoolKeys {
    pub(crate) fn of(pool: &LocalPool) -> Self {
        Self { pool: pool.clone() }
    }
}

impl KeySource for PoolKeys {
    async fn fetch(&self, request: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
        if request.pool.id().as_str() != self.pool.id() {
            let problem = format!(
                "this is the local pool {}; give further pools a source of their own",
                self.pool.id()
            );
            return Err(FetchError::Source { problem });
        }
        FetchedKeys::from_json(self.pool.jwks())
    }

    /// No URL is used.
    fn check(&self, _: KeyRequest<'_>) -> Result<(), KeySourceError> {
        Ok(())
    }
}

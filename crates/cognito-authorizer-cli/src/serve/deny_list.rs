//! The list of revoked tokens, in Redis: the feature `deny-list`.

#[cfg(not(feature = "deny-list"))]
use cognito_authorizer::CognitoAuthBuilder;

use crate::error::ServeError;

/// Checks each otherwise valid token against the list at this URL, which must be reachable now.
#[cfg(not(feature = "deny-list"))]
#[expect(clippy::unused_async, reason = "with the feature, it waits for Redis")]
pub(super) async fn add(builder: CognitoAuthBuilder, _url: &str) -> Result<CognitoAuthBuilder, ServeError> {
    drop(builder);
    let problem = "this program was built without the feature `deny-list`; install it with \
                   `cargo install cognito-authorizer-cli --features deny-list`";
    Err(ServeError::DenyList { problem: problem.to_owned() })
}

#[cfg(any(feature = "deny-list", test))]
mod entries;
#[cfg(feature = "deny-list")]
pub(super) use redis_list::add;

#[cfg(feature = "deny-list")]
mod redis_list {
    use std::time::Duration;

    use cognito_authorizer::{
        CognitoAuthBuilder, Revocation, RevocationCheck, Verified,
        revocation::{RevocationError, RevocationStatus},
    };
    use redis::{
        AsyncTypedCommands, Client, IntoConnectionInfo, ProtocolVersion, RedisError,
        aio::{ConnectionManager, ConnectionManagerConfig},
    };

    use super::{ServeError, entries::status};

    /// The longest wait before the next attempt to reach Redis again.
    const LONGEST_DELAY: Duration = Duration::from_millis(500);
    /// How long Redis may take to respond at start-up.
    const START: Duration = Duration::from_secs(5);

    struct DenyList {
        redis: ConnectionManager,
    }

    pub(in crate::serve) async fn add(
        builder: CognitoAuthBuilder,
        url: &str,
    ) -> Result<CognitoAuthBuilder, ServeError> {
        let unusable = |problem: String| ServeError::DenyList { problem };
        let list = tokio::time::timeout(START, connect(url)).await;
        let list = list.map_err(|_| unusable(format!("no answer within {} s", START.as_secs())))?;
        let list = list.map_err(|error| unusable(error.to_string()))?;
        Ok(builder.revocation(Revocation::check(list)))
    }

    async fn connect(url: &str) -> Result<DenyList, RedisError> {
        let redis = url.into_connection_info()?;
        // With RESP3, a lost connection is detected and replaced at once, not only when a query fails.
        let settings = redis.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(redis.set_redis_settings(settings))?;
        // The manager retries forever and does not report errors.
        client.get_multiplexed_async_connection().await?;
        let retries =
            ConnectionManagerConfig::new().set_number_of_retries(usize::MAX).set_max_delay(LONGEST_DELAY);
        Ok(DenyList { redis: ConnectionManager::new_lazy_with_config(client, retries)? })
    }

    impl RevocationCheck for DenyList {
        async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
            let pool = token.pool();
            let mut names = vec![format!("revoked:{pool}:subject:{}", token.subject())];
            names.extend(token.token_id().map(|id| format!("revoked:{pool}:token:{id}")));
            names.extend(token.origin_token_id().map(|id| format!("revoked:{pool}:sign-in:{id}")));
            let found: Vec<Option<String>> = self.redis.clone().mget(&names).await?;
            status(token.issued_at().as_secs(), names.len(), found)
        }
    }
}

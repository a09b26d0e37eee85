//! The revoked tokens, in Redis.

use std::time::Duration;

use cognito_authorizer::{
    RevocationCheck, UnixTime, Verified,
    clock::{Clock, SystemClock},
    revocation::{RevocationError, RevocationStatus},
};
use redis::{
    AsyncTypedCommands, Client, IntoConnectionInfo, ProtocolVersion, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// The longest pause between two attempts to reconnect.
const MAX_DELAY: Duration = Duration::from_millis(500);
/// The time-out of a sign-out.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The longest validity of a token ("Amazon Cognito user pools resource quotas": access and ID tokens, five minutes to one day).
const LONGEST_VALIDITY: Duration = Duration::from_secs(24 * 3600);

/// The list that all instances of the service share.
///
/// At a sign-out, the client must also revoke the refresh token at Cognito (`RevokeToken`). Then the sign-in gets no new tokens, and
/// all that exist expire within a day, so an entry is needed only for a day.
///
/// *Security*: a token whose entry Redis loses is accepted again. Let Redis write to disk (`appendonly yes`) and evict nothing
/// (`maxmemory-policy noeviction`), and connect to the primary, because a replica may lag behind.
#[derive(Clone)]
pub(crate) struct DenyList {
    redis: ConnectionManager,
}

impl DenyList {
    /// Connects to the list at this URL, which must be available now. A connection that is lost later is restored.
    pub(crate) async fn at(url: &str) -> Result<Self, RedisError> {
        let redis = url.into_connection_info()?;
        // With RESP3, a lost connection is noticed and restored at once, and not only after a command has failed.
        let settings = redis.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(redis.set_redis_settings(settings))?;
        // The manager below would retry for ever without reporting an error.
        client.get_multiplexed_async_connection().await?;
        let config =
            ConnectionManagerConfig::new().set_number_of_retries(usize::MAX).set_max_delay(MAX_DELAY);
        Ok(Self { redis: ConnectionManager::new_lazy_with_config(client, config)? })
    }

    /// Revokes the token, and all others of the same sign-in.
    pub(crate) async fn revoke(&self, token: &Verified) -> Result<(), RevocationError> {
        let needed = needed_for(token, SystemClock::default().now());
        let mut redis = self.redis.clone();
        // Rounded up, because a revoked token would be accepted if its entry expired first.
        let written = redis.set_ex(key(token)?, "", needed.as_secs() + 1);
        Ok(tokio::time::timeout(TIMEOUT, written).await??)
    }
}

impl RevocationCheck for DenyList {
    async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
        let is_listed = self.redis.clone().exists(key(token)?).await?;
        Ok(if is_listed { RevocationStatus::Revoked } else { RevocationStatus::InForce })
    }
}

/// The key of a token's entry.
fn key(token: &Verified) -> Result<String, RevocationError> {
    let pool = token.pool();
    match (token.origin_token_id(), token.token_id()) {
        (Some(id), _) => Ok(format!("revoked:{pool}:sign-in:{id}")),
        // A machine does not sign in, so each of its tokens has an entry of its own.
        (None, Some(id)) => Ok(format!("revoked:{pool}:token:{id}")),
        (None, None) => Err("a token without `origin_jti` and `jti` could never be revoked".into()),
    }
}

/// How long the entry is needed. Redis removes it then, so that the list cannot grow without bound.
fn needed_for(token: &Verified, now: UnixTime) -> Duration {
    match token.origin_token_id() {
        // Other tokens of the sign-in may be younger, and expire later.
        Some(_) => LONGEST_VALIDITY,
        None => token.expiry().since(now),
    }
}

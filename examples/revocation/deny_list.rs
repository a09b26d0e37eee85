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

/// How long to wait at most before the next attempt to reach Redis again.
const REST: Duration = Duration::from_millis(500);
/// How long a caller waits until it is signed out, or told that it is not.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest validity of a token ("Amazon Cognito user pools resource quotas": access and ID tokens, five minutes to one day).
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The list that all instances of the service share.
///
/// A sign-out must also revoke the refresh token at Cognito (`RevokeToken`), which is for the client to do. Then no token of
/// the sign-in is made any more, and after a day none that was made is good, whether it is still listed or not.
///
/// *Security*: what Redis forgets is in force again. Let it write to disk (`appendonly yes`), let it evict nothing
/// (`maxmemory-policy noeviction`), and ask the primary, not a replica that lags behind.
#[derive(Clone)]
pub(crate) struct DenyList {
    redis: ConnectionManager,
}

impl DenyList {
    /// The list at this URL, which must be there now; whenever it is lost later, it is looked for until it is back.
    pub(crate) async fn at(url: &str) -> Result<Self, RedisError> {
        let redis = url.into_connection_info()?;
        // With RESP3 a lost connection is made anew when it is lost, and not only once a question has failed on it.
        let settings = redis.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(redis.set_redis_settings(settings))?;
        // The manager below would try for ever, and never say what is wrong.
        client.get_multiplexed_async_connection().await?;
        let tireless = ConnectionManagerConfig::new().set_number_of_retries(usize::MAX).set_max_delay(REST);
        Ok(Self { redis: ConnectionManager::new_lazy_with_config(client, tireless)? })
    }

    /// Revokes the token, and all others of its sign-in.
    pub(crate) async fn revoke(&self, token: &Verified) -> Result<(), RevocationError> {
        let life = life(token, SystemClock::default().now());
        let mut redis = self.redis.clone();
        // Rounded up: an entry that goes too soon lets a revoked token in.
        let written = redis.set_ex(key(token)?, "", life.as_secs() + 1);
        Ok(tokio::time::timeout(PATIENCE, written).await??)
    }
}

impl RevocationCheck for DenyList {
    async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
        let is_listed = self.redis.clone().exists(key(token)?).await?;
        Ok(if is_listed { RevocationStatus::Revoked } else { RevocationStatus::InForce })
    }
}

/// By what a token is listed.
fn key(token: &Verified) -> Result<String, RevocationError> {
    let pool = token.pool();
    match (token.origin_token_id(), token.token_id()) {
        (Some(id), _) => Ok(format!("revoked:{pool}:sign-in:{id}")),
        // A machine does not sign in: each of its tokens is for itself.
        (None, Some(id)) => Ok(format!("revoked:{pool}:token:{id}")),
        (None, None) => Err("a token without `origin_jti` and `jti` could never be revoked".into()),
    }
}

/// How long the entry is needed. It goes by itself then, so the list cannot grow without bound.
fn life(token: &Verified, now: UnixTime) -> Duration {
    match token.origin_token_id() {
        // Others of the sign-in may be younger than this one, and expire later.
        Some(_) => LONGEST_LIFE,
        None => token.expiry().since(now),
    }
}

//! The verifier's settings, and the checks of claims.

use std::{sync::Arc, time::Duration};

use crate::{
    audience::{check_by_jwt, check_by_user_pool},
    claim_rules::ClaimRules,
    finding::{Finding, Recorder, Unrecorded},
    json::OneOrMany,
    keys::Candidate,
    pool::{Pool, PoolError, PoolSet, UserPool},
    registered::Registered,
    rejected::Rejected,
    required_claim::RequiredClaim,
    time::UnixTime,
    token::SignedPayload,
    token_use::{Accept, TokenUse},
    verified::{Times, Verified},
};

/// Verifies tokens of the configured user pools. Cheap to clone.
///
/// It has no keys and no clock: both are arguments, so the same token, keys and time always give the same result.
///
/// ```
/// use cognito_verify::{PoolKeys, Rejected, UnixTime, UserPool, Verifier};
///
/// let verifier = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E").client("4example23456789")])?;
/// let now = UnixTime::from_secs(1_700_000_000);
/// let rejected = verifier.verify("not.a-token", &PoolKeys::default(), now).unwrap_err();
/// assert_eq!(rejected, Rejected::Segments { found: 2 });
/// # Ok::<(), cognito_verify::PoolError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Verifier {
    pools: PoolSet,
    rules: ClaimRules,
    pub(crate) accept: Accept,
    leeway: Duration,
    pub(crate) token_limit: usize,
}

/// The leeway is longer than five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a leeway of {} seconds is too long; give at most 300 seconds", .given.as_secs())]
#[non_exhaustive]
pub struct LeewayError {
    /// The leeway that was given.
    pub given: Duration,
}

impl Verifier {
    /// The default of [`token_limit`](Self::token_limit): 16 KiB.
    pub const DEFAULT_TOKEN_LIMIT: usize = 16 * 1024;

    /// A verifier of access tokens of these pools, with no leeway.
    ///
    /// # Errors
    ///
    /// If a pool's settings are invalid, a pool or an issuer occurs twice, or there are no pools or more than 1,000. Several
    /// problems are reported at once, as [`PoolError::Several`].
    pub fn new(pools: impl IntoIterator<Item = UserPool>) -> Result<Self, PoolError> {
        Ok(Self {
            pools: PoolSet::new(pools, &[])?,
            rules: ClaimRules::default(),
            accept: Accept::default(),
            leeway: Duration::ZERO,
            token_limit: Self::DEFAULT_TOKEN_LIMIT,
        })
    }

    /// The same settings for other pools. A token that was verified before can be [rechecked](crate::UnverifiedToken::recheck) if its pool
    /// is among them with the same settings.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_pools(&self, pools: impl IntoIterator<Item = UserPool>) -> Result<Self, PoolError> {
        Ok(Self { pools: PoolSet::new(pools, &self.pools.pools)?, ..self.clone() })
    }

    /// Interprets claims by these rules.
    pub fn claim_rules(mut self, rules: ClaimRules) -> Self {
        self.rules = rules;
        self
    }

    /// Accepts tokens of this use instead of access tokens. [`UnverifiedToken::accept`](crate::UnverifiedToken::accept) sets it for one token.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.accept = accept.into();
        self
    }

    /// The clock difference to tolerate in `exp`, `nbf` and `iat`; zero by default.
    ///
    /// # Errors
    ///
    /// If it is longer than five minutes.
    pub fn leeway(mut self, leeway: Duration) -> Result<Self, LeewayError> {
        Self::check_leeway(leeway)?;
        self.leeway = leeway;
        Ok(self)
    }

    /// Checks a [`leeway`](Self::leeway) for which there is no verifier yet.
    ///
    /// # Errors
    ///
    /// If it is longer than five minutes.
    pub fn check_leeway(leeway: Duration) -> Result<(), LeewayError> {
        if leeway > Duration::from_secs(300) { Err(LeewayError { given: leeway }) } else { Ok(()) }
    }

    /// The longest token to accept, in bytes; [`DEFAULT_TOKEN_LIMIT`](Self::DEFAULT_TOKEN_LIMIT) by default.
    pub fn token_limit(mut self, bytes: usize) -> Self {
        self.token_limit = bytes;
        self
    }

    /// The pools, in the order in which a [`PoolKeys`](crate::PoolKeys) takes their keys.
    #[must_use]
    pub fn pools(&self) -> &[Arc<Pool>] {
        &self.pools.pools
    }

    /// Checks the claims, once the signature is verified.
    pub(crate) fn check_claims(
        &self,
        payload: SignedPayload,
        signer: &Candidate,
        accept: Accept,
        now: UnixTime,
        recorder: &mut impl Recorder,
    ) -> Result<Verified, Rejected> {
        let json = payload.json();
        let claims = Registered::parse(json)?;
        claims.check_unbound()?;
        recorder.record(|| Finding::ClaimSet);
        let (pool, issuer) = self.issuing_pool(&claims, signer, recorder)?;
        let (times, token_use, client) = match self.rules {
            ClaimRules::UserPool | ClaimRules::RestApi => {
                let times = self.check_times(claims.times()?, pool, now, recorder)?;
                let token_use = check_use(claims.token_use()?, accept, recorder)?;
                record_client(&claims, pool, recorder);
                (times, token_use, check_by_user_pool(&claims, token_use, pool, self.rules)?)
            }
            ClaimRules::Jwt => {
                record_client(&claims, pool, recorder);
                let client = check_by_jwt(&claims, pool)?;
                let times = self.check_times(claims.times()?, pool, now, recorder)?;
                (times, check_use(claims.token_use()?, accept, recorder)?, client)
            }
        };
        let mut facts = claims.locate(json, times, token_use, issuer, client)?;
        if self.rules == ClaimRules::Jwt {
            facts.scope = claims.scope_by_jwt_rules(json)?;
        }
        let (pool, key) = (pool.clone(), signer.key.clone());
        let verified = Verified::new(payload, pool, key, facts);
        recorder.record(|| Finding::Subject { subject: verified.subject().to_owned() });
        Ok(verified)
    }

    /// The pool whose issuer the token names, among those that publish the key that signed it, and that issuer.
    fn issuing_pool<'c>(
        &self,
        claims: &'c Registered<'_>,
        signer: &Candidate,
        recorder: &mut impl Recorder,
    ) -> Result<(&Arc<Pool>, &'c str), Rejected> {
        let issuer = &*claims.iss.as_ref().ok_or(Rejected::Missing { claim: RequiredClaim::Issuer })?.0;
        recorder.record(|| {
            let issuers = |pool: &Arc<Pool>| pool.issuers().map(str::to_owned).collect();
            let expected = self.pools_at(&signer.pools).map(|pool| (pool.id().clone(), issuers(pool)));
            Finding::Issuer { issuer: issuer.to_owned(), expected: expected.collect() }
        });
        let pool =
            self.pools_at(&signer.pools).find(|pool| pool.issuers().any(|expected| expected == issuer));
        Ok((pool.ok_or(Rejected::Issuer)?, issuer))
    }

    /// The index of the pool that has this issuer.
    pub(crate) fn pool_by_issuer(&self, issuer: &str) -> Option<usize> {
        self.pools.by_issuer(issuer)
    }

    /// Whether the accepted app client may be one of `aud` that [`Verified::client_id`] does not return.
    pub(crate) fn reads_audience_first(&self) -> bool {
        self.rules == ClaimRules::Jwt
    }

    /// Whether a token of this length is read.
    pub(crate) fn reads(&self, token: &[u8]) -> bool {
        token.len() <= self.token_limit
    }

    pub(crate) fn pools_at<'v>(&'v self, indices: &[usize]) -> impl Iterator<Item = &'v Arc<Pool>> {
        indices.iter().filter_map(|&index| self.pools.pools.get(index))
    }

    /// Checks the times of a verified token again, for example after the program has waited for something else.
    ///
    /// # Errors
    ///
    /// [`Rejected::Expired`], [`Rejected::TooOld`] or [`Rejected::NotYetValid`].
    pub fn recheck_times(&self, verified: &Verified, now: UnixTime) -> Result<(), Rejected> {
        self.check_times(verified.times(), verified.settings(), now, &mut Unrecorded).map(|_| ())
    }

    /// RFC 7519 §4.1.4 to §4.1.6: `exp` must lie ahead, `nbf` and `iat` must not. Then the greatest age that the pool allows.
    pub(crate) fn check_times(
        &self,
        times: Times,
        pool: &Pool,
        now: UnixTime,
        recorder: &mut impl Recorder,
    ) -> Result<Times, Rejected> {
        recorder.record(|| {
            let Times { issued_at, not_before, expiry, .. } = times;
            let max_age = pool.max_token_age();
            Finding::Times { issued_at, not_before, expiry, now, leeway: self.leeway, max_age }
        });
        if times.expiry + self.leeway <= now {
            return Err(Rejected::Expired { expiry: times.expiry, now });
        }
        let latest = now + self.leeway;
        if let Some(from) = times.not_before.filter(|from| *from > latest) {
            return Err(Rejected::NotYetValid { claim: "nbf", from, now });
        }
        if times.issued_at > latest {
            return Err(Rejected::NotYetValid { claim: "iat", from: times.issued_at, now });
        }
        if let Some(max_age) = pool.max_token_age()
            && times.issued_at + max_age + self.leeway <= now
        {
            return Err(Rejected::TooOld { issued_at: times.issued_at, max_age, now });
        }
        Ok(times)
    }
}

/// Checks that a token of this use is accepted.
pub(crate) fn check_use(
    found: TokenUse,
    accept: Accept,
    recorder: &mut impl Recorder,
) -> Result<TokenUse, Rejected> {
    recorder.record(|| Finding::TokenUse { found, accept });
    if accept.includes(found) { Ok(found) } else { Err(Rejected::Use { expected: accept, found }) }
}

fn record_client(claims: &Registered<'_>, pool: &Pool, recorder: &mut impl Recorder) {
    recorder.record(|| Finding::Client {
        client_id: claims.client_id.as_ref().map(|client| client.0.clone().into_owned()),
        audience: claims.aud.iter().flat_map(OneOrMany::iter).map(str::to_owned).collect(),
        accepted: pool.clients().map(|clients| clients.map(str::to_owned).collect()),
        has_client_rules: pool.has_client_rules(),
        resources: pool.resources().map(str::to_owned).collect(),
        requires_audience: pool.requires_audience(),
    });
}

//! The optional check whether a good token was revoked.

use std::{
    any::type_name,
    error::Error,
    fmt,
    future::{Future, poll_fn},
    iter::successors,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use cognito_verify::{UnixTime, Verified};
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::runtime::Handle;

use crate::{
    authorizer::Refusal,
    clock::Clock,
    log_limiter::{LogLimiter, bounded},
    metrics,
};

/// How often a failing check is logged as a warning. While it fails, it fails for every request.
const FAILURE_IS_SAID: Duration = Duration::from_secs(60);

/// Checks whether an otherwise valid token was revoked.
///
/// A service that verifies only the signature accepts a token until it expires, and so does API Gateway ("Revoking tokens", Amazon
/// Cognito developer guide). To revoke earlier, keep a list and check it here. The layer runs this check last, on every
/// request, including those with a cached token.
///
/// What to look up depends on the list: [`origin_token_id`](Verified::origin_token_id) for all tokens of a sign-in, as
/// `RevokeToken` revokes them; [`token_id`](Verified::token_id) for one token; or [`subject`](Verified::subject) with
/// [`issued_at`](Verified::issued_at) for all tokens that a user or machine got before a point in time, as `GlobalSignOut` does.
///
/// ```
/// use std::{collections::HashSet, sync::RwLock};
/// use cognito_authorizer::{Revocation, RevocationCheck, Verified, CognitoAuthLayer};
/// use cognito_authorizer::revocation::{RevocationError, RevocationStatus};
///
/// #[derive(Default)]
/// struct SignedOut(RwLock<HashSet<String>>);
///
/// impl RevocationCheck for SignedOut {
///     async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
///         let list = self.0.read().map_err(|_| "the list is broken")?;
///         let is_revoked = token.origin_token_id().is_some_and(|id| list.contains(id));
///         Ok(if is_revoked { RevocationStatus::Revoked } else { RevocationStatus::InForce })
///     }
/// }
///
/// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// let builder = builder.revocation(Revocation::check(SignedOut::default()));
/// ```
///
/// `examples/revocation.rs` keeps the list in Redis, for several instances of a service.
pub trait RevocationCheck: Send + Sync + 'static {
    /// Looks the token up. It is called for every request; the layer does not cache the result.
    ///
    /// The future is polled within the tokio runtime in which the layer was built, whatever executor serves the request. It
    /// is dropped at the time-out or when the client disconnects. A panic is caught and treated as an error.
    ///
    /// # Errors
    ///
    /// If the token cannot be looked up. [`Revocation::on_failure`] decides what happens to the request. The error is logged with its sources, at most once a minute as a warning: keep tokens and claims out of it.
    fn check(
        &self,
        token: &Verified,
    ) -> impl Future<Output = Result<RevocationStatus, RevocationError>> + Send;
}

/// Why a [`RevocationCheck`] failed: any error of its list.
pub type RevocationError = Box<dyn Error + Send + Sync>;

/// What a [`RevocationCheck`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationStatus {
    /// The token was not revoked.
    InForce,
    /// The token was revoked.
    Revoked,
}

/// What happens to a request whose token cannot be looked up in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationFailure {
    /// It is refused, with 503 in the standard profile. The default.
    #[default]
    Refuse,
    /// It is let in. At most once a minute, a warning is logged with the number of such requests.
    ///
    /// *Security*: an attacker who can make the list unavailable can use a revoked token until it expires.
    LetIn,
}

/// A check whether an otherwise valid token was revoked, and its settings; for
/// [`CognitoAuthBuilder::revocation`](crate::CognitoAuthBuilder::revocation).
///
/// | setting | default | from | to |
/// |---|---|---|---|
/// | [`timeout`](Self::timeout) | 0.5 s | 10 ms | 30 s |
/// | [`on_failure`](Self::on_failure) | [`RevocationFailure::Refuse`] | | |
#[derive(Clone)]
#[must_use = "give the check to `.revocation(…)` of the builder"]
pub struct Revocation {
    check: Arc<dyn AnyCheck>,
    pub(crate) timeout: Duration,
    failure: RevocationFailure,
    /// Shared by all clones, because they check the same list.
    failures: Arc<LogLimiter>,
    /// The names of the single-value settings that were called, in order.
    pub(crate) given: Vec<&'static str>,
}

impl Revocation {
    /// Runs this check for every otherwise valid token.
    pub fn check(check: impl RevocationCheck) -> Self {
        Self {
            check: Arc::new(check),
            timeout: Duration::from_millis(500),
            failure: RevocationFailure::default(),
            failures: Arc::new(LogLimiter::once_in(FAILURE_IS_SAID)),
            given: Vec::new(),
        }
    }

    /// How long a request waits for the check: half a second by default, from 10 ms to 30 s. [`on_failure`](Self::on_failure)
    /// decides what happens then.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.given.push("timeout");
        self.timeout = timeout;
        self
    }

    /// What happens to a request whose token cannot be looked up in time; refused by default.
    pub fn on_failure(mut self, failure: RevocationFailure) -> Self {
        self.given.push("on_failure");
        self.failure = failure;
        self
    }

    /// The name of the check's type.
    pub(crate) fn name(&self) -> &'static str {
        self.check.name()
    }

    /// Runs the check. `runtime` drives the time-out and the check, whatever executor polls.
    pub(crate) async fn ask(
        &self,
        token: &Verified,
        clock: &dyn Clock,
        runtime: &Handle,
    ) -> Result<(), Refusal> {
        // A panic of the check, or of a timer whose runtime has shut down, counts as a failed check.
        let answer = AssertUnwindSafe(async {
            let time_is_up = {
                let _entered = runtime.enter();
                clock.sleep(self.timeout)
            };
            let mut answer = pin!(async { self.check.check(token).await });
            let answer = poll_fn(|cx| {
                let _entered = runtime.enter();
                answer.as_mut().poll(cx)
            });
            match select(answer, time_is_up).await {
                Either::Left((answer, _)) => Some(answer),
                Either::Right(_) => None,
            }
        });
        let answer = answer.catch_unwind().await;
        metrics::revocation_check(match &answer {
            Ok(Some(Ok(RevocationStatus::InForce))) => "in_force",
            Ok(Some(Ok(RevocationStatus::Revoked))) => "revoked",
            Ok(Some(Err(_))) | Err(_) => "failed",
            Ok(None) => "timed_out",
        });
        let problem = match answer {
            Ok(Some(Ok(RevocationStatus::InForce))) => return Ok(()),
            Ok(Some(Ok(RevocationStatus::Revoked))) => return Err(Refusal::Revoked),
            Ok(Some(Err(error))) => with_sources(&*error),
            Ok(None) => format!("no answer within {} ms", self.timeout.as_millis()),
            Err(_panic) => "the check panicked, or the layer's runtime has shut down".to_owned(),
        };
        self.say(&problem, clock.now());
        match self.failure {
            RevocationFailure::LetIn => Ok(()),
            RevocationFailure::Refuse => Err(Refusal::RevocationUnknown),
        }
    }

    /// Logs a failure, as a warning if none was logged recently.
    fn say(&self, problem: &str, now: UnixTime) {
        let (check, failure, problem) = (self.check.name(), self.failure, &*bounded(problem));
        if let Some(requests) = self.failures.happened(now) {
            tracing::warn!(
                check,
                problem,
                ?failure,
                requests,
                "tokens cannot be looked up among the revoked ones"
            );
        } else {
            tracing::debug!(check, problem, ?failure, "a token cannot be looked up among the revoked ones");
        }
    }
}

/// The message of an error and those of its sources.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    texts.join(": ")
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, timeout, failure, failures: _, given: _ } = self;
        f.debug_struct("Revocation")
            .field("check", &check.name())
            .field("timeout", timeout)
            .field("failure", failure)
            .finish()
    }
}

/// A check of any type.
pub(crate) trait AnyCheck: Send + Sync {
    fn check<'c>(&'c self, token: &'c Verified) -> Answer<'c>;

    fn name(&self) -> &'static str;
}

type Answer<'c> = Pin<Box<dyn Future<Output = Result<RevocationStatus, RevocationError>> + Send + 'c>>;

impl<C: RevocationCheck> AnyCheck for C {
    fn check<'c>(&'c self, token: &'c Verified) -> Answer<'c> {
        Box::pin(RevocationCheck::check(self, token))
    }

    fn name(&self) -> &'static str {
        type_name::<C>()
    }
}

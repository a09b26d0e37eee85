//! A question that may be asked about every good token: has it been revoked?

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
    clock::Clock,
    log_limiter::{LogLimiter, bounded},
    refusal::Refusal,
};

/// How often it is said that tokens cannot be looked up. While they cannot, that is so for every request.
const FAILURE_IS_SAID: Duration = Duration::from_secs(60);

/// Says whether a token that holds otherwise was revoked.
///
/// A token stays good until it expires, wherever it is checked by its signature: in API Gateway too («Revoking tokens», Amazon
/// Cognito developer guide). Who must not wait for that keeps a list, and asks it here. The layer asks last, after
/// everything else has been checked, for each request, also where the token was verified before.
///
/// What to look up is for the list to say: [`origin_token_id`](Verified::origin_token_id) for all tokens of a sign-in, as
/// `RevokeToken` revokes them; [`token_id`](Verified::token_id) for one token; [`subject`](Verified::subject) with
/// [`issued_at`](Verified::issued_at) for everything that a user or a machine got before a moment, as `GlobalSignOut` does.
///
/// ```
/// use std::{collections::HashSet, sync::RwLock};
/// use cognito_authorizer::{Revocation, RevocationCheck, RevocationError, Verified};
///
/// #[derive(Default)]
/// struct SignedOut(RwLock<HashSet<String>>);
///
/// impl RevocationCheck for SignedOut {
///     async fn check(&self, token: &Verified) -> Result<Revocation, RevocationError> {
///         let list = self.0.read().map_err(|_| "the list is broken")?;
///         let is_revoked = token.origin_token_id().is_some_and(|id| list.contains(id));
///         Ok(if is_revoked { Revocation::Revoked } else { Revocation::InForce })
///     }
/// }
/// ```
///
/// `examples/revocation.rs` keeps the list in Redis, for several instances of a service.
pub trait RevocationCheck: Send + Sync + 'static {
    /// Looks the token up, as seldom or as often as requests come: it is for the list to remember what it was told.
    ///
    /// The future is polled within the tokio runtime in which the layer was made, whatever executor serves the request. It
    /// is dropped when its time is up, or when the client has gone. A panic is caught, and taken for an error.
    ///
    /// # Errors
    ///
    /// If that cannot be known now. What then becomes of the request says
    /// [`revocation_failure`](crate::CognitoAuthBuilder::revocation_failure). The error goes to the log with its sources, once
    /// a minute as a warning: leave tokens and claims out of it.
    fn check(&self, token: &Verified) -> impl Future<Output = Result<Revocation, RevocationError>> + Send;
}

/// Why a [`RevocationCheck`] has no answer: whatever error its list gives.
pub type RevocationError = Box<dyn Error + Send + Sync>;

/// What a [`RevocationCheck`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// The token holds.
    InForce,
    /// It does not any more.
    Revoked,
}

/// What becomes of a request if its token cannot be looked up in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationFailure {
    /// It is refused: 503 in the standard profile. The default.
    #[default]
    Refuse,
    /// It is let in, with a warning in the log, once a minute and with the number of requests since.
    ///
    /// *Security*: who can stop the list from answering can use a revoked token until it expires.
    LetIn,
}

/// The check of a layer.
#[derive(Clone)]
pub(crate) struct Revocations {
    pub(crate) check: Arc<dyn AnyCheck>,
    pub(crate) timeout: Duration,
    pub(crate) failure: RevocationFailure,
    /// Of all clones, as each is for the same list.
    pub(crate) failures: Arc<LogLimiter>,
}

impl Revocations {
    pub(crate) fn new(check: impl RevocationCheck, timeout: Duration, failure: RevocationFailure) -> Self {
        let failures = Arc::new(LogLimiter::once_in(FAILURE_IS_SAID));
        Self { check: Arc::new(check), timeout, failure, failures }
    }

    /// Asks. The runtime is that of the time-out and of the check, whichever polls.
    pub(crate) async fn ask(
        &self,
        token: &Verified,
        clock: &dyn Clock,
        runtime: &Handle,
    ) -> Result<(), Refusal> {
        // A panic of the check, or of a timer whose runtime has shut down, is a failure of it and not of the service.
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
        let problem = match answer.catch_unwind().await {
            Ok(Some(Ok(Revocation::InForce))) => return Ok(()),
            Ok(Some(Ok(Revocation::Revoked))) => return Err(Refusal::Revoked),
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

    /// Tells the log of a failure, and once in a while whoever watches it.
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

/// What an error says, and what is behind it.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    texts.join(": ")
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, timeout, failure, failures: _ } = self;
        f.debug_struct("Revocations")
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

type Answer<'c> = Pin<Box<dyn Future<Output = Result<Revocation, RevocationError>> + Send + 'c>>;

impl<C: RevocationCheck> AnyCheck for C {
    fn check<'c>(&'c self, token: &'c Verified) -> Answer<'c> {
        Box::pin(RevocationCheck::check(self, token))
    }

    fn name(&self) -> &'static str {
        type_name::<C>()
    }
}

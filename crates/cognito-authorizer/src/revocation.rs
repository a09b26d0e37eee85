//! A question that may be asked about every good token: has it been revoked?

use std::{
    any::type_name,
    error::Error,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use cognito_verify::Verified;
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::runtime::Handle;

use crate::{clock::Clock, refusal::Refusal};

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
    /// Looks the token up.
    ///
    /// # Errors
    ///
    /// If that cannot be known now. What then becomes of the request says
    /// [`revocation_failure`](crate::CognitoAuthBuilder::revocation_failure). The error goes to the log: leave tokens and
    /// claims out of it.
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
    /// It is let in, with a warning in the log.
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
}

impl Revocations {
    /// Asks. The runtime is that of the time-out, whichever polls the answer.
    pub(crate) async fn ask(
        &self,
        token: &Verified,
        clock: &dyn Clock,
        runtime: &Handle,
    ) -> Result<(), Refusal> {
        let time_is_up = {
            let _entered = runtime.enter();
            clock.sleep(self.timeout)
        };
        // A panic of the check is a failure of it and not of the service.
        let answer = AssertUnwindSafe(async { self.check.check(token).await }).catch_unwind();
        let problem = match select(pin!(answer), time_is_up).await {
            Either::Left((Ok(Ok(Revocation::InForce)), _)) => return Ok(()),
            Either::Left((Ok(Ok(Revocation::Revoked)), _)) => return Err(Refusal::Revoked),
            Either::Left((Ok(Err(error)), _)) => error.to_string(),
            Either::Left((Err(_panic), _)) => "the check panicked".to_owned(),
            Either::Right(_) => format!("no answer within {} ms", self.timeout.as_millis()),
        };
        let (check, let_in) = (self.check.name(), self.failure == RevocationFailure::LetIn);
        tracing::warn!(check, problem, let_in, "a token could not be looked up among the revoked ones");
        if let_in { Ok(()) } else { Err(Refusal::RevocationUnknown) }
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, timeout, failure } = self;
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

//! Decides once what a decision waits for is there.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use cognito_verify::{PoolKeys, Rejected, Unrecorded, Verified};
use futures_util::{
    FutureExt,
    future::{Either, select},
};

use super::{
    engine::{Engine, Progress, log_allowed},
    pending::{Pending, PendingCause},
    policy::RequestPolicy,
    recorder::FactRecorder,
    refusal::Refusal,
    routing::Row,
    step::Fact,
};
use crate::keys::{KeyWait, Refreshed};

impl Engine {
    /// Decides about a token that did not come in a request: it must meet the layer's own requirement.
    pub(super) async fn verify(&self, token: &str) -> Result<Arc<Verified>, Refusal> {
        let (policy, recorder) = (self.routing.policy(None), &mut Unrecorded);
        match self.check_token(token.as_bytes(), &policy, recorder) {
            Ok(Progress::Done(verified)) => {
                log_allowed(&verified, &policy, None, recorder);
                Ok(verified)
            }
            Ok(Progress::Pending(cause)) => {
                Box::pin(self.resolve(Pending { cause, row: None }, Duration::MAX, recorder)).await
            }
            Err(refusal) => {
                self.log_refused(&refusal, &policy, None, recorder);
                Err(refusal)
            }
        }
    }

    /// Decides once what the decision waited for is there, or will not be. `patience` is how long it waits for a fetch to begin.
    pub(crate) async fn resolve<R: FactRecorder>(
        &self,
        pending: Pending,
        patience: Duration,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Refusal> {
        let row = pending.row.as_ref().map(Row::as_ref);
        let policy = self.routing.policy(row);
        let decision = self.resolve_by(pending.cause, &policy, patience, recorder).await;
        match &decision {
            Ok(verified) => log_allowed(verified, &policy, row, recorder),
            Err(refusal) => self.log_refused(refusal, &policy, row, recorder),
        }
        decision
    }

    async fn resolve_by<R: FactRecorder>(
        &self,
        cause: PendingCause,
        policy: &RequestPolicy<'_>,
        patience: Duration,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Refusal> {
        let verified = match cause {
            PendingCause::Key { token, wait, seen } => {
                if !wait.begins_within(patience, self.keys.clock().now()) {
                    return self.verify_finally(&token, policy, &seen, recorder);
                }
                self.wait_for_key(&token, wait, policy, recorder).await?
            }
            PendingCause::Revocation(verified) => verified,
        };
        if let Some(revocation) = &self.revocation {
            recorder
                .record_fact(|| Fact::Revocation { check: revocation.name(), timeout: revocation.timeout });
            let runtime = self.runtime.as_ref().ok_or(Refusal::RevocationUnknown)?;
            revocation.ask(&verified, self.keys.clock(), runtime).await?;
            // The token may have expired during the check.
            let now = self.keys.clock().now();
            self.keys.load(now).verifier.recheck_times(&verified, now)?;
        }
        Ok(verified)
    }

    /// Verifies the token once the keys that were asked for have arrived, or will not.
    async fn wait_for_key<R: FactRecorder>(
        &self,
        token: &[u8],
        mut wait: KeyWait,
        policy: &RequestPolicy<'_>,
        recorder: &mut R,
    ) -> Result<Arc<Verified>, Refusal> {
        loop {
            let limit = wait.limit();
            let time_is_up = async {
                // Without a runtime nothing is fetched, so nothing waits.
                let Some(runtime) = &self.runtime else { return };
                let sleep = {
                    let _entered = runtime.enter();
                    tokio::time::sleep(limit)
                };
                sleep.await;
            };
            let verified = self.await_key(token, &mut wait, policy, recorder);
            // The timer panics if its runtime has shut down. The awaited key never arrives then.
            let outcome =
                match AssertUnwindSafe(select(pin!(verified), pin!(time_is_up))).catch_unwind().await {
                    Ok(Either::Left((verified, _))) => Some(verified),
                    Ok(Either::Right(_)) | Err(_) => None,
                };
            match outcome {
                Some(Ok(verified)) => return verified,
                Some(Err(seen)) => match self.keys.ask_again(&wait, self.keys.clock().now()) {
                    Some(again) => wait = again,
                    None => return self.verify_finally(token, policy, &seen, recorder),
                },
                // A fetch that has not ended does not show that the key does not exist.
                None => return Err(Refusal::KeysUnavailable { retry_after: wait.retry_after() }),
            }
        }
    }

    /// Verifies the token as soon as its key is there. Returns the keys that lack it, once the attempt has ended.
    async fn await_key<R: FactRecorder>(
        &self,
        token: &[u8],
        wait: &mut KeyWait,
        policy: &RequestPolicy<'_>,
        recorder: &mut R,
    ) -> Result<Result<Arc<Verified>, Refusal>, Arc<PoolKeys>> {
        loop {
            let refreshed = wait.next().await;
            let now = self.keys.clock().now();
            let keys = self.keys.load(now);
            match self.verify_for(token, policy, &keys, now, recorder) {
                Err(Refusal::Rejected(Rejected::UnknownKey)) if refreshed == Refreshed::Some => {}
                Err(Refusal::Rejected(Rejected::UnknownKey)) => return Err(keys.pool_keys.clone()),
                verified => return Ok(verified),
            }
        }
    }
}

//! The event of a decision. It tells what was decided and why, and nothing that stands in the token.

use std::{fmt::Display, sync::Arc};

use cognito_verify::Verified;

use crate::{refusal::Refusal, service::Decision};

/// A decision that was made at once.
pub(crate) fn decision(decision: &Decision, required: &impl Display) {
    match decision {
        Decision::Allow(verified) => allowed(verified, required),
        Decision::Refuse(refused) => refusal(refused, required),
        Decision::Wait(_) => {}
    }
}

/// A decision that was waited for.
pub(crate) fn verdict(verdict: &Result<Arc<Verified>, Refusal>, required: &impl Display) {
    match verdict {
        Ok(verified) => allowed(verified, required),
        Err(refused) => refusal(refused, required),
    }
}

fn allowed(verified: &Verified, required: &impl Display) {
    tracing::debug!(decision = "allowed", pool = %verified.pool(), token_use = %verified.token_use(), %required);
}

/// The event of a refusal. What is our fault is said louder elsewhere, and less often: anybody can cause it.
pub(crate) fn refusal(refusal: &Refusal, required: &impl Display) {
    let reason = refusal.code();
    if let Refusal::NoLayer { .. } = refusal {
        tracing::error!(decision = "refused", reason, "{refusal}");
    } else {
        tracing::info!(decision = "refused", reason, %required, "{refusal}");
    }
}

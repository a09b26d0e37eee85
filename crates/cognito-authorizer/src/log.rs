//! The events of decisions. They tell what was decided and why, and nothing that stands in the token.
//!
//! Refusals have a limited number of lines for each reason, and a sum of the rest: any client can cause as many refusals as it
//! likes. Each field is limited as well, however long the lists of the configuration are.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use cognito_verify::{UnixTime, Verified};
use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};
use tracing::Level;

use crate::{
    clock::Clock,
    log_limiter::{Bounded, LineBudget, PERIOD, Withheld},
    refusal::Refusal,
};

/// What has a number of lines of its own: a refusal's code, and if an extractor is outside of every layer, which.
type Kind = (&'static str, &'static str);

/// The lines of refusals.
#[derive(Debug)]
struct Refusals {
    lines: LineBudget<Kind>,
    /// Something was counted for which there was no line.
    counted: Notify,
}

/// Refusals by extractors, which know of no layer.
#[cfg(feature = "axum")]
static BY_EXTRACTORS: Refusals = Refusals::new();

/// The log of a layer and its clones.
#[derive(Debug)]
pub(crate) struct DecisionLog {
    refusals: Arc<Refusals>,
    clock: Arc<dyn Clock>,
    /// Tells the sums in time. Without a runtime they come with the next refusal.
    task: Option<AbortHandle>,
}

impl DecisionLog {
    pub(crate) fn new(clock: Arc<dyn Clock>, runtime: Option<&Handle>) -> Self {
        let refusals = Arc::new(Refusals::new());
        let task =
            runtime.map(|runtime| runtime.spawn(tell_sums(refusals.clone(), clock.clone())).abort_handle());
        Self { refusals, clock, task }
    }

    /// A request was refused.
    pub(crate) fn refused(&self, refusal: &Refusal, required: &impl Display) {
        self.refusals.add(refusal, required, &*self.clock);
    }
}

/// What was counted is told before it is lost.
impl Drop for DecisionLog {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.refusals.lines.all().into_iter().for_each(tell);
    }
}

/// A request was let in.
pub(crate) fn allowed(verified: &Verified, required: &impl Display) {
    let required = Bounded(required);
    tracing::debug!(decision = "allowed", pool = %verified.pool(), token_use = %verified.token_use(), %required);
}

/// An extractor has refused.
#[cfg(feature = "axum")]
pub(crate) fn refused_inside(refusal: &Refusal, required: &impl Display) {
    BY_EXTRACTORS.add(refusal, required, &crate::clock::SystemClock);
}

impl Refusals {
    const fn new() -> Self {
        Self { lines: LineBudget::new(), counted: Notify::const_new() }
    }

    fn add(&self, refusal: &Refusal, required: &impl Display, clock: &dyn Clock) {
        // A subscriber that takes no such events needs no sum of them either.
        if !tracing::enabled!(Level::INFO) {
            return;
        }
        let kind = kind_of(refusal);
        let said = self.lines.happened(kind, clock.now());
        said.before.into_iter().for_each(tell);
        if said.has_line {
            event(refusal, kind, required);
        } else if said.is_first_withheld {
            self.counted.notify_one();
        }
    }

    fn tell_ended(&self, now: UnixTime) {
        self.lines.ended(now).into_iter().for_each(tell);
    }
}

fn kind_of(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::NoLayer { extractor } => (refusal.code(), extractor),
        _ => (refusal.code(), ""),
    }
}

/// Whether the fault is the program's. Other faults of the service, such as missing keys, have warnings of their own: any client
/// can cause these refusals.
fn is_ours(kind: Kind) -> bool {
    !kind.1.is_empty()
}

fn event(refusal: &Refusal, kind: Kind, required: &impl Display) {
    let (reason, text) = (kind.0, Bounded(refusal));
    if is_ours(kind) {
        tracing::error!(decision = "refused", reason, "{text}");
    } else {
        let required = Bounded(required);
        tracing::info!(decision = "refused", reason, %required, "{text}");
    }
}

/// The event of refusals that have none of their own.
fn tell(withheld: Withheld<Kind>) {
    let Withheld { kind, count: requests, within } = withheld;
    let (reason, seconds) = (kind.0, within.as_secs());
    if is_ours(kind) {
        tracing::error!(
            reason,
            requests,
            seconds,
            "more requests were refused, which have no lines of their own"
        );
    } else {
        tracing::info!(
            reason,
            requests,
            seconds,
            "more requests were refused, which have no lines of their own"
        );
    }
}

/// Tells each sum when its period has ended.
async fn tell_sums(refusals: Arc<Refusals>, clock: Arc<dyn Clock>) {
    loop {
        refusals.counted.notified().await;
        while let Some(end) = refusals.lines.next_end() {
            // No longer than a period, whatever the clock does.
            clock.sleep(end.since(clock.now()).min(PERIOD)).await;
            // What listens to the log may panic; the next sums are told all the same.
            let _ = catch_unwind(AssertUnwindSafe(|| refusals.tell_ended(clock.now())));
        }
    }
}

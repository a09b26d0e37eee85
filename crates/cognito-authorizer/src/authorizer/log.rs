//! Log events for decisions. They contain what was decided and why, and nothing from the token.
//!
//! Any client can cause any number of refusals, so each reason gets a limited number of lines, and the rest are counted. The
//! length of a field is limited too, because lists in the configuration can be long.

use std::{
    borrow::Cow,
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use cognito_verify::{UnixTime, Verified};
use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};
use tracing::Level;

use super::refusal::Refusal;
use crate::{
    clock::Clock,
    log_limiter::{Bounded, LineBudget, PERIOD, Withheld, bounded},
    metrics,
    routes::RouteKey,
};

/// A kind of event with its own limit: the code of a refusal and, if an extractor is outside the layer, its name.
type EventKind = (&'static str, &'static str);

/// The log lines of refusals.
#[derive(Debug)]
struct Refusals {
    lines: LineBudget<EventKind>,
    /// Notified when a refusal was counted instead of logged.
    counted: Notify,
}

/// The log of refusals by extractors, which have no access to the layer.
#[cfg(feature = "axum")]
static BY_EXTRACTORS: Refusals = Refusals::new();

/// The log of a layer and its clones.
#[derive(Debug)]
pub(crate) struct DecisionLog {
    refusals: Arc<Refusals>,
    clock: Arc<dyn Clock>,
    /// Logs the counts when a period ends. Without a runtime, they are logged with the next refusal.
    task: Option<AbortHandle>,
}

impl DecisionLog {
    pub(crate) fn new(clock: Arc<dyn Clock>, runtime: Option<&Handle>) -> Self {
        let refusals = Arc::new(Refusals::new());
        let task =
            runtime.map(|runtime| runtime.spawn(log_sums(refusals.clone(), clock.clone())).abort_handle());
        Self { refusals, clock, task }
    }

    /// Logs a refused request of this route.
    pub(crate) fn refused(&self, refusal: &Refusal, required: &impl Display, route: Option<&RouteKey>) {
        metrics::refused(refusal.code());
        self.refusals.add(refusal, required, route, &*self.clock);
    }
}

/// Logs the remaining counts before they are lost.
impl Drop for DecisionLog {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.refusals.lines.all().into_iter().for_each(log_withheld);
    }
}

/// Logs a request that was let in, by a route if there is a route table.
pub(crate) fn allowed(verified: &Verified, required: &impl Display, route: Option<&RouteKey>) {
    metrics::allowed(Some(verified.token_use()));
    let required = Bounded(required);
    tracing::debug!(
        decision = "allowed",
        pool = %verified.pool(),
        token_use = %verified.token_use(),
        %required,
        http.route = path_of(route).as_deref()
    );
}

/// Logs a request that was let in without a token.
pub(crate) fn anonymous(route: Option<&RouteKey>) {
    metrics::allowed(None);
    tracing::debug!(decision = "allowed", token_use = "none", http.route = path_of(route).as_deref());
}

/// The path pattern of a route, which is low in cardinality and has nothing of the request.
fn path_of(route: Option<&RouteKey>) -> Option<Cow<'_, str>> {
    route.map(|route| bounded(route.path().as_str()))
}

/// Logs a refusal by an extractor.
#[cfg(feature = "axum")]
pub(crate) fn refused_inside(refusal: &Refusal, required: &impl Display) {
    metrics::refused(refusal.code());
    BY_EXTRACTORS.add(refusal, required, None, &crate::clock::SystemClock);
}

impl Refusals {
    const fn new() -> Self {
        Self { lines: LineBudget::new(), counted: Notify::const_new() }
    }

    fn add(&self, refusal: &Refusal, required: &impl Display, route: Option<&RouteKey>, clock: &dyn Clock) {
        // If no subscriber is interested in these events, their count is not needed either.
        if !tracing::enabled!(Level::INFO) {
            return;
        }
        let kind = kind_of(refusal);
        let outcome = self.lines.happened(kind, clock.now());
        outcome.before.into_iter().for_each(log_withheld);
        if outcome.has_line {
            event(refusal, kind, required, route);
        } else if outcome.is_first_withheld {
            self.counted.notify_one();
        }
    }

    fn log_ended(&self, now: UnixTime) {
        self.lines.ended(now).into_iter().for_each(log_withheld);
    }
}

fn kind_of(refusal: &Refusal) -> EventKind {
    match refusal {
        Refusal::NoLayer { extractor } => (refusal.code(), extractor),
        _ => (refusal.code(), ""),
    }
}

/// Whether the refusal is due to a mistake in the program, and so an error. Other failures of the service, such as missing keys,
/// have their own warnings, because any client can cause their refusals.
fn is_ours(kind: EventKind) -> bool {
    !kind.1.is_empty()
}

fn event(refusal: &Refusal, kind: EventKind, required: &impl Display, route: Option<&RouteKey>) {
    let (reason, text) = (kind.0, Bounded(refusal));
    if is_ours(kind) {
        tracing::error!(decision = "refused", reason, "{text}");
    } else {
        let required = Bounded(required);
        let route = path_of(route);
        tracing::info!(decision = "refused", reason, %required, http.route = route.as_deref(), "{text}");
    }
}

/// Logs the count of refusals without their own event.
fn log_withheld(withheld: Withheld<EventKind>) {
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

/// Logs each count when its period ends.
async fn log_sums(refusals: Arc<Refusals>, clock: Arc<dyn Clock>) {
    loop {
        refusals.counted.notified().await;
        while let Some(end) = refusals.lines.next_end() {
            // Sleep for at most one period, even if the clock is set back.
            clock.sleep(end.since(clock.now()).min(PERIOD)).await;
            // A subscriber may panic; later counts are still logged.
            let _ = catch_unwind(AssertUnwindSafe(|| refusals.log_ended(clock.now())));
        }
    }
}

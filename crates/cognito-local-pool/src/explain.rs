//! Explanations, by another crate, of why a service accepts or refuses a token that is shown on the page of a pool.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

/// A token that was pasted or minted on the page of a pool, to be explained.
///
/// `Debug` prints only the route.
pub struct ExplainRequest {
    pub(crate) token: String,
    pub(crate) route: Option<String>,
    pub(crate) jwks: String,
    pub(crate) now: SystemTime,
}

impl ExplainRequest {
    /// The token. It may be any text.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The route that was chosen or typed, such as `GET /orders`; `None` if the field is empty.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// The pool's JWK Set, as [`LocalPool::jwks`](crate::LocalPool::jwks) gives it.
    #[must_use]
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The time by the pool's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }
}

impl fmt::Debug for ExplainRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplainRequest").field("route", &self.route).finish_non_exhaustive()
    }
}

/// The outcome of one step of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExplainOutcome {
    /// The step passed, or the whole token is accepted.
    Passed,
    /// The step failed, or the whole token is refused.
    Failed,
    /// The check ended before this step.
    NotReached,
    /// Advice, or any other text that is not a step.
    Note,
}

/// One line of an explanation. The page shows the text as it is, escaped.
///
/// `Debug` prints only the outcome, because the text may contain claims.
#[derive(Clone)]
pub struct ExplainLine {
    pub(crate) outcome: ExplainOutcome,
    pub(crate) text: String,
}

impl ExplainLine {
    /// A line.
    pub fn new(outcome: ExplainOutcome, text: impl Into<String>) -> Self {
        Self { outcome, text: text.into() }
    }
}

impl fmt::Debug for ExplainLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplainLine").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

type Explained = Pin<Box<dyn Future<Output = Vec<ExplainLine>> + Send>>;

/// The closure of [`LocalPool::explain_with`](crate::LocalPool::explain_with), and the routes that the page offers.
#[derive(Clone)]
pub(crate) struct Explainer {
    pub(crate) routes: Arc<[String]>,
    pub(crate) explain: Arc<dyn Fn(ExplainRequest) -> Explained + Send + Sync>,
}

//! The hook through which another crate adds its explanation of a token to the page.

use std::sync::Arc;

use crate::explain::{ExplainLine, ExplainRequest, Explainer};
use crate::pool::LocalPool;

impl LocalPool {
    /// Adds an explanation to the page of the pool (`GET /` in a browser): `explain` is called for each token that is
    /// shown there, and its lines are shown with the decoded token.
    ///
    /// This crate does not know the verifier of a service. The command `cognito-authorizer pool` passes the code of
    /// `cognito-authorizer explain`. `routes` are offered in the form; without any, the form does not ask for a route.
    /// The last call counts, even while the pool is served.
    ///
    /// ```
    /// use cognito_local_pool::{ExplainLine, ExplainOutcome, LocalPool};
    ///
    /// let pool = LocalPool::new();
    /// pool.explain_with(["GET /orders"], |request| async move {
    ///     let outcome = if request.token().split('.').count() == 3 {
    ///         ExplainOutcome::Passed
    ///     } else {
    ///         ExplainOutcome::Failed
    ///     };
    ///     vec![ExplainLine::new(outcome, "three parts")]
    /// });
    /// ```
    pub fn explain_with<S, F>(
        &self,
        routes: impl IntoIterator<Item = S>,
        explain: impl Fn(ExplainRequest) -> F + Send + Sync + 'static,
    ) where
        S: Into<String>,
        F: Future<Output = Vec<ExplainLine>> + Send + 'static,
    {
        let routes = routes.into_iter().map(Into::into).collect();
        self.set_explainer(Explainer {
            routes,
            explain: Arc::new(move |request| Box::pin(explain(request))),
        });
    }
}

//! The engine's public face, for programs that are not Tower services.

use std::{sync::Arc, time::Duration};

use cognito_verify::{Unrecorded, UserPool, Verified};
use http::request::Parts;

use super::{
    engine::{Decision, Engine},
    explanation::Explanation,
    outcome::{Authorized, Refused},
    recorder::{FactRecorder, Recording},
    refusal::Refusal,
    request::RequestHead,
    routing::{Row, RowRef},
    step::StepName,
};
use crate::{config::ConfigError, keys::KeyStatus, routes::RouteTable};

/// Decides about requests and tokens as a [`CognitoAuthLayer`](crate::CognitoAuthLayer) does, without being a Tower service.
///
/// Get one from a layer with [`CognitoAuthLayer::authorizer`](crate::CognitoAuthLayer::authorizer). It uses the layer's settings,
/// keys, cached tokens, route table and log. It is cheap to clone. Every decision is made by the same code, so
/// [`authorize`](Self::authorize) and the layer never disagree about a request.
///
/// Use it where a request is not passed on: in a server for forward auth, for a token in the first message of a WebSocket, or for
/// a message from a queue.
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, CognitoAuthorizer, scope};
/// use http::Request;
///
/// /// Whether the proxy may forward the request; if not, the response for the client.
/// async fn may_pass(authorizer: &CognitoAuthorizer, request: Request<()>) -> Result<String, http::Response<bytes::Bytes>> {
///     let (parts, ()) = request.into_parts();
///     match authorizer.authorize(&parts).await {
///         Ok(authorized) => Ok(authorized.verified().map(|token| token.subject().to_owned()).unwrap_or_default()),
///         Err(refused) => Err(refused.into_response()),
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// # let auth = auth.map_user_pools(|pool| pool.jwks_url("http://127.0.0.1:1/jwks.json"));
/// let auth = auth.connect_lazy()?;
/// let authorizer = auth.require(scope("orders/read"))?.authorizer();
///
/// let response = may_pass(&authorizer, Request::get("/orders").body(())?).await.unwrap_err();
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.headers()["www-authenticate"], r#"Bearer scope="orders/read""#);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an authorizer decides nothing until it is asked, with `.authorize(…).await` or `.verify(…).await`"]
pub struct CognitoAuthorizer {
    engine: Arc<Engine>,
}

impl CognitoAuthorizer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Decides about a request, by its method, URI and headers.
    ///
    /// The future waits only for the keys of a token whose key is not known yet, and for the
    /// [`RevocationCheck`](crate::RevocationCheck). It can be dropped at any time.
    ///
    /// Claims and extensions that are already in the request are neither read nor changed.
    ///
    /// # Errors
    ///
    /// If the layer would refuse the request: the reason, and the layer's response; see [`Refused::response`] for gRPC.
    pub async fn authorize(&self, request: &Parts) -> Result<Authorized, Refused> {
        self.authorize_within(request, Duration::MAX).await
    }

    /// Decides about a request as [`authorize`](Self::authorize) does, for a caller that will not wait longer than this.
    ///
    /// A token whose key is unknown waits for the next fetch of keys, unless it would begin too late for the caller. Then the token
    /// is refused at once: as the client's fault if the last fetch succeeded, so that a made-up `kid` cannot make the caller's time
    /// pass whenever a client wants it to.
    ///
    /// The future does not end by itself when the time passes: a fetch that has begun, and the
    /// [`RevocationCheck`](crate::RevocationCheck), are awaited by their own limits. Drop it then.
    ///
    /// # Errors
    ///
    /// As for [`authorize`](Self::authorize).
    pub async fn authorize_within(&self, request: &Parts, patience: Duration) -> Result<Authorized, Refused> {
        self.decide(RequestHead::from(request), patience, &mut Unrecorded).await
    }

    /// Verifies a token that did not come as part of an HTTP request, such as one in the first message of a WebSocket.
    ///
    /// The token must meet the layer's own requirement, [`accept`](crate::CognitoAuthLayer::accept) and
    /// [`RevocationCheck`](crate::RevocationCheck). The route table is not used, because there is no route. Pass only the token,
    /// without `Bearer`.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthorizer, Refusal};
    ///
    /// /// The subject that the first message of a connection proves.
    /// async fn greeted(authorizer: &CognitoAuthorizer, message: &str) -> Result<String, Refusal> {
    ///     let token = message.strip_prefix("token ").unwrap_or_default();
    ///     let verified = authorizer.verify(token).await?;
    ///     // The connection must end at `verified.expiry()`.
    ///     Ok(verified.subject().to_owned())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the token is not accepted or does not meet the requirement, its key cannot be looked up, or it was revoked.
    pub async fn verify(&self, token: &str) -> Result<Arc<Verified>, Refusal> {
        self.engine.verify(token).await
    }

    /// Decides about a request as [`authorize`](Self::authorize) does, and returns what each step of the decision found.
    ///
    /// The steps are recorded by the code that decides, so an explanation never disagrees with the layer. The token is verified
    /// even if it is cached. Nothing is logged, but unknown keys are fetched, and the revocation check runs.
    ///
    /// ```
    /// use cognito_authorizer::{CognitoAuthorizer, explain::{StepName, StepOutcome}};
    ///
    /// async fn report(authorizer: &CognitoAuthorizer, request: &http::request::Parts) -> Vec<String> {
    ///     let explanation = authorizer.explain(request).await;
    ///     let line = |step: &cognito_authorizer::explain::Step| format!("{}: {}", step.name(), step.outcome().code());
    ///     explanation.steps().iter().filter(|step| step.outcome() != StepOutcome::NotReached).map(line).collect()
    /// }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # let builder = cognito_authorizer::CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
    /// # let authorizer = builder.map_user_pools(|pool| pool.jwks_url("http://127.0.0.1:1/jwks.json")).connect_lazy()?.authorizer();
    /// let (request, ()) = http::Request::get("/").header("authorization", "Bearer not.a-token").body(())?.into_parts();
    /// assert_eq!(report(&authorizer, &request).await, ["route: passed", "source: passed", "form: failed"]);
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// *Security*: the facts of an explanation contain claims. Show them to the owner of the token only.
    pub async fn explain(&self, request: &Parts) -> Explanation {
        let mut recording = Recording::default();
        let outcome = self.decide(RequestHead::from(request), Duration::MAX, &mut recording).await;
        let is_configured = |name| match name {
            #[cfg(feature = "api-gateway")]
            StepName::Audience => self.engine.audience.is_some(),
            #[cfg(not(feature = "api-gateway"))]
            StepName::Audience => false,
            StepName::Revocation => self.engine.revocation.is_some(),
            _ => true,
        };
        Explanation::new(recording, outcome, is_configured)
    }

    async fn decide<R: FactRecorder>(
        &self,
        request: RequestHead<'_>,
        patience: Duration,
        recorder: &mut R,
    ) -> Result<Authorized, Refused> {
        let pending = {
            let table = self.engine.routing.table();
            match self.engine.decide(request, &table, recorder) {
                Decision::Allow { verified, row } => {
                    return Ok(Authorized { verified, row: row.map(RowRef::to_row) });
                }
                Decision::AllowAnonymous { row } => {
                    return Ok(Authorized { verified: None, row: row.map(RowRef::to_row) });
                }
                Decision::Refuse { refusal, row } => return Err(self.refused(refusal, row, request)),
                Decision::Pending(pending) => pending,
            }
        };
        let row = pending.row().cloned();
        // Few decisions wait. The box keeps the state of the wait out of the future of every decision.
        match Box::pin(self.engine.resolve(pending, patience, recorder)).await {
            Ok(verified) => Ok(Authorized { verified: Some(verified), row }),
            Err(refusal) => Err(self.refused(refusal, row.as_ref().map(Row::as_ref), request)),
        }
    }

    /// Replaces the route table of the layer, its clones and its authorizers; see
    /// [`CognitoAuthLayer::set_routes`](crate::CognitoAuthLayer::set_routes).
    ///
    /// # Errors
    ///
    /// If the layer was built without [`routes`](crate::CognitoAuthBuilder::routes), or no token that the layer accepts can meet
    /// the requirement of a row. The old table then stays in place.
    pub fn set_routes(&self, table: RouteTable) -> Result<(), ConfigError> {
        self.engine.set_routes(table)
    }

    /// Replaces the user pools of the layer, its clones and its authorizers; see
    /// [`CognitoAuthLayer::set_user_pools`](crate::CognitoAuthLayer::set_user_pools).
    ///
    /// # Errors
    ///
    /// If the builder would refuse these pools. The old pools then stay in place.
    pub fn set_user_pools(&self, pools: impl IntoIterator<Item = UserPool>) -> Result<(), ConfigError> {
        self.engine.set_user_pools(pools)
    }

    /// The status of each pool's keys, for example for a readiness probe.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        self.engine.keys.status()
    }

    /// Fetches the keys of all pools now; see [`CognitoAuthLayer::refresh`](crate::CognitoAuthLayer::refresh).
    pub async fn refresh(&self) -> KeyStatus {
        self.engine.keys.refresh().await
    }

    /// Records the metrics of the keys; see [`CognitoAuthLayer::record_key_metrics`](crate::CognitoAuthLayer::record_key_metrics).
    #[cfg(feature = "metrics")]
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn record_key_metrics(&self) {
        self.engine.keys.record_metrics();
    }

    fn refused(&self, refusal: Refusal, row: Option<RowRef<'_>>, request: RequestHead<'_>) -> Refused {
        let response = Box::new(self.engine.respond_by_status(refusal.clone(), row, request));
        Refused { refusal, response }
    }
}

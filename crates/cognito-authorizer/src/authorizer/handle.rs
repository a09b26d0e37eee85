//! The engine's public face, for programs that are not Tower services.

use std::sync::Arc;

use cognito_verify::Verified;
use http::request::Parts;

use super::{
    engine::{Decision, Engine},
    outcome::{Authorized, Refused},
};
use crate::{
    config::ConfigError,
    keys::KeyStatus,
    refusal::Refusal,
    request::RequestHead,
    routes::RouteTable,
    routing::{Row, RowRef},
};

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
/// # let auth = auth.jwks_url("http://127.0.0.1:1/jwks.json");
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
    /// If the layer would refuse the request: the reason, and the layer's response.
    pub async fn authorize(&self, request: &Parts) -> Result<Authorized, Refused> {
        let head = RequestHead::from(request);
        let pending = {
            let table = self.engine.routing.table();
            match self.engine.decide(head, &table) {
                Decision::Allow { verified, row } => {
                    return Ok(Authorized { verified, row: row.map(RowRef::to_row) });
                }
                Decision::Refuse { refusal, row } => return Err(self.refused(refusal, row, head)),
                Decision::Pending(pending) => pending,
            }
        };
        let row = pending.row().cloned();
        match self.engine.resolve(pending).await {
            Ok(verified) => Ok(Authorized { verified: Some(verified), row }),
            Err(refusal) => Err(self.refused(refusal, row.as_ref().map(Row::as_ref), head)),
        }
    }

    /// Verifies a token that did not come as part of an HTTP request, such as one in the first message of a WebSocket.
    ///
    /// The token must meet the layer's own requirement, [`accept`](crate::CognitoAuthLayer::accept) and
    /// [`RevocationCheck`](crate::RevocationCheck). The route table is not used, because there is no route. Pass the token alone,
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

    /// The status of each pool's keys, for example for a readiness probe.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        self.engine.keys.status()
    }

    /// Fetches the keys of all pools now; see [`CognitoAuthLayer::refresh`](crate::CognitoAuthLayer::refresh).
    pub async fn refresh(&self) -> KeyStatus {
        self.engine.keys.refresh().await
    }

    fn refused(&self, refusal: Refusal, row: Option<RowRef<'_>>, request: RequestHead<'_>) -> Refused {
        let response = Box::new(self.engine.respond(refusal.clone(), row, request));
        Refused { refusal, response }
    }
}

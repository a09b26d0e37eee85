//! Answers checks.

use std::{fmt, pin::pin, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use bytes::Bytes;
use cognito_authorizer::{CognitoAuthorizer, Verified};
use http::{HeaderMap, HeaderValue, Request, Response, request::Parts};

use crate::{
    body::AnswerBody,
    carrier::{Promise, Unclear, restore},
    form::Form,
    identity::{ClaimsHeader, IdentityHeaders, values},
    limiter::LogLimiter,
    proxy::{Carrier, Proxy},
    recent::Recent,
    unavailable::{WhenUnavailable, bad_request, misconfigured, time_out},
    within::within,
};

/// Envoy's default time-out for a check is 200 ms; the answer must arrive before.
const TIMEOUT: Duration = Duration::from_millis(150);

/// Answers the checks of a proxy: a `tower` service for HTTP forward auth.
///
/// The answer to an allowed request is 200, without a body and with [`IDENTITY_HEADERS`]. Any other answer is the layer's own
/// response: the same status, headers and bytes that a client would get from a service behind the layer. There is one exception: the
/// status is never 2xx, which proxies take for permission; see [`Refused::response`](cognito_authorizer::Refused::response). The method
/// of the check makes no difference.
///
/// ```
/// use axum::Router;
/// use cognito_authorizer::{CognitoAuthLayer, RouteTable, scope};
/// use cognito_forward_auth::{ForwardAuth, Proxy};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let table = RouteTable::builder().open("GET /health").require("GET /orders", scope("orders/read")).build()?;
/// let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").routes(table).connect().await?;
/// let checks = ForwardAuth::new(auth.authorizer(), Proxy::Caddy);
/// let app: Router = Router::new().route_service("/check", checks);
/// # Ok(()) }
/// ```
///
/// It is cheap to clone, and clones share the authorizer.
///
/// # Security
///
/// Anyone who reaches the service can send a check for any request, so only the proxy should be able to reach it. The proxy must
/// remove the client's [`IDENTITY_HEADERS`], and forward the same path that it sent in the check. The command
/// `cognito-authorizer serve --print-config` prints configurations that do so.
///
/// If the token may be in a cookie, the check must also have the client's `Host`, `Origin`, `Sec-Fetch-Site`, `Sec-WebSocket-Key` and
/// `Sec-WebSocket-Version`: they show whether another site caused the request. nginx, Caddy, Traefik and Envoy over gRPC send them;
/// [`Proxy::Envoy`] and [`Proxy::GatewayApi`] send only what they are configured to, as the printed configurations do.
///
/// [`IDENTITY_HEADERS`]: crate::IDENTITY_HEADERS
#[derive(Clone)]
pub struct ForwardAuth {
    /// Everything is behind one `Arc`, so that a clone counts one reference.
    settings: Arc<Settings>,
}

/// The settings, and what all clones share.
#[derive(Clone)]
struct Settings {
    authorizer: Arc<ArcSwap<CognitoAuthorizer>>,
    proxy: Proxy,
    carrier: Carrier,
    prefix: String,
    timeout: Duration,
    when_unavailable: WhenUnavailable,
    claims: ClaimsHeader,
    identity: IdentityHeaders,
    /// The headers of allowed answers without claims.
    recent: Arc<Recent<HeaderMap>>,
    misconfigured: Arc<LogLimiter>,
}

/// The outcome for a request.
pub(crate) enum Outcome {
    /// It is allowed; by an open route, as a preflight or as anonymous without a token.
    Allowed(Option<Arc<Verified>>),
    /// It is refused by this response.
    Refused(Response<Bytes>),
    /// It was not decided in time, as this response says.
    Late(Response<Bytes>),
}

impl ForwardAuth {
    /// Answers the checks of this proxy with the decisions of the authorizer, which are those of its layer.
    #[must_use]
    pub fn new(authorizer: CognitoAuthorizer, proxy: Proxy) -> Self {
        let settings = Settings {
            authorizer: Arc::new(ArcSwap::from_pointee(authorizer)),
            proxy,
            carrier: proxy.carrier(),
            prefix: String::new(),
            timeout: TIMEOUT,
            when_unavailable: WhenUnavailable::default(),
            claims: ClaimsHeader::default(),
            identity: IdentityHeaders::new(),
            recent: Arc::new(Recent::new()),
            misconfigured: Arc::default(),
        };
        Self { settings: Arc::new(settings) }
    }

    /// The prefix of the original path, such as `/check`, for proxies whose checks have the client's path: [`Proxy::Envoy`] and
    /// [`Proxy::GatewayApi`]. Empty by default. A check outside it is answered with 500. It has no effect for other proxies.
    #[must_use]
    pub fn path_prefix(mut self, prefix: impl AsRef<str>) -> Self {
        prefix.as_ref().trim_end_matches('/').clone_into(&mut self.set().prefix);
        self
    }

    /// How long a check may take; 150 ms by default, as Envoy waits for 200 ms. A token whose key is unknown and a slow
    /// revocation check make a check wait. When the time passes, the answer is 503 with `Retry-After: 1`; a fetch of keys that
    /// has started goes on.
    ///
    /// For [`Proxy::Envoy`] and [`Proxy::GatewayApi`] it is 403 instead: with `failure_mode_allow`, Envoy lets requests in after a
    /// 5xx, and a client whose token has a made-up `kid` could make the time pass.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.set().timeout = timeout;
        self
    }

    /// What is answered when a request cannot be decided; see [`WhenUnavailable`].
    #[must_use]
    pub fn when_unavailable(mut self, when_unavailable: WhenUnavailable) -> Self {
        self.set().when_unavailable = when_unavailable;
        self
    }

    /// Whether answers to allowed requests contain the claims; see [`ClaimsHeader`].
    #[must_use]
    pub fn claims_header(mut self, claims: ClaimsHeader) -> Self {
        self.set().claims = claims;
        self
    }

    /// The settings of this service, apart from those of its clones.
    fn set(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// Replaces the authorizer of this service, all its clones and the [`ExtAuthz`](crate::ExtAuthz) made of it, from the next
    /// check on. A check that has started is decided by the old one.
    pub fn set_authorizer(&self, authorizer: CognitoAuthorizer) {
        self.settings.authorizer.store(Arc::new(authorizer));
    }

    /// The proxy.
    #[must_use]
    pub fn proxy(&self) -> Proxy {
        self.settings.proxy
    }

    /// Answers one check. The body of the check is not read.
    pub async fn answer<B>(&self, check: Request<B>) -> Response<AnswerBody> {
        let (mut parts, _) = check.into_parts();
        self.answer_parts(&mut parts).await
    }

    /// Answers one check, whose method and URI it replaces with those of the original request.
    pub(crate) async fn answer_parts(&self, parts: &mut Parts) -> Response<AnswerBody> {
        let outcome = match restore(parts, &self.settings.carrier, &self.settings.prefix) {
            Ok(()) => self.decide(parts).await,
            Err(unclear) => Outcome::Refused(self.unclear(unclear, &form(parts))),
        };
        match outcome {
            Outcome::Allowed(verified) => self.allowed(verified.as_ref()),
            Outcome::Refused(response) => response.map(AnswerBody::new),
            Outcome::Late(response) => self.late(response).map(AnswerBody::new),
        }
    }

    /// The answer to a check that was not decided in time. With a slow fetch of keys, a client can cause it by a made-up `kid`, so
    /// it is no 5xx for proxies that can be told to let requests in after such a status.
    fn late(&self, response: Response<Bytes>) -> Response<Bytes> {
        match self.settings.proxy {
            Proxy::Envoy | Proxy::GatewayApi => WhenUnavailable::Forbidden.apply(response),
            Proxy::Nginx | Proxy::Caddy | Proxy::Traefik | Proxy::Haproxy => response,
        }
    }

    /// The answer to a check whose original request is unknown.
    fn unclear(&self, unclear: Unclear, form: &Form) -> Response<Bytes> {
        match unclear {
            Unclear::BadRequest => bad_request(form),
            Unclear::Misconfigured(promise) => {
                self.log_misconfigured(&promise);
                self.undecided(misconfigured(form))
            }
        }
    }

    /// Decides about the original request.
    pub(crate) async fn decide(&self, original: &Parts) -> Outcome {
        let authorizer = self.settings.authorizer.load();
        let limit = self.settings.timeout;
        match within(limit, pin!(authorizer.authorize_within(original, limit))).await {
            Ok(Ok(authorized)) => Outcome::Allowed(authorized.verified().cloned()),
            Ok(Err(refused)) => Outcome::Refused(self.undecided(refused.into_response())),
            Err(_elapsed) => Outcome::Late(self.undecided(time_out(&form(original)))),
        }
    }

    fn allowed(&self, verified: Option<&Arc<Verified>>) -> Response<AnswerBody> {
        let make = || self.settings.identity.headers(self.identity(verified.map(|verified| &**verified)));
        let mut response = Response::new(AnswerBody::default());
        *response.headers_mut() = match verified {
            Some(verified) if self.has_small_answers() => self.settings.recent.answer(verified, || {
                let headers = make();
                let size = headers.values().map(HeaderValue::len).sum();
                (headers, size)
            }),
            _ => make(),
        };
        response
    }

    /// Whether answers are worth remembering.
    pub(crate) fn has_small_answers(&self) -> bool {
        self.settings.claims == ClaimsHeader::Empty
    }

    /// The values of [`IDENTITY_HEADERS`] for an allowed request.
    pub(crate) fn identity(&self, verified: Option<&Verified>) -> [HeaderValue; 7] {
        values(verified, self.settings.claims)
    }

    /// The answer to a request that cannot be decided, or the layer's own.
    pub(crate) fn undecided(&self, response: Response<Bytes>) -> Response<Bytes> {
        self.settings.when_unavailable.apply(response)
    }

    fn log_misconfigured(&self, promise: &Promise) {
        let Some(checks) = self.settings.misconfigured.happened() else { return };
        let proxy = self.settings.proxy;
        match promise {
            Promise::Header(header) => tracing::error!(
                %proxy,
                %header,
                checks,
                "a check without exactly one such header is answered with 500; configure the proxy as \
                 `cognito-authorizer serve --print-config {proxy}` prints, and let only the proxy reach this port"
            ),
            Promise::Prefix(prefix) => tracing::error!(
                %proxy,
                prefix,
                checks,
                "a check whose path is not below the prefix is answered with 500; set the prefix in the proxy as \
                 `cognito-authorizer serve --print-config {proxy}` prints, and let only the proxy reach this port"
            ),
        }
    }
}

/// How the client of the original request reads a refusal, as far as its method and headers are known.
fn form(parts: &Parts) -> Form {
    Form::of(&parts.method, &parts.headers)
}

impl fmt::Debug for ForwardAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardAuth")
            .field("proxy", &self.settings.proxy)
            .field("prefix", &self.settings.prefix)
            .field("timeout", &self.settings.timeout)
            .field("when_unavailable", &self.settings.when_unavailable)
            .field("claims", &self.settings.claims)
            .finish_non_exhaustive()
    }
}

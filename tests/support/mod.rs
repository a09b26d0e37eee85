//! Code that the tests share: a clock that only the test advances, a protected API on a real socket, answers that print as one line.

pub(crate) mod any_json;
pub(crate) mod events;
pub(crate) mod executor;
pub(crate) mod secrets;
pub(crate) mod sources;

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    time::{Duration, UNIX_EPOCH},
};

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, IssuerForm, KeySet, RevocationCheck, UnixTime, UserPool, Verified,
    clock::{Clock, ManualClock},
    revocation::{RevocationError, RevocationStatus},
};
use cognito_local_pool::{AppClient, Clock as PoolClock, LocalPool, LocalPoolBuilder, ResourceServer, User};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use tower::{Layer, ServiceExt, service_fn, util::ServiceFn};

/// The pool's id in most tests.
pub(crate) const POOL: &str = "ap-south-1_abcdefghi";
/// The app client of its users.
pub(crate) const CLIENT: &str = "4example23456789";

/// A clock at the same moment in every run: 2026-01-01T00:00:00Z.
pub(crate) fn clock() -> ManualClock {
    events::watch();
    ManualClock::at(UnixTime::from_secs(1_767_225_600))
}

/// The same clock for a pool.
pub(crate) fn pool_clock(clock: &ManualClock) -> PoolClock {
    let clock = clock.clone();
    PoolClock::from_fn(move || {
        UNIX_EPOCH + Duration::from_millis(clock.now().as_millis().try_into().expect("after 1970"))
    })
}

/// A pool with a resource server, an app client and a user.
pub(crate) fn pool_builder(clock: &ManualClock) -> LocalPoolBuilder {
    LocalPool::builder(POOL)
        .clock(pool_clock(clock))
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(AppClient::public(CLIENT))
        .user(User::new("ada", "Correct-horse-1").group("ops"))
}

/// The pool of [`pool_builder`], with keys of its own.
pub(crate) fn pool(clock: &ManualClock) -> LocalPool {
    pool_builder(clock).build().expect("the pool's settings hold")
}

/// A layer for the pool's id and client, on this clock.
pub(crate) fn builder(clock: &ManualClock) -> CognitoAuthBuilder {
    builder_with_result_ttl(clock, result_ttl())
}

/// The same with this result TTL.
pub(crate) fn builder_with_result_ttl(clock: &ManualClock, result_ttl: Duration) -> CognitoAuthBuilder {
    CognitoAuthLayer::builder(POOL).client(CLIENT).clock(clock.clone()).result_ttl(result_ttl)
}

/// The result TTL of layers: the default, or `TEST_RESULT_TTL` in seconds. `.ci/run` also runs the whole suite with 0.
pub(crate) fn result_ttl() -> Duration {
    let seconds = std::env::var("TEST_RESULT_TTL").ok();
    Duration::from_secs(seconds.map_or(300, |seconds| seconds.parse().expect("a number of seconds")))
}

/// Settings of a builder's pools in one call, for the many layers with one pool.
pub(crate) trait PoolSettings: Sized {
    /// Changes each pool.
    fn each_pool(self, change: impl Fn(UserPool) -> UserPool) -> Self;

    fn any_client(self) -> Self {
        self.each_pool(UserPool::any_client)
    }

    fn dangerous_allow_http(self, host: &str) -> Self {
        self.each_pool(|pool| pool.dangerous_allow_http(host))
    }

    fn issuer(self, url: impl AsRef<str>) -> Self {
        self.each_pool(|pool| pool.issuer(url.as_ref()))
    }

    fn issuer_form(self, form: IssuerForm) -> Self {
        self.each_pool(|pool| pool.issuer_form(form))
    }

    fn jwks_url(self, url: impl AsRef<str>) -> Self {
        self.each_pool(|pool| pool.jwks_url(url.as_ref()))
    }

    fn resource(self, identifier: &str) -> Self {
        self.each_pool(|pool| pool.resource(identifier))
    }
}

impl PoolSettings for CognitoAuthBuilder {
    fn each_pool(self, change: impl Fn(UserPool) -> UserPool) -> Self {
        self.map_user_pools(change)
    }
}

/// The pool's keys, as they are now.
pub(crate) fn keys(pool: &LocalPool) -> KeySet {
    KeySet::from_json(pool.jwks().as_bytes()).expect("the pool's keys can be used")
}

/// An API on a socket of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Api {
    url: String,
    client: reqwest::Client,
    server: AbortHandle,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Api {
    /// Serves the router.
    pub(crate) async fn serve(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { url, client, server: server.abort_handle() }
    }

    /// Serves `GET /` behind the layer.
    pub(crate) async fn behind(auth: CognitoAuthLayer) -> Self {
        Self::serve(Router::new().route("/", get(|| async { "let in" })).route_layer(auth)).await
    }

    /// `GET path` with this `Authorization` header, or without one if it is empty.
    pub(crate) async fn get(&self, path: &str, authorization: &str) -> Answer {
        let values: &[&str] = if authorization.is_empty() { &[] } else { &[authorization] };
        self.get_with(path, values.iter().map(|value| (header::AUTHORIZATION, value.as_bytes()))).await
    }

    /// `GET path` with these headers, some of which may be repeated.
    pub(crate) async fn get_with<'v>(
        &self,
        path: &str,
        headers: impl IntoIterator<Item = (HeaderName, &'v [u8])>,
    ) -> Answer {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, HeaderValue::from_bytes(value).expect("bytes that HTTP can carry"));
        }
        let request = self.client.get(format!("{}{path}", self.url)).headers(all);
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body of text") }
    }

    /// A request with this method, and with this `Authorization` header unless it is empty.
    pub(crate) async fn send(&self, method: Method, path: &str, authorization: &str) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = match authorization {
            "" => request,
            value => request.header(header::AUTHORIZATION, value),
        };
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.expect("a body of text") }
    }

    /// The answer to these bytes, which need not be HTTP. It ends when the server closes the connection.
    pub(crate) async fn exchange(&self, request: &[u8]) -> String {
        let host = self.url.strip_prefix("http://").expect("a URL");
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        stream.write_all(request).await.expect("a request");
        let mut answer = Vec::new();
        // A server that closes the connection before it has read all bytes resets it. What it answered before counts.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("an answer in UTF-8")
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// An answer; prints as status and challenge, or as status and body if there is no challenge.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value; empty if it is absent.
    pub(crate) fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let challenge = self.header(header::WWW_AUTHENTICATE);
        write!(f, "{} {}", self.status.as_u16(), if challenge.is_empty() { &self.body } else { challenge })
    }
}

/// `Bearer` and the token. Tests check that such a token is never logged.
pub(crate) fn bearer(token: impl fmt::Display) -> String {
    events::watch();
    format!("Bearer {token}")
}

/// Waits until the condition holds, and panics with its name if that takes longer than 20 seconds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "how long the machine takes, not what time it is")]
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "timed out waiting for: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A request without a socket, for tests that call a service directly.
pub(crate) fn request(authorization: &str) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    if !authorization.is_empty() {
        let value = authorization.parse().expect("a header value");
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request
}

/// The status of the answer to a request through the layer, without a socket.
pub(crate) async fn status(auth: &CognitoAuthLayer, authorization: &str) -> u16 {
    let response = auth.layer(served()).oneshot(request(authorization)).await;
    response.expect("an answer").status().as_u16()
}

/// The response future of [`served`].
pub(crate) type Served = Ready<Result<Response<Body>, Infallible>>;

/// Refuses every token as revoked.
pub(crate) struct AlwaysRevoked;

impl RevocationCheck for AlwaysRevoked {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        Ok(RevocationStatus::Revoked)
    }
}

/// Revokes no token.
pub(crate) struct AlwaysInForce;

impl RevocationCheck for AlwaysInForce {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        Ok(RevocationStatus::InForce)
    }
}

/// A service that answers 200 to every request that reaches it.
pub(crate) fn served() -> ServiceFn<fn(Request<Body>) -> Served> {
    service_fn(|request| ready(Ok(Response::new(request.into_body()))))
}

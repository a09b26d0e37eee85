//! The sources of tokens in the standard profile: headers, cookies, subprotocols of WebSockets, and query parameters.

use axum::{Router, body::Body, extract::Request as AxumRequest, routing::any};
use cognito_authorizer::{
    CognitoAuthLayer, ConfigError, Refusal, Standard,
    explain::{Fact, StepName},
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    identity::IdentitySource,
};
use cognito_local_pool::LocalPool;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{POOL, builder, clock, keys, pool};

fn sources() -> [IdentitySource; 4] {
    [
        IdentitySource::default(),
        IdentitySource::cookie("token").expect("a name"),
        IdentitySource::subprotocol("bearer").expect("a name"),
        IdentitySource::query_parameter("token").expect("a name"),
    ]
}

fn layer(pool: &LocalPool, profile: Standard) -> Result<CognitoAuthLayer, ConfigError> {
    builder(&clock()).profile(profile).with_keys([(POOL, keys(pool))])
}

fn request(method: Method, uri: &str, lines: &[&str]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in lines.iter().filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Body::empty()).expect("a request")
}

/// The status, and the code of the refusal.
fn outcome<B>(response: &Response<B>) -> String {
    let code = response.extensions().get().map_or("let in", Refusal::code);
    format!("{} {code}", response.status().as_u16())
}

async fn sent(auth: &CognitoAuthLayer, method: Method, uri: &str, lines: &[&str]) -> String {
    let router: Router = Router::new().fallback(any(async || "let in")).layer(auth.clone());
    outcome(&router.oneshot(request(method, uri, lines)).await.expect("an answer"))
}

#[tokio::test]
async fn a_token_is_found_in_each_source_and_never_in_two() {
    let pool = pool(&clock());
    let auth = layer(&pool, Standard::new().identity_sources(sources())).expect("a layer");
    let token = pool.access_token("ada").sign();
    let (header, cookie, subprotocol) = (
        format!("authorization: Bearer {token}"),
        format!("cookie: theme=dark; token={token}"),
        format!("sec-websocket-protocol: orders.v1, bearer.{token}"),
    );
    let query = format!("/?token={token}");
    let get = async |uri: &str, lines: &[&str]| sent(&auth, Method::GET, uri, lines).await;
    for (uri, line) in
        [("/", &*header), ("/", &cookie), ("/", &subprotocol), (&*query, ""), ("/?token=", &header)]
    {
        assert_eq!(get(uri, &[line]).await, "200 let in", "{line}");
    }
    assert_eq!(get("/", &[]).await, "401 no_token");
    assert_eq!(get("/", &["authorization: Basic dXNlcjpwYXNz"]).await, "401 other_scheme");
    for (uri, lines) in [
        ("/", &[&*header, &cookie][..]),
        ("/", &[&cookie, &subprotocol]),
        ("/", &[&header, &subprotocol]),
        (&*query, &[&header]),
        ("/?token=garbage", &[&header]),
        ("/", &[&header, "cookie: token=garbage"]),
        // Another layer may have let the request in by these credentials.
        ("/", &["authorization: Basic dXNlcjpwYXNz", &cookie]),
        ("/", &[&cookie, &cookie, &header]),
    ] {
        assert_eq!(get(uri, lines).await, "401 several_sources", "{lines:?}");
    }
    assert_eq!(get("/", &[&cookie, &cookie]).await, "401 several_cookies");
    assert_eq!(get("/", &[&subprotocol, &subprotocol]).await, "401 several_subprotocols");
}

#[tokio::test]
async fn a_source_that_is_not_configured_is_not_read() {
    let pool = pool(&clock());
    let token = pool.access_token("ada").sign();
    let [header, cookie, subprotocol] = [
        format!("authorization: Bearer {token}"),
        format!("cookie: token={token}"),
        format!("sec-websocket-protocol: bearer.{token}"),
    ];
    let query = format!("/?token={token}");
    for (index, source) in sources().into_iter().enumerate() {
        let auth = layer(&pool, Standard::new().identity_sources([source])).expect("a layer");
        for (other, (uri, line)) in
            [("/", &*header), ("/", &*cookie), ("/", &*subprotocol), (&*query, "")].into_iter().enumerate()
        {
            let expected = if index == other { "200 let in" } else { "401 no_token" };
            assert_eq!(sent(&auth, Method::GET, uri, &[line]).await, expected, "{index} {line}");
        }
    }
}

/// What is presented is checked: only a request with nothing in any source is anonymous.
#[tokio::test]
async fn where_a_token_is_optional_every_source_counts() {
    let pool = pool(&clock());
    let auth = layer(&pool, Standard::new().identity_sources(sources())).expect("a layer");
    let auth = auth.allow_anonymous().expect("no requirement");
    let post = async |uri: &str, lines: &[&str]| sent(&auth, Method::POST, uri, lines).await;
    for (uri, lines) in
        [("/", &[][..]), ("/?tokens=x", &["cookie: theme=dark", "sec-websocket-protocol: orders.v1"])]
    {
        assert_eq!(post(uri, lines).await, "200 let in", "{lines:?}");
    }
    let cookie = format!("cookie: token={}", pool.access_token("ada").sign());
    for (uri, lines, expected) in [
        ("/?token=", &[][..], "401 no_token"),
        ("/", &["cookie: token="], "401 no_token"),
        ("/", &["sec-websocket-protocol: bearer."], "401 no_token"),
        ("/", &["cookie: token=garbage", "sec-fetch-site: same-origin"], "401 segments"),
        ("/", &[&cookie, "sec-fetch-site: cross-site"], "403 cross_site"),
        ("/", &[&cookie, "sec-fetch-site: same-origin"], "200 let in"),
    ] {
        assert_eq!(post(uri, lines).await, expected, "{lines:?}");
    }
}

/// A page of another site makes the browser send the cookie.
#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let pool = pool(&clock());
    let [_, cookie, ..] = sources();
    let auth = layer(&pool, Standard::new().identity_sources([IdentitySource::default(), cookie]));
    let auth = auth.expect("a layer");
    let token = pool.access_token("ada").sign();
    let (cookie, header) = (format!("cookie: token={token}"), format!("authorization: Bearer {token}"));
    let post = async |lines: &[&str]| sent(&auth, Method::POST, "/", lines).await;
    assert_eq!(post(&[&cookie, "sec-fetch-site: same-origin"]).await, "200 let in");
    assert_eq!(post(&[&cookie, "sec-fetch-site: cross-site"]).await, "403 cross_site");
    assert_eq!(post(&[&cookie]).await, "403 cross_site");
    // Browsers send only cookies by themselves.
    assert_eq!(post(&[&header, "sec-fetch-site: cross-site"]).await, "200 let in");
    let socket = [&*cookie, "upgrade: websocket", "origin: https://evil.example"];
    assert_eq!(sent(&auth, Method::GET, "/", &socket).await, "403 cross_site");
    // A challenge would ask for another token, which would not help.
    let router: Router = Router::new().fallback(any(async || "let in")).layer(auth);
    let response = router.oneshot(request(Method::POST, "/", &[&cookie])).await.expect("an answer");
    assert!(!response.headers().contains_key("www-authenticate"));
}

/// What the handler sees of a header.
async fn at_handler(auth: &CognitoAuthLayer, name: &str, lines: &[&str]) -> Vec<HeaderValue> {
    let handler = async |request: AxumRequest| {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(request.headers().clone());
        response
    };
    let router: Router = Router::new().fallback(any(handler)).layer(auth.clone());
    let response = router.oneshot(request(Method::GET, "/", lines)).await.expect("an answer");
    let headers: &HeaderMap = response.extensions().get().expect("the request was let in");
    headers.get_all(name.parse::<HeaderName>().expect("a name")).iter().cloned().collect()
}

#[tokio::test]
async fn a_handler_cannot_repeat_the_token_of_a_handshake() {
    let pool = pool(&clock());
    let auth = layer(&pool, Standard::new().identity_sources(sources())).expect("a layer");
    let token = pool.access_token("ada").sign();
    let line = format!("sec-websocket-protocol: bearer.{token}, orders.v1");
    let left = at_handler(&auth, "sec-websocket-protocol", &[&line]).await;
    assert_eq!(left, ["orders.v1"]);
    // A blank subprotocol is not a token, so it may be sent beside one; it is removed all the same.
    let header = format!("authorization: Bearer {token}");
    let blank =
        at_handler(&auth, "sec-websocket-protocol", &[&header, "sec-websocket-protocol: bearer."]).await;
    assert!(blank.is_empty());
    let cookies = at_handler(&auth, "cookie", &[&format!("cookie: token={token}")]).await;
    assert!(cookies.iter().all(HeaderValue::is_sensitive) && cookies.len() == 1);
}

#[tokio::test]
async fn a_gateway_response_never_repeats_a_token_from_any_source() {
    let pool = pool(&clock());
    let template = "$method.request.header.Cookie$method.request.header.Sec-WebSocket-Protocol\
                    $method.request.querystring.token|$method.request.querystring.other";
    let response = GatewayResponse::new().template("text/plain", template);
    let responses = GatewayResponses::new().response(ResponseType::Unauthorized, response);
    let profile = Standard::new().identity_sources(sources()).gateway_responses(responses);
    let auth = layer(&pool, profile).expect("a layer");
    let lines = ["cookie: token=secret", "sec-websocket-protocol: bearer.secret"];
    let router: Router = Router::new().layer(auth);
    let response = router.oneshot(request(Method::GET, "/?token=secret&other=shown", &lines)).await;
    let body = response.expect("an answer").into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "|shown");
}

#[tokio::test]
async fn an_explanation_names_the_source_of_the_token() {
    let pool = pool(&clock());
    let auth = layer(&pool, Standard::new().identity_sources(sources())).expect("a layer");
    let token = pool.access_token("ada").sign();
    for (line, expected) in [
        (format!("authorization: Bearer {token}"), "$request.header.authorization"),
        (format!("cookie: token={token}"), "$request.cookie.token"),
        (format!("sec-websocket-protocol: bearer.{token}"), "$request.subprotocol.bearer"),
    ] {
        let (parts, _) = request(Method::GET, "/", &[&line]).into_parts();
        let explanation = auth.authorizer().explain(&parts).await;
        let step = explanation.step(StepName::IdentitySource).expect("a step");
        let Some(Fact::IdentitySource { source, .. }) = step.fact() else { panic!("{step:?}") };
        assert_eq!(source.to_string(), expected);
    }
}

#[test]
fn sources_that_cannot_be_used_together_are_an_error_at_the_start() {
    let pool = pool(&clock());
    let cookie = || IdentitySource::cookie("token").expect("a name");
    let trusting = || cookie().trusted_origin("https://app.example.com").expect("an origin");
    for (profile, expected) in [
        (
            Standard::new().identity_sources([]),
            "`.identity_sources(…)` names none, so that every request is refused; name one, or leave it out",
        ),
        (
            Standard::new().identity_sources([cookie(), IdentitySource::default(), trusting()]),
            "`.identity_sources(…)` names `$request.cookie.token` twice; keep one of them",
        ),
        (
            Standard::new().identity_sources([cookie()]).identity_source("$request.header.x-token"),
            "`.identity_source(…)` and `.identity_sources(…)` are both called; keep one of them",
        ),
        (
            Standard::new().identity_sources([cookie()]).identity_sources([cookie()]),
            "`.identity_sources(…)` is called twice; keep one of the calls",
        ),
    ] {
        let error = layer(&pool, profile).expect_err("a mistake");
        assert_eq!(error.to_string(), expected);
    }
}

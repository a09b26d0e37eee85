//! The layer, HTTP forward auth and gRPC decide about random requests alike.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use bytes::Bytes;
use cognito_authorizer::{CognitoAuthLayer, Profile, TokenUse, Verified};
use cognito_forward_auth::{ExtAuthz, ForwardAuth, Proxy};
use cognito_local_pool::LocalPool;
use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap as RawHeaders, HeaderValue as RawHeader},
    service::auth::v3::{CheckResponse, attribute_context::HttpRequest, check_response::HttpResponse},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header::CONTENT_TYPE,
};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use super::{
    grpc,
    support::{Answer, POOL, builder, clock, keys, pool},
};

/// How many requests each profile gets; `FORWARD_AUTH_REQUESTS` sets another number.
fn requests() -> usize {
    let given = std::env::var("FORWARD_AUTH_REQUESTS").ok();
    given.map_or(600, |number| number.parse().expect("a number"))
}

/// A request that a client may have sent.
#[derive(Debug)]
struct Original {
    method: String,
    uri: String,
    headers: HeaderMap,
}

/// Everything of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Allowed(BTreeMap<String, String>),
    Refused(Answer),
}

#[tokio::test]
async fn layer_http_and_grpc_decide_alike_in_the_standard_profile() {
    agree(Profile::Standard).await;
}

#[tokio::test]
async fn layer_http_and_grpc_decide_alike_as_a_rest_api() {
    agree(Profile::RestApi).await;
}

#[tokio::test]
async fn layer_http_and_grpc_decide_alike_as_an_http_api() {
    agree(Profile::HttpApi).await;
}

async fn agree(profile: Profile) {
    let clock = clock();
    let pools = [pool(POOL, &clock), pool("ap-south-1_another12", &clock)];
    let layer = builder(&clock).profile(profile).with_keys([(POOL, keys(&pools[0]))]).expect("a layer");
    let nginx = ForwardAuth::new(layer.authorizer(), Proxy::Nginx);
    let envoy = ForwardAuth::new(layer.authorizer(), Proxy::Envoy).path_prefix("/check");
    let grpc = ExtAuthz::new(envoy.clone());
    let credentials = credentials(&pools);
    let mut random = fastrand::Rng::with_seed(14);
    let (mut allowed, mut refused, mut not_accepted) = (0, 0, 0);
    for index in 0..requests() {
        let original = original(&mut random, &credentials);
        let expected = by_layer(&layer, &original).await;
        if let Some(check) = nginx_check(&original) {
            assert_eq!(by_http(&nginx, check).await, expected, "request {index}: {original:?}");
        }
        let by_grpc = by_grpc(&grpc, &original, random.bool()).await;
        assert_eq!(by_grpc, expected, "request {index} over gRPC: {original:?}");
        if let Some(check) = envoy_check(&original) {
            assert_eq!(by_http(&envoy, check).await, expected, "request {index} as Envoy: {original:?}");
        }
        match expected {
            Decision::Allowed(_) => allowed += 1,
            Decision::Refused(_) if accepted(&original).is_none() => not_accepted += 1,
            Decision::Refused(_) => refused += 1,
        }
    }
    let all = requests();
    assert!(
        allowed > all / 25 && refused > all / 4 && not_accepted > 0,
        "{allowed} {refused} {not_accepted}"
    );
}

/// What `Authorization` may hold.
fn credentials([pool, other]: &[LocalPool; 2]) -> Vec<Vec<String>> {
    let bearer = |token: String| format!("Bearer {token}");
    let access = || pool.access_token("ada");
    let good = bearer(access().scope("orders/read").sign());
    vec![
        vec![],
        vec![good.clone()],
        vec![good.clone()],
        vec![bearer(access().scope("orders/read").scope("orders/write").sign())],
        vec![bearer(access().sign())],
        vec![bearer(pool.access_token("bob").scope("orders/read").group("a,b").sign())],
        vec![bearer(pool.access_token("josé").sign())],
        vec![bearer(pool.id_token("ada").sign())],
        vec![bearer(access().expired().sign())],
        vec![bearer(other.access_token("ada").scope("orders/read").sign())],
        vec![access().scope("orders/read").sign()],
        vec![good.replacen("Bearer", "bearer", 1)],
        vec![good.replacen("Bearer ", "Bearer  ", 1)],
        vec![format!("{good}x")],
        vec![format!("{good}, {good}")],
        vec![good.clone(), good],
        vec!["Bearer".into()],
        vec!["Basic YTpi".into()],
        vec!["Bearer a.b.c".into()],
        vec![format!("Bearer {}", "a".repeat(20_000))],
    ]
}

fn original(random: &mut fastrand::Rng, credentials: &[Vec<String>]) -> Original {
    const METHODS: [&str; 12] =
        ["GET", "GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "G T"];
    const PATHS: [&str; 12] = [
        "/orders",
        "/orders/7",
        "/me",
        "/health",
        "/public/a",
        "/admin/users",
        "/internal/a",
        "/nowhere",
        "/",
        "/orders/",
        "/Orders",
        "*",
    ];
    const PIECES: [&str; 20] = [
        "?a=b",
        "?",
        "/..",
        "/../health",
        "/.",
        "//",
        ";a",
        "%2f",
        "%2e%2e",
        "%00",
        "%41",
        "%",
        "\\",
        "#a",
        "é",
        " ",
        "\u{7f}",
        "{id}",
        "+",
        "/x",
    ];
    let choose = |random: &mut fastrand::Rng, from: &[&str]| from[random.usize(..from.len())].to_owned();
    let method = choose(random, &METHODS);
    let mut uri = choose(random, &PATHS);
    if random.u8(..8) == 0 {
        uri.insert_str(0, &choose(random, &["/public/..", "/", "http://host", "/health/%2e%2e", "/."]));
    }
    if random.bool() {
        uri.push_str(&choose(random, &PIECES));
    }
    let mut headers = HeaderMap::new();
    for value in &credentials[random.usize(..credentials.len())] {
        headers.append("authorization", HeaderValue::try_from(value).expect("a header value"));
    }
    if random.u8(..4) == 0 {
        headers.insert("origin", HeaderValue::from_static("https://app.example"));
        headers.insert("access-control-request-method", HeaderValue::from_static("POST"));
    }
    if random.u8(..4) == 0 {
        headers.insert("x-cognito-subject", HeaderValue::from_static("evil"));
    }
    Original { method, uri, headers }
}

/// The request as a server accepts it.
fn accepted(original: &Original) -> Option<Request<()>> {
    if !original.uri.starts_with('/') || original.uri.contains('#') {
        return None;
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(original.method.as_bytes()).ok()?;
    *request.uri_mut() =
        Uri::try_from(original.uri.as_bytes()).ok().filter(|uri| uri.authority().is_none())?;
    *request.headers_mut() = original.headers.clone();
    Some(request)
}

async fn by_layer(layer: &CognitoAuthLayer, original: &Original) -> Decision {
    let Some(request) = accepted(original) else { return bad_request() };
    let inner = service_fn(async |request: Request<()>| {
        let mut response = Response::new(Full::<Bytes>::default());
        let verified: Option<&Arc<Verified>> = request.extensions().get();
        response.extensions_mut().insert(LetIn(identity(verified.map(|verified| &**verified))));
        Ok::<_, Infallible>(response)
    });
    let Ok(response) = layer.layer(inner).oneshot(request).await;
    let (mut parts, body) = response.into_parts();
    if let Some(LetIn(identity)) = parts.extensions.remove() {
        return Decision::Allowed(identity);
    }
    let body = body.collect().await.expect("a body").to_bytes();
    refused(parts.status, parts.headers, &body)
}

/// A request that reached the inner service, with what the backend should learn.
#[derive(Clone)]
struct LetIn(BTreeMap<String, String>);

/// The identity as the claims have it. None of the tokens here needs more than these encodings.
fn identity(verified: Option<&Verified>) -> BTreeMap<String, String> {
    let text = |of: fn(&Verified) -> String| verified.map(of).unwrap_or_default();
    let encoded = |text: String| text.replace('é', "%C3%A9");
    BTreeMap::from([
        ("x-cognito-subject".to_owned(), encoded(text(|verified| verified.subject().to_owned()))),
        ("x-cognito-client-id".to_owned(), text(|verified| verified.client_id().to_owned())),
        (
            "x-cognito-username".to_owned(),
            encoded(text(|verified| verified.username().unwrap_or_default().to_owned())),
        ),
        (
            "x-cognito-scope".to_owned(),
            text(|verified| verified.scopes().iter().collect::<Vec<_>>().join(" ")),
        ),
        (
            "x-cognito-groups".to_owned(),
            text(|verified| {
                verified.groups().map(|group| group.replace(',', "%2C")).collect::<Vec<_>>().join(",")
            }),
        ),
        (
            "x-cognito-token-use".to_owned(),
            text(|verified| if verified.token_use() == TokenUse::Id { "id".into() } else { "access".into() }),
        ),
        ("x-cognito-claims".to_owned(), String::new()),
    ])
}

/// Without the ids that are new for each answer.
fn refused(status: StatusCode, mut headers: HeaderMap, body: &[u8]) -> Decision {
    for name in ["x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid"] {
        if let Some(id) = headers.get_mut(name) {
            *id = HeaderValue::from_static("id");
        }
    }
    Decision::Refused(Answer::new(status, &headers, body))
}

fn nginx_check(original: &Original) -> Option<Request<()>> {
    let mut request = Request::get("/check").body(()).expect("a request");
    *request.headers_mut() = original.headers.clone();
    let mut carry = |name, value: &str| {
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).ok()?);
        Some(())
    };
    carry("x-original-method", &original.method)?;
    carry("x-original-uri", &original.uri)?;
    Some(request)
}

/// `None` if Envoy could not send it.
fn envoy_check(original: &Original) -> Option<Request<()>> {
    let mut request = accepted(original)?;
    *request.uri_mut() = format!("/check{}", original.uri).parse().ok()?;
    Some(request)
}

/// What a request gets that an HTTP server would not accept.
fn bad_request() -> Decision {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    refused(StatusCode::BAD_REQUEST, headers, br#"{"message":"Bad Request"}"#)
}

async fn by_http(checks: &ForwardAuth, check: Request<()>) -> Decision {
    let (parts, body) = checks.answer(check).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    if parts.status == StatusCode::OK {
        assert!(body.is_empty());
        let headers = parts.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()));
        return Decision::Allowed(headers.collect());
    }
    refused(parts.status, parts.headers, &body)
}

async fn by_grpc(service: &ExtAuthz, original: &Original, raw: bool) -> Decision {
    let several = original.headers.keys_len() < original.headers.len();
    let mut http =
        HttpRequest { method: original.method.clone(), path: original.uri.clone(), ..HttpRequest::default() };
    if raw || several {
        let headers = original.headers.iter().map(|(name, value)| RawHeader {
            key: name.to_string(),
            raw_value: value.as_bytes().to_vec(),
            ..RawHeader::default()
        });
        http.header_map = Some(RawHeaders { headers: headers.collect() });
    } else {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        http.headers = original.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    }
    of_message(grpc::check(service, grpc::message(http)).await)
}

fn of_message(response: CheckResponse) -> Decision {
    let pairs = |options: Vec<envoy_types::pb::envoy::config::core::v3::HeaderValueOption>| {
        options.into_iter().filter_map(|option| option.header).map(|header| (header.key, header.value))
    };
    match response.http_response {
        Some(HttpResponse::OkResponse(ok)) => {
            // A removed header has no value.
            let removed = ok.headers_to_remove.into_iter().map(|name| (name, String::new()));
            Decision::Allowed(pairs(ok.headers).chain(removed).collect())
        }
        Some(HttpResponse::DeniedResponse(denied)) => {
            let code = denied.status.expect("a status").code;
            let status = StatusCode::from_u16(code.try_into().expect("a status")).expect("a status");
            let mut headers = HeaderMap::new();
            for (name, value) in pairs(denied.headers) {
                let name: HeaderName = name.parse().expect("a name");
                headers.append(name, value.parse().expect("a value"));
            }
            refused(status, headers, denied.body.as_bytes())
        }
        other => panic!("no answer: {other:?}"),
    }
}

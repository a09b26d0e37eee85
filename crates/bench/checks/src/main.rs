//! What a check of a proxy costs, beside a service that allows every request.
//!
//! `checks rounds COUNT` measures HTTP and gRPC checks in one process in turn, and prints the nanoseconds per check of each round.
//! `checks serve` answers HTTP checks on a port that it prints; `$CHECK` is `always`, `described` (always, with the headers that describe
//! a caller) or, by default, `authorizer`.

use std::{
    convert::Infallible,
    env,
    future::{Ready, ready},
    time::Duration,
};

use axum::Router;
use bench_harness::{CLIENT, Command, POOL, jwks_url, listen};
use bytes::{BufMut, Bytes, BytesMut};
use cognito_authorizer::{CognitoAuthLayer, UserPool};
use cognito_bench::{
    layer, pool, request,
    rounds::{self, Entry},
    user,
};
use cognito_forward_auth::{ExtAuthz, ForwardAuth, IDENTITY_HEADERS, Proxy};
use envoy_types::pb::{
    envoy::service::auth::v3::{
        AttributeContext, CheckRequest, CheckResponse, OkHttpResponse,
        attribute_context::{HttpRequest, Request as Original},
        authorization_server::{Authorization, AuthorizationServer},
        check_response::HttpResponse,
    },
    google::rpc::Status,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Empty, Full};
use prost::Message;
use tower::{ServiceExt, service_fn, util::ServiceFn};

/// The bytes before each message of gRPC.
const FRAME_HEADER: usize = 5;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rounds", count] => print_rounds(count.parse().expect("a number")),
        _ => serve(),
    }
}

fn print_rounds(count: usize) {
    let runtime = rounds::runtime();
    let pool = pool();
    let token = user(&pool).sign();
    let known = layer(&pool, |builder| builder);
    let cold = layer(&pool, |builder| builder.result_ttl(Duration::ZERO));
    // Envoy over HTTP: the method and the path of the check are the client's own.
    let checks = |auth: &CognitoAuthLayer| ForwardAuth::new(auth.authorizer(), Proxy::Envoy);
    let http = {
        let check = request("/", &token);
        move || check.clone()
    };
    let grpc = grpc_check(&token);
    let entries = vec![
        Entry::new("HTTP, always allowed", &runtime, always(), http.clone()),
        Entry::new("HTTP, always the same caller", &runtime, described(), http.clone()),
        Entry::new("HTTP, known token", &runtime, checks(&known), http.clone()),
        Entry::new("HTTP, cache off", &runtime, checks(&cold), http),
        Entry::new("gRPC, always allowed", &runtime, AuthorizationServer::new(Always), grpc.clone()),
        Entry::new("gRPC, known token", &runtime, ExtAuthz::new(checks(&known)), grpc.clone()),
        Entry::new("gRPC, cache off", &runtime, ExtAuthz::new(checks(&cold)), grpc.clone()),
    ];
    runtime.block_on(must_allow(ExtAuthz::new(checks(&known)), grpc()));
    rounds::print(entries, count);
}

/// A refusal over gRPC has the status 200 as well, so the answer itself has to be read.
async fn must_allow(service: ExtAuthz, check: Request<Full<Bytes>>) {
    let body = service.oneshot(check).await.expect("a response").into_body();
    let frame = body.collect().await.expect("a body").to_bytes();
    let answer = CheckResponse::decode(frame.slice(FRAME_HEADER..)).expect("Envoy's message");
    assert_eq!(answer.status.map(|status| status.code), Some(0), "the check is allowed");
}

type AlwaysHttp = ServiceFn<fn(Request<()>) -> Ready<Result<Response<Empty<Bytes>>, Infallible>>>;

/// Allows every check over HTTP.
fn always() -> AlwaysHttp {
    let allow: fn(Request<()>) -> _ = |_| ready(Ok(Response::new(Empty::new())));
    service_fn(allow)
}

/// Allows every check over HTTP, with the headers that describe the same caller each time.
fn described() -> ServiceFn<impl Fn(Request<()>) -> Ready<Result<Response<Empty<Bytes>>, Infallible>> + Clone>
{
    let headers = caller_headers();
    service_fn(move |_| {
        let mut response = Response::new(Empty::new());
        response.headers_mut().clone_from(&headers);
        ready(Ok(response))
    })
}

/// As many headers as our answers have, with values as long as those of a usual token.
fn caller_headers() -> HeaderMap {
    let values = [
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        CLIENT,
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "orders/read orders/write",
        "editors",
        "access",
        "",
    ];
    // In memory that is shared and counted, as ours are.
    let value = |text: &str| HeaderValue::from_str(text).expect("visible ASCII");
    IDENTITY_HEADERS.into_iter().map(HeaderName::from_static).zip(values.map(value)).collect()
}

/// Makes Envoy's message about a request with this token, with the headers that a browser sends.
fn grpc_check(token: &str) -> impl Fn() -> Request<Full<Bytes>> + Clone + use<> {
    let bearer = format!("Bearer {token}");
    let headers = [
        (":authority", "orders.example.com"),
        (":method", "GET"),
        (":path", "/"),
        (":scheme", "https"),
        ("accept", "application/json"),
        ("authorization", &bearer),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "7f1c2b9e-52d0-4f7a-9f5e-0a4f5a7f4c11"),
    ];
    let http = HttpRequest {
        id: "1".into(),
        method: "GET".into(),
        path: "/".into(),
        host: "orders.example.com".into(),
        scheme: "https".into(),
        protocol: "HTTP/2".into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..HttpRequest::default()
    };
    let request = Some(Original { http: Some(http), ..Original::default() });
    let message =
        CheckRequest { attributes: Some(AttributeContext { request, ..AttributeContext::default() }) };
    let message = message.encode_to_vec();
    // gRPC's frame header: not compressed, and the length.
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).expect("a short message"));
    frame.extend_from_slice(&message);
    let frame = frame.freeze();
    move || {
        let request = Request::post(ExtAuthz::PATH).header(CONTENT_TYPE, "application/grpc");
        request.body(Full::new(frame.clone())).expect("a request")
    }
}

/// Allows every check over gRPC.
struct Always;

#[tonic::async_trait]
impl Authorization for Always {
    async fn check(
        &self,
        _: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        Ok(tonic::Response::new(CheckResponse {
            status: Some(Status::default()),
            dynamic_metadata: None,
            http_response: Some(HttpResponse::OkResponse(OkHttpResponse::default())),
        }))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve() {
    let Command::Serve = Command::from_arguments() else { panic!("usage: `serve`, or `rounds COUNT`") };
    // The path of a check is the client's, so that there is no route to look up.
    let app = match env::var("CHECK").as_deref() {
        Ok("always") => Router::new().fallback_service(service_fn(|_: Request<axum::body::Body>| {
            ready(Ok::<_, Infallible>(Response::new(axum::body::Body::empty())))
        })),
        Ok("described") => {
            let headers = caller_headers();
            Router::new().fallback_service(service_fn(move |_: Request<axum::body::Body>| {
                let mut response = Response::new(axum::body::Body::empty());
                response.headers_mut().clone_from(&headers);
                ready(Ok::<_, Infallible>(response))
            }))
        }
        _ => {
            let pool = UserPool::new(POOL).client(CLIENT).jwks_url(jwks_url());
            let auth = CognitoAuthLayer::builder(pool).connect().await.expect("keys");
            Router::new().fallback_service(ForwardAuth::new(auth.authorizer(), Proxy::Envoy))
        }
    };
    axum::serve(listen().await, app).await.expect("it serves");
}

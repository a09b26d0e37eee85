//! Whatever handler axum runs, that handler's own row decided about the request, or it was refused. Requests are sent over real
//! sockets with hand-written request lines, because clients normalise paths.

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{MethodFilter, any, on},
};
use cognito_authorizer::{
    RouteRule, RouteTable,
    routes::{RouteKey, RouteMethod},
    scope,
};
use http::{HeaderValue, Method};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Api;

/// A router with a handler for each row, which answers with the row's key; and the table's rule beside it.
fn router(table: RouteTable) -> Router {
    let mut router = Router::new();
    for (key, _) in table.rows() {
        let handler = as_value(key.to_string());
        let handler = move || async move { [("x-handler", handler)] };
        router = match key.method() {
            _ if key.path().is_default() => router.fallback(handler),
            RouteMethod::Any => router.route(&as_route(key), any(handler)),
            method => {
                let method: Method = method.as_str().parse().expect("a method");
                let filter = MethodFilter::try_from(method).expect("a method that axum knows");
                router.route(&as_route(key), on(filter, handler))
            }
        };
    }
    // It lets every request pass, to show which handler axum runs for a refused one.
    router.layer(from_fn_with_state(table, decide))
}

async fn decide(table: axum::extract::State<RouteTable>, request: Request, next: Next) -> Response {
    let found = table.rule(request.method(), request.uri().path());
    let row = match (found.key(), found.problem()) {
        (Some(key), _) => key.to_string(),
        (None, Some(problem)) => format!("{problem:?}"),
        (None, None) => "none".into(),
    };
    let refused = *found.rule() == RouteRule::Refuse;
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-row", as_value(row));
    response.headers_mut().insert("x-refused", as_value(refused.to_string()));
    response
}

fn as_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("keys are visible ASCII")
}

/// The path in axum's syntax.
fn as_route(key: &RouteKey) -> String {
    let segments = key.path().as_str().split('/').map(|segment| match segment.strip_suffix("+}") {
        Some(greedy) => format!("{}}}", greedy.replace('{', "{*")),
        None => segment.into(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The result of a request line.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: String,
    /// The handler that ran, if any did.
    handler: Option<String>,
    /// The row that decided, or why none did; `None` if the request was not HTTP.
    row: Option<String>,
    refused: bool,
}

impl Outcome {
    /// Panics if another row than the handler's own let the request in.
    #[track_caller]
    fn check(&self, line: &str) {
        if let Some(handler) = &self.handler
            && !self.refused
        {
            assert_eq!(self.row.as_ref(), Some(handler), "{line}: another row decided");
        }
    }
}

async fn send(api: &Api, line: &str) -> Outcome {
    let address = api.url().strip_prefix("http://").expect("it is plain HTTP");
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("{line} HTTP/1.1\r\nhost: api.example\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it answers");
    let answer = String::from_utf8(answer).expect("text");
    let header = |name: &str| {
        let mut lines = answer.lines().map_while(|line| (!line.is_empty()).then_some(line));
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(ToOwned::to_owned)
    };
    Outcome {
        status: answer.split(' ').nth(1).expect("a status").into(),
        handler: header("x-handler"),
        row: header("x-row"),
        refused: header("x-refused").is_some_and(|refused| refused == "true"),
    }
}

/// Each line: the request, the handler that axum runs (`-` for none), the row that decides about it, or why none does.
const LINES: &[(&str, &str, &str)] = &[
    // Ordinary requests.
    ("GET /orders", "GET /orders", "GET /orders"),
    ("GET /orders?x=/admin", "GET /orders", "GET /orders"),
    ("HEAD /orders", "GET /orders", "GET /orders"),
    ("POST /orders/7", "POST /orders/{id}", "POST /orders/{id}"),
    ("PROPFIND /orders", "-", "none"),
    ("get /orders", "-", "none"),
    ("DELETE /any", "ANY /any", "ANY /any"),
    ("PROPFIND /any", "ANY /any", "ANY /any"),
    ("TRACE /any", "ANY /any", "ANY /any"),
    ("get /any", "ANY /any", "none"),
    ("GET /any", "GET /any", "GET /any"),
    ("HEAD /any", "GET /any", "GET /any"),
    ("GET /files/a/b", "GET /files/{proxy+}", "GET /files/{proxy+}"),
    ("GET /files/a/b/", "GET /files/{proxy+}", "GET /files/{proxy+}"),
    // Two rows match: API Gateway prefers the stricter, and axum the other.
    ("GET /files/a", "GET /files/{proxy+}", "Contested"),
    ("GET /files/a/", "GET /files/{proxy+}", "ReadsOtherwise"),
    ("GET /x/y", "GET /{a}/{b}", "GET /{a}/{b}"),
    ("GET /orders/7", "-", "none"),
    // Another spelling of a path is another path.
    ("GET /orders/", "-", "none"),
    ("GET /Orders", "-", "none"),
    ("GET /ORDERS/x", "GET /{a}/{b}", "GET /{a}/{b}"),
    ("GET /admin", "GET /admin", "GET /admin"),
    // Another form of the target is the same path.
    ("GET http://other.example/admin", "GET /admin", "GET /admin"),
    ("GET http://other.example:99/admin?x", "GET /admin", "GET /admin"),
    ("HEAD http://other.example/admin", "GET /admin", "GET /admin"),
    ("GET http://other.example", "GET /", "GET /"),
    ("GET http://other.example//admin", "GET /{a}/{b}", "EmptySegment"),
    ("GET http://other.example/x/../admin", "-", "DotSegment"),
    ("OPTIONS *", "-", "NotAbsolute"),
    ("GET *", "-", "NotAbsolute"),
    ("CONNECT other.example:443", "-", "NotAbsolute"),
    // Paths that a server behind could interpret as `/admin`.
    ("GET //admin", "GET /{a}/{b}", "EmptySegment"),
    ("GET /x//admin", "-", "EmptySegment"),
    ("GET /files//admin", "GET /files/{proxy+}", "EmptySegment"),
    ("GET /admin//", "-", "EmptySegment"),
    ("GET /./admin", "GET /{a}/{b}", "DotSegment"),
    ("GET /admin/.", "GET /{a}/{b}", "DotSegment"),
    ("GET /admin/..", "GET /{a}/{b}", "DotSegment"),
    ("GET /files/../admin", "GET /files/{proxy+}", "DotSegment"),
    ("GET /files/%2e%2e/admin", "GET /files/{proxy+}", "EncodedUnreserved"),
    ("GET /files/%2E./admin", "GET /files/{proxy+}", "EncodedUnreserved"),
    ("GET /files/..%2fadmin", "GET /files/{proxy+}", "EncodedSeparator"),
    ("GET /files/..%5cadmin", "GET /files/{proxy+}", "EncodedSeparator"),
    ("GET /files/..\\admin", "GET /files/{proxy+}", "Backslash"),
    ("GET /files/..;/admin", "GET /files/{proxy+}", "Semicolon"),
    ("GET /admin;x=1", "-", "Semicolon"),
    ("GET /x;y/admin", "GET /{a}/{b}", "Semicolon"),
    ("GET /x/y%3Bz", "GET /{a}/{b}", "Semicolon"),
    ("GET /%61dmin", "-", "EncodedUnreserved"),
    ("GET /%2561dmin", "-", "EncodedTwice"),
    ("GET /x/%", "GET /{a}/{b}", "MalformedEncoding"),
    ("GET /x/%0", "GET /{a}/{b}", "MalformedEncoding"),
    ("GET /x/%00", "GET /{a}/{b}", "EncodedControl"),
    ("GET /x/%c0%ae", "GET /{a}/{b}", "NotUtf8"),
    ("GET /x/caf\u{e9}", "GET /{a}/{b}", "RawByte"),
    ("GET /x/caf%C3%A9", "GET /{a}/{b}", "GET /{a}/{b}"),
    ("GET /v1/items:purge", "GET /v1/items:purge", "GET /v1/items:purge"),
    ("GET /v1/items%3apurge", "GET /{a}/{b}", "ReadsOtherwise"),
    ("GET /v1/items%3Fpurge", "GET /{a}/{b}", "GET /{a}/{b}"),
    ("GET /files/a/admin%3F", "GET /files/{proxy+}", "GET /files/{proxy+}"),
];

fn table() -> RouteTable {
    RouteTable::builder()
        .open("GET /")
        .require("GET /orders", scope("orders/read"))
        .require("POST /orders/{id}", scope("orders/write"))
        .require("GET /admin", scope("orders/admin"))
        .require("GET /v1/items:purge", scope("orders/admin"))
        .require("GET /any", scope("any/read"))
        .require("ANY /any", scope("any/write"))
        .open("GET /files/{proxy+}")
        .require("GET /{a}/{b}", scope("rest/read"))
        .build()
        .expect("the rows hold")
}

#[tokio::test]
async fn hand_written_request_lines_are_decided_by_the_row_of_their_handler() {
    let api = Api::serve(router(table())).await;
    for (line, handler, row) in LINES {
        let outcome = send(&api, line).await;
        outcome.check(line);
        assert_eq!(
            (outcome.handler.as_deref().unwrap_or("-"), outcome.row.as_deref()),
            (*handler, Some(*row)),
            "{line}: {outcome:?}"
        );
    }
}

/// Rows that are possible in axum's router, too, which does not allow a greedy variable beside another one.
fn rows() -> impl Strategy<Value = Vec<(RouteKey, RouteRule)>> {
    let segment = select(vec!["a", "b", "c:d", "{v}", "{v+}"]);
    let method = select(vec!["ANY", "GET", "GET", "POST", "HEAD", "OPTIONS"]);
    let rule = select(vec![
        RouteRule::Open,
        RouteRule::Refuse,
        RouteRule::Require(scope("r/a")),
        RouteRule::Require(scope("r/b")),
    ]);
    vec((method, vec(segment, 0..4), rule), 1..12).prop_map(|rows| {
        let mut wild: Vec<(String, bool)> = Vec::new();
        let mut taken: Vec<(RouteKey, RouteRule)> = Vec::new();
        for (method, segments, rule) in rows {
            let mut path = String::new();
            let fits = segments.iter().enumerate().all(|(index, segment)| {
                let is_greedy = *segment == "{v+}";
                let before = path.clone();
                path += &format!("/{}", segment.replace('v', &format!("v{index}")));
                let clash = wild.iter().any(|(other, greedy)| *other == before && *greedy != is_greedy);
                if segment.starts_with('{') && !clash {
                    wild.push((before, is_greedy));
                }
                !(segment.starts_with('{') && clash) && (!is_greedy || index + 1 == segments.len())
            });
            let key = format!("{method} {}", if path.is_empty() { "/" } else { &path }).parse::<RouteKey>();
            if let (true, Ok(key)) = (fits, key)
                && taken.iter().all(|(other, _)| *other != key)
            {
                taken.push((key, rule));
            }
        }
        taken
    })
}

fn request_line() -> impl Strategy<Value = String> {
    let segment = select(vec![
        "a",
        "a",
        "a",
        "b",
        "b",
        "c:d",
        "x",
        "A",
        "",
        ".",
        "..",
        "%2e",
        "%61",
        "c%3Ad",
        "a%2fb",
        "a%5cb",
        "a\\b",
        "a;x",
        ";",
        "%",
        "%00",
        "%25",
        "a%3Fb",
        "caf%C3%A9",
        "%c3",
        "caf\u{e9}",
        "c%20d",
        "a+b",
        "{v}",
        "{*v}",
    ]);
    let method =
        select(vec!["GET", "GET", "HEAD", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND", "get", "head"]);
    let form = select(vec!["", "", "", "http://other.example", "https://a@other.example:1"]);
    (method, form, vec(segment, 0..5), select(vec!["", "", "", "/", "?a=/b"]))
        .prop_map(|(method, form, segments, end)| format!("{method} {form}/{}{end}", segments.join("/")))
}

proptest! {
    // Each case builds a router and sends it 24 requests over a socket.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 5))]

    #[test]
    fn generated_request_lines_are_decided_by_the_row_of_their_handler(
        rows in rows(),
        lines in vec(request_line(), 24),
        unmatched in select(vec![RouteRule::Refuse, RouteRule::Open]),
        default in proptest::option::of(select(vec![RouteRule::Open, RouteRule::Require(scope("r/c"))])),
    ) {
        let builder = RouteTable::builder().unmatched(unmatched);
        let default = default.map(|rule| ("$default".parse().expect("a key"), rule));
        let builder = rows.into_iter().chain(default).fold(builder, |builder, (key, rule)| builder.row(key, rule));
        // If a row of HEAD is weaker than that of GET, the table is an error.
        let Ok(table) = builder.build() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let api = Api::serve(router(table)).await;
            for line in lines {
                send(&api, &line).await.check(&line);
            }
        });
    }
}

//! Paths and methods by which an attacker tries to reach a handler through another row than its own.
//!
//! Each request is sent as bytes, so that no client normalises it, and each handler answers with its name. One of them stands
//! for a back end behind the service, which decodes, resolves and truncates its path as lenient servers do.

use std::{
    collections::BTreeSet,
    future::{Ready, ready},
};

use axum::{
    Router,
    routing::{any, get},
};
use cognito_authorizer::{
    CognitoAuthLayer, Requirement, RouteRule, RouteTable, group, routes::RouteTableBuilder, scope,
};
use cognito_local_pool::LocalPool;
use http::Uri;

use crate::support::{Api, bearer, builder, clock, keys, pool};

/// The sender of a request. Each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Nobody,
    /// With a token and no more.
    Somebody,
    /// With the scope `orders/read`.
    Reader,
    /// In the group `ops`, too.
    Operator,
}

use Caller::{Nobody, Operator, Reader, Somebody};

const CALLERS: [Caller; 4] = [Nobody, Somebody, Reader, Operator];

impl Caller {
    fn authorization(self, pool: &LocalPool) -> String {
        let token = || pool.access_token("bob");
        bearer(match self {
            Nobody => return String::new(),
            Somebody => token().sign(),
            Reader => token().scope("orders/read").sign(),
            Operator => token().scope("orders/read").group("ops").sign(),
        })
    }
}

/// The handlers, and the least that a caller needs to reach them. All others must not be reached.
const HANDLERS: &[(&str, Caller)] = &[
    ("health", Nobody),
    ("public", Nobody),
    ("me", Somebody),
    ("files", Somebody),
    ("orders", Reader),
    ("order", Reader),
    ("admin", Operator),
    ("admin users", Operator),
    ("admin user", Operator),
    ("admin fallback", Operator),
];

fn rows() -> RouteTableBuilder {
    RouteTable::builder()
        .open("GET /health")
        .open("GET /public/{proxy+}")
        .require("GET /me", Requirement::nothing())
        .require("ANY /files/{proxy+}", Requirement::nothing())
        .require("GET /orders", scope("orders/read"))
        .require("POST /orders", scope("orders/write"))
        .require("GET /orders/{id}", scope("orders/read"))
        .require("ANY /admin", scope("orders/read").and(group("ops")))
        .require("ANY /admin/{proxy+}", scope("orders/read").and(group("ops")))
        .refuse("ANY /internal/{proxy+}")
}

/// The answer of a handler: a header with its name.
type Answer = [(&'static str, &'static str); 1];

fn handler(name: &'static str) -> impl Fn() -> Ready<Answer> + Clone + Send + 'static {
    move || ready([("x-handler", name)])
}

fn router(auth: CognitoAuthLayer) -> Router {
    let admin = Router::new()
        .route("/", any(handler("admin")))
        .route("/users", any(handler("admin users")))
        .route("/users/{id}", any(handler("admin user")))
        .fallback(handler("admin fallback"));
    Router::new()
        .route("/health", get(handler("health")))
        .route("/public/{*path}", get(async |uri: Uri| [("x-handler", lenient(&uri))]))
        .route("/me", get(handler("me")))
        .route("/files/{*path}", any(handler("files")))
        .route("/orders", get(handler("orders")).post(handler("create order")))
        .route("/orders/{id}", get(handler("order")).put(handler("change order")))
        .route("/internal/{*rest}", any(handler("internal")))
        .nest("/admin", admin)
        .fallback(handler("fallback"))
        .layer(auth)
}

/// What the most lenient back end would serve for this path.
fn lenient(uri: &Uri) -> &'static str {
    let mut path = uri.path().to_owned();
    for _ in 0..3 {
        path = form_decoded(&path).replace('\\', "/");
    }
    let path = path.split(['?', '#', '\0']).next().unwrap_or_default().to_ascii_lowercase();
    let mut segments = Vec::new();
    for segment in path.split('/').map(|segment| segment.split(';').next().unwrap_or_default().trim()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other.to_owned()),
        }
    }
    if segments.first().is_some_and(|first| first == "public") { "public" } else { "outside of public" }
}

/// Decodes every percent-encoded byte.
fn form_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend(piece.bytes().skip(2));
            }
            None => decoded.extend(b"%".iter().copied().chain(piece.bytes())),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A path for each handler, and one without.
const PATHS: &[&str] = &[
    "/health",
    "/public/a",
    "/me",
    "/files/a/b",
    "/orders",
    "/orders/7",
    "/admin",
    "/admin/users",
    "/admin/users/7",
    "/admin/nowhere",
    "/internal/a",
    "/",
];

const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "ANY",
];

/// The path, and spellings that some server may interpret as it.
fn disguises(path: &str) -> Vec<String> {
    let (first, rest) = path.split_at(2.min(path.len()));
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let mut all: Vec<String> = [
        "/",
        "/.",
        "/x/..",
        "/x/%2e%2e",
        "/%2e",
        "/x/..;",
        "//x/..",
        "/\\",
        "/%5c",
        "/%2f",
        "\\",
        "/public/..",
        "/health/..",
    ]
    .iter()
    .map(|before| format!("{before}{path}"))
    .collect();
    for after in [
        "",
        "/",
        "//",
        "/.",
        "/..",
        "/x/..",
        "/%2e",
        "/%2e%2e",
        ";",
        ";a=b",
        "/;",
        "%3b",
        "%00",
        "%20",
        "%09",
        "%0d%0a",
        "?a=b",
        "?",
        "#a",
        "%23",
        "%3f",
        "%3f/x",
        "%2f",
        "%5c",
        "\\",
        "*",
        ".",
        "+",
        "%2a",
        "%c0%af",
        "%ff",
        "é",
        "%",
        "%2",
        "%zz",
        "%252f",
        "{id}",
        ":",
        "/..;/health",
        "/../health",
        "/..%2fhealth",
        "/%2e%2e/health",
    ] {
        all.push(format!("{path}{after}"));
    }
    all.extend([
        path.to_ascii_uppercase(),
        path.replace('/', "//"),
        path.replace('/', "%2f"),
        format!("/{}", path.trim_start_matches('/').replace('/', "%2f")),
        format!("/{}", path.trim_start_matches('/').replace('/', "%252f")),
        path.replace('/', "\\"),
        path.replace('/', "/;x/"),
        path.trim_start_matches('/').to_owned(),
        format!("/{}{rest}", encoded(first.trim_start_matches('/'))),
        format!("/{}{rest}", encoded(first.trim_start_matches('/')).replace('%', "%25")),
        format!("http://api.example{path}"),
        format!("http://api.example/{path}"),
        format!("http://another.example{path}"),
        format!("HTTP://api.example{path}"),
        format!("http://api.example?{path}"),
        format!("http://a@api.example:1{path}"),
        format!("api.example{path}"),
    ]);
    all
}

/// Paths that lead from an open route to this one.
fn detours(path: &str) -> Vec<String> {
    let up = [
        "/..",
        "/../..",
        "/%2e%2e",
        "/%2E%2E/%2e%2e",
        "/..;",
        "/..;/..",
        "/.%2e",
        "%2f..",
        "%2f%2e%2e%2f..",
        "%5c..",
        "\\..",
        "/..%00",
        "/..%5c..",
        "/%252e%252e",
        ";/..",
        "?/..",
        "%3f/..",
        "//..",
        "/./..",
        "%23/..",
    ];
    let open = ["/health", "/public/a"];
    open.iter().flat_map(|open| up.iter().map(move |up| format!("{open}{up}{path}"))).collect()
}

/// The handler that a request reaches, if any.
async fn reached(api: &Api, method: &str, target: &str, authorization: &str) -> Option<String> {
    let credentials =
        if authorization.is_empty() { String::new() } else { format!("Authorization: {authorization}\r\n") };
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: api.example\r\n{credentials}Connection: close\r\n\r\n");
    let answer = api.exchange(request.as_bytes()).await;
    let status = answer.get(9..12).unwrap_or_else(|| panic!("{method} {target}: no answer: {answer:?}"));
    assert!(!status.starts_with('5'), "{method} {target}: {answer}");
    let mut lines = answer.split("\r\n");
    lines.find_map(|line| line.strip_prefix("x-handler: ")).map(str::to_owned)
}

/// Sends all requests. Returns which handlers were reached, and by which callers.
async fn attack(
    pool: &LocalPool,
    table: RouteTableBuilder,
    also: &[(&str, Caller)],
) -> BTreeSet<(String, Caller)> {
    let auth = builder(&clock()).routes(table.build().expect("the rows hold"));
    let api = Api::serve(router(auth.with_keys([(pool.id(), keys(pool))]).expect("a layer"))).await;
    let authorizations = CALLERS.map(|caller| caller.authorization(pool));
    let plain = PATHS.iter().flat_map(|path| {
        let methods = METHODS.iter().map(|method| (*method, (*path).to_owned()));
        methods.flat_map(|request| CALLERS.map(|caller| (caller, request.clone())))
    });
    let hidden = PATHS.iter().flat_map(|path| [disguises(path), detours(path)].concat()).flat_map(|target| {
        [(Nobody, "GET"), (Nobody, "POST"), (Reader, "GET")]
            .map(|(caller, method)| (caller, (method, target.clone())))
    });
    let mut found = BTreeSet::new();
    for (caller, (method, target)) in plain.chain(hidden) {
        let authorization = &authorizations[caller as usize];
        let Some(handler) = reached(&api, method, &target, authorization).await else { continue };
        let least = HANDLERS.iter().chain(also).find(|(name, _)| *name == handler).map(|(_, least)| *least);
        assert!(
            least.is_some_and(|least| least <= caller),
            "{caller:?} reached `{handler}` by {method} {target}; {least:?} may"
        );
        found.insert((handler, caller));
    }
    found
}

/// Every caller who may reach a handler has reached it, which shows that the test is able to.
fn assert_reached(found: &BTreeSet<(String, Caller)>) {
    for (handler, least) in HANDLERS {
        for caller in CALLERS.into_iter().filter(|caller| caller >= least) {
            assert!(found.contains(&((*handler).to_owned(), caller)), "{caller:?} did not reach {handler}");
        }
    }
}

#[tokio::test]
async fn a_handler_is_reached_only_by_its_row() {
    let pool = pool(&clock());
    assert_reached(&attack(&pool, rows(), &[]).await);
}

/// Then only paths without a row are open. A path with rows is not, whatever the method, such as `PUT /orders/{id}`.
#[tokio::test]
async fn a_handler_is_reached_only_by_its_row_even_if_unmatched_requests_are_open() {
    let pool = pool(&clock());
    let forgotten = [("fallback", Nobody)];
    let found = attack(&pool, rows().unmatched(RouteRule::Open), &forgotten).await;
    assert_reached(&found);
    assert!(forgotten.iter().all(|(handler, least)| found.contains(&((*handler).to_owned(), *least))));
}

/// An open row for every path and method decides only about paths that match no narrower row.
#[tokio::test]
async fn a_handler_is_reached_only_by_its_row_even_if_a_broader_row_is_open() {
    let pool = pool(&clock());
    let rest = [("fallback", Nobody)];
    let found = attack(&pool, rows().open("ANY /{proxy+}").open("$default"), &rest).await;
    assert_reached(&found);
    assert!(found.contains(&("fallback".to_owned(), Nobody)));
}

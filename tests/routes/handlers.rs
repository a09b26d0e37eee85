//! Random axum routers behind the layer: if the table has rows with the path pattern of the handler that ran, one of those rows
//! or a row with a narrower pattern let the request in. A handler whose pattern has no row is reported by `compare`.
//!
//! A pattern is narrower if the router prefers it wherever both match: at the first segment where they differ, text comes before
//! a variable, and a variable before a greedy one.
//!
//! `HANDLER_REQUESTS` is the number of requests, 10,000 by default. A million take some minutes:
//! `HANDLER_REQUESTS=1000000 cargo test -p cognito-tests --test suite routes::handlers -- --nocapture`.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::LazyLock,
};

use axum::{Router, body::Body};
use cognito_authorizer::{
    KeySet, Refusal, RouteRule, RouteTable,
    routes::{RouteKey, RouteMethod},
    scope,
};
use cognito_local_pool::LocalPool;
use http::{Method, Request, header};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{TestCaseResult, TestRunner},
};
use tower::ServiceExt;

use super::{
    plain::{Plain, RequestKind, Row, find, is_in_other_case, ranks, row, shape},
    routers::{Built, HANDLER, KINDS, Part, Syntax, part, segments, written},
};
use crate::support::{POOL, bearer, builder, clock, keys, pool};

const REQUESTS_PER_ROUTER: u32 = 40;

/// The number of requests.
fn requests() -> u32 {
    let number = std::env::var("HANDLER_REQUESTS").ok();
    number.map_or(10_000, |text| text.parse().expect("HANDLER_REQUESTS is a number"))
}

/// The sender of a request: without a token, or with one that has the scope `r/a` or `r/b`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    Nobody,
    A,
    B,
}

impl Caller {
    /// Whether the rule lets the caller in.
    fn may(self, rule: &RouteRule) -> bool {
        match rule {
            RouteRule::Open | RouteRule::Preflight => true,
            RouteRule::Require(requirement) if *requirement == scope("r/a") => self == Self::A,
            RouteRule::Require(_) => self == Self::B,
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Sent {
    kind: RequestKind,
    /// Whether it has one of the two headers of a preflight.
    is_nearly_preflight: bool,
    path: String,
    caller: Caller,
}

fn sent() -> impl Strategy<Value = Sent> {
    let methods = select(vec![
        "GET", "GET", "HEAD", "HEAD", "POST", "DELETE", "OPTIONS", "OPTIONS", "TRACE", "FOO", "get",
    ]);
    let method = methods.prop_map(|method| RequestKind::Method(method.parse().expect("a token")));
    let kind = prop_oneof![9 => method, 1 => Just(RequestKind::Preflight)];
    let segments = vec(select(vec!["a", "a", "a", "b", "b", "c"]), 0..5);
    let slash = prop_oneof![9 => Just(""), 1 => Just("/")];
    let caller = select(vec![Caller::Nobody, Caller::A, Caller::B]);
    (kind, any::<bool>(), segments, slash, caller).prop_map(
        |(kind, is_nearly_preflight, segments, slash, caller)| {
            let path = format!("/{}", segments.join("/"));
            let path = if segments.is_empty() { path } else { path + slash };
            Sent { kind, is_nearly_preflight, path, caller }
        },
    )
}

fn rule() -> impl Strategy<Value = RouteRule> {
    let require = |name: &str| RouteRule::Require(scope(format!("r/{name}")));
    select(vec![RouteRule::Open, RouteRule::Open, RouteRule::Refuse, require("a"), require("b")])
}

/// A row with the path of a route, or with any path.
#[derive(Clone, Debug)]
struct RowOf {
    of: Option<Index>,
    segments: Vec<&'static str>,
    method: &'static str,
    rule: RouteRule,
    is_preflight: bool,
}

fn rows() -> impl Strategy<Value = Vec<RowOf>> {
    let of = prop_oneof![3 => any::<Index>().prop_map(Some), 1 => Just(None)];
    let method = select(vec!["ANY", "ANY", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS"]);
    let row = (of, segments(3), method, rule(), any::<bool>()).prop_map(
        |(of, segments, method, rule, is_preflight)| RowOf { of, segments, method, rule, is_preflight },
    );
    vec(row, 0..12)
}

/// The table of those rows that can be in one, and its rows.
fn table(rows: Vec<RowOf>, unmatched: &RouteRule, patterns: &[String]) -> (RouteTable, Vec<Row>) {
    let build = |rows: &[Row]| {
        let builder = RouteTable::builder().unmatched(unmatched.clone());
        rows.iter().cloned().fold(builder, |builder, (key, rule)| builder.row(key, rule)).build()
    };
    let mut taken: Vec<Row> = Vec::new();
    for RowOf { of, segments, method, rule, is_preflight } in rows {
        let own = of.filter(|_| !patterns.is_empty()).map(|index| index.get(patterns).clone());
        let path = own.unwrap_or_else(|| written(&segments, 0, Syntax::Row));
        let key = if path == "$default" { path } else { format!("{method} {path}") };
        let key: RouteKey = key.parse().expect("a key");
        let is_preflight = is_preflight && key.method() == RouteMethod::Options;
        taken.push((key, if is_preflight { RouteRule::Preflight } else { rule }));
        if build(&taken).is_err() {
            taken.pop();
        }
    }
    (build(&taken).expect("it was built before"), taken)
}

/// The pool and its tokens, each verified by its layer only once.
struct World {
    keys: KeySet,
    tokens: [String; 2],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let pool: LocalPool = pool(&clock());
    let token = |name: &str| bearer(pool.access_token("ada").scope(format!("r/{name}")).sign());
    World { keys: keys(&pool), tokens: [token("a"), token("b")] }
});

impl Sent {
    fn request(&self) -> Request<Body> {
        let (method, is_preflight) = match &self.kind {
            RequestKind::Method(method) => (method.clone(), false),
            RequestKind::Preflight => (Method::OPTIONS, true),
        };
        let mut request = Request::builder().method(method).uri(&*self.path);
        if is_preflight || self.is_nearly_preflight {
            request = request.header(header::ORIGIN, "https://app.example");
        }
        if is_preflight {
            request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT");
        }
        match self.caller {
            Caller::Nobody => {}
            Caller::A => request = request.header(header::AUTHORIZATION, &WORLD.tokens[0]),
            Caller::B => request = request.header(header::AUTHORIZATION, &WORLD.tokens[1]),
        }
        request.body(Body::empty()).expect("a request")
    }

    /// The handler that runs, and whether the layer refused.
    async fn send(&self, router: &Router) -> (Option<usize>, bool) {
        let answer = router.clone().oneshot(self.request()).await.expect("an answer");
        let handler = answer.headers().get(HANDLER).map(|value| value.to_str().expect("text"));
        let handler = handler.map(|text| text.parse().expect("a number"));
        (handler, answer.extensions().get::<Refusal>().is_some())
    }

    /// The row that decides by the simple matcher, and whether it lets the caller in.
    fn decision<'r>(&self, rows: &'r [Row], unmatched: &'r RouteRule) -> (Option<&'r RouteKey>, bool) {
        match find(rows, &self.kind, &self.path) {
            Plain::Row(key, rule) => (Some(key), self.caller.may(rule)),
            Plain::Unmatched => (None, self.caller.may(unmatched)),
            Plain::NoMethod | Plain::Contested => (None, false),
        }
    }
}

/// How often each case occurred, to show that the test covers all of them.
#[derive(Debug, Default)]
struct Seen {
    requests: Cell<u32>,
    by_own_row: Cell<u32>,
    by_narrower_row: Cell<u32>,
    without_row: Cell<u32>,
    no_method: Cell<u32>,
    /// How often each kind of handler was reached.
    kinds: RefCell<BTreeMap<&'static str, u32>>,
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

#[test]
fn a_handler_with_rows_is_reached_only_by_them_or_by_narrower_ones() {
    let config = ProptestConfig::with_cases(requests().div_ceil(REQUESTS_PER_ROUTER));
    let mut runner = TestRunner::new(config);
    let seen = Seen::default();
    let requests = vec(sent(), REQUESTS_PER_ROUTER as usize);
    let unmatched = prop_oneof![2 => Just(RouteRule::Refuse), 1 => rule()];
    let strategy = (part(), any::<bool>(), rows(), unmatched, requests);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = runner.run(&strategy, |(part, has_method_fallback, rows, unmatched, requests)| {
        runtime.block_on(holds(&part, has_method_fallback, rows, &unmatched, &requests, &seen))
    });
    if let Err(error) = outcome {
        panic!("{error}\n{seen:?}");
    }
    println!("{seen:?}");
    for cell in [&seen.by_own_row, &seen.by_narrower_row, &seen.without_row, &seen.no_method] {
        assert!(cell.get() > seen.requests.get() / 1_000, "{seen:?}");
    }
    assert!(KINDS.iter().all(|kind| seen.kinds.borrow().contains_key(kind)), "{seen:?}");
}

async fn holds(
    part: &Part,
    has_method_fallback: bool,
    rows: Vec<RowOf>,
    unmatched: &RouteRule,
    requests: &[Sent],
    seen: &Seen,
) -> TestCaseResult {
    let built = Built::of(part, has_method_fallback);
    let (table, rows) = table(rows, unmatched, &built.patterns());
    let comparison = table.compare(built.items.iter().map(|item| item.text.clone()));
    let named: Vec<&str> = comparison.routes_without_row().collect();
    let auth =
        builder(&clock()).routes(table.clone()).with_keys([(POOL, WORLD.keys.clone())]).expect("a layer");
    let protected = built.router.clone().layer(auth);
    for sent in requests {
        count(&seen.requests);
        let (handler, refused) = sent.send(&protected).await;
        let (decided_by, may) = sent.decision(&rows, unmatched);
        // A path with a slash at the end can be interpreted in two ways, so it may be refused.
        if !sent.path.ends_with('/') || sent.path == "/" {
            prop_assert_eq!(refused, !may, "{:?} {:?}", sent, table);
        }
        prop_assert!(may || handler.is_none(), "{:?} {:?}", sent, table);
        if let Some(handler) = handler {
            *seen.kinds.borrow_mut().entry(built.kind(handler)).or_default() += 1;
            let own = built.pattern(handler, &sent.path);
            let has_rows = rows.iter().any(|(key, _)| shape(key.path().as_str()) == shape(&own));
            match decided_by {
                Some(decided_by) if shape(decided_by.path().as_str()) == shape(&own) => {
                    count(&seen.by_own_row);
                }
                Some(decided_by) if has_rows && is_narrower(decided_by.path().as_str(), &own) => {
                    count(&seen.by_narrower_row);
                }
                _ => {
                    count(&seen.without_row);
                    prop_assert!(!has_rows, "{:?} reached {} by {:?} of {:?}", sent, own, decided_by, table);
                    let item = &built.item_of(handler, &own).text;
                    prop_assert!(named.contains(&&**item), "{}: {}", item, comparison);
                }
            }
        }
        // `compare` reports a handler that would be reached without the layer and has no row of its path.
        let (handler, _) = sent.send(&built.router).await;
        let Some(handler) = handler else { continue };
        let own = built.pattern(handler, &sent.path);
        if !has_deciding_row(&rows, &sent.kind, &own) {
            let item = &built.item_of(handler, &own).text;
            prop_assert!(named.contains(&&**item), "{:?}: {}: {}", sent, item, comparison);
            if rows.iter().any(|(key, _)| shape(key.path().as_str()) == shape(&own)) {
                count(&seen.no_method);
            }
        }
    }
    // It reports nothing else.
    for item in &built.items {
        let method = item.method.clone().unwrap_or_else(|| "FOO".parse().expect("a token"));
        let has_deciding_row = has_deciding_row(&rows, &RequestKind::Method(method), &item.pattern);
        prop_assert_eq!(named.contains(&&*item.text), !has_deciding_row, "{}: {}", item.text, comparison);
    }
    Ok(())
}

/// Whether a row with this path pattern decides. A handler for `OPTIONS` counts as one for preflights if a row lets them in, and one
/// for `get` as one for all methods: the table refuses `get` itself.
fn has_deciding_row(rows: &[Row], kind: &RequestKind, pattern: &str) -> bool {
    if is_in_other_case(kind) {
        let unknown = Method::from_bytes(b"FOO").expect("a token");
        return has_deciding_row(rows, &RequestKind::Method(unknown), pattern);
    }
    let is_options = *kind == RequestKind::Method(Method::OPTIONS);
    row(rows, kind, pattern).is_some()
        || (is_options && row(rows, &RequestKind::Preflight, pattern).is_some())
}

fn is_narrower(one: &str, other: &str) -> bool {
    other == "$default" || ranks(one) < ranks(other)
}

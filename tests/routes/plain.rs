//! A second, simple matcher, which compares every row segment by segment.

use cognito_authorizer::{
    RouteRule,
    routes::{RouteKey, RouteMethod},
};
use http::Method;

/// The result of the simple matcher.
#[derive(Debug, PartialEq)]
pub(super) enum Plain<'r> {
    Row(&'r RouteKey, &'r RouteRule),
    /// No path matches.
    Unmatched,
    /// The most specific path that matches has no row for the method.
    NoMethod,
    /// API Gateway may prefer another row, with another rule.
    Contested,
}

/// A request apart from its path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RequestKind {
    Method(Method),
    Preflight,
}

pub(super) type Row = (RouteKey, RouteRule);

/// The row that decides. The path must be unambiguous.
pub(super) fn find<'r>(rows: &'r [Row], kind: &RequestKind, path: &str) -> Plain<'r> {
    let mut patterns: Vec<&str> =
        rows.iter().map(|(key, _)| key.path().as_str()).filter(|path| *path != "$default").collect();
    patterns.retain(|pattern| matches(pattern, path));
    let Some(best) = patterns.iter().min_by_key(|pattern| ranks(pattern)) else {
        let has_default = rows.iter().any(|(key, _)| key.path().as_str() == "$default");
        let otherwise = if has_default { Plain::NoMethod } else { Plain::Unmatched };
        return row(rows, kind, "$default").map_or(otherwise, |(key, rule)| Plain::Row(key, rule));
    };
    let Some((key, rule)) = row(rows, kind, best) else { return Plain::NoMethod };
    // API Gateway chooses among the rows with the method: those without a greedy variable first, then the deepest.
    let other = patterns.iter().filter_map(|pattern| Some((pattern, row(rows, kind, pattern)?)));
    let other = other.min_by_key(|(pattern, _)| {
        let depth = pattern.contains("+}").then(|| usize::MAX - ranks(pattern).len());
        (depth, ranks(pattern))
    });
    match other {
        Some((_, (_, other))) if !is_as_strict(rule, other) => Plain::Contested,
        _ => Plain::Row(key, rule),
    }
}

/// Whether the first rule certainly lets in nothing that the second refuses.
pub(super) fn is_as_strict(one: &RouteRule, other: &RouteRule) -> bool {
    one == other || *one == RouteRule::Refuse || matches!(other, RouteRule::Open | RouteRule::Preflight)
}

/// Whether the method is a known one for back ends that ignore the letter case, and another one for HTTP.
pub(super) fn is_in_other_case(kind: &RequestKind) -> bool {
    let RequestKind::Method(method) = kind else { return false };
    let known = method.as_str().to_uppercase().parse::<RouteMethod>();
    known.is_ok_and(|known| known.as_str() != method.as_str())
}

/// The row that decides about a request at a path pattern.
pub(super) fn row<'r>(rows: &'r [Row], kind: &RequestKind, pattern: &str) -> Option<&'r Row> {
    if is_in_other_case(kind) {
        return None;
    }
    let at = || rows.iter().filter(|(key, _)| shape(key.path().as_str()) == shape(pattern));
    let (preflight, method) = match kind {
        RequestKind::Method(method) => (None, method),
        RequestKind::Preflight => (at().find(|(_, rule)| *rule == RouteRule::Preflight), &Method::OPTIONS),
    };
    let find = |method: &str| {
        let row = |key: &RouteKey| key.method() != RouteMethod::Any && key.method().as_str() == method;
        at().find(|(key, rule)| row(key) && *rule != RouteRule::Preflight)
    };
    let as_get = || if method == Method::HEAD { find("GET") } else { None };
    let any = || at().find(|(key, _)| key.method() == RouteMethod::Any);
    preflight.or_else(|| find(method.as_str())).or_else(as_get).or_else(any)
}

/// A pattern without the names of its variables.
pub(super) fn shape(pattern: &str) -> Vec<String> {
    let segments = pattern.split('/').map(|segment| match rank(segment) {
        0 => segment.to_owned(),
        rank => format!("{{{rank}}}"),
    });
    segments.collect()
}

pub(super) fn ranks(pattern: &str) -> Vec<u8> {
    pattern.split('/').map(rank).collect()
}

fn rank(segment: &str) -> u8 {
    match (segment.starts_with('{'), segment.ends_with("+}")) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let path: Vec<&str> = path.split('/').collect();
    let pattern: Vec<&str> = pattern.split('/').collect();
    let greedy = pattern.last().is_some_and(|last| rank(last) == 2);
    let long_enough = if greedy { path.len() >= pattern.len() } else { path.len() == pattern.len() };
    long_enough
        && pattern.iter().zip(&path).all(|(wanted, found)| match rank(wanted) {
            0 => wanted == found,
            // `/files/` has no segment after `/files`.
            _ => !found.is_empty(),
        })
}

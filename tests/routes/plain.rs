//! A second matcher, as plain as can be: every row is tried, segment by segment.

use cognito_authorizer::{Precedence, RouteKey, RouteRule};
use http::Method;

/// What the plain matcher says.
#[derive(Debug, PartialEq)]
pub(super) enum Plain<'r> {
    Row(&'r RouteKey, &'r RouteRule),
    Unmatched,
    /// API Gateway may prefer another row, with another rule.
    Contested,
}

pub(super) type Row = (RouteKey, RouteRule);

/// Of a path that can be read in one way.
pub(super) fn find<'r>(rows: &'r [Row], precedence: Precedence, method: &Method, path: &str) -> Plain<'r> {
    let mut patterns: Vec<&str> =
        rows.iter().map(|(key, _)| key.path()).filter(|path| *path != "$default").collect();
    patterns.retain(|pattern| matches(pattern, path));
    if precedence == Precedence::RouteFirst {
        patterns.retain(|pattern| row(rows, method, pattern).is_some());
    }
    let Some(best) = patterns.iter().min_by_key(|pattern| ranks(pattern)) else {
        return row(rows, method, "$default").map_or(Plain::Unmatched, |(key, rule)| Plain::Row(key, rule));
    };
    // Without greedy variable first, then the deepest.
    let other = patterns.iter().min_by_key(|pattern| {
        let depth = pattern.contains("+}").then(|| usize::MAX - ranks(pattern).len());
        (depth, ranks(pattern))
    });
    let found = row(rows, method, best);
    let other = row(rows, method, other.unwrap_or(best));
    let rule = |row: Option<&'r Row>| row.map_or(&RouteRule::Refuse, |(_, rule)| rule);
    match found {
        _ if !is_as_strict(rule(found), rule(other)) => Plain::Contested,
        None => Plain::Unmatched,
        Some((key, rule)) => Plain::Row(key, rule),
    }
}

/// Whether the one certainly lets in nothing that the other does not.
pub(super) fn is_as_strict(one: &RouteRule, other: &RouteRule) -> bool {
    one == other || *one == RouteRule::Refuse || *other == RouteRule::Open
}

/// The row that a method has at a path pattern.
fn row<'r>(rows: &'r [Row], method: &Method, pattern: &str) -> Option<&'r Row> {
    let find = |method: Option<&Method>| {
        rows.iter().find(|(key, _)| shape(key.path()) == shape(pattern) && key.method() == method)
    };
    let as_get = (method == Method::HEAD).then(|| find(Some(&Method::GET))).flatten();
    find(Some(method)).or(as_get).or_else(|| find(None))
}

/// A pattern without the names of its variables.
fn shape(pattern: &str) -> Vec<String> {
    let segments = pattern.split('/').map(|segment| match rank(segment) {
        0 => segment.to_owned(),
        rank => format!("{{{rank}}}"),
    });
    segments.collect()
}

fn ranks(pattern: &str) -> Vec<u8> {
    pattern.split('/').map(rank).collect()
}

fn rank(segment: &str) -> u8 {
    match (segment.starts_with('{'), segment.ends_with("+}")) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let path: Vec<&str> = path.split('/').collect();
    let pattern: Vec<&str> = pattern.split('/').collect();
    let greedy = pattern.last().is_some_and(|last| rank(last) == 2);
    let long_enough = if greedy { path.len() >= pattern.len() } else { path.len() == pattern.len() };
    long_enough
        && pattern.iter().zip(&path).all(|(wanted, found)| match rank(wanted) {
            0 => wanted == found,
            // Nor has `/files/` a segment after `/files`.
            _ => !found.is_empty(),
        })
}

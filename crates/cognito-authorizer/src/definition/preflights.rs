//! The CORS preflights that an HTTP API answers on paths that have no route for `OPTIONS`.

use std::collections::BTreeMap;

use apigateway_definition::{Api, Method, PathPattern, Route, Rule, Segment};

/// The paths that need a row for preflights, because none of their routes handles `OPTIONS`.
///
/// With a CORS configuration, the gateway answers preflights itself. Where a route with an authorizer would handle `OPTIONS`,
/// AWS recommends an additional open route `OPTIONS /{proxy+}` («Configure CORS for HTTP APIs», API Gateway developer guide). Both
/// open the preflights of more specific paths. In a `RouteTable` a broader row does not decide for such paths, so each needs
/// its own row.
pub(super) fn paths(api: &Api) -> Vec<&PathPattern> {
    let mut takers: BTreeMap<&PathPattern, Option<&Route>> = BTreeMap::new();
    for route in &api.routes {
        let taker = takers.entry(&route.path).or_default();
        match route.method {
            Method::Options => *taker = Some(route),
            Method::Any => *taker = taker.or(Some(route)),
            _ => {}
        }
    }
    let mut paths: Vec<&PathPattern> = Vec::new();
    for (&path, taker) in &takers {
        // Rows do not distinguish names of variables.
        let is_new = || !paths.iter().any(|other| covers(other, path) && covers(path, other));
        if taker.is_none() && !path.is_default() && is_open(api, &takers, path) && is_new() {
            paths.push(path);
        }
    }
    paths
}

/// Whether the API answers preflights for every request to this path without a token, whichever of its routes handles them.
fn is_open(api: &Api, takers: &BTreeMap<&PathPattern, Option<&Route>>, path: &PathPattern) -> bool {
    let takers = || takers.values().copied().flatten();
    let is_covered = takers().any(|taker| covers(&taker.path, path));
    // `$default` handles requests that no other route does.
    let mut met = takers()
        .filter(|taker| if taker.path.is_default() { !is_covered } else { may_meet(&taker.path, path) });
    let are_open = met.all(|taker| matches!(taker.rule, Rule::Open(_)));
    let is_routed = || takers().any(|taker| taker.method == Method::Options && covers(&taker.path, path));
    are_open && (api.cors.is_some() || is_routed())
}

/// Whether some path matches both patterns.
fn may_meet(one: &PathPattern, other: &PathPattern) -> bool {
    for (one, other) in one.segments().iter().zip(other.segments()) {
        match (one, other) {
            (Segment::Greedy(_), _) | (_, Segment::Greedy(_)) => return true,
            (Segment::Literal(one), Segment::Literal(other)) if one != other => return false,
            _ => {}
        }
    }
    one.segments().len() == other.segments().len()
}

/// Whether one pattern matches every path that the other matches. Does not consider `$default`.
fn covers(broad: &PathPattern, narrow: &PathPattern) -> bool {
    let mut rest = narrow.segments().iter();
    for segment in broad.segments() {
        match (segment, rest.next()) {
            (Segment::Greedy(_), Some(_)) => return true,
            (Segment::Parameter(_), Some(Segment::Literal(_) | Segment::Parameter(_))) => {}
            (Segment::Literal(one), Some(Segment::Literal(other))) if one == other => {}
            _ => return false,
        }
    }
    rest.next().is_none() && !broad.is_default()
}

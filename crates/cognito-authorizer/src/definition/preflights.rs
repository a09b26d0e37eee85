//! The CORS preflights that an HTTP API answers on paths that have no route for `OPTIONS`.

use std::collections::BTreeMap;

use apigateway_definition::{Api, Route, Rule};
use apigateway_routes::{PathPattern, PathShape, RouteMethod};

/// The paths that need a row for preflights, because none of their routes handles `OPTIONS`.
///
/// With a CORS configuration, the gateway answers preflights itself. Where a route with an authorizer would handle `OPTIONS`,
/// AWS recommends an additional open route `OPTIONS /{proxy+}` ("Configure CORS for HTTP APIs", API Gateway developer guide). Both
/// open the preflights of more specific paths. In a `RouteTable` a broader row does not decide for such paths, so each needs
/// its own row.
pub(super) fn paths(api: &Api) -> Vec<&PathPattern> {
    let mut paths: BTreeMap<PathShape, Path<'_>> = BTreeMap::new();
    for route in &api.routes {
        let path = PathShape::from(route.key.path());
        let path = paths.entry(path).or_insert(Path { pattern: route.key.path(), options: None });
        match route.key.method() {
            RouteMethod::Options => path.options = Some(route),
            RouteMethod::Any => path.options = path.options.or(Some(route)),
            _ => {}
        }
    }
    let without_options = paths
        .iter()
        .filter(|(shape, path)| path.options.is_none() && !shape.is_default() && is_open(api, &paths, shape));
    without_options.map(|(_, path)| path.pattern).collect()
}

struct Path<'a> {
    pattern: &'a PathPattern,
    /// The route that handles `OPTIONS`.
    options: Option<&'a Route>,
}

/// Whether the API answers preflights for every request to this path without a token, whichever of its routes handles them.
fn is_open(api: &Api, paths: &BTreeMap<PathShape, Path<'_>>, path: &PathShape) -> bool {
    let routes = || paths.iter().filter_map(|(shape, path)| Some((shape, path.options?)));
    let is_covered = routes().any(|(shape, _)| !shape.is_default() && shape.covers(path));
    // `$default` handles requests that no other route does.
    let mut handling =
        routes().filter(|(shape, _)| if shape.is_default() { !is_covered } else { shape.overlaps(path) });
    let are_open = handling.all(|(_, route)| matches!(route.rule, Rule::Open(_)));
    let is_routed = || {
        routes().any(|(shape, route)| {
            route.key.method() == RouteMethod::Options && !shape.is_default() && shape.covers(path)
        })
    };
    are_open && (api.cors.is_some() || is_routed())
}

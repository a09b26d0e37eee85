//! Which row API Gateway may prefer to the router's choice, where several patterns match one path.

use apigateway_routes::{PathMatcher, RouteMethod};
use http::Method;

use super::{rule::Selector, shape::Shape};

/// The shapes of a table by what selects one of their rows. A shape without such a row contests nothing: API Gateway selects
/// among the routes that have the method or `ANY` ("Create routes for HTTP APIs", API Gateway developer guide).
///
/// Empty where no path pattern ends in a greedy variable, as only those are contested.
#[derive(Clone, Default)]
pub(super) struct Contests {
    named: Vec<(Method, PathMatcher)>,
    /// For methods that no row names.
    any: PathMatcher,
    preflight: PathMatcher,
}

impl Contests {
    pub(super) fn of(shapes: &[Shape]) -> Self {
        if !shapes.iter().any(Shape::is_greedy) {
            return Self::default();
        }
        let named = methods(shapes).into_iter().map(|method| {
            let patterns = selected(shapes, Selector::Method(&method));
            (method, patterns)
        });
        Self {
            named: named.collect(),
            any: matcher(shapes, Shape::has_any),
            preflight: selected(shapes, Selector::Preflight),
        }
    }

    /// The shape that API Gateway may prefer to the most specific one, of those with a row for the request.
    pub(super) fn rival<'t>(
        &self,
        shapes: &'t [Shape],
        selector: Selector<'_>,
        path: &str,
    ) -> Option<&'t Shape> {
        let patterns = match selector {
            Selector::Method(method) => self
                .named
                .iter()
                .find(|(named, _)| named == method)
                .map_or(&self.any, |(_, patterns)| patterns),
            Selector::Preflight => &self.preflight,
        };
        shapes.get(patterns.find(path)?.rival?)
    }
}

/// The patterns of the shapes that have a row for this.
fn selected(shapes: &[Shape], selector: Selector<'_>) -> PathMatcher {
    matcher(shapes, |shape| shape.row(selector).is_some())
}

/// The patterns of the shapes for which `includes` is true. Each shape has a pattern of its own.
pub(super) fn matcher(shapes: &[Shape], includes: impl Fn(&Shape) -> bool) -> PathMatcher {
    let mut patterns = PathMatcher::default();
    for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| includes(shape)) {
        let inserted = patterns.insert(&shape.path, index);
        debug_assert_eq!(inserted, Ok(()), "rows of one path share a shape");
    }
    patterns
}

/// The methods that select more than rows with `ANY`.
fn methods(shapes: &[Shape]) -> Vec<Method> {
    let mut methods = Vec::new();
    for method in shapes.iter().flat_map(Shape::methods) {
        // HEAD follows GET.
        let also = if method == RouteMethod::Get { RouteMethod::Head } else { method };
        for method in [method, also].into_iter().filter_map(|method| method.as_str().parse().ok()) {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    methods
}

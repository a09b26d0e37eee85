//! Routes that a parameter leaves out, and the open routes that handle their requests.

use crate::model::{DecidingParameter, DisplacedRoute, Method, PathPattern, Route, Rule, Segment, route_key};

/// A route whose condition is false because of these parameters.
#[derive(Debug)]
pub(super) struct Absent {
    /// `None` where all routes of the path are left out.
    pub(super) method: Option<Method>,
    pub(super) path: PathPattern,
    pub(super) decided_by: Vec<DecidingParameter>,
}

/// Records on each open route the absent routes whose requests it handles.
pub(super) fn note(absent: Vec<Absent>, routes: &mut [(Route, crate::source::Span)]) {
    for Absent { method, path, decided_by } in absent.into_iter().filter(|one| !one.decided_by.is_empty()) {
        let covering = routes.iter_mut().map(|(route, _)| route).filter(|route| {
            let takes_method =
                route.method == Method::Any || method.is_none_or(|method| method == route.method);
            takes_method && covers(&route.path, &path)
        });
        let nearest = covering.max_by_key(|route| (specificity(&route.path), route.method != Method::Any));
        if let Some(route) = nearest.filter(|route| matches!(route.rule, Rule::Open(_))) {
            let key = method.map_or_else(|| path.to_string(), |method| route_key(method, &path));
            route.displaced.push(DisplacedRoute { key, decided_by });
        }
    }
}

/// Whether the pattern matches every request that the other matches.
fn covers(pattern: &PathPattern, other: &PathPattern) -> bool {
    if pattern.is_default() || other.is_default() {
        return pattern.is_default();
    }
    let mut others = other.segments().iter();
    for segment in pattern.segments() {
        match (segment, others.next()) {
            (Segment::Greedy(_), Some(_)) => return true,
            (Segment::Literal(one), Some(Segment::Literal(other))) if one == other => {}
            (Segment::Parameter(_), Some(Segment::Literal(_) | Segment::Parameter(_))) => {}
            _ => return false,
        }
    }
    others.next().is_none()
}

/// Larger for the pattern with precedence, among those that match the same requests.
fn specificity(pattern: &PathPattern) -> (bool, Vec<u8>) {
    let rank = |segment: &Segment| match segment {
        Segment::Greedy(_) => 0,
        Segment::Parameter(_) => 1,
        Segment::Literal(_) => 2,
    };
    (!pattern.is_default(), pattern.segments().iter().map(rank).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_takes_no_other_requests() {
        for (pattern, other, expected) in [
            ("$default", "/a", true),
            ("$default", "$default", true),
            ("/{p+}", "/a", true),
            ("/{p+}", "/a/{b}/c", true),
            ("/{p+}", "/{q+}", true),
            ("/{p+}", "/", false),
            ("/a/{p+}", "/a", false),
            ("/{x}", "/a", true),
            ("/{x}", "/{p+}", false),
            ("/a", "/a", true),
            ("/a", "/b", false),
            ("/a", "/a/b", false),
            ("/a/b", "/a", false),
            ("/{p+}", "$default", false),
        ] {
            assert_eq!(
                covers(&pattern.parse().unwrap(), &other.parse().unwrap()),
                expected,
                "{pattern} {other}"
            );
        }
    }

    #[test]
    fn the_narrowest_pattern_is_the_most_specific() {
        let ascending = ["$default", "/{p+}", "/{x}", "/{x}/b", "/a/{p+}", "/a/{x}", "/a/b"];
        let ranks: Vec<_> = ascending.iter().map(|text| specificity(&text.parse().unwrap())).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
    }
}

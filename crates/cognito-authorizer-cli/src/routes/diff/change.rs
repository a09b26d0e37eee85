//! The requests for which a new definition requires something else.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use apigateway_definition::{Api, ApiKind, Route};
use apigateway_routes::{PathPattern, PathShape, RouteFinder, RouteMethod, Segment, Selection};

use crate::routes::diff::access::Access;

/// A change, and the requests that it affects.
#[derive(Debug)]
pub(in crate::routes) struct Change {
    pub(super) kind: ChangeKind,
    /// The methods, or `ANY`, and the path.
    pub(super) requests: String,
    pub(super) old: Access,
    pub(super) new: Access,
}

/// What a change does. The most important come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChangeKind {
    Opens,
    Loosens,
    Changes,
    Adds,
    Tightens,
    Closes,
    Removes,
}

impl ChangeKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::Loosens => "loosens",
            Self::Changes => "changes",
            Self::Adds => "adds",
            Self::Tightens => "tightens",
            Self::Closes => "closes",
            Self::Removes => "removes",
        }
    }

    /// Whether a request may be accepted that was refused before. New routes do not count, unless they are open.
    pub(super) fn lets_more_in(self) -> bool {
        matches!(self, Self::Opens | Self::Loosens | Self::Changes)
    }

    fn of(old: &Access, new: &Access) -> Option<Self> {
        Some(match (old, new) {
            (old, new) if old == new => return None,
            (_, Access::Open) => Self::Opens,
            (Access::Open, _) => Self::Closes,
            (_, Access::Preflights) => Self::Opens,
            (Access::Preflights, _) => Self::Closes,
            (Access::NoRoute, Access::Token(_)) => Self::Adds,
            (Access::Token(_), Access::NoRoute) => Self::Removes,
            (Access::Refused, Access::Token(_)) => Self::Loosens,
            (Access::Token(_), Access::Refused) => Self::Tightens,
            (Access::Token(old), Access::Token(new)) => match new.compare(old) {
                Some(Ordering::Greater) => Self::Loosens,
                Some(Ordering::Less) => Self::Tightens,
                Some(Ordering::Equal) => return None,
                None => Self::Changes,
            },
            // Every request is refused, before and after.
            (Access::NoRoute | Access::Refused, _) => return None,
        })
    }
}

/// The requests of some methods to some paths.
struct Found<'m> {
    kind: ChangeKind,
    shape: PathShape,
    methods: BTreeSet<&'m str>,
    old: Access,
    new: Access,
}

/// The requests whose rule differs between the two. An API that does not exist has no routes.
pub(super) fn of(old: Option<&Api>, new: Option<&Api>) -> Vec<Change> {
    let (old_routes, new_routes) = (ApiRoutes::of(old), ApiRoutes::of(new));
    let mut found: Vec<Found<'_>> = Vec::new();
    // The pairs of routes that were reported, by method. The broadest shape comes first.
    let mut reported: BTreeSet<(Option<usize>, Option<usize>, RouteMethod)> = BTreeSet::new();
    for shape in shapes(&old_routes, &new_routes) {
        let path = shape.example();
        let mut here: BTreeMap<(Option<usize>, Option<usize>), BTreeSet<&str>> = BTreeMap::new();
        for method in methods() {
            let (before, after) =
                (old_routes.finder.find(method, &path), new_routes.finder.find(method, &path));
            if reported.insert((before, after, method)) {
                here.entry((before, after)).or_default().insert(method.as_str());
            }
        }
        for ((before, after), methods) in here {
            let (old, new) = (Access::of(old_routes.route(before)), Access::of(new_routes.route(after)));
            let Some(kind) = ChangeKind::of(&old, &new) else { continue };
            let same = found.iter_mut().find(|one| one.shape == shape && one.old == old && one.new == new);
            match same {
                Some(one) => one.methods.extend(methods),
                None => found.push(Found { kind, shape: shape.clone(), methods, old, new }),
            }
        }
    }
    // As a definition writes it, if one does.
    let path_of = |shape: &PathShape| {
        let mut routes = new_routes.routes.iter().chain(old_routes.routes);
        let written = routes.find(|route| own_shapes(route.key.path()).first() == Some(shape));
        written.map_or_else(|| shape.to_string(), |route| route.key.path().to_string())
    };
    let change = |Found { kind, shape, methods, old, new }| {
        let requests = format!("{} {}", written(&methods), path_of(&shape));
        Change { kind, requests, old, new }
    };
    let mut changes: Vec<Change> = found.into_iter().map(change).chain(preflights(old, new)).collect();
    changes.sort_by_key(|one| one.kind);
    changes
}

/// The change of the preflights that an HTTP API answers itself. With a CORS configuration, it does so on every path ("Configure CORS
/// for HTTP APIs", API Gateway developer guide).
fn preflights(old: Option<&Api>, new: Option<&Api>) -> Option<Change> {
    let answered = |api: Option<&Api>| match api.and_then(|api| api.cors.as_ref()) {
        Some(_) => Access::Preflights,
        None => Access::NoRoute,
    };
    let (old, new) = (answered(old), answered(new));
    let kind = ChangeKind::of(&old, &new)?;
    Some(Change { kind, requests: "OPTIONS /{proxy+}".to_owned(), old, new })
}

/// The methods of requests.
fn methods() -> impl Iterator<Item = RouteMethod> {
    RouteMethod::OF_API_GATEWAY.into_iter().filter(|method| *method != RouteMethod::Any)
}

fn written(of: &BTreeSet<&str>) -> String {
    if of.len() == methods().count() {
        return "ANY".to_owned();
    }
    // HEAD follows GET if no route names it.
    let implied = |method: &str| method == "HEAD" && of.contains("GET");
    of.iter().copied().filter(|method| !implied(method)).collect::<Vec<_>>().join(",")
}

/// The shapes of all routes, and their intersections, in which either of the two may be selected.
fn shapes(old: &ApiRoutes<'_>, new: &ApiRoutes<'_>) -> Vec<PathShape> {
    let routes = old.routes.iter().chain(new.routes);
    let own: BTreeSet<PathShape> = routes.flat_map(|route| own_shapes(route.key.path())).collect();
    // The broadest come first: requests that move to another route are reported with the broadest path.
    let mut all: Vec<PathShape> = own.iter().rev().cloned().collect();
    let both = own.iter().flat_map(|one| own.iter().filter_map(|other| one.intersection(other)));
    let both: BTreeSet<PathShape> = both.filter(|shape| !own.contains(shape)).collect();
    all.extend(both);
    all
}

/// The shapes of the paths that a pattern matches; `$default` matches `/` and every longer path.
fn own_shapes(path: &PathPattern) -> Vec<PathShape> {
    if path.is_default() {
        return vec![[Segment::Greedy("proxy")].into_iter().collect(), PathShape::from(&PathPattern::root())];
    }
    vec![PathShape::from(path)]
}

/// The routes of an API, and which of them API Gateway selects for a request.
struct ApiRoutes<'a> {
    routes: &'a [Route],
    finder: RouteFinder,
}

impl<'a> ApiRoutes<'a> {
    fn of(api: Option<&'a Api>) -> Self {
        let routes = api.map_or(&[][..], |api| &api.routes);
        let is_http = api.is_some_and(|api| api.kind == ApiKind::Http);
        let selection = if is_http { Selection::MethodFirst } else { Selection::PathFirst };
        Self { routes, finder: RouteFinder::new(routes.iter().map(|route| &route.key), selection) }
    }

    fn route(&self, index: Option<usize>) -> Option<&'a Route> {
        self.routes.get(index?)
    }
}

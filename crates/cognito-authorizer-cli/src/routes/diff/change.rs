//! Requests whose rule is another one in the new definition.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use apigateway_definition::{Api, ApiKind, Route};
use apigateway_routes::{PathPattern, PathShape, RouteFinder, RouteMethod, Segment, Selection};

use crate::routes::diff::demand::Demand;

/// A change, and the requests that it is for.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) kind: Kind,
    /// The methods, or `ANY`, and the path.
    pub(super) requests: String,
    pub(super) old: Demand,
    pub(super) new: Demand,
}

/// What a change does. In the order of how much they matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Opens,
    Loosens,
    Changes,
    Adds,
    Tightens,
    Closes,
    Removes,
}

impl Kind {
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

    /// Whether a request may be let in that was not, of those that had a route; an open route that is new counts too.
    pub(super) fn lets_more_in(self) -> bool {
        matches!(self, Self::Opens | Self::Loosens | Self::Changes)
    }

    fn of(old: &Demand, new: &Demand) -> Option<Self> {
        Some(match (old, new) {
            (old, new) if old == new => return None,
            (_, Demand::Open) => Self::Opens,
            (Demand::Open, _) => Self::Closes,
            (_, Demand::Preflights) => Self::Opens,
            (Demand::Preflights, _) => Self::Closes,
            (Demand::NoRoute, Demand::Token(_)) => Self::Adds,
            (Demand::Token(_), Demand::NoRoute) => Self::Removes,
            (Demand::Refused, Demand::Token(_)) => Self::Loosens,
            (Demand::Token(_), Demand::Refused) => Self::Tightens,
            (Demand::Token(old), Demand::Token(new)) => match new.compare(old) {
                Some(Ordering::Greater) => Self::Loosens,
                Some(Ordering::Less) => Self::Tightens,
                Some(Ordering::Equal) => return None,
                None => Self::Changes,
            },
            // Nothing gets through before and after.
            (Demand::NoRoute | Demand::Refused, _) => return None,
        })
    }
}

/// The requests of some methods to some paths.
struct Found<'m> {
    kind: Kind,
    shape: PathShape,
    methods: BTreeSet<&'m str>,
    old: Demand,
    new: Demand,
}

/// The requests whose rule differs between the two. An API that does not exist has no routes.
pub(super) fn of(old: Option<&Api>, new: Option<&Api>) -> Vec<Change> {
    let (old_routes, new_routes) = (Routes::of(old), Routes::of(new));
    let mut found: Vec<Found<'_>> = Vec::new();
    // The pairs of routes that were told, by method: the broadest shape comes first.
    let mut told: BTreeSet<(Option<usize>, Option<usize>, RouteMethod)> = BTreeSet::new();
    for shape in shapes(&old_routes, &new_routes) {
        let path = shape.example();
        let mut here: BTreeMap<(Option<usize>, Option<usize>), BTreeSet<&str>> = BTreeMap::new();
        for method in methods() {
            let (before, after) =
                (old_routes.finder.find(method, &path), new_routes.finder.find(method, &path));
            if told.insert((before, after, method)) {
                here.entry((before, after)).or_default().insert(method.as_str());
            }
        }
        for ((before, after), methods) in here {
            let (old, new) = (Demand::of(old_routes.route(before)), Demand::of(new_routes.route(after)));
            let Some(kind) = Kind::of(&old, &new) else { continue };
            let same = found.iter_mut().find(|one| one.shape == shape && one.old == old && one.new == new);
            match same {
                Some(one) => one.methods.extend(methods),
                None => found.push(Found { kind, shape: shape.clone(), methods, old, new }),
            }
        }
    }
    found.sort_by_key(|one| one.kind);
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
    found.into_iter().map(change).collect()
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
fn shapes(old: &Routes<'_>, new: &Routes<'_>) -> Vec<PathShape> {
    let routes = old.routes.iter().chain(new.routes);
    let own: BTreeSet<PathShape> = routes.flat_map(|route| own_shapes(route.key.path())).collect();
    // The broadest come first: requests that go from one route to another are told with the broadest path.
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
struct Routes<'a> {
    routes: &'a [Route],
    finder: RouteFinder,
}

impl<'a> Routes<'a> {
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

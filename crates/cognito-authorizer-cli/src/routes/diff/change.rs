//! The requests for which a new definition requires something else.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use apigateway_definition::{Api, ApiKind, Method as RouteMethod, Route};
use cognito_authorizer::RouteTable;
use http::Method;

use crate::{
    error::InputError,
    routes::diff::{
        access::Access,
        pattern::{self, Shape},
    },
};

/// A change, and the requests that it affects.
#[derive(Debug)]
pub(super) struct Change {
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

/// The methods that routes can have.
static METHODS: [Method; 7] =
    [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::POST, Method::PUT];

/// The changes between two APIs. A missing API has no routes.
pub(super) fn of(old: Option<&Api>, new: Option<&Api>) -> Result<Vec<Change>, InputError> {
    let (old_routes, new_routes) = (ApiRoutes::of(old)?, ApiRoutes::of(new)?);
    let mut found: Vec<(ChangeKind, Shape, BTreeSet<&str>, Access, Access)> = Vec::new();
    // The pairs of routes that were reported, by method. The broadest shape comes first.
    let mut reported: BTreeSet<(Option<usize>, Option<usize>, &str)> = BTreeSet::new();
    for shape in shapes(&old_routes, &new_routes) {
        let path = pattern::example(&shape);
        let mut here: BTreeMap<(Option<usize>, Option<usize>), BTreeSet<&str>> = BTreeMap::new();
        for method in &METHODS {
            let indices = (old_routes.index(method, &path), new_routes.index(method, &path));
            if reported.insert((indices.0, indices.1, method.as_str())) {
                here.entry(indices).or_default().insert(method.as_str());
            }
        }
        for ((before, after), methods) in here {
            let (before, after) = (Access::of(old_routes.route(before)), Access::of(new_routes.route(after)));
            let Some(kind) = ChangeKind::of(&before, &after) else { continue };
            let same = found
                .iter_mut()
                .find(|(_, known, _, old, new)| *known == shape && *old == before && *new == after);
            match same {
                Some((_, _, known, _, _)) => known.extend(methods),
                None => found.push((kind, shape.clone(), methods, before, after)),
            }
        }
    }
    found.sort_by_key(|(kind, ..)| *kind);
    // As a definition writes the path, if one has it.
    let path_of = |shape: &Shape| {
        let mut routes = new_routes.routes.iter().chain(old_routes.routes);
        let written = routes.find(|route| pattern::shapes(&route.path).first() == Some(shape));
        written.map_or_else(|| pattern::written(shape), |route| route.path.to_string())
    };
    let change = |(kind, shape, methods, old, new): (_, Shape, BTreeSet<&str>, _, _)| {
        let methods = written(&methods);
        Change { kind, requests: format!("{methods} {}", path_of(&shape)), old, new }
    };
    Ok(found.into_iter().map(change).collect())
}

fn written(methods: &BTreeSet<&str>) -> String {
    if methods.len() == METHODS.len() {
        return "ANY".to_owned();
    }
    // A GET route also handles HEAD if there is no HEAD route.
    let implied = |method: &str| method == "HEAD" && methods.contains("GET");
    methods.iter().copied().filter(|method| !implied(method)).collect::<Vec<_>>().join(",")
}

/// The shapes of all routes, and of the paths that two of them match, where the other one may take precedence.
fn shapes(old: &ApiRoutes<'_>, new: &ApiRoutes<'_>) -> Vec<Shape> {
    let routes = old.routes.iter().chain(new.routes);
    let own: BTreeSet<Shape> = routes.flat_map(|route| pattern::shapes(&route.path)).collect();
    // Greedy shapes first: requests that move to another route are reported under the broadest path.
    let mut all: Vec<Shape> = own.iter().rev().cloned().collect();
    let met = own.iter().flat_map(|one| own.iter().filter_map(|other| pattern::both(one, other)));
    let met: BTreeSet<Shape> = met.filter(|shape| !own.contains(shape)).collect();
    all.extend(met);
    all
}

/// The routes of an API, and which of them API Gateway chooses for a request.
struct ApiRoutes<'a> {
    routes: &'a [Route],
    /// For each method, a table, and the index of the route of each row.
    tables: Vec<(&'static Method, RouteTable, Vec<usize>)>,
}

impl<'a> ApiRoutes<'a> {
    fn of(api: Option<&'a Api>) -> Result<Self, InputError> {
        let routes = api.map_or(&[][..], |api| &api.routes);
        // An HTTP API chooses among the routes with the request's method, so a broader route handles the methods that a narrower
        // path lacks. A REST API chooses the path first, as a table does.
        let by_method = api.is_some_and(|api| api.kind == ApiKind::Http);
        let table = |method: &'static Method| {
            let rows = routes.iter().enumerate();
            let rows = rows.filter(|(_, route)| !by_method || handles(route.method, method));
            let (indices, rows): (Vec<usize>, Vec<&Route>) = rows.unzip();
            // The rule of a row does not matter: only the row is looked up.
            let table = rows.iter().fold(RouteTable::builder(), |table, route| table.refuse(route.key()));
            let table = table.build().map_err(|error| InputError::Served(error.to_string()))?;
            Ok((method, table, indices))
        };
        Ok(Self { routes, tables: METHODS.iter().map(table).collect::<Result<_, InputError>>()? })
    }

    fn index(&self, method: &Method, path: &str) -> Option<usize> {
        let (_, table, indices) = self.tables.iter().find(|(known, ..)| *known == method)?;
        indices.get(table.rule(method, path).place()?).copied()
    }

    fn route(&self, index: Option<usize>) -> Option<&'a Route> {
        self.routes.get(index?)
    }
}

/// Whether a route handles requests with this method. A GET route also handles HEAD if there is no HEAD route.
fn handles(route: RouteMethod, method: &Method) -> bool {
    let is_get_for_head = route == RouteMethod::Get && *method == Method::HEAD;
    route == RouteMethod::Any || route.as_str() == method.as_str() || is_get_for_head
}

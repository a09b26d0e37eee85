//! Requests whose rule is another one in the new definition.

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
        demand::Demand,
        pattern::{self, Shape},
    },
};

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

/// The methods that routes can have.
static METHODS: [Method; 7] =
    [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::POST, Method::PUT];

/// What is another between the two. An API that is not there has no routes.
pub(super) fn of(old: Option<&Api>, new: Option<&Api>) -> Result<Vec<Change>, InputError> {
    let (old_routes, new_routes) = (Routes::of(old)?, Routes::of(new)?);
    let mut found: Vec<(Kind, Shape, BTreeSet<&str>, Demand, Demand)> = Vec::new();
    // Which pairs of routes were told of, for which method: the broadest shape comes first.
    let mut told: BTreeSet<(Option<usize>, Option<usize>, &str)> = BTreeSet::new();
    for shape in shapes(&old_routes, &new_routes) {
        let path = pattern::example(&shape);
        let mut here: BTreeMap<(Option<usize>, Option<usize>), BTreeSet<&str>> = BTreeMap::new();
        for method in &METHODS {
            let places = (old_routes.place(method, &path), new_routes.place(method, &path));
            if told.insert((places.0, places.1, method.as_str())) {
                here.entry(places).or_default().insert(method.as_str());
            }
        }
        for ((before, after), methods) in here {
            let (before, after) = (Demand::of(old_routes.route(before)), Demand::of(new_routes.route(after)));
            let Some(kind) = Kind::of(&before, &after) else { continue };
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
    // As a definition writes it, where one does.
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
    // Where there is no route for HEAD, that for GET takes it.
    let implied = |method: &str| method == "HEAD" && methods.contains("GET");
    methods.iter().copied().filter(|method| !implied(method)).collect::<Vec<_>>().join(",")
}

/// The shapes of all routes, and where two of them meet: there, another one of the two may win.
fn shapes(old: &Routes<'_>, new: &Routes<'_>) -> Vec<Shape> {
    let routes = old.routes.iter().chain(new.routes);
    let own: BTreeSet<Shape> = routes.flat_map(|route| pattern::shapes(&route.path)).collect();
    // Greedy ones first: requests that go from one route to another are told of under the broadest path.
    let mut all: Vec<Shape> = own.iter().rev().cloned().collect();
    let met = own.iter().flat_map(|one| own.iter().filter_map(|other| pattern::both(one, other)));
    let met: BTreeSet<Shape> = met.filter(|shape| !own.contains(shape)).collect();
    all.extend(met);
    all
}

/// The routes of an API, and which of them takes a request in API Gateway.
struct Routes<'a> {
    routes: &'a [Route],
    /// For each method, the table that is asked, and the index of the route of each row.
    tables: Vec<(&'static Method, RouteTable, Vec<usize>)>,
}

impl<'a> Routes<'a> {
    fn of(api: Option<&'a Api>) -> Result<Self, InputError> {
        let routes = api.map_or(&[][..], |api| &api.routes);
        // An HTTP API chooses among the routes that have the method, so that a broader one takes what a narrower path has no
        // method for. A REST API chooses the path first, as a table does.
        let by_method = api.is_some_and(|api| api.kind == ApiKind::Http);
        let table = |method: &'static Method| {
            let rows = routes.iter().enumerate();
            let rows = rows.filter(|(_, route)| !by_method || takes(route.method, method));
            let (indices, rows): (Vec<usize>, Vec<&Route>) = rows.unzip();
            // What a row asks for does not matter: it is only to be found.
            let table = rows.iter().fold(RouteTable::builder(), |table, route| table.refuse(route.key()));
            let table = table.build().map_err(|error| InputError::Served(error.to_string()))?;
            Ok((method, table, indices))
        };
        Ok(Self { routes, tables: METHODS.iter().map(table).collect::<Result<_, InputError>>()? })
    }

    fn place(&self, method: &Method, path: &str) -> Option<usize> {
        let (_, table, indices) = self.tables.iter().find(|(known, ..)| *known == method)?;
        indices.get(table.rule(method, path).place()?).copied()
    }

    fn route(&self, place: Option<usize>) -> Option<&'a Route> {
        self.routes.get(place?)
    }
}

/// Whether a route takes requests with this method. Where there is no route for HEAD, that for GET takes it.
fn takes(route: RouteMethod, method: &Method) -> bool {
    let is_get_for_head = route == RouteMethod::Get && *method == Method::HEAD;
    route == RouteMethod::Any || route.as_str() == method.as_str() || is_get_for_head
}

//! Routes that a parameter leaves out, and the open routes that handle their requests.

use std::cmp::Reverse;

use apigateway_routes::{PathPattern, PathShape, RouteKey, RouteMethod};

use crate::{
    model::{DecidingParameter, DisplacedRoute, Route, Rule},
    source::Span,
};

/// A route whose condition is false because of these parameters.
#[derive(Debug)]
pub(super) struct Absent {
    /// `None` if all routes of the path are left out.
    method: Option<RouteMethod>,
    path: PathPattern,
    decided_by: Vec<DecidingParameter>,
}

impl Absent {
    pub(super) fn route(key: &RouteKey, decided_by: Vec<DecidingParameter>) -> Self {
        Self { method: Some(key.method()), path: key.path().clone(), decided_by }
    }

    /// All routes of a path.
    pub(super) fn path(path: PathPattern, decided_by: Vec<DecidingParameter>) -> Self {
        Self { method: None, path, decided_by }
    }
}

/// Records on each open route the absent routes whose requests it handles.
pub(super) fn note(absent: Vec<Absent>, routes: &mut [(Route, Span)]) {
    let mut absent = absent.into_iter().filter(|one| !one.decided_by.is_empty()).peekable();
    if absent.peek().is_none() {
        return;
    }
    let shapes: Vec<PathShape> = routes.iter().map(|(route, _)| PathShape::from(route.key.path())).collect();
    for Absent { method, path, decided_by } in absent {
        let shape = PathShape::from(&path);
        let covering =
            shapes.iter().zip(routes.iter_mut().map(|(route, _)| route)).filter(|(broad, route)| {
                let any = route.key.method() == RouteMethod::Any;
                (any || method.is_none_or(|method| method == route.key.method())) && broad.covers(&shape)
            });
        let nearest = covering
            .max_by_key(|(broad, route)| (Reverse(*broad), route.key.method() != RouteMethod::Any))
            .map(|(_, route)| route);
        if let Some(route) = nearest.filter(|route| matches!(route.rule, Rule::Open(_))) {
            let key = method
                .map_or_else(|| path.to_string(), |method| RouteKey::new(method, path.clone()).to_string());
            route.displaced.push(DisplacedRoute { key, decided_by });
        }
    }
}

//! What is asked of a request, before its token is looked at: by the layer, and by the row of the route table.

use std::sync::Arc;

use arc_swap::ArcSwap;
use cognito_verify::{Accept, Pool, Requirement};
use http::{
    HeaderMap, Method, Request,
    header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
};

use crate::{
    config::ConfigError,
    policy::{Asked, Policy},
    profile::Profile,
    refusal::{Refusal, RouteError},
    routes::{Found, RouteRule, RouteTable, Selector},
};

/// The rules for all requests.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) profile: Profile,
    /// Which tokens are accepted, if `.accept(…)` was called.
    pub(crate) accept: Option<Accept>,
    pub(crate) policy: Policy,
    /// Shared by the clones of a layer, so that a new table is everybody's.
    pub(crate) routes: Option<Arc<ArcSwap<Routes>>>,
    pub(crate) preflight: Preflight,
}

/// How CORS preflights, which never carry a token, are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preflight {
    #[default]
    Asked,
    Open,
}

/// What a request needs.
pub(crate) enum Demand<'a> {
    /// Nothing: the route is open.
    Nothing,
    /// A token.
    Token(Asked<'a>),
    /// The request is refused, whatever its token.
    Refuse(Refusal, Asked<'a>),
}

/// A route table, with the policy of each row.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) table: RouteTable,
    rows: Vec<Policy>,
    unmatched: Policy,
}

/// The row of a request.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) routes: Arc<Routes>,
    /// `None` if no row matches.
    pub(crate) place: Option<usize>,
}

impl Row {
    pub(crate) fn policy(&self) -> &Policy {
        let row = self.place.and_then(|place| self.routes.rows.get(place));
        row.unwrap_or(&self.routes.unmatched)
    }
}

impl Routes {
    pub(crate) fn new(table: RouteTable) -> Self {
        let policy = |rule: &RouteRule| match rule {
            RouteRule::Require(requirement) => Policy::new(requirement.clone()),
            _ => Policy::default(),
        };
        let rows = table.rows().map(|(_, rule)| policy(rule)).collect();
        let unmatched = policy(table.unmatched());
        Self { table, rows, unmatched }
    }
}

impl Routing {
    /// Asks for more than so far.
    pub(crate) fn require(&mut self, requirement: Requirement) {
        self.policy = Policy::new(self.policy.requirement().clone().and(requirement));
    }

    /// What is asked of a request that this row judges.
    pub(crate) fn asked(&self, row: Option<Row>) -> Asked<'_> {
        Asked { profile: self.profile, accept: self.accept, layer: &self.policy, row }
    }

    /// Judges the request by its method, path and, for a preflight, two headers.
    pub(crate) fn demand<B>(&self, request: &Request<B>) -> Demand<'_> {
        let Some(routes) = &self.routes else {
            return if self.passes_preflight(request) {
                Demand::Nothing
            } else {
                Demand::Token(self.asked(None))
            };
        };
        let routes = routes.load_full();
        let selector = selector(request.method(), request.headers());
        let refuse = |error: RouteError, row| Demand::Refuse(error.into(), self.asked(row));
        let row = |place| Some(Row { routes: routes.clone(), place });
        let (place, rule) = match routes.table.find(selector, request.uri().path()) {
            Found::Ambiguous(problem) => return refuse(RouteError::Ambiguous(problem), None),
            _ if self.passes_preflight(request) => return Demand::Nothing,
            Found::NoMethod => return refuse(RouteError::Method, None),
            Found::Row { place, rule, .. } => (Some(place), rule),
            Found::Unmatched(rule) => (None, rule),
        };
        match rule {
            // A row for preflights is found for nothing else.
            RouteRule::Open | RouteRule::Preflight => Demand::Nothing,
            RouteRule::Require(_) => Demand::Token(self.asked(row(place))),
            RouteRule::Refuse if place.is_some() => refuse(RouteError::Refused, row(place)),
            RouteRule::Refuse => refuse(RouteError::Unmatched, row(place)),
        }
    }

    fn passes_preflight<B>(&self, request: &Request<B>) -> bool {
        self.preflight == Preflight::Open
            && selector(request.method(), request.headers()) == Selector::Preflight
    }

    /// Whether what is asked can be met by some token of these pools, by this layer and by each row of this table.
    pub(crate) fn check(&self, routes: Option<&Arc<Routes>>, pools: &[Arc<Pool>]) -> Result<(), ConfigError> {
        let Some(routes) = routes else { return self.asked(None).check_possible(pools) };
        for (place, (key, rule)) in routes.table.rows().enumerate() {
            if let RouteRule::Require(_) = rule {
                let row = Row { routes: routes.clone(), place: Some(place) };
                self.asked(Some(row)).check_possible(pools).map_err(|error| error.at_row(key.to_string()))?;
            }
        }
        match routes.table.unmatched() {
            RouteRule::Require(_) => {
                let unmatched = self.asked(Some(Row { routes: routes.clone(), place: None }));
                unmatched.check_possible(pools).map_err(|error| error.at_row("unmatched".into()))
            }
            // No token is asked of it, so that only mistakes of the layer's own requirement are left to be found.
            _ => match self.policy.requirement().error() {
                Some(error) => Err(ConfigError::Requirement(error.clone())),
                None => Ok(()),
            },
        }
    }
}

/// What selects a row for the request. A CORS preflight is an `OPTIONS` request with an origin and the method that is to follow
/// (Fetch standard, «CORS-preflight request»).
pub(crate) fn selector<'r>(method: &'r Method, headers: &HeaderMap) -> Selector<'r> {
    let is_preflight = method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight { Selector::Preflight } else { Selector::Method(method) }
}

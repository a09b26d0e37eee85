//! Finds the row of a request: whether it needs a token, and which policy the token must meet.

use std::{collections::BTreeSet, iter, sync::Arc};

use apigateway_routes::RouteKey;
use arc_swap::{ArcSwap, Guard};
use cognito_verify::{Accept, Pool, Requirement};
use http::{
    HeaderMap, Method,
    header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
};

use super::{
    Fact,
    policy::{Policy, RequestPolicy},
    request::RequestHead,
};
#[cfg(feature = "utoipa")]
use crate::routes::Comparison;
use crate::{
    config::ConfigError,
    problems::Problems,
    profile::Profile,
    routes::{Found, RouteError, RouteRule, RouteTable, Selector},
};

/// The rules for all requests.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) profile: Profile,
    /// Which tokens are accepted, if `.accept(…)` was called.
    pub(crate) accept: Option<Accept>,
    pub(crate) policy: Policy,
    /// Shared by the clones of a layer, so that a new table applies to all of them.
    pub(crate) routes: Option<Arc<ArcSwap<Routes>>>,
    pub(crate) preflight: Preflight,
    pub(crate) anonymous: Anonymous,
}

/// Whether a layer without a route table lets in requests without a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Anonymous {
    #[default]
    Refused,
    LetIn,
}

/// How CORS preflights, which never carry a token, are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preflight {
    /// Like every other request.
    #[default]
    Checked,
    /// They are let in.
    Open,
}

/// What a request needs, by its method and path.
pub(crate) enum Access<'t> {
    /// No token: the row is open, or the request is a CORS preflight.
    Open(Option<RowRef<'t>>),
    /// A token.
    Token(Option<RowRef<'t>>),
    /// No token; but if there is one, it must be valid.
    Optional(Option<RowRef<'t>>),
    /// The request is refused, whatever its token.
    Refused(RouteError, Option<RowRef<'t>>),
}

/// A route table, with the policy of each row.
#[derive(Debug)]
pub(crate) struct Routes {
    table: RouteTable,
    rows: Vec<Policy>,
    unmatched: Policy,
}

/// The table in force when a request came, if the layer has one. Hold it only while nothing is awaited.
pub(crate) struct CurrentTable(Option<Guard<Arc<Routes>>>);

/// The row of a request, borrowed from its table.
#[derive(Clone, Copy)]
pub(crate) struct RowRef<'t> {
    routes: &'t Arc<Routes>,
    /// `None` if no row matches.
    index: Option<usize>,
}

/// The row of a request, for as long as it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    routes: Arc<Routes>,
    index: Option<usize>,
}

impl Access<'_> {
    /// What was found, for an explanation.
    pub(crate) fn fact(&self) -> Fact {
        let (Self::Open(row) | Self::Token(row) | Self::Optional(row) | Self::Refused(_, row)) = self;
        Fact::Route { key: row.and_then(RowRef::key).cloned(), rule: row.map(RowRef::rule).cloned() }
    }
}

impl<'t> RowRef<'t> {
    pub(crate) fn policy(self) -> &'t Policy {
        let row = self.index.and_then(|index| self.routes.rows.get(index));
        row.unwrap_or(&self.routes.unmatched)
    }

    /// The route key; `None` if no row matches.
    pub(crate) fn key(self) -> Option<&'t RouteKey> {
        self.routes.table.key(self.index?)
    }

    /// The rule that decides.
    pub(crate) fn rule(self) -> &'t RouteRule {
        let rule = self.index.and_then(|index| self.routes.table.rule_of(index));
        rule.unwrap_or(self.routes.table.unmatched())
    }

    pub(crate) fn to_row(self) -> Row {
        Row { routes: self.routes.clone(), index: self.index }
    }
}

impl Row {
    pub(crate) fn as_ref(&self) -> RowRef<'_> {
        RowRef { routes: &self.routes, index: self.index }
    }
}

impl Routes {
    pub(crate) fn new(profile: Profile, table: RouteTable) -> Self {
        let policy = |rule: &RouteRule| {
            let requirement = match rule {
                RouteRule::Require(requirement) => requirement.clone(),
                _ => Requirement::nothing(),
            };
            Policy::new(profile, requirement)
        };
        let rows = table.rows().map(|(_, rule)| policy(rule)).collect();
        let unmatched = policy(table.unmatched());
        Self { table, rows, unmatched }
    }
}

impl Routing {
    /// Lets in requests without a token.
    pub(crate) fn allow_anonymous(&mut self) -> Result<(), ConfigError> {
        if self.routes.is_some() {
            return Err(ConfigError::AnonymousByTable);
        }
        self.anonymous = Anonymous::LetIn;
        Ok(())
    }

    /// Adds to the layer's own requirement.
    pub(crate) fn require(&mut self, requirement: Requirement) {
        self.policy = Policy::new(self.profile, self.policy.requirement().clone().and(requirement));
    }

    /// The table in force now.
    pub(crate) fn table(&self) -> CurrentTable {
        CurrentTable(self.routes.as_ref().map(|routes| routes.load()))
    }

    /// The policy for requests of this row.
    pub(crate) fn policy<'a>(&'a self, row: Option<RowRef<'a>>) -> RequestPolicy<'a> {
        let row = row.map(RowRef::policy);
        RequestPolicy { profile: self.profile, accept: self.accept, layer: &self.policy, row }
    }

    /// Finds the row of the request, by its method, path and, for a preflight, two headers.
    pub(crate) fn access<'t>(&self, request: RequestHead<'_>, table: &'t CurrentTable) -> Access<'t> {
        let selector = selector(request.method, request.headers);
        let passes_preflight = self.preflight == Preflight::Open && selector == Selector::Preflight;
        let Some(routes) = &table.0 else {
            return match self.anonymous {
                _ if passes_preflight => Access::Open(None),
                Anonymous::LetIn => Access::Optional(None),
                Anonymous::Refused => Access::Token(None),
            };
        };
        let row = |index| Some(RowRef { routes, index });
        let (index, rule) = match routes.table.find(selector, request.uri.path()) {
            Found::Ambiguous(problem) => return Access::Refused(RouteError::Ambiguous(problem), None),
            _ if passes_preflight => return Access::Open(None),
            Found::NoMethod => return Access::Refused(RouteError::Method, None),
            Found::Row { index, rule, .. } => (Some(index), rule),
            Found::Unmatched(rule) => (None, rule),
        };
        match rule {
            // A row for preflights is found for nothing else.
            RouteRule::Open | RouteRule::Preflight => Access::Open(row(index)),
            RouteRule::Require(_) => Access::Token(row(index)),
            RouteRule::Optional => Access::Optional(row(index)),
            RouteRule::Refuse if index.is_some() => Access::Refused(RouteError::Refused, row(index)),
            RouteRule::Refuse => Access::Refused(RouteError::Unmatched, row(index)),
        }
    }

    /// Every scope that the layer or its route table requires, each once and sorted.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let requirements = self.requirements();
        let scopes = requirements.iter().flat_map(Requirement::scopes).map(str::to_owned);
        scopes.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Every requirement of the layer and its route table.
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        let routes = self.routes.as_ref().map(|routes| routes.load_full());
        let rules = routes.iter().flat_map(|routes| {
            routes
                .table
                .rows()
                .map(|(_, rule)| rule)
                .chain([routes.table.unmatched()])
                .cloned()
                .collect::<Vec<_>>()
        });
        let rows = rules.filter_map(|rule| match rule {
            RouteRule::Require(requirement) => Some(requirement),
            _ => None,
        });
        iter::once(self.policy.requirement().clone()).chain(rows).collect()
    }

    /// The rule of a handler's route, such as `GET /orders/{id}`, with the layer's own requirement. `None` without a route table,
    /// and if no row covers the route.
    #[cfg(any(feature = "utoipa", feature = "aide"))]
    pub(crate) fn rule_of_route(&self, route: &str) -> Option<RouteRule> {
        let routes = self.routes.as_ref()?.load();
        Some(match routes.table.rule_of_route(route)? {
            RouteRule::Require(requirement) => {
                RouteRule::Require(self.policy.requirement().clone().and(requirement.clone()))
            }
            rule => rule.clone(),
        })
    }

    /// Whether a request to a handler's route, such as `GET /orders/{id}`, is let in without a token but not with a bad one.
    #[cfg(feature = "aide")]
    pub(crate) fn is_optional_route(&self, route: &str) -> bool {
        self.anonymous == Anonymous::LetIn || self.rule_of_route(route) == Some(RouteRule::Optional)
    }

    /// Compares the route table with a router's routes; `None` without a table.
    #[cfg(feature = "utoipa")]
    pub(crate) fn compare(&self, routes: Vec<String>) -> Option<Comparison> {
        Some(self.routes.as_ref()?.load().table.compare(routes))
    }

    /// Whether some token can meet the policy of this layer and of each row of this table: a token of these pools, if they are
    /// known.
    pub(crate) fn check(
        &self,
        routes: Option<&Arc<Routes>>,
        pools: Option<&[Arc<Pool>]>,
    ) -> Result<(), ConfigError> {
        // A mistake in the layer's own requirement is one in that of each row.
        if let Some(error) = self.policy.requirement().error() {
            return Err(ConfigError::Requirement(error.clone()));
        }
        // A caller who does not meet the requirement would leave the token out.
        if self.anonymous == Anonymous::LetIn && *self.policy.requirement() != Requirement::nothing() {
            let requirement = self.policy.requirement().clone();
            return Err(ConfigError::AnonymousRequirement { requirement });
        }
        let Some(routes) = routes else { return self.policy(None).check_possible(pools) };
        let mut problems = Problems::default();
        let rows = routes.table.rows().enumerate();
        let rows = rows.map(|(index, (key, rule))| (Some(index), rule, key.to_string()));
        for (index, rule, name) in rows.chain([(None, routes.table.unmatched(), "unmatched".into())]) {
            if let RouteRule::Require(_) | RouteRule::Optional = rule {
                let possible = self.policy(Some(RowRef { routes, index })).check_possible(pools);
                problems.check(possible.map_err(|error| error.at_row(name)));
            }
        }
        problems.none_in(Some(()))
    }
}

/// What selects a row for the request. A CORS preflight is an `OPTIONS` request with an origin and the method that is to follow
/// (Fetch standard, "CORS-preflight request").
fn selector<'r>(method: &'r Method, headers: &HeaderMap) -> Selector<'r> {
    let is_preflight = method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight { Selector::Preflight } else { Selector::Method(method) }
}

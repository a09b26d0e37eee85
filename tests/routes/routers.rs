//! Random axum routers whose handlers answer with their index: methods, `any`, method fallbacks, router fallbacks, nesting,
//! merging.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Ready, ready},
};

use axum::{
    Router,
    routing::{self, MethodFilter, MethodRouter, on},
};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};

use super::plain::{matches, ranks};

/// The response header with the index of the handler that ran.
pub(super) const HANDLER: &str = "x-handler";
/// The methods that a route may have.
const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS];

/// The description of a router.
#[derive(Clone, Debug)]
pub(super) struct Part {
    routes: Vec<RouteOf>,
    merged: Vec<Self>,
    nested: Vec<(Vec<&'static str>, Self)>,
    has_fallback: bool,
}

#[derive(Clone, Debug)]
struct RouteOf {
    segments: Vec<&'static str>,
    methods: Vec<Method>,
    rest: Rest,
}

/// What serves the methods that have no handler of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rest {
    Nothing,
    Any,
    Fallback,
}

/// A segment that is a variable, and a last one that matches the rest. Each is named by its index.
pub(super) const VARIABLE: &str = "{}";
pub(super) const GREEDY: &str = "{+}";

pub(super) fn segments(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    let segment = select(vec!["a", "a", "b", VARIABLE, GREEDY]);
    vec(segment, 0..=most).prop_map(|mut segments| {
        let greedy = segments.iter().position(|segment| *segment == GREEDY);
        segments.truncate(greedy.map_or(segments.len(), |index| index + 1));
        segments
    })
}

pub(super) fn part() -> impl Strategy<Value = Part> {
    let route = || {
        let methods = proptest::sample::subsequence(METHODS.to_vec(), 0..=3);
        let rest = select(vec![Rest::Nothing, Rest::Nothing, Rest::Any, Rest::Fallback]);
        (segments(3), methods, rest).prop_map(|(segments, methods, rest)| RouteOf { segments, methods, rest })
    };
    let leaf = (vec(route(), 1..5), any::<bool>()).prop_map(|(routes, has_fallback)| Part {
        routes,
        merged: Vec::new(),
        nested: Vec::new(),
        has_fallback,
    });
    leaf.prop_recursive(2, 12, 3, move |inner| {
        let prefix = select(vec![vec!["a"], vec!["b"], vec![VARIABLE], vec!["a", "b"], vec!["a", VARIABLE]]);
        let nested = vec((prefix, inner.clone()), 0..2);
        (vec(route(), 0..5), vec(inner, 0..2), nested, any::<bool>())
            .prop_map(|(routes, merged, nested, has_fallback)| Part { routes, merged, nested, has_fallback })
    })
}

/// A handler, or a fallback.
#[derive(Clone, Debug)]
enum Kind {
    /// With a route's path, as a row writes it.
    Route(String),
    /// `any(…)`, with the same.
    Any(String),
    /// `MethodRouter::fallback`, with the same.
    Fallback(String),
    /// Of a router that is nested at this path.
    NestedFallback(String),
    RouterFallback,
    /// `Router::method_not_allowed_fallback`
    NotAllowedFallback,
}

/// The names of all kinds.
pub(super) const KINDS: [&str; 6] =
    ["a method", "any", "fallback", "nested fallback", "router fallback", "not-allowed fallback"];

/// A route as it is given to `compare`.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) text: String,
    /// Of its path, as a row writes it.
    pub(super) pattern: String,
    /// `None` for all.
    pub(super) method: Option<Method>,
}

/// The router, and what is known of its handlers.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) router: Router,
    handlers: Vec<(Kind, Option<Method>)>,
    pub(super) items: Vec<Item>,
    /// Whether the variable after a path is greedy: the router does not allow both kinds at one position.
    variables: BTreeMap<String, bool>,
    /// The methods with a handler at each path, `None` for all others.
    taken: BTreeMap<String, BTreeSet<Option<String>>>,
    /// The paths below which there is a fallback.
    fallbacks: BTreeSet<String>,
}

impl Built {
    pub(super) fn of(part: &Part, has_method_fallback: bool) -> Self {
        let mut built = Self::default();
        let router = built.build(part, &[]);
        built.router = router;
        if has_method_fallback {
            let handler = built.handler(Kind::NotAllowedFallback, None);
            let patterns: Vec<String> = built.taken.keys().cloned().collect();
            for pattern in patterns {
                built.item(&pattern, None);
            }
            built.router = built.router.method_not_allowed_fallback(handler);
        }
        built
    }

    /// The path patterns of all routes, as rows write them.
    pub(super) fn patterns(&self) -> Vec<String> {
        self.items.iter().map(|item| item.pattern.clone()).collect()
    }

    /// What the handler is, of [`KINDS`].
    pub(super) fn kind(&self, handler: usize) -> &'static str {
        let index = match &self.handlers[handler].0 {
            Kind::Route(_) => 0,
            Kind::Any(_) => 1,
            Kind::Fallback(_) => 2,
            Kind::NestedFallback(_) => 3,
            Kind::RouterFallback => 4,
            Kind::NotAllowedFallback => 5,
        };
        KINDS[index]
    }

    /// The path by which a request got to the handler, as a row writes it.
    pub(super) fn pattern(&self, handler: usize, path: &str) -> String {
        match &self.handlers[handler].0 {
            Kind::Route(pattern) | Kind::Any(pattern) | Kind::Fallback(pattern) => pattern.clone(),
            Kind::NestedFallback(prefix) if path == prefix => prefix.clone(),
            Kind::NestedFallback(prefix) => format!("{prefix}/{{rest+}}"),
            Kind::RouterFallback => "$default".into(),
            Kind::NotAllowedFallback => {
                let patterns = self.taken.keys().filter(|pattern| matches(pattern, path));
                patterns.min_by_key(|pattern| ranks(pattern)).expect("it was matched").clone()
            }
        }
    }

    /// The item for the handler that is reached by this path.
    pub(super) fn item_of(&self, handler: usize, pattern: &str) -> &Item {
        let method = &self.handlers[handler].1;
        let found = self.items.iter().find(|item| item.pattern == pattern && item.method == *method);
        found.expect("each handler has one")
    }

    fn build(&mut self, part: &Part, prefix: &[&'static str]) -> Router {
        let mut router = Router::new();
        for route in &part.routes {
            if let Some((path, methods)) = self.route(route, prefix) {
                router = router.route(&path, methods);
            }
        }
        for merged in &part.merged {
            router = router.merge(self.build(merged, prefix));
        }
        for (at, nested) in &part.nested {
            let below = [prefix, at].concat();
            let path = written(&below, prefix.len(), Syntax::Router);
            let inner = self.build(nested, &below);
            router = router.nest(&path, inner);
        }
        let key = written(prefix, 0, Syntax::Row);
        // The router of fallbacks does not allow a variable beside its own.
        if part.has_fallback && !key.contains('{') && self.fallbacks.insert(key.clone()) {
            let kind = if prefix.is_empty() {
                self.item("$default", None);
                Kind::RouterFallback
            } else {
                self.item(&key, None);
                self.item(&format!("{key}/{{rest+}}"), None);
                Kind::NestedFallback(key)
            };
            router = router.fallback(self.handler(kind, None));
        }
        router
    }

    /// The route below a prefix, with the methods that have no handler there yet.
    fn route(&mut self, route: &RouteOf, prefix: &[&'static str]) -> Option<(String, MethodRouter)> {
        let all = [prefix, &route.segments].concat();
        if !self.fits(&all) {
            return None;
        }
        let pattern = written(&all, 0, Syntax::Row);
        let mut methods: Option<MethodRouter> = None;
        if route.rest != Rest::Nothing && self.takes(&pattern, None) {
            methods = Some(match route.rest {
                Rest::Any => routing::any(self.handler(Kind::Any(pattern.clone()), None)),
                _ => MethodRouter::new().fallback(self.handler(Kind::Fallback(pattern.clone()), None)),
            });
            self.item(&pattern, None);
        }
        for method in &route.methods {
            if self.takes(&pattern, Some(method)) {
                let handler = self.handler(Kind::Route(pattern.clone()), Some(method.clone()));
                let filter = MethodFilter::try_from(method.clone()).expect("a method that axum knows");
                methods = Some(match methods {
                    Some(methods) => methods.on(filter, handler),
                    None => on(filter, handler),
                });
                self.item(&pattern, Some(method.clone()));
            }
        }
        Some((written(&all, prefix.len(), Syntax::Router), methods?))
    }

    fn takes(&mut self, pattern: &str, method: Option<&Method>) -> bool {
        self.taken.entry(pattern.into()).or_default().insert(method.map(ToString::to_string))
    }

    /// Whether the router allows the path beside those that it has.
    fn fits(&mut self, segments: &[&'static str]) -> bool {
        let variables = segments.iter().enumerate().filter(|(_, segment)| segment.starts_with('{'));
        let variables: Vec<(String, bool)> = variables
            .map(|(index, segment)| (written(&segments[..index], 0, Syntax::Row), *segment == GREEDY))
            .collect();
        let clashes = variables
            .iter()
            .any(|(before, greedy)| self.variables.get(before).is_some_and(|known| known != greedy));
        if !clashes {
            self.variables.extend(variables);
        }
        !clashes
    }

    fn handler(
        &mut self,
        kind: Kind,
        method: Option<Method>,
    ) -> impl Fn() -> Ready<[(&'static str, String); 1]> + Clone + Send + Sync + 'static + use<> {
        let index = self.handlers.len();
        self.handlers.push((kind, method));
        move || ready([(HANDLER, index.to_string())])
    }

    fn item(&mut self, pattern: &str, method: Option<Method>) {
        let path = match pattern.strip_suffix("+}").and_then(|rest| rest.rsplit_once('{')) {
            Some((before, name)) => format!("{before}{{*{name}}}"),
            None => pattern.into(),
        };
        let text = match &method {
            _ if pattern == "$default" => path,
            None => format!("ANY {path}"),
            Some(method) => format!("{method} {path}"),
        };
        self.items.push(Item { text, pattern: pattern.into(), method });
    }
}

#[derive(Clone, Copy)]
pub(super) enum Syntax {
    Row,
    Router,
}

/// The segments from this one on. A variable is named by its index in the whole path.
pub(super) fn written(segments: &[&str], from: usize, syntax: Syntax) -> String {
    let segment = |(index, segment): (usize, &&str)| match (*segment, syntax) {
        (VARIABLE, _) => format!("/{{v{index}}}"),
        (GREEDY, Syntax::Row) => format!("/{{v{index}+}}"),
        (GREEDY, Syntax::Router) => format!("/{{*v{index}}}"),
        (text, _) => format!("/{text}"),
    };
    let path: String = segments.iter().enumerate().skip(from).map(segment).collect();
    if path.is_empty() { "/".into() } else { path }
}

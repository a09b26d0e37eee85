//! Amazon API Gateway's model of routes: route keys, path patterns, and which of many routes matches a request.
//!
//! This crate uses no HTTP library and has no rules: routes have indices, and the caller decides what a request to a route needs.

mod compact_index;
mod key;
mod matcher;
mod method;
mod path;
mod path_error;
mod request_path;
mod rows;
mod shape;

pub use key::{RouteKey, RouteKeyError};
pub use matcher::{PathMatch, PathMatcher};
pub use method::{RouteMethod, RouteMethodError};
pub use path::{PathPattern, Segment};
pub use path_error::PathPatternError;
pub use request_path::{PathProblem, RequestPath};
pub use rows::{MAX_ROUTES, MethodRoutes, RouteFinder, Selection};
pub use shape::PathShape;

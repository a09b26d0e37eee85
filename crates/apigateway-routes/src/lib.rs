//! Amazon API Gateway's model of routes: route keys, path patterns, and which of many routes matches a request.
//!
//! This crate knows no HTTP library and no rules: a pattern has an index, and what a request needs there is the caller's
//! business.

mod key;
mod matcher;
mod method;
mod path;
mod request_path;

pub use key::{RouteKey, RouteKeyError};
pub use matcher::{PathMatch, PathMatcher};
pub use method::{RouteMethod, RouteMethodError};
pub use path::{PathPattern, PathPatternError, Segment};
pub use request_path::{PathProblem, RequestPath};

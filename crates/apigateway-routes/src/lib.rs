//! Amazon API Gateway's model of routes: route keys, path patterns, and which of many routes matches a request.
//!
//! This crate knows no HTTP library and no rules: a route has an index, and what a request needs at that route is the
//! caller's business.
//!
//! ```
//! use apigateway_routes::Routes;
//!
//! let routes = Routes::new(["GET /orders/{id}", "ANY /files/{proxy+}"].map(|key| key.parse().unwrap()))?;
//! let found = routes.at("/orders/7").expect("a pattern matches");
//! assert_eq!(found.path().route("GET"), Some(0));
//! assert_eq!(found.path().route("DELETE"), None); // the path is known, the method is not
//! assert!(routes.at("/files").is_none()); // a greedy variable takes at least one segment
//! # Ok::<(), apigateway_routes::DuplicateRoute>(())
//! ```

mod key;
mod matcher;
mod method;
mod path;
mod request_path;
mod routes;

pub use key::{RouteKey, RouteKeyError};
pub use method::{Method, MethodError};
pub use path::{PathPattern, PathPatternError, Segment};
pub use request_path::{PathProblem, RequestPath};
pub use routes::{DuplicateRoute, Match, PathRoutes, Routes};

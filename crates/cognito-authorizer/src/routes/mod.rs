//! Route tables: rows with their rules, which row decides about a request, and a comparison with the routes of a router.
//!
//! Route keys, path patterns and the matcher come from `apigateway-routes`.

mod builder;
mod compare;
mod contest;
mod error;
mod found;
mod refused;
mod rule;
mod served;
mod shape;
mod table;

pub use apigateway_routes::{PathProblem, RouteKey, RouteKeyError, RouteMethod};
pub use builder::RouteTableBuilder;
pub use compare::Comparison;
pub use error::RouteTableError;
pub(crate) use found::Found;
pub use found::{FoundRule, Parameters};
pub use refused::RouteError;
pub use rule::RouteRule;
pub(crate) use rule::Selector;
pub use table::RouteTable;

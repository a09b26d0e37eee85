//! Which row of a table judges a request: the rules of rows, the rows that share a path, the table, and the comparison with a
//! router at the start. Route keys, path patterns and the matcher are those of `apigateway-routes`.

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
pub use found::{Parameters, Ruling};
pub use refused::RouteError;
pub use rule::RouteRule;
pub(crate) use rule::Selector;
pub use table::RouteTable;

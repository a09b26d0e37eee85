//! Route tables, in the order of the modules: the key of a row, the tree that finds it, the paths that are refused, the table
//! itself, and the comparison with a router at start-up.

mod builder;
mod compare;
mod contest;
mod error;
mod found;
mod key;
mod path;
mod rule;
mod served;
mod shape;
mod table;
mod tree;

pub use builder::RouteTableBuilder;
pub use compare::Comparison;
pub use error::RouteTableError;
pub(crate) use found::Found;
pub use found::{Parameters, Ruling};
pub use key::{RouteKey, RouteKeyError};
pub use path::PathProblem;
pub use rule::RouteRule;
pub(crate) use rule::Selector;
pub use table::RouteTable;

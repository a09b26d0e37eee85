//! Why rows do not make a table.

use apigateway_routes::{RouteKey, RouteKeyError};
use cognito_verify::RequirementError;

/// Why there is no table. Each text names the row and ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteTableError {
    /// A row's key is none.
    #[error("row {row}: {error}")]
    Key {
        /// Which row, from 1.
        row: usize,
        /// Why not.
        error: RouteKeyError,
    },
    /// Two rows match the same requests; the names of variables make no difference.
    #[error("`{row}` matches the very requests of `{other}`; remove one of the two rows")]
    Duplicate {
        /// The later row.
        row: RouteKey,
        /// The earlier one.
        other: RouteKey,
    },
    /// A row's requirement can be met by no token.
    #[error("the requirement of `{row}` cannot be used: {error}")]
    Requirement {
        /// The row.
        row: RouteKey,
        /// Why not.
        error: RequirementError,
    },
    /// The requirement for unmatched requests can be met by no token.
    #[error("the requirement of `.unmatched(…)` cannot be used: {0}")]
    Unmatched(RequirementError),
    /// HEAD asks for something else than GET, and may be served by the handler of GET.
    #[error(
        "`{row}` may let in what `{get}` does not, and axum serves HEAD by the handler of GET; give both one rule, or \
         remove `{row}`"
    )]
    WeakerHead {
        /// The row of HEAD.
        row: RouteKey,
        /// The row of GET.
        get: RouteKey,
    },
    /// A row for CORS preflights has another method than `OPTIONS`.
    #[error(
        "`{row}` cannot be a row for CORS preflights, which are OPTIONS requests; write `OPTIONS` and the path"
    )]
    PreflightMethod {
        /// The row.
        row: RouteKey,
    },
    /// The rule for unmatched requests is [`RouteRule::Preflight`](super::RouteRule::Preflight).
    #[error(
        "`.unmatched(…)` cannot be for CORS preflights alone; give each path a row with `.preflight(\"OPTIONS /path\")`, or \
         let the layer pass the preflights of all paths"
    )]
    UnmatchedPreflight,
    /// There are too many rows.
    #[error("{rows} rows are too many; give at most {most}, with variables in their paths")]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// How many there may be.
        most: usize,
    },
}

//! Why a table cannot be built.

use apigateway_routes::{RouteKey, RouteKeyError};
use cognito_verify::RequirementError;

/// Why a [`RouteTable`](super::RouteTable) cannot be built. Each message names the row and ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteTableError {
    /// A row's key is invalid.
    #[error("row {row}: {error}")]
    Key {
        /// The number of the row, counted from 1.
        row: usize,
        /// What is wrong with it.
        error: RouteKeyError,
    },
    /// Two rows match the same requests; the names of variables make no difference.
    #[error("`{row}` matches the same requests as `{other}`; remove one of the two rows")]
    Duplicate {
        /// The later row.
        row: RouteKey,
        /// The earlier one.
        other: RouteKey,
    },
    /// A row's requirement is invalid.
    #[error("the requirement of `{row}` cannot be used: {error}")]
    Requirement {
        /// The row.
        row: RouteKey,
        /// What is wrong with it.
        error: RequirementError,
    },
    /// The requirement for unmatched requests is invalid.
    #[error("the requirement of `.unmatched(…)` cannot be used: {0}")]
    Unmatched(RequirementError),
    /// The row for HEAD may let in requests that the row for GET refuses, and axum may serve both with one handler.
    #[error(
        "`{row}` may let in requests that `{get}` refuses, and axum serves HEAD with the handler of GET; give both the same \
         rule, or remove `{row}`"
    )]
    WeakerHead {
        /// The row for HEAD.
        row: RouteKey,
        /// The row for GET.
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
        "`.unmatched(…)` cannot let in only CORS preflights; give each path a row with `.preflight(\"OPTIONS /path\")`, or \
         call `.pass_cors_preflight()` on the layer's builder"
    )]
    UnmatchedPreflight,
    /// There are too many rows.
    #[error("{rows} rows are too many; give at most {most}, with variables in their paths")]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// The limit.
        most: usize,
    },
}

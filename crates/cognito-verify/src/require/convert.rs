//! Conversions into requirements.

use super::{named::scope, requirement::Requirement};

/// Conversion into a [`Requirement`]. Implemented for requirements, for the text of a scope, and for the types that the macros
/// `scopes!` and `groups!` of `cognito-authorizer` define.
///
/// A text is always a scope, never a group. If it is not a valid scope, the requirement has an [`error`](Requirement::error),
/// which is reported when the layer or the route table is built.
///
/// ```
/// use cognito_verify::{IntoRequirement, Requirement, group, scope};
///
/// assert_eq!("orders/read".into_requirement(), scope("orders/read"));
///
/// /// What the callers of a service may do.
/// enum Permission {
///     Read,
///     Operate,
/// }
///
/// impl IntoRequirement for Permission {
///     fn into_requirement(self) -> Requirement {
///         match self {
///             Self::Read => scope("orders/read"),
///             Self::Operate => scope("orders/write").and(group("ops")),
///         }
///     }
/// }
/// assert_eq!(Permission::Read.into_requirement().to_string(), "scope orders/read");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a requirement",
    label = "expected a requirement",
    note = "write `scope(\"resource-server/name\")`, `group(\"name\")`, `token_use(TokenUse::Id)`, or a type made by `scopes!` \
            or `groups!`",
    note = "for a list, write `any_of([…])` or `all_of([…])`; for any valid token, `Requirement::nothing()`"
)]
pub trait IntoRequirement {
    /// The requirement.
    fn into_requirement(self) -> Requirement;
}

impl IntoRequirement for Requirement {
    fn into_requirement(self) -> Requirement {
        self
    }
}

/// The scope of this name.
impl IntoRequirement for &str {
    fn into_requirement(self) -> Requirement {
        scope(self)
    }
}

/// The scope of this name.
impl IntoRequirement for String {
    fn into_requirement(self) -> Requirement {
        scope(self)
    }
}

/// The scope of this name.
impl IntoRequirement for &String {
    fn into_requirement(self) -> Requirement {
        scope(self)
    }
}

//! Requirements of tokens that are needed less often than [`scope`](crate::scope), [`group`](crate::group),
//! [`any_of`](crate::any_of) and [`all_of`](crate::all_of).

pub use cognito_verify::{
    Denied, Granted, RequirementError, all_scopes, any_group, any_scope, any_user_pool, claim, claim_is,
    is_group, is_scope,
};

pub use crate::extract::{RequiredGroups, RequiredScopes};

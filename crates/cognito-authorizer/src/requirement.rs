//! Requirements of tokens that are needed less often than [`scope`](crate::scope), [`group`](crate::group),
//! [`any_of`](crate::any_of) and [`all_of`](crate::all_of).

pub use cognito_verify::{
    COGNITO_ACR_LEVELS, Denied, Granted, RequirementError, acr_at_least, actor, all_scopes, any_group,
    any_scope, any_user_pool, claim, claim_is, is_acr, is_group, is_scope, no_actor, signed_in_within,
};

pub use crate::extract::{RequiredAcr, RequiredGroups, RequiredScopes};

//~ `ReadOrders` is not a set of groups
//~ make one: `groups! { pub Operators = "ops"; }`, then `RequireGroup<Operators>`

use cognito_authorizer::{RequireGroup, scopes};

scopes! { pub ReadOrders = "orders/read" }

pub async fn orders(_: RequireGroup<ReadOrders>) {}

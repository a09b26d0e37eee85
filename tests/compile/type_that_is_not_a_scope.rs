//~ `Orders` is not a set of scopes
//~ make one: `scopes! { pub ReadOrders = "orders/read"; }`, then `RequireScope<ReadOrders>`

use cognito_authorizer::RequireScope;

pub struct Orders;

pub async fn orders(_: RequireScope<Orders>) {}

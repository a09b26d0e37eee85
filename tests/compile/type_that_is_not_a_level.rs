//~ `ReadOrders` is not an authentication level
//~ acr_levels!

use cognito_authorizer::{RequireAcr, scopes};

scopes! { ReadOrders = "orders/read" }

pub async fn pay(_: RequireAcr<ReadOrders>) {}

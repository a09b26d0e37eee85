//~ `{integer}` is not a requirement
//~ `[&str; 2]` is not a requirement
//~ `Orders` is not a requirement
//~ expected a requirement
//~ write `scope("resource-server/name")`, `group("name")`, `token_use(TokenUse::Id)`, or a type made by `scopes!` or `groups!`
//~ for a list, write `any_of([…])` or `all_of([…])`; for any valid token, `Requirement::nothing()`

use cognito_authorizer::{CognitoAuthLayer, RouteTable};

pub struct Orders;

pub fn mistakes(auth: CognitoAuthLayer) {
    let _ = auth.require(7);
    let _ = RouteTable::builder().require("GET /orders", ["orders/read", "orders/admin"]);
    let _ = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").require(Orders);
}

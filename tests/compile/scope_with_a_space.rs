//~ `orders read` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes

cognito_authorizer::scopes! { pub ReadOrders = "orders/read" | "orders read" }

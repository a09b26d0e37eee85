//~ `CognitoAuthBuilder` is not a layer yet
//~ finish it: `.connect().await?`, `.connect_lazy()?` or `.with_keys([…])?` makes the layer

use axum::{Router, routing::get};
use cognito_authorizer::CognitoAuthLayer;

pub fn app() -> Router {
    let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789");
    Router::new().route("/", get(|| async {})).layer(auth)
}

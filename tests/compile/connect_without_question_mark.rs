//~ `Result<CognitoAuthLayer, ConfigError>

// `Layer` and `Result` are both foreign, so that no note of ours can be attached. That the error can be cloned keeps the
// compiler from a second error, about `Clone`, with the advice to borrow.
//!~ consider borrowing

use axum::{Router, routing::get};
use cognito_authorizer::CognitoAuthLayer;

pub async fn app() -> Router {
    let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect().await;
    Router::new().route("/", get(|| async {})).route_layer(auth)
}

//~ `Connecting` is not a layer yet
//~ this future was not awaited
//~ write `.connect().await?`

use axum::{Router, routing::get};
use cognito_authorizer::CognitoAuthLayer;

pub async fn app() -> Router {
    let auth = CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect();
    Router::new().route("/", get(|| async {})).route_layer(auth)
}

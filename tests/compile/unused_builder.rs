//~ a builder is not a layer; finish it by `.connect().await?`, `.connect_lazy()?` or `.with_keys([…])?`
//~ a layer protects nothing until it is added, by `.route_layer(auth)` or `.layer(auth)`
//~ keys are fetched only when this is awaited: `.connect().await?`

#![deny(unused_must_use)]

use cognito_authorizer::CognitoAuthLayer;

pub async fn app(auth: CognitoAuthLayer) {
    CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789");
    CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect();
    auth.clone();
}

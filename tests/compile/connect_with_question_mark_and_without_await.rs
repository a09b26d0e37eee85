//~ the `?` operator can only be applied to values that implement `Try`
//~ .await?

use cognito_authorizer::{CognitoAuthLayer, ConfigError};

pub async fn app() -> Result<CognitoAuthLayer, ConfigError> {
    Ok(CognitoAuthLayer::builder("eu-west-1_Ab12Cd34E").client("4example23456789").connect()?)
}

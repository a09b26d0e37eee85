//! How a request to Cognito's API proves the app client's secret.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::secret::Secret;

/// Base64(HMAC-SHA256(secret, username + client id)): [`SECRET_HASH`][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
pub(crate) fn secret_hash(secret: &Secret, username: &str, client_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{username}{client_id}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hash_is_made_of_name_client_and_secret() {
        // printf 'adac' | openssl dgst -sha256 -hmac s -binary | base64
        let secret = Secret::from("s".to_owned());
        assert_eq!(secret_hash(&secret, "ada", "c"), "aNEo6BhR/ejInL8jJsWTUA06lRJGDHGBlwtxVYe9xvM=");
    }
}

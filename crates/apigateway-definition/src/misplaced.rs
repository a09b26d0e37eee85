//! Recognizes keys that look like authorization.

/// Whether the key may be meant to protect something. If such a key is in a place that a framework does not read, the framework
/// ignores it and deploys the routes open.
pub(crate) fn looks_like_authorization(key: &str) -> bool {
    const WORDS: [&str; 13] = [
        "auth",
        "authorisation",
        "authoriser",
        "authorisers",
        "authorization",
        "authorizationscopes",
        "authorizationtype",
        "authorizer",
        "authorizerid",
        "authorizers",
        "defaultauthorizer",
        "jwtauthorizer",
        "scopes",
    ];
    let letters: String = key.chars().filter(|letter| !matches!(letter, '-' | '_')).collect();
    WORDS.contains(&&*letters.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_authorization_are_known_in_every_spelling() {
        for key in ["authorizer", "Authorizer", "authorizer_id", "AuthorizationType", "Auth", "authoriser"] {
            assert!(looks_like_authorization(key), "{key}");
        }
        for key in ["", "author", "handler", "AuthType", "apiGateway", "AuthorizerCredentials"] {
            assert!(!looks_like_authorization(key), "{key}");
        }
    }
}

//! Which scopes a user gets of those that an authorization request asks for.

use crate::client::AppClient;

/// The standard scopes that need `openid`.
const NEED_OPENID: [&str; 3] = ["email", "phone", "profile"];

/// Why the scopes of a request are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopeRefused {
    /// The client is not allowed this one.
    NotAllowed(String),
    /// It was requested without `openid`.
    WithoutOpenId(String),
}

/// The requested scopes, each once, or all scopes of the client if none were requested.
pub(crate) fn granted<'a>(
    client: &AppClient,
    asked: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, ScopeRefused> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked {
        if !client.scopes.iter().any(|allowed| allowed == scope) {
            return Err(ScopeRefused::NotAllowed(scope.to_owned()));
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() {
        return Ok(client.scopes.clone());
    }
    let openid = scopes.iter().any(|scope| scope == "openid");
    match scopes.iter().find(|scope| !openid && NEED_OPENID.contains(&scope.as_str())) {
        Some(scope) => Err(ScopeRefused::WithoutOpenId(scope.clone())),
        None => Ok(scopes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_gets_what_was_asked_for_and_the_client_has() {
        let scopes = ["openid", "email", "orders/read"];
        let client = scopes.into_iter().fold(AppClient::public("web"), AppClient::allow_scope);
        let cases = [
            ("", Ok("openid email orders/read")),
            ("orders/read", Ok("orders/read")),
            ("orders/read openid orders/read", Ok("orders/read openid")),
            ("openid email", Ok("openid email")),
            ("email", Err(ScopeRefused::WithoutOpenId("email".into()))),
            ("openid phone", Err(ScopeRefused::NotAllowed("phone".into()))),
            ("OpenID", Err(ScopeRefused::NotAllowed("OpenID".into()))),
        ];
        for (asked, expected) in cases {
            let found = granted(&client, asked.split(' ').filter(|scope| !scope.is_empty()));
            assert_eq!(found.map(|scopes| scopes.join(" ")), expected.map(str::to_owned), "{asked}");
        }
    }
}

//! The record of a sign-in, from which tokens are issued, now and at each refresh.

use serde::{Deserialize, Serialize};

use crate::acr::Authentication;
use crate::client::API_SIGN_IN_SCOPE;
use crate::directory::Account;
use crate::random;

/// How a user signed in, which shows in the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GrantKind {
    /// An API call such as `InitiateAuth`: one fixed scope, no `version`, always an ID token.
    Api,
    /// Managed login and OAuth: the requested scopes, `version` 2, and an ID token only with `openid`.
    ManagedLogin,
}

/// A user by name and by `sub`. If the user is deleted, a later user of the same name has another `sub` and is not this one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holder {
    pub(crate) username: String,
    pub(crate) subject: String,
}

impl Holder {
    pub(crate) fn of(account: &Account) -> Self {
        Self { username: account.username.clone(), subject: account.subject.clone() }
    }

    /// Whether `account` is this user, and not another user of the same name.
    pub(crate) fn is(&self, account: &Account) -> bool {
        self.subject == account.subject && self.username == account.username
    }
}

/// A sign-in of a user at a client, which every token made from it and from its refresh tokens shares.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    pub(crate) holder: Holder,
    pub(crate) client: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) sign_in: GrantKind,
    /// When the user signed in, in seconds since 1970.
    pub(crate) auth_time: i64,
    /// Names the grant in tokens, in revocations and in the store.
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
    /// `nonce` of the authorization request: only in the first ID token.
    pub(crate) nonce: Option<String>,
    /// `resource` of the authorization request: `aud` of the access tokens (RFC 8707).
    pub(crate) resource: Option<String>,
    /// How strongly the user authenticated, if the client requested a level.
    pub(crate) authentication: Option<Authentication>,
}

impl Grant {
    /// A sign-in by an API call at `auth_time`, in seconds since 1970.
    pub(crate) fn api(holder: Holder, client: &str, auth_time: i64) -> Self {
        Self::new(holder, client, vec![API_SIGN_IN_SCOPE.to_owned()], GrantKind::Api, auth_time)
    }

    /// A sign-in by managed login at `auth_time`, in seconds since 1970.
    pub(crate) fn managed_login(holder: Holder, client: &str, scopes: Vec<String>, auth_time: i64) -> Self {
        Self::new(holder, client, scopes, GrantKind::ManagedLogin, auth_time)
    }

    /// The grant for a token that is minted on demand: a sign-in by managed login that is not stored. Its `origin_jti`
    /// says so, because a kept grant and a minted token are checked differently.
    pub(crate) fn minted(holder: Holder, client: &str, scopes: Vec<String>, auth_time: i64) -> Self {
        let origin_jti = random::minted_uuid();
        Self { origin_jti, ..Self::managed_login(holder, client, scopes, auth_time) }
    }

    fn new(holder: Holder, client: &str, scopes: Vec<String>, sign_in: GrantKind, auth_time: i64) -> Self {
        Self {
            holder,
            client: client.to_owned(),
            scopes,
            sign_in,
            auth_time,
            origin_jti: random::uuid(),
            event_id: random::uuid(),
            nonce: None,
            resource: None,
            authentication: None,
        }
    }

    /// Whether there is an ID token beside the access token.
    pub(crate) fn has_id_token(&self) -> bool {
        self.sign_in == GrantKind::Api || self.has_scope("openid")
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// Whether an ID token has this attribute.
    pub(crate) fn shows(&self, attribute: &str) -> bool {
        self.sign_in == GrantKind::Api || scopes_show(&self.scopes, attribute)
    }
}

/// Whether the scopes of an access token let its holder read `attribute`, in the ID token and from userInfo.
///
/// `openid` without other standard scopes means all attributes; otherwise those scopes decide ([Scopes][aws]).
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
pub(crate) fn scopes_show<S: AsRef<str>>(scopes: &[S], attribute: &str) -> bool {
    let has = |scope: &str| scopes.iter().any(|known| known.as_ref() == scope);
    let narrowed = ["profile", "email", "phone"].into_iter().any(has);
    has("openid")
        && (!narrowed
            || match attribute {
                "email" | "email_verified" => has("email"),
                "phone_number" | "phone_number_verified" => has("phone"),
                _ => has("profile"),
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_say_which_attributes_are_shown() {
        let attributes =
            ["email", "email_verified", "phone_number", "phone_number_verified", "name", "custom:a"];
        let cases = [
            ("openid", "email email_verified phone_number phone_number_verified name custom:a"),
            ("openid orders/read", "email email_verified phone_number phone_number_verified name custom:a"),
            ("openid email", "email email_verified"),
            ("openid phone", "phone_number phone_number_verified"),
            ("openid profile", "name custom:a"),
            ("openid profile email", "email email_verified name custom:a"),
            ("profile", ""),
        ];
        for (scopes, expected) in cases {
            let scopes: Vec<&str> = scopes.split(' ').collect();
            let shown: Vec<&str> =
                attributes.into_iter().filter(|attribute| scopes_show(&scopes, attribute)).collect();
            assert_eq!(shown.join(" "), expected, "{scopes:?}");
        }
    }
}

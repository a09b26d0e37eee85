//! Whether a presented token is still valid, as `GetUser`, userInfo and token exchange ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::directory::Account;
use crate::pool::LocalPool;
use crate::random;

/// A user's token that is still valid.
pub(crate) struct UserToken {
    pub(crate) account: Account,
    pub(crate) scopes: Vec<String>,
    claims: Value,
}

impl UserToken {
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

/// Which of its two tokens a user presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenUse {
    Access,
    Id,
}

impl TokenUse {
    /// `token_use`, and the claims that name the user and the app client.
    fn claims(self) -> [&'static str; 3] {
        match self {
            Self::Access => ["access", "username", "client_id"],
            Self::Id => ["id", "cognito:username", "aud"],
        }
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessTokenRefused {
    /// It is not a token that this pool signed with a key that is still published.
    NotOurs,
    /// It is a machine's, or an ID token where an access token is needed, or the reverse.
    NotOfUser,
    Expired,
    /// By `RevokeToken` or `GlobalSignOut`, or because the grant was forgotten to make room for newer ones.
    SignedOut,
    /// The user was deleted.
    NoUser,
    Disabled,
}

impl LocalPool {
    /// The user of an access token that this pool issued, if nothing has ended it.
    pub(crate) fn check_access_token(&self, token: &str) -> Result<UserToken, AccessTokenRefused> {
        self.check_user_token(token, TokenUse::Access)
    }

    /// The user of an access or ID token that this pool issued, if nothing has ended it.
    pub(crate) fn check_user_token(
        &self,
        token: &str,
        token_use: TokenUse,
    ) -> Result<UserToken, AccessTokenRefused> {
        let claims = self.verified_claims(token).ok_or(AccessTokenRefused::NotOurs)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(self.issuer()) {
            return Err(AccessTokenRefused::NotOurs);
        }
        let [expected, name_of_user, name_of_client] = token_use.claims();
        let (Some(found), Some(username), Some(_)) =
            (text("token_use"), text(name_of_user), text(name_of_client))
        else {
            return Err(AccessTokenRefused::NotOfUser);
        };
        if found != expected {
            return Err(AccessTokenRefused::NotOfUser);
        }
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        if number("exp").is_none_or(|expiry| expiry <= self.now()) {
            return Err(AccessTokenRefused::Expired);
        }
        let account = self.account(username).ok_or(AccessTokenRefused::NoUser)?;
        if text("sub") != Some(&account.subject) {
            return Err(AccessTokenRefused::NoUser); // Of a user of the same name before this one.
        }
        if !account.enabled {
            return Err(AccessTokenRefused::Disabled);
        }
        let live = match text("origin_jti").filter(|origin| !random::is_minted(origin)) {
            Some(origin) => self.grants().is_live(origin),
            // A minted token, or a token of a client without revocation: no grant to look up, so the time of the sign-in
            // decides.
            None => account.signed_out.is_none_or(|at| number("auth_time").is_some_and(|time| time > at)),
        };
        if !live {
            return Err(AccessTokenRefused::SignedOut);
        }
        let scopes = text("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
        let scopes = scopes.map(str::to_owned).collect();
        Ok(UserToken { account, scopes, claims })
    }

    /// `sub` of a machine's token that this pool issued and that has not expired.
    pub(crate) fn check_machine_token(&self, token: &str) -> Option<String> {
        let claims = self.verified_claims(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let good = text("iss") == Some(self.issuer())
            && text("token_use") == Some("access")
            && text("username").is_none()
            && text("client_id").is_some_and(|id| self.client(id).is_some())
            && claims.get("exp").and_then(Value::as_i64).is_some_and(|expiry| self.now() < expiry);
        text("sub").filter(|_| good).map(str::to_owned)
    }

    /// The claims of a token that a published key of this pool signed with RS256.
    pub(crate) fn verified_claims(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
        let kid = header.get("kid")?.as_str()?;
        if header.get("alg")?.as_str()? != "RS256" {
            return None;
        }
        let keys = self.rotating_keys();
        if !keys.verifies(kid, message.as_bytes(), &decode(signature)?) {
            return None;
        }
        serde_json::from_slice(&decode(payload)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::grant::{Grant, Holder};
    use crate::trigger::TriggerSource;
    use crate::{AppClient, Clock, User};

    fn pool() -> LocalPool {
        static KEYS: OnceLock<LocalPool> = OnceLock::new();
        let pool = LocalPool::builder("ap-south-1_abcdefghi").keys_of(KEYS.get_or_init(LocalPool::new));
        let pool = pool.clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(1000)));
        let pool = pool.app_client(AppClient::public("web").allow_scope("openid"));
        pool.user(User::new("ada", "x")).build().unwrap()
    }

    fn why(pool: &LocalPool, token: &str) -> Option<AccessTokenRefused> {
        pool.check_access_token(token).err()
    }

    /// A sign-in: its access token and its refresh token.
    fn sign_in(pool: &LocalPool) -> (String, String) {
        let client = pool.client("web").unwrap();
        let grant = Grant::api(Holder::of(&pool.account("ada").unwrap()), "web", pool.now());
        let access = pool.issue_to_user(client, &grant, TriggerSource::Authentication).unwrap().access;
        (access, pool.keep_grant(client, grant))
    }

    #[test]
    fn a_token_is_good_until_something_ends_it() {
        let pool = pool();
        let good = pool.access_token("ada").scope("openid").sign();
        let found = pool.check_access_token(&good).ok().unwrap();
        assert_eq!((found.account.username.as_str(), found.has_scope("openid")), ("ada", true));
        let cases = [
            (pool.access_token("ada").forged().sign(), AccessTokenRefused::NotOurs),
            (pool.access_token("ada").header("alg", "none").sign(), AccessTokenRefused::NotOurs),
            (pool.access_token("ada").issuer("https://a").sign(), AccessTokenRefused::NotOurs),
            (pool.access_token("ada").raw_payload("not json").sign(), AccessTokenRefused::NotOurs),
            ("a.b.c".to_owned(), AccessTokenRefused::NotOurs),
            (String::new(), AccessTokenRefused::NotOurs),
            (pool.id_token("ada").sign(), AccessTokenRefused::NotOfUser),
            (pool.machine_token("web").sign(), AccessTokenRefused::NotOfUser),
            (pool.access_token("ada").claim("client_id", 7).sign(), AccessTokenRefused::NotOfUser),
            (pool.access_token("ada").expired().sign(), AccessTokenRefused::Expired),
            (pool.access_token("ada").without_claim("exp").sign(), AccessTokenRefused::Expired),
            (pool.access_token("nobody").sign(), AccessTokenRefused::NoUser),
            (pool.access_token("ada").claim("sub", "other").sign(), AccessTokenRefused::NoUser),
        ];
        for (token, expected) in cases {
            assert_eq!(why(&pool, &token), Some(expected), "{expected:?}");
        }
    }

    #[test]
    fn an_actor_is_a_machine_with_a_good_token_of_this_pool() {
        let pool = pool();
        let machine = || pool.machine_token("web");
        assert_eq!(pool.check_machine_token(&machine().sign()).as_deref(), Some("web"));
        for bad in [
            machine().claim("client_id", "gone"),
            machine().claim("client_id", 7),
            machine().claim("username", "ada"),
            machine().claim("token_use", "id"),
            machine().issuer("https://a"),
            machine().expired(),
            machine().without_claim("exp"),
            machine().forged(),
            pool.access_token("ada"),
        ] {
            assert_eq!(pool.check_machine_token(&bad.sign()), None);
        }
    }

    #[test]
    fn a_revoked_refresh_token_ends_the_access_tokens_of_its_sign_in() {
        let pool = pool();
        let ((one, refresh), (two, _)) = (sign_in(&pool), sign_in(&pool));
        pool.revoke(pool.client("web").unwrap(), &refresh);
        assert_eq!(why(&pool, &one), Some(AccessTokenRefused::SignedOut));
        assert_eq!(why(&pool, &two), None);
    }

    #[test]
    fn a_global_sign_out_ends_all_tokens_until_the_next_sign_in() {
        let pool = pool();
        let (minted, (one, _)) = (pool.access_token("ada").sign(), sign_in(&pool));
        pool.sign_out_user(&pool.account("ada").unwrap());
        assert_eq!(why(&pool, &minted), Some(AccessTokenRefused::SignedOut));
        assert_eq!(why(&pool, &one), Some(AccessTokenRefused::SignedOut));
        assert_eq!(why(&pool, &sign_in(&pool).0), None, "in the same second");
        pool.clock().advance(Duration::from_secs(1));
        assert_eq!(why(&pool, &pool.access_token("ada").sign()), None);
    }

    #[test]
    fn a_disabled_user_has_no_good_token() {
        let pool = pool();
        let (access, refresh) = sign_in(&pool);
        pool.directory().find_mut("ada").unwrap().enabled = false;
        assert_eq!(why(&pool, &access), Some(AccessTokenRefused::Disabled));
        assert!(pool.find_grant(pool.client("web").unwrap(), &refresh).is_err());
    }

    /// A token of a sign-in that is not kept says nothing about whether the sign-in was revoked.
    #[test]
    fn a_token_of_a_sign_in_that_is_not_kept_is_refused() {
        let pool = pool();
        let grant = Grant::api(Holder::of(&pool.account("ada").unwrap()), "web", pool.now());
        let client = pool.client("web").unwrap();
        let access = pool.issue_to_user(client, &grant, TriggerSource::Authentication).unwrap().access;
        assert_eq!(why(&pool, &access), Some(AccessTokenRefused::SignedOut));
        pool.keep_grant(client, grant);
        assert_eq!(why(&pool, &access), None);
    }

    /// The user is deleted between the check of the password and the tokens, and signs up again.
    #[test]
    fn a_later_user_of_the_same_name_gets_nothing_of_a_sign_in_under_way() {
        let pool = pool();
        let client = pool.client("web").unwrap();
        let signing_in = pool.account("ada").unwrap();
        pool.remove_user(&signing_in);
        let mut other = Account::new("ada".into(), "another-subject".into(), "x".into(), pool.now());
        other.groups.push("admins".into());
        other.set_attribute("email", "other@example.com");
        pool.directory().create(other).unwrap();

        let grant = Grant::api(Holder::of(&signing_in), "web", pool.now());
        let tokens = pool.issue_to_user(client, &grant, TriggerSource::Authentication).unwrap();
        let refresh = pool.keep_grant(client, grant);
        assert_eq!(why(&pool, &tokens.access), Some(AccessTokenRefused::NoUser));
        assert!(pool.find_grant(client, &refresh).is_err());
        for token in [tokens.access, tokens.id.unwrap()] {
            let claims = pool.verified_claims(&token).unwrap();
            assert_eq!(claims["sub"], signing_in.subject);
            assert!(claims.get("cognito:groups").is_none() && claims.get("email").is_none(), "{claims}");
        }
    }

    /// An administrator acts between the check of the password and the tokens.
    #[test]
    fn a_sign_in_under_way_does_not_outlive_its_user() {
        let end: [fn(&LocalPool, &Account); 2] = [
            |pool, ada| pool.remove_user(ada),
            |pool, ada| pool.set_enabled(&ada.username, crate::directory::Enabled::No).unwrap(),
        ];
        for end in end {
            let pool = pool();
            let client = pool.client("web").unwrap();
            let ada = pool.account("ada").unwrap();
            let grant = Grant::api(Holder::of(&ada), "web", pool.now());
            end(&pool, &ada);
            let refresh = pool.keep_grant(client, grant);
            // The same user comes back: enabled again, or from the configuration after a restart.
            let mut back = ada.clone();
            back.enabled = true;
            pool.remove_user(&ada);
            pool.directory().create(back).unwrap();
            assert_eq!(pool.find_grant(client, &refresh).err(), Some(crate::grants::RefreshRefused::Revoked));
        }
    }
}

//! Token exchange (RFC 8693): a token for another service, made from a user's token.
//!
//! See [Exchanging tokens for downstream services][aws]. AWS does not document the content of the claim `act`; here it
//! is `sub` of the actor token, as in RFC 8693 §4.1. The pre token generation trigger does not run.
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-token-exchange.html

use serde_json::{Value, json};

use crate::access_token::{TokenUse, UserToken};
use crate::client::{AppClient, AuthFlow};
use crate::clock::seconds;
use crate::grant::{Grant, Holder};
use crate::issue::{self, Person, Validity};
use crate::keys::KeyUse;
use crate::pool::LocalPool;
use crate::random;
use crate::syntax;

/// A token that is presented.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a> {
    pub(crate) token: &'a str,
    pub(crate) token_use: TokenUse,
}

/// The purpose of the new token.
#[derive(Clone, Copy)]
pub(crate) enum Audience<'a> {
    /// `audience`: the name of a service.
    Service(&'a str),
    /// `resource`: the identifier of a resource server of the pool.
    ResourceServer(&'a str),
}

/// A client's request.
pub(crate) struct ExchangeRequest<'a> {
    pub(crate) subject: Presented<'a>,
    /// The service that acts for the user.
    pub(crate) actor: Option<Presented<'a>>,
    /// If empty, those of the subject token.
    pub(crate) scopes: Vec<&'a str>,
    pub(crate) audience: Option<Audience<'a>>,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeRefused {
    /// The client is not allowed the flow of this name.
    Flow(AuthFlow),
    Subject,
    Actor,
    /// The subject token and the client have none of the requested scopes in common.
    Scopes,
    Audience,
    /// The pool has no such resource server.
    ResourceServer,
}

/// The new access token. There is no refresh token.
pub(crate) struct Exchanged {
    pub(crate) token: String,
    pub(crate) expires_in: i64,
    pub(crate) scopes: Vec<String>,
}

impl LocalPool {
    /// Exchanges a user's token for an access token of `client`.
    pub(crate) fn exchange(
        &self,
        client: &AppClient,
        request: &ExchangeRequest<'_>,
    ) -> Result<Exchanged, ExchangeRefused> {
        let flow = match request.actor {
            Some(_) => AuthFlow::TokenExchangeDelegation,
            None => AuthFlow::TokenExchangeImpersonation,
        };
        if !client.allows_auth_flow(flow) {
            return Err(ExchangeRefused::Flow(flow));
        }
        let Presented { token, token_use } = request.subject;
        let subject = self.check_user_token(token, token_use).map_err(|_| ExchangeRefused::Subject)?;
        let actor = match request.actor {
            Some(actor) => Some(self.actor(actor).ok_or(ExchangeRefused::Actor)?),
            None => None,
        };
        let audience = request.audience.map(|audience| self.audience(audience)).transpose()?;
        let scopes = narrowed(client, &subject, &request.scopes)?;
        let origin_jti = subject.claim("origin_jti").and_then(Value::as_str).map(str::to_owned);
        let grant = Grant {
            // The new token ends with the sign-in that the subject token came from.
            origin_jti: origin_jti.unwrap_or_else(random::minted_uuid),
            resource: audience,
            ..Grant::managed_login(
                Holder::of(&subject.account),
                client.id(),
                scopes.clone(),
                subject.claim("auth_time").and_then(Value::as_i64).unwrap_or_else(|| self.now()),
            )
        };
        let valid = Validity::new(self.now(), client.access_lifetime);
        let act = act_claim(actor, subject.claim("act"));
        let person = Person::of(subject.account);
        let mut claims = issue::access_claims(self.issuer(), &person, &grant, valid);
        if let Some(act) = act {
            claims.set("act", act);
        }
        let token = self.sign(KeyUse::Access, &claims.to_json());
        Ok(Exchanged { token, expires_in: seconds(client.access_lifetime), scopes })
    }

    /// `sub` of a valid token of this pool: a machine's, or a user's.
    fn actor(&self, Presented { token, token_use }: Presented<'_>) -> Option<String> {
        let subject = match self.check_user_token(token, token_use) {
            Ok(token) => token.account.subject,
            Err(_) if token_use == TokenUse::Access => self.check_machine_token(token)?,
            Err(_) => return None,
        };
        Some(subject)
    }

    fn audience(&self, audience: Audience<'_>) -> Result<String, ExchangeRefused> {
        match audience {
            // Both have the same spelling.
            Audience::Service(name) if !syntax::is_resource_server_id(name) => Err(ExchangeRefused::Audience),
            Audience::Service(name) => Ok(name.to_owned()),
            Audience::ResourceServer(id) => {
                let known = self.resource_servers().iter().any(|server| server.identifier == id);
                if known { Ok(id.to_owned()) } else { Err(ExchangeRefused::ResourceServer) }
            }
        }
    }
}

/// The requested scopes that the subject token has and the client is allowed; without a request, those of the subject token.
fn narrowed(
    client: &AppClient,
    subject: &UserToken,
    requested: &[&str],
) -> Result<Vec<String>, ExchangeRefused> {
    if requested.is_empty() {
        return Ok(subject.scopes.clone());
    }
    let allowed =
        |scope: &&&str| subject.has_scope(scope) && client.scopes.iter().any(|known| known == **scope);
    let scopes: Vec<String> = requested.iter().filter(allowed).map(|scope| (*scope).to_owned()).collect();
    if scopes.is_empty() { Err(ExchangeRefused::Scopes) } else { Ok(scopes) }
}

/// RFC 8693 §4.1: the actor, and within it the actor before. A token that was delegated stays delegated.
fn act_claim(actor: Option<String>, earlier: Option<&Value>) -> Option<Value> {
    match (actor, earlier) {
        (Some(actor), Some(earlier)) => Some(json!({ "sub": actor, "act": earlier })),
        (Some(actor), None) => Some(json!({ "sub": actor })),
        (None, earlier) => earlier.cloned(),
    }
}

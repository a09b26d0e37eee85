//! Authorization requests (RFC 6749 §4.1.1, §4.2.1) under the rules of [Cognito's authorization endpoint][aws].
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html

use super::pkce::PkceChallenge;
use super::refused::{PageError, Refused, error_redirect};
use super::scopes::granted;
use crate::acr::{AcrTarget, Factors};
use crate::client::{AppClient, OAuthFlow};
use crate::parameters::Parameters;
use crate::pool::LocalPool;
use crate::syntax;

/// The longest query, in bytes, which also limits the memory that a request takes.
const MAX_QUERY: usize = 8 * 1024;

/// A request whose client, URL, flow and scopes are checked.
#[derive(Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) response: ResponseType,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<PkceChallenge>,
    pub(crate) resource: Option<String>,
    pub(crate) prompt: Prompt,
    /// `acr_values`: the authentication levels, one of which the sign-in must reach.
    pub(crate) target: Option<AcrTarget>,
    /// The most seconds since the user authenticated.
    pub(crate) max_age: Option<u32>,
    pub(crate) login_hint: Option<String>,
    /// All parameters as they were sent, passed from page to page.
    pub(crate) query: String,
}

/// `response_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseType {
    Code,
    Token,
}

/// `prompt`; `consent` and `select_account` are for identity providers other than the pool, and change nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Sign in unless the browser is signed in.
    Unset,
    /// Show no page.
    None,
    /// Sign in even if the browser is signed in.
    Login,
}

impl AuthorizationRequest {
    /// Checks the query of a request. As long as client and URL are in doubt, a refusal is a page.
    pub(crate) fn parse(pool: &LocalPool, query: &str) -> Result<Self, Refused> {
        if query.len() > MAX_QUERY {
            return Err(Refused::Page(PageError::InvalidRequest));
        }
        let parameters = Parameters::parse(query.as_bytes());
        let parameters = parameters.map_err(|_| Refused::Page(PageError::InvalidRequest))?;
        let client_id = parameters.get("client_id").ok_or(Refused::Page(PageError::InvalidRequest))?;
        let client = pool.client(client_id).ok_or(Refused::Page(PageError::UnknownClient))?;
        let redirect_uri = parameters.get("redirect_uri").ok_or(Refused::Page(PageError::InvalidRequest))?;
        if !client.has_callback_url(redirect_uri) {
            return Err(Refused::Page(PageError::RedirectMismatch));
        }
        let checked = Self::check(pool, client, redirect_uri, &parameters);
        checked.map_err(|(error, description)| {
            let state = parameters.get("state");
            Refused::Redirect(error_redirect(redirect_uri, state, error, description))
        })
    }

    /// The checks whose failures are reported to the client, with `error` and `error_description`.
    fn check(
        pool: &LocalPool,
        client: &AppClient,
        redirect_uri: &str,
        parameters: &Parameters,
    ) -> Result<Self, (&'static str, Option<&'static str>)> {
        let invalid = ("invalid_request", None);
        let (response, flow) = match parameters.get("response_type") {
            Some("code") => (ResponseType::Code, OAuthFlow::Code),
            Some("token") => (ResponseType::Token, OAuthFlow::Implicit),
            _ => return Err(invalid),
        };
        if !client.allows_flow(flow) {
            return Err(("unauthorized_client", None));
        }
        let method = parameters.get("code_challenge_method");
        let challenge = match (parameters.get("code_challenge"), method) {
            (None, None) => None,
            (Some(challenge), Some("S256")) => Some(PkceChallenge::parse(challenge).ok_or(invalid)?),
            _ => return Err(invalid),
        };
        let asked = parameters.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
        // As observed; the developer guide says `error=invalid_scope`.
        let scopes = granted(client, asked).map_err(|_| ("invalid_request", Some("invalid_scope")))?;
        let resource = parameters.owned("resource");
        if resource.as_deref().is_some_and(|url| !syntax::is_redirect_target(url)) {
            return Err(invalid);
        }
        let target = match parameters.get("acr_values") {
            Some(values) => {
                let unknown =
                    ("invalid_request", Some("acr_values names no authentication level of this pool"));
                Some(pool.settings().acr_names.target(values).ok_or(unknown)?)
            }
            None => None,
        };
        let max_age = parameters.get("max_age").map(str::parse).transpose().map_err(|_| invalid)?;
        // The pool's own users are the only ones that it has.
        let provider = parameters.get("identity_provider").is_none_or(|name| name == "COGNITO");
        if !provider || parameters.get("idp_identifier").is_some() {
            return Err(("invalid_request", Some("a local pool has no identity provider but COGNITO")));
        }
        Ok(Self {
            client_id: client.id().to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            response,
            scopes,
            state: parameters.owned("state"),
            nonce: parameters.owned("nonce"),
            challenge,
            resource,
            prompt: Prompt::parse(parameters.get("prompt")).ok_or(invalid)?,
            target,
            max_age,
            login_hint: parameters.owned("login_hint"),
            query: parameters.to_query(),
        })
    }

    /// Whether a browser that signed in at `auth_time` with these factors need not sign in again.
    pub(crate) fn is_met_by(&self, factors: Factors, auth_time: i64, now: i64) -> bool {
        let recent = self.max_age.is_none_or(|most| now.saturating_sub(auth_time) <= i64::from(most));
        recent && self.target.as_ref().is_none_or(|target| target.is_met_by(factors))
    }

    /// The client's URL with an error.
    pub(crate) fn refuse(&self, error: &str, description: Option<&str>) -> String {
        error_redirect(&self.redirect_uri, self.state.as_deref(), error, description)
    }
}

impl Prompt {
    fn parse(text: Option<&str>) -> Option<Self> {
        let mut prompt = Self::Unset;
        let values: Vec<&str> = text.unwrap_or_default().split(' ').filter(|it| !it.is_empty()).collect();
        for value in &values {
            match *value {
                // OpenID Connect Core §3.1.2.1: `none` cannot be combined with another value.
                "none" if values.len() == 1 => prompt = Self::None,
                "login" => prompt = Self::Login,
                "consent" | "select_account" => {}
                _ => return None,
            }
        }
        Some(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_prompt_and_none_beside_another_are_refused() {
        let cases = [
            (None, Some(Prompt::Unset)),
            (Some("none"), Some(Prompt::None)),
            (Some("login"), Some(Prompt::Login)),
            (Some("login consent"), Some(Prompt::Login)),
            (Some("select_account"), Some(Prompt::Unset)),
            (Some("none login"), None),
            (Some("Login"), None),
        ];
        for (text, expected) in cases {
            assert_eq!(Prompt::parse(text), expected, "{text:?}");
        }
    }
}

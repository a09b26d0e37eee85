//! From a signed-in browser to the URL that it goes back to, with a code or with tokens.

use super::issued_code::IssuedCode;
use super::request::{AuthorizationRequest, ResponseType};
use super::store::{BrowserSession, ManagedLogin};
use crate::grant::Grant;
use crate::parameters::append;
use crate::pool::LocalPool;
use crate::trigger::TriggerSource;

impl LocalPool {
    /// The URL that the browser returns to, with a code or tokens, or with the error of the trigger.
    pub(crate) fn authorize(&self, request: &AuthorizationRequest, session: &BrowserSession) -> String {
        let Some(client) = self.client(&request.client_id) else {
            return request.refuse("server_error", None); // Clients never go, so this is not reached.
        };
        let scopes = request.scopes.clone();
        let mut grant = Grant::managed_login(session.holder.clone(), client.id(), scopes, session.auth_time);
        grant.nonce.clone_from(&request.nonce);
        grant.resource.clone_from(&request.resource);
        if let Some(target) = &request.target {
            if !target.is_met_by(session.factors) {
                let description = "the user has no factors for the levels of acr_values";
                return request.refuse("invalid_request", Some(description));
            }
            grant.authentication = Some(self.settings().acr_names.authentication(session.factors));
        }
        // Cognito runs the trigger before the browser goes back, and reports its error in the redirect.
        let changes = match self.changes_for(client, &grant, TriggerSource::HostedAuth) {
            Ok(changes) => changes,
            Err(failed) => {
                let description = format!("PreTokenGeneration failed with error {}.", failed.message);
                return request.refuse("invalid_request", Some(&description));
            }
        };
        let state = request.state.as_deref().map(|state| ("state", state));
        match request.response {
            ResponseType::Code => {
                let issued = IssuedCode {
                    grant,
                    changes,
                    redirect_uri: request.redirect_uri.clone(),
                    challenge: request.challenge.clone(),
                };
                let code = self.keep_code(issued);
                let mut pairs = vec![("code", code.as_str())];
                pairs.extend(state);
                append(&request.redirect_uri, '?', &pairs)
            }
            ResponseType::Token => {
                let tokens = self.issue_changed(client, &grant, &changes, TriggerSource::HostedAuth);
                self.grants().keep_without_refresh(grant);
                let expires_in = tokens.expires_in.to_string();
                let mut pairs = Vec::new();
                pairs.extend(tokens.id.as_deref().map(|id| ("id_token", id)));
                pairs.extend([
                    ("access_token", tokens.access.as_str()),
                    ("token_type", "bearer"),
                    ("expires_in", expires_in.as_str()),
                ]);
                pairs.extend(state);
                append(&request.redirect_uri, '#', &pairs)
            }
        }
    }

    fn keep_code(&self, issued: IssuedCode) -> String {
        let (now, holder) = (self.now(), issued.grant.holder.clone());
        let code = {
            let mut login = self.managed_login();
            let ManagedLogin { codes, .. } = &mut *login;
            issued.keep(codes, now)
        };
        self.end_unless_active(&holder);
        code
    }
}

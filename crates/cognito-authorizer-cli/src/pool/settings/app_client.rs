//! `[[app_client]]` of the configuration.

use std::time::Duration;

use cognito_local_pool::{AppClient, AuthFlow, OAuthFlow};
use serde::Deserialize;

use super::error::SettingsError;
use crate::secret::Secret;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppClientTable {
    pub(crate) id: String,
    pub(crate) secret: Option<Secret>,
    second_secret: Option<Secret>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    #[serde(default)]
    pub(crate) callback_urls: Vec<String>,
    #[serde(default)]
    pub(crate) logout_urls: Vec<String>,
    /// `AllowedOAuthFlows`; the library's default if it is left out.
    pub(crate) flows: Option<Vec<FlowName>>,
    /// `ExplicitAuthFlows`; all of them if it is left out.
    pub(crate) auth_flows: Option<Vec<AuthFlowName>>,
    access_token_minutes: Option<u32>,
    id_token_minutes: Option<u32>,
    refresh_token_days: Option<u32>,
    /// The grace period in seconds; refresh tokens are not rotated if it is left out.
    refresh_token_rotation_seconds: Option<u32>,
}

/// An OAuth flow by its name in `AllowedOAuthFlows`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FlowName {
    Code,
    Implicit,
    ClientCredentials,
}

/// An authentication flow by its name in `ExplicitAuthFlows`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum AuthFlowName {
    #[serde(rename = "ALLOW_USER_SRP_AUTH")]
    UserSrp,
    #[serde(rename = "ALLOW_USER_PASSWORD_AUTH")]
    UserPassword,
    #[serde(rename = "ALLOW_USER_AUTH")]
    UserAuth,
    #[serde(rename = "ALLOW_ADMIN_USER_PASSWORD_AUTH")]
    AdminUserPassword,
    #[serde(rename = "ALLOW_REFRESH_TOKEN_AUTH")]
    RefreshToken,
    #[serde(rename = "ALLOW_TOKEN_EXCHANGE_IMPERSONATION")]
    TokenExchangeImpersonation,
    #[serde(rename = "ALLOW_TOKEN_EXCHANGE_DELEGATION")]
    TokenExchangeDelegation,
}

impl AppClientTable {
    pub(crate) fn new(id: &str, secret: Option<Secret>, scopes: Vec<String>) -> Self {
        Self { id: id.to_owned(), secret, scopes, ..Self::default() }
    }

    /// The scopes of resource servers, which machines can get.
    pub(crate) fn custom_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).filter(|scope| scope.contains('/'))
    }

    /// Whether machines get tokens with this client.
    pub(crate) fn is_for_machines(&self) -> bool {
        self.secret.is_some()
            && match &self.flows {
                Some(flows) => flows.contains(&FlowName::ClientCredentials),
                None => self.callback_urls.is_empty(),
            }
    }

    /// The `response_type` of managed login, if users sign in with this client in a browser.
    pub(crate) fn response_type(&self) -> Option<&'static str> {
        match &self.flows {
            Some(flows) if flows.contains(&FlowName::Code) => Some("code"),
            Some(flows) if flows.contains(&FlowName::Implicit) => Some("token"),
            None if !self.callback_urls.is_empty() => Some("code"),
            _ => None,
        }
    }

    /// Whether a user may sign in by sending the password.
    pub(crate) fn allows_password(&self) -> bool {
        self.auth_flows.as_ref().is_none_or(|flows| flows.contains(&AuthFlowName::UserPassword))
    }

    pub(super) fn build(&self) -> Result<AppClient, SettingsError> {
        let mut client = match &self.secret {
            Some(secret) => AppClient::confidential(&self.id, secret.reveal()),
            None => AppClient::public(&self.id),
        };
        if let Some(secret) = &self.second_secret {
            if self.secret.is_none() {
                return Err(SettingsError::SecondSecret { client: self.id.clone() });
            }
            client = client.second_secret(secret.reveal());
        }
        client = self.scopes.iter().fold(client, AppClient::allow_scope);
        client = self.callback_urls.iter().fold(client, AppClient::callback_url);
        client = self.logout_urls.iter().fold(client, AppClient::logout_url);
        if let Some(flows) = &self.flows {
            if flows.is_empty() {
                return Err(SettingsError::NoFlows { client: self.id.clone(), key: "flows" });
            }
            client = flows.iter().fold(client, |client, flow| client.allow_oauth_flow((*flow).into()));
        }
        if let Some(flows) = &self.auth_flows {
            if flows.is_empty() {
                return Err(SettingsError::NoFlows { client: self.id.clone(), key: "auth_flows" });
            }
            client = flows.iter().fold(client, |client, flow| client.allow_auth_flow((*flow).into()));
        }
        if let Some(minutes) = self.access_token_minutes {
            client = client.access_token_lifetime(MINUTE * minutes);
        }
        if let Some(minutes) = self.id_token_minutes {
            client = client.id_token_lifetime(MINUTE * minutes);
        }
        if let Some(days) = self.refresh_token_days {
            client = client.refresh_token_lifetime(DAY * days);
        }
        if let Some(seconds) = self.refresh_token_rotation_seconds {
            client = client.refresh_token_rotation(Duration::from_secs(seconds.into()));
        }
        Ok(client)
    }
}

impl FlowName {
    /// The flow of this name in `AllowedOAuthFlows`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Code, Self::Implicit, Self::ClientCredentials]
            .into_iter()
            .find(|flow| OAuthFlow::from(*flow).name() == name)
    }
}

impl AuthFlowName {
    const ALL: [Self; 7] = [
        Self::UserSrp,
        Self::UserPassword,
        Self::UserAuth,
        Self::AdminUserPassword,
        Self::RefreshToken,
        Self::TokenExchangeImpersonation,
        Self::TokenExchangeDelegation,
    ];

    /// The flow of this name in `ExplicitAuthFlows`, if the local pool has it.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| AuthFlow::from(*flow).name() == name)
    }
}

impl From<FlowName> for OAuthFlow {
    fn from(name: FlowName) -> Self {
        match name {
            FlowName::Code => Self::Code,
            FlowName::Implicit => Self::Implicit,
            FlowName::ClientCredentials => Self::ClientCredentials,
        }
    }
}

impl From<AuthFlowName> for AuthFlow {
    fn from(name: AuthFlowName) -> Self {
        match name {
            AuthFlowName::UserSrp => Self::UserSrp,
            AuthFlowName::UserPassword => Self::UserPassword,
            AuthFlowName::UserAuth => Self::UserAuth,
            AuthFlowName::AdminUserPassword => Self::AdminUserPassword,
            AuthFlowName::RefreshToken => Self::RefreshToken,
            AuthFlowName::TokenExchangeImpersonation => Self::TokenExchangeImpersonation,
            AuthFlowName::TokenExchangeDelegation => Self::TokenExchangeDelegation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_have_the_names_of_cognito() {
        for (name, flow) in [
            ("code", Some(FlowName::Code)),
            ("implicit", Some(FlowName::Implicit)),
            ("client_credentials", Some(FlowName::ClientCredentials)),
            ("password", None),
        ] {
            assert_eq!(FlowName::of(name), flow, "{name}");
        }
        for flow in AuthFlowName::ALL {
            let name = AuthFlow::from(flow).name();
            let table: AppClientTable =
                toml::from_str(&format!("id = 'a'\nauth_flows = ['{name}']")).unwrap();
            assert_eq!(table.auth_flows, Some(vec![flow]));
        }
        assert_eq!(AuthFlowName::of("ALLOW_CUSTOM_AUTH"), None);
    }
}

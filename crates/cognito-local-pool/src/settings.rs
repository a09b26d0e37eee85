//! The settings of a pool other than its clients, scopes and users.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::acr::AcrNames;
use crate::directory::SentCode;
use crate::password_policy::PasswordPolicy;
use crate::trigger::{Changes, OnToken, TokenAdditions, TokenEvent, TriggerFailed};

/// Whether users may sign themselves up (`AllowAdminCreateUserOnly` is the contrary).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SelfSignUp {
    Allowed,
    #[default]
    Refused,
}

/// The closure of [`on_code`](crate::LocalPoolBuilder::on_code).
pub(crate) type OnCode = Arc<dyn Fn(&SentCode) + Send + Sync>;

/// The closure of [`on_state`](crate::LocalPoolBuilder::on_state).
pub(crate) type OnState = Arc<dyn Fn(&[u8]) -> io::Result<()> + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) self_sign_up: SelfSignUp,
    pub(crate) password_policy: PasswordPolicy,
    pub(crate) acr_names: AcrNames,
    pub(crate) additions: Vec<TokenAdditions>,
    pub(crate) on_token: Option<OnToken>,
    pub(crate) on_code: Option<OnCode>,
    pub(crate) on_state: Option<OnState>,
}

impl Settings {
    /// Runs the static additions, then the closure.
    pub(crate) fn changes(&self, mut event: TokenEvent) -> Result<Changes, TriggerFailed> {
        self.additions.iter().for_each(|additions| additions.apply(&mut event));
        if let Some(on_token) = &self.on_token {
            on_token(&mut event);
        }
        event.finish()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("self_sign_up", &self.self_sign_up)
            .field("password_policy", &self.password_policy)
            .field("additions", &self.additions)
            .finish_non_exhaustive()
    }
}

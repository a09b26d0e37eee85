//! Managed login without its pages: authorization requests, browser sessions and codes.

mod authorize;
mod code;
mod issued_code;
mod pkce;
mod refused;
mod request;
mod scopes;
mod sessions;
mod store;

pub(crate) use refused::{PageError, Refused};
pub(crate) use request::{AuthorizationRequest, Prompt};
pub(crate) use scopes::{ScopeRefused, granted};
pub(crate) use store::{BrowserSession, LoginStep, ManagedLogin, PendingLogin, SESSION};

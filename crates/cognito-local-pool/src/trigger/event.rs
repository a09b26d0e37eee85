//! The event of a pre token generation trigger, with the members of its second version.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{TriggerSource, is_reserved_claim};
use crate::syntax;

/// The tokens that are about to be issued, as [`on_token`](crate::LocalPoolBuilder::on_token) may change them: the V2
/// event of Cognito's [pre token generation trigger][aws] (and V3 for `client_credentials`).
///
/// Changes that Cognito does not permit a trigger, such as to the claims `sub`, `exp` or `scope`, are ignored here as well.
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
///
/// ```
/// use cognito_local_pool::{LocalPool, TriggerSource};
///
/// let pool = LocalPool::builder("ap-south-1_abcdefghi")
///     .on_token(|event| {
///         if event.trigger_source() == TriggerSource::HostedAuth && event.groups().contains(&"ops".to_owned()) {
///             event.access_token().add_scope("orders/admin");
///         }
///         event.id_token().suppress_claim("phone_number");
///     })
///     .build()?;
/// # Ok::<(), cognito_local_pool::PoolError>(())
/// ```
pub struct TokenEvent {
    occasion: Occasion,
    client: String,
    subject: Subject,
    scopes: Vec<String>,
    changes: Changes,
    failure: Option<String>,
}

/// Why tokens are issued, and what the client sent for the trigger.
#[derive(Clone)]
pub(crate) struct Occasion {
    pub(crate) source: TriggerSource,
    /// `ClientMetadata` of an API call, `aws_client_metadata` of a request to the token endpoint.
    pub(crate) client_metadata: BTreeMap<String, String>,
}

impl From<TriggerSource> for Occasion {
    fn from(source: TriggerSource) -> Self {
        Self { source, client_metadata: BTreeMap::new() }
    }
}

/// The user or client that the tokens are for.
pub(crate) enum Subject {
    User { username: String, groups: Vec<String>, attributes: Vec<(String, String)> },
    Client,
}

/// The trigger refused to let tokens be issued: `UserLambdaValidationException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TriggerFailed {
    pub(crate) message: String,
}

/// The changes of the trigger that are permitted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) access: AccessTokenChanges,
    pub(crate) id: IdTokenChanges,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) preferred_role: Option<String>,
}

impl TokenEvent {
    pub(crate) fn new(occasion: Occasion, client: &str, subject: Subject, scopes: &[String]) -> Self {
        let (client, scopes, changes) = (client.to_owned(), scopes.to_vec(), Changes::default());
        Self { occasion, client, subject, scopes, changes, failure: None }
    }

    /// Why the pool issues tokens.
    #[must_use]
    pub fn trigger_source(&self) -> TriggerSource {
        self.occasion.source
    }

    /// A value that the client sent for the trigger (`request.clientMetadata`).
    #[must_use]
    pub fn client_metadata(&self, key: &str) -> Option<&str> {
        self.occasion.client_metadata.get(key).map(String::as_str)
    }

    /// `userName`; `None` if the token is for the client itself.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match &self.subject {
            Subject::User { username, .. } => Some(username),
            Subject::Client => None,
        }
    }

    /// `callerContext.clientId`: the app client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client
    }

    /// The scopes before any change (`request.scopes`).
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The groups as they are so far: those of the user, or what [`override_groups`](Self::override_groups) set.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        match (&self.changes.groups, &self.subject) {
            (Some(groups), _) | (None, Subject::User { groups, .. }) => groups,
            (None, Subject::Client) => &[],
        }
    }

    /// An attribute of the user, such as `email` (`request.userAttributes`).
    #[must_use]
    pub fn user_attribute(&self, name: &str) -> Option<&str> {
        match &self.subject {
            Subject::User { attributes, .. } => {
                attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
            }
            Subject::Client => None,
        }
    }

    /// The access token (`accessTokenGeneration`).
    pub fn access_token(&mut self) -> &mut AccessTokenChanges {
        &mut self.changes.access
    }

    /// The ID token (`idTokenGeneration`); without effect if none is issued.
    pub fn id_token(&mut self) -> &mut IdTokenChanges {
        &mut self.changes.id
    }

    /// Replaces `cognito:groups` (`groupOverrideDetails.groupsToOverride`).
    pub fn override_groups<G: Into<String>>(&mut self, groups: impl IntoIterator<Item = G>) {
        self.changes.groups = Some(groups.into_iter().map(Into::into).collect());
    }

    /// Sets `cognito:roles` of the ID token (`groupOverrideDetails.iamRolesToOverride`).
    pub fn override_iam_roles<R: Into<String>>(&mut self, roles: impl IntoIterator<Item = R>) {
        self.changes.roles = Some(roles.into_iter().map(Into::into).collect());
    }

    /// Sets `cognito:preferred_role` of the ID token (`groupOverrideDetails.preferredRole`).
    pub fn override_preferred_role(&mut self, role: impl Into<String>) {
        self.changes.preferred_role = Some(role.into());
    }

    /// Refuses to issue tokens, as a trigger does by returning an error. The client gets `message`.
    pub fn fail(&mut self, message: impl Into<String>) {
        self.failure = Some(message.into());
    }

    pub(crate) fn finish(self) -> Result<Changes, TriggerFailed> {
        match self.failure {
            Some(message) => Err(TriggerFailed { message }),
            None => Ok(self.changes),
        }
    }
}

/// Prints the destination of the tokens and the names of changes, but neither the user nor values.
impl fmt::Debug for TokenEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEvent")
            .field("trigger_source", &self.occasion.source)
            .field("client_id", &self.client)
            .field("access_token", &self.changes.access)
            .field("id_token", &self.changes.id)
            .finish_non_exhaustive()
    }
}

/// Claims that are set or left out.
#[derive(Clone, Default)]
pub(crate) struct ClaimChanges {
    pub(crate) set: Vec<(String, Value)>,
    pub(crate) suppressed: Vec<String>,
}

impl ClaimChanges {
    fn add(&mut self, name: String, value: Value) {
        if !is_reserved_claim(&name) {
            self.set.push((name, value));
        }
    }

    fn suppress(&mut self, name: String) {
        if !is_reserved_claim(&name) {
            self.suppressed.push(name);
        }
    }

    fn names(&self) -> Vec<&str> {
        self.set.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Changes to the access token.
#[derive(Clone, Default)]
pub struct AccessTokenChanges {
    pub(crate) claims: ClaimChanges,
    pub(crate) scopes_added: Vec<String>,
    pub(crate) scopes_suppressed: Vec<String>,
    pub(crate) has_audience: bool,
}

impl AccessTokenChanges {
    /// Sets a claim (`claimsToAddOrOverride`).
    ///
    /// `aud` is the one claim of Cognito's own that can be added: its value is the id of the app client whatever is
    /// given here, as Cognito accepts no other.
    pub fn add_or_override_claim(&mut self, name: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        let name = name.into();
        if name == "aud" {
            self.has_audience = true;
        } else {
            self.claims.add(name, value.into());
        }
        self
    }

    /// Leaves a claim out (`claimsToSuppress`).
    pub fn suppress_claim(&mut self, name: impl Into<String>) -> &mut Self {
        self.claims.suppress(name.into());
        self
    }

    /// Adds a scope, whether or not the client is allowed it (`scopesToAdd`). A name with white space, and one that
    /// begins with `aws.cognito`, is ignored.
    pub fn add_scope(&mut self, scope: impl Into<String>) -> &mut Self {
        let scope = scope.into();
        if syntax::is_added_scope(&scope) {
            self.scopes_added.push(scope);
        }
        self
    }

    /// Leaves a scope out (`scopesToSuppress`).
    pub fn suppress_scope(&mut self, scope: impl Into<String>) -> &mut Self {
        self.scopes_suppressed.push(scope.into());
        self
    }

    /// The scopes of the token: `granted` without those that are left out, and those that are added.
    pub(crate) fn scopes(&self, granted: &[String]) -> Vec<String> {
        let mut scopes: Vec<String> = Vec::new();
        for scope in granted.iter().chain(&self.scopes_added) {
            if !self.scopes_suppressed.contains(scope) && !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        scopes
    }
}

impl fmt::Debug for AccessTokenChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenChanges").field("claims", &self.claims.names()).finish_non_exhaustive()
    }
}

/// Changes to the ID token.
#[derive(Clone, Default)]
pub struct IdTokenChanges {
    pub(crate) claims: ClaimChanges,
}

impl IdTokenChanges {
    /// Sets a claim (`claimsToAddOrOverride`).
    pub fn add_or_override_claim(&mut self, name: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        self.claims.add(name.into(), value.into());
        self
    }

    /// Leaves a claim out (`claimsToSuppress`).
    pub fn suppress_claim(&mut self, name: impl Into<String>) -> &mut Self {
        self.claims.suppress(name.into());
        self
    }
}

impl fmt::Debug for IdTokenChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenChanges").field("claims", &self.claims.names()).finish_non_exhaustive()
    }
}

//! From a grant to signed tokens, by way of the pre token generation trigger; refresh and revocation.

use crate::client::AppClient;
use crate::clock::seconds;
use crate::directory::Account;
use crate::grant::{Grant, GrantKind, Holder};
use crate::grants::{RefreshRefused, Revocation};
use crate::issue::{self, Person, Validity};
use crate::journal::Event;
use crate::keys::KeyUse;
use crate::members::Members;
use crate::pool::LocalPool;
use crate::trigger::{Changes, ClaimChanges, Occasion, Subject, TokenEvent, TriggerFailed, TriggerSource};

/// The tokens of a user, and the lifetime of the access token in seconds.
#[derive(Clone)]
pub(crate) struct UserTokens {
    pub(crate) access: String,
    /// `None` after a sign-in by managed login without `openid`.
    pub(crate) id: Option<String>,
    pub(crate) expires_in: i64,
}

/// The result of a refresh.
pub(crate) struct Refreshed {
    pub(crate) tokens: UserTokens,
    /// With rotation, the refresh token that replaces the one that was used.
    pub(crate) refresh_token: Option<String>,
}

/// Why a refresh gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefreshFailed {
    Refused(RefreshRefused),
    Trigger(TriggerFailed),
}

impl From<RefreshRefused> for RefreshFailed {
    fn from(refused: RefreshRefused) -> Self {
        Self::Refused(refused)
    }
}

impl From<TriggerFailed> for RefreshFailed {
    fn from(failed: TriggerFailed) -> Self {
        Self::Trigger(failed)
    }
}

impl LocalPool {
    /// The tokens of a grant, made now, as the trigger changes them.
    pub(crate) fn issue_to_user(
        &self,
        client: &AppClient,
        grant: &Grant,
        occasion: impl Into<Occasion>,
    ) -> Result<UserTokens, TriggerFailed> {
        let occasion = occasion.into();
        let source = occasion.source;
        let changes = self.changes_for(client, grant, occasion)?;
        Ok(self.issue_changed(client, grant, &changes, source))
    }

    /// The changes of the trigger to the tokens of a grant.
    pub(crate) fn changes_for(
        &self,
        client: &AppClient,
        grant: &Grant,
        occasion: impl Into<Occasion>,
    ) -> Result<Changes, TriggerFailed> {
        let person = self.person_of(&grant.holder);
        self.settings().changes(self.event_for(&person, client, grant, occasion.into()))
    }

    /// The tokens of a grant, made now, with the changes of a trigger that ran before.
    pub(crate) fn issue_changed(
        &self,
        client: &AppClient,
        grant: &Grant,
        changes: &Changes,
        source: TriggerSource,
    ) -> UserTokens {
        self.record(Event::Issued {
            username: grant.holder.username.clone(),
            client: grant.client.clone(),
            source,
        });
        let first = source != TriggerSource::RefreshTokens;
        let mut person = self.person_of(&grant.holder);
        let mut grant = grant.clone();
        person.attributes.retain(|(name, _)| grant.shows(name));
        let has_id_token = grant.has_id_token();
        grant.scopes = changes.access.scopes(&grant.scopes);
        if let Some(groups) = &changes.groups {
            person.groups.clone_from(groups);
        }
        let access = self.access_token_of(client, &person, &grant, changes);
        let id = has_id_token.then(|| {
            let valid = Validity::new(self.now(), client.id_lifetime);
            let mut claims = issue::id_claims(self.issuer(), &person, &grant, valid);
            if grant.sign_in == GrantKind::ManagedLogin {
                claims.set("at_hash", issue::at_hash(&access));
            }
            if let Some(nonce) = grant.nonce.as_deref().filter(|_| first) {
                claims.set("nonce", nonce);
            }
            if let Some(roles) = &changes.roles {
                claims.set("cognito:roles", roles.clone());
            }
            if let Some(role) = &changes.preferred_role {
                claims.set("cognito:preferred_role", role.as_str());
            }
            self.finish_claims(client, claims, &changes.id.claims, KeyUse::Id)
        });
        UserTokens { access, id, expires_in: seconds(client.access_lifetime) }
    }

    fn event_for(
        &self,
        person: &Person,
        client: &AppClient,
        grant: &Grant,
        occasion: Occasion,
    ) -> TokenEvent {
        let account = self.account_of(&grant.holder);
        let mut attributes = account.map(|account| account.attributes().to_vec()).unwrap_or_default();
        attributes.push(("sub".to_owned(), person.holder.subject.clone()));
        let (username, groups) = (person.holder.username.clone(), person.groups.clone());
        TokenEvent::new(occasion, client.id(), Subject::User { username, groups, attributes }, &grant.scopes)
    }

    fn access_token_of(
        &self,
        client: &AppClient,
        person: &Person,
        grant: &Grant,
        changes: &Changes,
    ) -> String {
        let valid = Validity::new(self.now(), client.access_lifetime);
        let mut claims = issue::access_claims(self.issuer(), person, grant, valid);
        if changes.access.has_audience && grant.resource.is_none() {
            claims.set("aud", client.id());
        }
        self.finish_claims(client, claims, &changes.access.claims, KeyUse::Access)
    }

    /// Makes the changes of the trigger, and signs.
    fn finish_claims(
        &self,
        client: &AppClient,
        mut claims: Members,
        changes: &ClaimChanges,
        key_use: KeyUse,
    ) -> String {
        if !client.can_revoke() {
            claims.remove("origin_jti");
        }
        for (name, value) in &changes.set {
            claims.set(name.as_str(), value.clone());
        }
        for name in &changes.suppressed {
            claims.remove(name);
        }
        self.sign(key_use, &claims.to_json())
    }

    /// An access token for the client itself, and its lifetime in seconds.
    pub(crate) fn issue_to_machine(
        &self,
        client: &AppClient,
        scopes: &[String],
        occasion: impl Into<Occasion>,
    ) -> Result<(String, i64), TriggerFailed> {
        let event = TokenEvent::new(occasion.into(), client.id(), Subject::Client, scopes);
        let changes = self.settings().changes(event)?.access;
        self.record(Event::IssuedToMachine { client: client.id().to_owned() });
        let valid = Validity::new(self.now(), client.access_lifetime);
        let mut claims = issue::machine_claims(self.issuer(), client.id(), &changes.scopes(scopes), valid);
        if changes.has_audience {
            claims.set("aud", client.id());
        }
        let token = self.finish_claims(client, claims, &changes.claims, KeyUse::Access);
        Ok((token, seconds(client.access_lifetime)))
    }

    /// Stores a grant, and returns its refresh token. The nonce is only for the first ID token, so it is not stored.
    pub(crate) fn keep_grant(&self, client: &AppClient, grant: Grant) -> String {
        let grant = Grant { nonce: None, ..grant };
        let expires = self.now().saturating_add(seconds(client.refresh_lifetime));
        let (holder, origin_jti) = (grant.holder.clone(), grant.origin_jti.clone());
        let token = self.grants().keep(grant, expires);
        // Whatever ends a user revokes the grants that are kept by then. If it came first, this one is revoked here.
        if !self.is_active(&holder) {
            self.grants().revoke_grant(&origin_jti);
        }
        token
    }

    /// The account of a user, if the user was not deleted.
    pub(crate) fn account_of(&self, holder: &Holder) -> Option<Account> {
        self.account(&holder.username).filter(|account| holder.is(account))
    }

    /// Whether a user exists and is enabled.
    pub(crate) fn is_active(&self, holder: &Holder) -> bool {
        self.account_of(holder).is_some_and(|account| account.enabled)
    }

    /// The grant of a refresh token of this client, if its user may still have tokens.
    pub(crate) fn find_grant(&self, client: &AppClient, token: &str) -> Result<Grant, RefreshRefused> {
        let grant = self.grants().find(token, client.id(), grace_of(client), self.now())?.clone();
        if self.is_active(&grant.holder) { Ok(grant) } else { Err(RefreshRefused::Revoked) }
    }

    /// New tokens of the sign-in of a refresh token, and a new refresh token if the client rotates them.
    pub(crate) fn refresh(
        &self,
        client: &AppClient,
        token: &str,
        occasion: impl Into<Occasion>,
    ) -> Result<Refreshed, RefreshFailed> {
        let grant = self.find_grant(client, token)?;
        let tokens = self.issue_to_user(client, &grant, occasion)?;
        // Last, and it checks again: a failed request leaves the token valid, and of two concurrent requests without a
        // grace period only one gets tokens.
        let refresh_token = match client.rotation_grace {
            Some(_) => Some(self.grants().rotate(token, client.id(), grace_of(client), self.now())?),
            None => None,
        };
        Ok(Refreshed { tokens, refresh_token })
    }

    /// Revokes a refresh token of this client with all tokens of its grant (`RevokeToken`).
    pub(crate) fn revoke(&self, client: &AppClient, token: &str) -> Revocation {
        self.grants().revoke(token, client.id(), self.now())
    }

    /// Signs a user out everywhere (`GlobalSignOut`): tokens that were issued before are no longer accepted here.
    /// Sessions of browsers with managed login stay.
    pub(crate) fn sign_out_user(&self, account: &Account) {
        let (now, holder) = (self.now(), Holder::of(account));
        self.grants().revoke_user(&holder);
        if let Some(account) =
            self.directory().find_mut(&holder.username).filter(|account| holder.is(account))
        {
            account.signed_out = Some(now);
        }
    }
}

fn grace_of(client: &AppClient) -> i64 {
    client.rotation_grace.map_or(0, seconds)
}

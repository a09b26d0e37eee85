//! Tokens for tests: as Cognito would issue them, and with any fault.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::client::{API_SIGN_IN_SCOPE, AppClient, DEFAULT_LIFETIME};
use crate::clock::{seconds, unix_seconds};
use crate::grant::Grant;
use crate::issue::{self, Validity};
use crate::keys::KeyUse;
use crate::members::{Edit, Members};
use crate::pool::LocalPool;

/// How long ago an [expired](TokenBuilder::expired) token ended: past any leeway that a verifier should have.
const EXPIRED_SINCE: Duration = Duration::from_secs(3600);
/// The client of minted tokens in a pool without app clients.
const ANY_CLIENT: &str = "local-client";

/// A token that is about to be signed; [`LocalPool::access_token`], [`id_token`](LocalPool::id_token) and
/// [`machine_token`](LocalPool::machine_token) start one.
///
/// Unchanged, it is a token that Cognito would issue now. Each method changes one thing; changes of single claims and header
/// members come last, in the order of the calls.
#[derive(Clone)]
#[must_use = "call `.sign()` to have the token"]
pub struct TokenBuilder {
    pool: LocalPool,
    kind: Kind,
    subject: String,
    client: Option<String>,
    scopes: Vec<String>,
    groups: Vec<String>,
    audiences: Vec<String>,
    issuer: Option<String>,
    issued: Issued,
    lifetime: Option<Duration>,
    claims: Vec<Edit>,
    header: Vec<Edit>,
    raw_payload: Option<Vec<u8>>,
    raw_header: Option<Vec<u8>>,
    signer: Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Access,
    Id,
    Machine,
}

#[derive(Clone, Copy)]
enum Issued {
    Now,
    At(SystemTime),
    /// Early enough that it has expired.
    LongAgo,
}

#[derive(Clone, Copy)]
enum Signer {
    Key(KeyUse),
    Forger,
}

impl LocalPool {
    /// Starts an access token as a user gets it by managed login or OAuth; `.sign()` ends it.
    ///
    /// A user of the pool brings its `sub` and groups; any other name gets a `sub` that is the same in each run.
    pub fn access_token(&self, username: impl Into<String>) -> TokenBuilder {
        TokenBuilder::new(self.clone(), Kind::Access, username.into())
    }

    /// Starts an ID token, with the attributes if the pool has the user.
    pub fn id_token(&self, username: impl Into<String>) -> TokenBuilder {
        TokenBuilder::new(self.clone(), Kind::Id, username.into())
    }

    /// Starts the access token of a machine, as `client_credentials` gives it: `sub` is the client's id.
    ///
    /// With no scope called for, it has all custom scopes of the client, as the token endpoint gives them; a client
    /// that the pool does not know has none, and then there is no `scope` claim.
    pub fn machine_token(&self, client_id: impl Into<String>) -> TokenBuilder {
        TokenBuilder::new(self.clone(), Kind::Machine, client_id.into())
    }
}

impl TokenBuilder {
    fn new(pool: LocalPool, kind: Kind, subject: String) -> Self {
        Self {
            pool,
            kind,
            subject,
            client: None,
            scopes: Vec::new(),
            groups: Vec::new(),
            audiences: Vec::new(),
            issuer: None,
            issued: Issued::Now,
            lifetime: None,
            claims: Vec::new(),
            header: Vec::new(),
            raw_payload: None,
            raw_header: None,
            signer: Signer::Key(kind.key_use()),
        }
    }

    /// The app client: `client_id` of an access token (and `sub` of a machine's), `aud` of an ID token.
    ///
    /// The default is the first app client of the pool, or `local-client` if there is none.
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.client = Some(id.into());
        self
    }

    /// Adds a scope such as `orders/read`, which the pool may not define.
    ///
    /// With none, a user's access token has `aws.cognito.signin.user.admin`. An ID token has no `scope` in Cognito;
    /// one made here then has.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Adds to `cognito:groups`, after the groups that the user has in the pool.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push(name.into());
        self
    }

    /// Adds to `aud`: one audience is a text, several are a list. An access token has none by default, and an ID token the
    /// app client, which this replaces.
    ///
    /// A sign-in gives an access token the [`resource`](crate::SignInBuilder::resource) of its request, and a token exchange
    /// gives it the audience of its request.
    pub fn audience(mut self, name: impl Into<String>) -> Self {
        self.audiences.push(name.into());
        self
    }

    /// Sets `act` to `{"sub": subject}`: the token was delegated to this actor by token exchange (RFC 8693 §4.1).
    pub fn actor(self, subject: impl Into<String>) -> Self {
        self.claim("act", json!({ "sub": subject.into() }))
    }

    /// Sets `acr`, the authentication level, such as `urn:cognito:loa:4`.
    pub fn acr(self, level: impl Into<String>) -> Self {
        self.claim("acr", level.into())
    }

    /// Sets any claim to any JSON, instead of its usual value.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push(Edit::Set(name.into(), value.into()));
        self
    }

    /// Leaves a claim out.
    pub fn without_claim(mut self, name: impl Into<String>) -> Self {
        self.claims.push(Edit::Remove(name.into()));
        self
    }

    /// Sets any member of the header, which otherwise is `kid` and `alg`. The signature is always RS256.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.push(Edit::Set(name.into(), value.into()));
        self
    }

    /// Leaves a member of the header out.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.push(Edit::Remove(name.into()));
        self
    }

    /// Issued early enough that it expired an hour ago. Replaces [`issued_at`](Self::issued_at).
    pub fn expired(mut self) -> Self {
        self.issued = Issued::LongAgo;
        self
    }

    /// How long it lives, in whole seconds; any lifetime is accepted. The default is the app client's.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Issued then (`iat` and `auth_time`), and not now. Replaces [`expired`](Self::expired).
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.issued = Issued::At(time);
        self
    }

    /// Replaces the pool's issuer in `iss`.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Signs exactly these bytes as the payload, even if they are not JSON. Other changes of the payload are ignored.
    pub fn raw_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(payload.into());
        self
    }

    /// Signs exactly these bytes as the header. Other changes of the header are ignored.
    pub fn raw_header(mut self, header: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(header.into());
        self
    }

    /// Signs with this key of the pool instead of the one for the kind of token, under its `kid`.
    pub fn signed_by(mut self, key_use: KeyUse) -> Self {
        self.signer = Signer::Key(key_use);
        self
    }

    /// Forges the signature: signs with a key that is not in the JWK Set, under the `kid` of the key that should sign.
    pub fn forged(mut self) -> Self {
        self.signer = Signer::Forger;
        self
    }

    /// Signs, and returns the compact token.
    #[must_use]
    pub fn sign(self) -> String {
        let published = self.pool.signing_key(match self.signer {
            Signer::Key(key_use) => key_use,
            Signer::Forger => self.kind.key_use(),
        });
        let key = match self.signer {
            Signer::Key(_) => &*published,
            Signer::Forger => self.pool.unpublished_key(),
        };
        let header = self.raw_header.clone().unwrap_or_else(|| {
            let mut header = issue::header(published.id());
            self.header.iter().for_each(|edit| header.apply(edit));
            header.to_json().into_bytes()
        });
        let payload = self.raw_payload.clone().unwrap_or_else(|| {
            let mut claims = self.cognito_claims();
            match self.audiences.as_slice() {
                [] => {}
                [one] => claims.set("aud", one.as_str()),
                several => claims.set("aud", several.to_vec()),
            }
            self.claims.iter().for_each(|edit| claims.apply(edit));
            claims.to_json().into_bytes()
        });
        issue::compact(key, &header, &payload)
    }

    /// The claims as Cognito would write them for this token.
    fn cognito_claims(&self) -> Members {
        let client = self.client_id();
        let issuer = self.issuer.as_deref().unwrap_or_else(|| self.pool.issuer());
        let valid = self.validity(&client);
        if self.kind == Kind::Machine {
            let mut claims = issue::machine_claims(issuer, &client, &self.machine_scopes(&client), valid);
            if !self.groups.is_empty() {
                claims.set("cognito:groups", self.groups.clone());
            }
            return claims;
        }
        let mut person = self.pool.person(&self.subject);
        person.groups.extend_from_slice(&self.groups);
        let scopes =
            if self.scopes.is_empty() { vec![API_SIGN_IN_SCOPE.to_owned()] } else { self.scopes.clone() };
        let grant = Grant::minted(person.holder.clone(), &client, scopes, valid.issued);
        if self.kind == Kind::Access {
            return issue::access_claims(issuer, &person, &grant, valid);
        }
        let mut claims = issue::id_claims(issuer, &person, &grant, valid);
        if !self.scopes.is_empty() {
            claims.set("scope", self.scopes.join(" "));
        }
        claims
    }

    fn client_id(&self) -> String {
        self.client.clone().unwrap_or_else(|| match self.kind {
            Kind::Machine => self.subject.clone(),
            Kind::Access | Kind::Id => self.pool.first_client().map_or(ANY_CLIENT, AppClient::id).to_owned(),
        })
    }

    fn machine_scopes(&self, client: &str) -> Vec<String> {
        if !self.scopes.is_empty() {
            return self.scopes.clone();
        }
        let known = self.pool.client(client);
        known.map(|client| client.custom_scopes().map(str::to_owned).collect()).unwrap_or_default()
    }

    fn validity(&self, client: &str) -> Validity {
        let lifetime = self.lifetime.unwrap_or_else(|| {
            self.pool.client(client).map_or(DEFAULT_LIFETIME, |client| match self.kind {
                Kind::Access | Kind::Machine => client.access_lifetime,
                Kind::Id => client.id_lifetime,
            })
        });
        let issued = match self.issued {
            Issued::Now => self.pool.now(),
            Issued::At(time) => unix_seconds(time),
            Issued::LongAgo => {
                self.pool.now().saturating_sub(seconds(lifetime)).saturating_sub(seconds(EXPIRED_SINCE))
            }
        };
        Validity::new(issued, lifetime)
    }
}

impl Kind {
    fn key_use(self) -> KeyUse {
        match self {
            Self::Access | Self::Machine => KeyUse::Access,
            Self::Id => KeyUse::Id,
        }
    }
}

/// Which claims and members of the header were changed, and not to what.
impl fmt::Debug for TokenBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder")
            .field("kind", &self.kind)
            .field("client", &self.client)
            .field("claims", &self.claims.iter().map(Edit::name).collect::<Vec<_>>())
            .field("header", &self.header.iter().map(Edit::name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

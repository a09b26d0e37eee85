//! What the steps of a verification find, recorded on demand.

use std::fmt;

use crate::{
    check::Check,
    pool_id::UserPoolId,
    time::UnixTime,
    token_use::{Accept, TokenUse},
};

/// What one step of a verification found, and what it was compared with.
///
/// A step that fails has a finding too if it got far enough to find something: the times of an expired token, for example.
///
/// *Security*: findings after [`Check::Signature`] contain claims, for tools that show a token to its owner. `Debug` omits them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The length of the token, which has three segments.
    #[non_exhaustive]
    Form {
        /// The length, in bytes.
        bytes: usize,
        /// The longest token that is read, in bytes.
        limit: usize,
    },
    /// The header names RS256 and this key.
    #[non_exhaustive]
    Header {
        /// The `kid`. It is not signed yet.
        key_id: String,
    },
    /// The configured pools that publish a key with the token's `kid`.
    #[non_exhaustive]
    Key {
        /// The pools; empty if none does.
        published_by: Vec<UserPoolId>,
    },
    /// The signature was made with the key.
    Signature,
    /// The payload is a well-formed claim set.
    ClaimSet,
    /// The issuer that the token names.
    #[non_exhaustive]
    Issuer {
        /// The claim `iss`.
        issuer: String,
        /// The pools that publish the key, each with the issuers that its tokens may have.
        expected: Vec<(UserPoolId, Vec<String>)>,
    },
    /// When the token is valid.
    #[non_exhaustive]
    Times {
        /// The claim `iat`.
        issued_at: UnixTime,
        /// The claim `nbf`.
        not_before: Option<UnixTime>,
        /// The claim `exp`.
        expiry: UnixTime,
        /// The time of the check.
        now: UnixTime,
        /// The tolerated clock difference.
        leeway: std::time::Duration,
        /// The greatest age of a token, from [`max_token_age`](crate::UserPool::max_token_age).
        max_age: Option<std::time::Duration>,
    },
    /// The token use.
    #[non_exhaustive]
    TokenUse {
        /// The claim `token_use`.
        found: TokenUse,
        /// What is accepted.
        accept: Accept,
    },
    /// The app client, and the audience if there is one.
    #[non_exhaustive]
    Client {
        /// The claim `client_id`.
        client_id: Option<String>,
        /// The claim `aud`.
        audience: Vec<String>,
        /// The app clients that are accepted by name; `None` if any is accepted.
        accepted: Option<Vec<String>>,
        /// Whether a rule of [`clients_where`](crate::UserPool::clients_where) accepts more of them.
        has_client_rules: bool,
        /// The names of this API, from [`resource`](crate::UserPool::resource) and [`audience`](crate::UserPool::audience).
        resources: Vec<String>,
        /// Whether an access token must have `aud`.
        requires_audience: bool,
    },
    /// The subject.
    #[non_exhaustive]
    Subject {
        /// See [`Verified::subject`](crate::Verified::subject).
        subject: String,
    },
}

impl Finding {
    /// The step that found this.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::Form { .. } => Check::Form,
            Self::Header { .. } => Check::Header,
            Self::Key { .. } => Check::Key,
            Self::Signature => Check::Signature,
            Self::ClaimSet => Check::ClaimSet,
            Self::Issuer { .. } => Check::Issuer,
            Self::Times { .. } => Check::Times,
            Self::TokenUse { .. } => Check::TokenUse,
            Self::Client { .. } => Check::Client,
            Self::Subject { .. } => Check::Subject,
        }
    }
}

/// Prints only the step.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finding({:?})", self.check())
    }
}

/// Receives the findings of a verification, in the order of the steps that are run.
///
/// Verification is generic over it, so that it costs nothing where nothing is recorded:
/// [`Verifier::verify`](crate::Verifier::verify) records to [`Unrecorded`]. A `Vec<Finding>` keeps all findings.
pub trait Recorder {
    /// Whether findings are recorded.
    const RECORDS: bool;

    /// Takes a finding; `finding` makes it, and is not called if nothing is recorded.
    fn record(&mut self, finding: impl FnOnce() -> Finding);
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unrecorded;

impl Recorder for Unrecorded {
    const RECORDS: bool = false;

    #[inline]
    fn record(&mut self, _: impl FnOnce() -> Finding) {}
}

impl Recorder for Vec<Finding> {
    const RECORDS: bool = true;

    fn record(&mut self, finding: impl FnOnce() -> Finding) {
        self.push(finding());
    }
}

//! A row of the table: a name, a token, and the expected result.

use cognito_authorizer::{
    Accept, Rejected, TokenUse, UnixTime,
    token::{Part, RequiredClaim},
};

use super::world::{MAX_AGE, NOW};
use crate::support::POOL;

/// One attack, or a similar token that must be let in.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) setup: Setup,
    pub(super) outcome: Outcome,
    /// The answer over HTTP, if the token does not reach the verifier as it is.
    pub(super) answer: Option<&'static str>,
}

/// Which layer the token is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Setup {
    /// Access tokens of one pool and one app client: the default set-up.
    Access,
    /// ID tokens of the same.
    Id,
    /// Both.
    Either,
    /// Access tokens with the scope `orders/read`.
    Scope,
    /// Access tokens of every app client of the pool.
    AnyClient,
    /// Access tokens for `https://api.example`, or for the name `orders`.
    Resource,
    /// The same, and access tokens without `aud`.
    WithOrWithoutAudience,
    /// Access tokens of an app client that a rule accepts: those that begin with `partner-`.
    ClientsWhere,
    /// Access tokens that were issued less than [`MAX_AGE`] ago.
    Young,
    /// The pool and the issuer of its replica in `us-west-2`.
    Replica,
    /// The pool and [`OTHER_POOL`](super::world::OTHER_POOL), each with an app client of its own.
    TwoPools,
    /// The same two pools, with different keys under one `kid`.
    SharedKeyId,
    /// The pool with the updated form of the issuer.
    UpdatedIssuer,
}

impl Setup {
    pub(super) const ALL: [Self; 13] = [
        Self::Access,
        Self::Id,
        Self::Either,
        Self::Scope,
        Self::AnyClient,
        Self::Resource,
        Self::WithOrWithoutAudience,
        Self::ClientsWhere,
        Self::Young,
        Self::Replica,
        Self::TwoPools,
        Self::SharedKeyId,
        Self::UpdatedIssuer,
    ];
}

/// The expected result for a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    LetIn,
    Rejected(Rejected),
    /// A good token without the scope.
    Denied,
}

impl From<Rejected> for Outcome {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

/// A row for [`Setup::Access`].
pub(super) fn case(name: impl Into<String>, token: impl Into<String>, outcome: impl Into<Outcome>) -> Case {
    let (name, token, outcome) = (name.into(), token.into(), outcome.into());
    Case { name, token, setup: Setup::Access, outcome, answer: None }
}

impl Case {
    pub(super) fn at(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    /// Over HTTP the answer is this one.
    pub(super) fn answered(mut self, answer: &'static str) -> Self {
        self.answer = Some(answer);
        self
    }

    /// The answer over HTTP, as status and challenge or body.
    pub(super) fn expected_answer(&self) -> &'static str {
        self.answer.unwrap_or_else(|| answer(&self.outcome))
    }
}

pub(super) const MISSING: &str = r#"401 Bearer realm="api""#;
pub(super) const SEVERAL: &str =
    r#"401 Bearer error="invalid_token", error_description="the request must carry exactly one token""#;
pub(super) const MALFORMED: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is malformed""#;
pub(super) const UNSIGNED: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is not signed by an accepted key""#;
pub(super) const TOO_LONG: &str =
    r#"401 Bearer error="invalid_token", error_description="the token is too long""#;
pub(super) const DENIED: &str = r#"403 Bearer error="insufficient_scope", scope="orders/read""#;

/// The expected response, written a second time, so that a mistake in `respond/` is noticed.
fn answer(outcome: &Outcome) -> &'static str {
    let rejected = match outcome {
        Outcome::LetIn => return "200 let in",
        Outcome::Denied => return DENIED,
        Outcome::Rejected(rejected) => rejected,
    };
    match rejected.code() {
        "too_long" | "part_too_long" | "key_id_too_long" => TOO_LONG,
        "segments" | "encoding" | "header" | "critical" | "no_key_id" | "claims" | "missing_claim"
        | "unknown_use" => MALFORMED,
        "algorithm" | "unknown_key" | "signature" => UNSIGNED,
        "expired" => r#"401 Bearer error="invalid_token", error_description="the token has expired""#,
        "not_yet_valid" => {
            r#"401 Bearer error="invalid_token", error_description="the token is not valid yet""#
        }
        "token_use" => {
            r#"401 Bearer error="invalid_token", error_description="the token is not for this use""#
        }
        "too_old" => r#"401 Bearer error="invalid_token", error_description="the token is too old""#,
        "key_bound" => {
            r#"401 Bearer error="invalid_token", error_description="the token is bound to a key, which is not checked here""#
        }
        "issuer" | "client" | "resource" | "no_audience" => {
            r#"401 Bearer error="invalid_token", error_description="the token is not for this API""#
        }
        code => panic!("the reason `{code}` is new: add the client's message here"),
    }
}

/// Another algorithm than RS256; its name is not compared.
pub(super) const OTHER_ALGORITHM: Rejected = Rejected::Algorithm { named: None };

pub(super) fn segments(found: usize) -> Rejected {
    Rejected::Segments { found }
}

pub(super) fn encoding(part: Part) -> Rejected {
    Rejected::Encoding { part }
}

pub(super) fn missing(name: &'static str) -> Rejected {
    let claims = [
        RequiredClaim::Issuer,
        RequiredClaim::Expiry,
        RequiredClaim::IssuedAt,
        RequiredClaim::TokenUse,
        RequiredClaim::ClientId,
        RequiredClaim::Audience,
        RequiredClaim::Subject,
    ];
    let claim = claims.into_iter().find(|claim| claim.name() == name).expect("a required claim");
    Rejected::Missing { claim }
}

pub(super) fn no_audience() -> Rejected {
    Rejected::NoAudience { pool: POOL.parse().expect("a user pool id") }
}

pub(super) fn too_old(issued_at: i64) -> Rejected {
    Rejected::TooOld {
        issued_at: UnixTime::from_secs(issued_at),
        max_age: MAX_AGE,
        now: UnixTime::from_secs(NOW),
    }
}

pub(super) fn expired(expiry_millis: i64) -> Rejected {
    Rejected::Expired { expiry: UnixTime::from_millis(expiry_millis), now: UnixTime::from_secs(NOW) }
}

pub(super) fn early(claim: &'static str, from_millis: i64) -> Rejected {
    Rejected::NotYetValid { claim, from: UnixTime::from_millis(from_millis), now: UnixTime::from_secs(NOW) }
}

pub(super) fn wrong_use(expected: Accept, found: TokenUse) -> Rejected {
    Rejected::Use { expected, found }
}

pub(super) fn wrong_client() -> Rejected {
    Rejected::Client { pool: POOL.parse().expect("a user pool id") }
}

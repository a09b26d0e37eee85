//! Why a token is not accepted.

use std::time::Duration;

use crate::{
    part::Part,
    pool_id::UserPoolId,
    required_claim::RequiredClaim,
    time::UnixTime,
    token_use::{Accept, TokenUse},
};

/// Why a token is not accepted: the first check that it failed.
///
/// The variants carry facts for the log and never a part of the token, which a client may have made up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The token is longer than is read.
    #[error("the token has {bytes} bytes; at most {limit} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Not three segments (RFC 7515 §3.1); five would be an encrypted token.
    #[error("the token has {found} segments; a signed one has 3")]
    Segments {
        /// How many there are.
        found: usize,
    },
    /// A segment is not base64url without padding (RFC 7515 §2), or the payload is not UTF-8.
    #[error("the token's {part} is not well-formed base64url")]
    Encoding {
        /// The segment.
        part: Part,
    },
    /// A segment is longer than that of any real token.
    #[error("the token's {part} is longer than is read")]
    PartTooLong {
        /// The segment.
        part: Part,
    },
    /// The header is not a JSON object with an `alg`, or a member occurs twice or has the wrong type.
    #[error("the token's header is not a well-formed JOSE header")]
    Header,
    /// `alg` is not `RS256`, the only algorithm of user pools.
    #[error("the token's algorithm is not RS256")]
    Algorithm {
        /// What it is, if it is one of those that are registered for signatures (RFC 7518 §3.1, RFC 8037).
        named: Option<&'static str>,
    },
    /// The header has `crit` or `b64` (RFC 7515 §4.1.11, RFC 7797).
    #[error("the token's header requires an extension")]
    Critical,
    /// The header has no `kid`, or an empty one.
    #[error("the token's header names no key")]
    NoKeyId,
    /// The `kid` is longer than is looked up.
    #[error("the token's key id has {bytes} bytes; at most {limit} are looked up")]
    KeyIdTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// No configured pool has a key with this `kid`.
    #[error("no user pool has the key that the token names")]
    UnknownKey,
    /// The key did not make the signature.
    #[error("signature verification failed")]
    Signature,
    /// The payload is not a JSON object, or a registered claim occurs twice or has the wrong type.
    #[error("the payload is not a well-formed claim set")]
    Claims,
    /// A claim that is required is not there.
    #[error("the claim `{claim}` is missing")]
    Missing {
        /// The claim.
        claim: RequiredClaim,
    },
    /// The token has `cnf` (RFC 7800): it is bound to a key, as with `DPoP` (RFC 9449) or mutual TLS (RFC 8705). Cognito issues no
    /// such tokens, and nothing here checks that the caller has the key.
    #[error("the token is bound to a key (`cnf`), and whether the caller has that key is not checked here")]
    KeyBound,
    /// `iss` is not the issuer of a pool that has the key.
    #[error(
        "the token's `iss` is not the issuer of the user pool whose key signed it; issuers are compared exactly, and \
         `localhost` is not `127.0.0.1`"
    )]
    Issuer,
    /// `exp` has come (RFC 7519 §4.1.4: on or after it a token is refused).
    #[error("the token expired at {expiry}; it is {now}")]
    Expired {
        /// The claim `exp`.
        expiry: UnixTime,
        /// The time of the check.
        now: UnixTime,
    },
    /// The token was issued longer ago than [`max_token_age`](crate::UserPool::max_token_age) allows.
    #[error("the token was issued at {issued_at}, and tokens older than {} s are not accepted; it is {now}", .max_age.as_secs())]
    TooOld {
        /// The claim `iat`.
        issued_at: UnixTime,
        /// The setting.
        max_age: Duration,
        /// The time of the check.
        now: UnixTime,
    },
    /// `nbf` or `iat` lies ahead.
    #[error("the token is not valid before {from}, by its claim `{claim}`; it is {now}")]
    NotYetValid {
        /// Which of the two.
        claim: &'static str,
        /// Its value.
        from: UnixTime,
        /// The time of the check.
        now: UnixTime,
    },
    /// `token_use` is neither `access` nor `id`.
    #[error("the token is neither an access token nor an ID token")]
    UnknownUse,
    /// An ID token where an access token is required, or the other way round.
    #[error("expected an {expected}, got an {found}")]
    Use {
        /// What is accepted.
        expected: Accept,
        /// What it is.
        found: TokenUse,
    },
    /// The app client is not one of those let in.
    #[error("the token's app client is not one of those that user pool {pool} lets in")]
    Client {
        /// The pool.
        pool: UserPoolId,
    },
    /// The `aud` of an access token names other APIs: it was requested for another resource (RFC 8707), or exchanged for another
    /// service (RFC 8693).
    #[error("the `aud` of the access token does not name this API")]
    Resource,
    /// An access token has no `aud`, although [`resource`](crate::UserPool::resource) or [`audience`](crate::UserPool::audience)
    /// is set.
    #[error(
        "the access token has no `aud`, and user pool {pool} is configured with names of this API that `aud` must contain"
    )]
    NoAudience {
        /// The pool.
        pool: UserPoolId,
    },
}

impl Rejected {
    /// A short name for logs and metrics, the same in every release.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::Segments { .. } => "segments",
            Self::Encoding { .. } => "encoding",
            Self::PartTooLong { .. } => "part_too_long",
            Self::Header => "header",
            Self::Algorithm { .. } => "algorithm",
            Self::Critical => "critical",
            Self::NoKeyId => "no_key_id",
            Self::KeyIdTooLong { .. } => "key_id_too_long",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Missing { .. } => "missing_claim",
            Self::KeyBound => "key_bound",
            Self::Issuer => "issuer",
            Self::Expired { .. } => "expired",
            Self::TooOld { .. } => "too_old",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::UnknownUse => "unknown_use",
            Self::Use { .. } => "token_use",
            Self::Client { .. } => "client",
            Self::Resource => "resource",
            Self::NoAudience { .. } => "no_audience",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_as_a_sentence_and_has_a_short_name() {
        let (then, now) = (UnixTime::from_secs(1_700_000_000), UnixTime::from_millis(1_700_000_060_999));
        for (rejected, code, text) in [
            (
                Rejected::Encoding { part: Part::Header },
                "encoding",
                "the token's header is not well-formed base64url",
            ),
            (
                Rejected::PartTooLong { part: Part::Signature },
                "part_too_long",
                "the token's signature is longer than is read",
            ),
            (
                Rejected::Expired { expiry: then, now },
                "expired",
                "the token expired at 1700000000; it is 1700000060",
            ),
            (
                Rejected::TooOld { issued_at: then, max_age: Duration::from_secs(60), now },
                "too_old",
                "the token was issued at 1700000000, and tokens older than 60 s are not accepted; it is 1700000060",
            ),
            (
                Rejected::Missing { claim: RequiredClaim::Expiry },
                "missing_claim",
                "the claim `exp` is missing",
            ),
            (
                Rejected::Use { expected: Accept::Access, found: TokenUse::Id },
                "token_use",
                "expected an access token, got an ID token",
            ),
            (
                Rejected::Use { expected: Accept::Id, found: TokenUse::Access },
                "token_use",
                "expected an ID token, got an access token",
            ),
        ] {
            assert_eq!((rejected.code(), rejected.to_string().as_str()), (code, text));
        }
    }
}

//! A token on its way to a verdict.

use std::{fmt, sync::Arc};

use crate::{
    claims::Verified,
    keys::Candidate,
    rejected::Rejected,
    time::UnixTime,
    token::{CompactToken, signed_and_signature},
    verify::Verifier,
};

/// A token whose header was read: which keys may have signed it is known, and nothing else.
///
/// From [`Verifier::read`]. Whoever keeps what was verified can ask here whether it still holds, which costs no
/// signature:
///
/// ```
/// # use std::collections::HashMap;
/// use cognito_verify::{KeyRing, Rejected, UnixTime, Verified, Verifier};
///
/// fn verify<'m>(
///     verifier: &Verifier,
///     memory: &'m mut HashMap<Vec<u8>, Verified>,
///     token: &str,
///     keys: &KeyRing,
///     now: UnixTime,
/// ) -> Result<&'m Verified, Rejected> {
///     let unverified = verifier.read(token.as_bytes(), keys)?;
///     let signature = unverified.signature();
///     if !memory.get(signature).is_some_and(|known| unverified.still_holds(known, now)) {
///         memory.insert(signature.to_owned(), unverified.verify(now)?);
///     }
///     Ok(&memory[signature])
/// }
/// ```
#[must_use]
pub struct UnverifiedToken<'t> {
    pub(crate) verifier: &'t Verifier,
    pub(crate) text: &'t [u8],
    pub(crate) candidates: &'t [Candidate],
}

impl<'t> UnverifiedToken<'t> {
    /// Verifies what is left: three segments, signature, issuer, times, use and app client, in this order.
    ///
    /// # Errors
    ///
    /// The first check that failed.
    pub fn verify(self, now: UnixTime) -> Result<Verified, Rejected> {
        let token = CompactToken::split(self.text)?;
        let signer = self.signer(&token)?;
        // The signature holds: from here on the payload is the pool's own words.
        self.verifier.judge(token.payload()?, signer, now)
    }

    /// What stands behind the last dot, which is the signature if this is a token, and nothing if there is no dot: by this, or
    /// by a hash of it, a token can be found again.
    #[must_use]
    pub fn signature(&self) -> &'t [u8] {
        signed_and_signature(self.text).1
    }

    /// Whether what the same verifier found before for a token with the same signature would be found again: header and
    /// payload are the same to the letter, its pool still publishes the key that signed it, and by its times it still holds.
    /// If not, [`verify`](Self::verify) says why.
    ///
    /// *Security*: that [`signature`](Self::signature) is the same is for the caller to know, by the whole of it or by a
    /// cryptographic hash.
    #[must_use]
    pub fn still_holds(&self, earlier: &Verified, now: UnixTime) -> bool {
        if signed_and_signature(self.text).0 != earlier.segments() {
            return false;
        }
        let is_published = self.candidates.iter().any(|candidate| {
            let is_same =
                Arc::ptr_eq(&candidate.key, earlier.key()) || candidate.key.is_same_key(earlier.key());
            is_same && self.verifier.pools_at(&candidate.pools).any(|pool| pool.id() == earlier.pool())
        });
        is_published && self.verifier.check_times(earlier.times(), now).is_ok()
    }

    /// The candidate whose key made the signature. Different keys under one `kid` come from different pools.
    fn signer(&self, token: &CompactToken<'_>) -> Result<&Candidate, Rejected> {
        for candidate in self.candidates {
            if token.is_signed_by(&candidate.key)? {
                return Ok(candidate);
            }
        }
        Err(Rejected::Signature)
    }
}

/// Shows nothing of the token.
impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").finish_non_exhaustive()
    }
}

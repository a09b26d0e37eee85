//! A token on its way to a verdict.

use std::{fmt, sync::Arc};

use crate::{
    claims::Verified, keys::Candidate, rejected::Rejected, time::UnixTime, token::CompactToken,
    verify::Verifier,
};

/// A token whose form and header were read: which keys may have signed it is known, and nothing else.
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
///     memory: &'m mut HashMap<String, Verified>,
///     token: &str,
///     keys: &KeyRing,
///     now: UnixTime,
/// ) -> Result<&'m Verified, Rejected> {
///     let unverified = verifier.read(token, keys)?;
///     if !memory.get(token).is_some_and(|known| unverified.still_holds(known, now)) {
///         memory.insert(token.to_owned(), unverified.verify(now)?);
///     }
///     Ok(&memory[token])
/// }
/// ```
#[must_use]
pub struct UnverifiedToken<'t> {
    pub(crate) verifier: &'t Verifier,
    pub(crate) token: CompactToken<'t>,
    pub(crate) candidates: &'t [Candidate],
}

impl UnverifiedToken<'_> {
    /// Verifies what is left: signature, issuer, times, use and app client, in this order.
    ///
    /// # Errors
    ///
    /// The first check that failed.
    pub fn verify(self, now: UnixTime) -> Result<Verified, Rejected> {
        let signer = self.signer()?;
        // The signature holds: from here on the payload is the pool's own words.
        self.verifier.judge(self.token.payload()?, signer, now)
    }

    /// Whether what the same verifier found before for the very same text would be found again: its pool still publishes
    /// the key that signed it, and by its times it still holds. If not, [`verify`](Self::verify) says why.
    ///
    /// *Security*: that it is the same text is for the caller to know, by the whole of it or by a cryptographic hash.
    #[must_use]
    pub fn still_holds(&self, earlier: &Verified, now: UnixTime) -> bool {
        let is_published = self.candidates.iter().any(|candidate| {
            let is_same =
                Arc::ptr_eq(&candidate.key, earlier.key()) || candidate.key.is_same_key(earlier.key());
            is_same && self.verifier.pools_at(&candidate.pools).any(|pool| pool.id() == earlier.pool())
        });
        is_published && self.verifier.check_times(earlier.times(), now).is_ok()
    }

    /// The candidate whose key made the signature. Different keys under one `kid` come from different pools.
    pub(crate) fn signer(&self) -> Result<&Candidate, Rejected> {
        for candidate in self.candidates {
            if self.token.is_signed_by(&candidate.key)? {
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

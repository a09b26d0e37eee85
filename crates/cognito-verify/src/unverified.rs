//! Verifies a token in one pass, from its text to its claims or to the first failed check.

use std::{fmt, sync::Arc};

use crate::{
    finding::{Finding, Recorder, Unrecorded},
    keys::{Candidate, PoolKeys},
    rejected::Rejected,
    time::UnixTime,
    token::{CompactToken, HeaderBuffer, signed_and_signature},
    token_use::Accept,
    verified::Verified,
    verify::{Verifier, check_use},
};

/// A token of which only the header was read, to find the keys that may have signed it.
///
/// Returned by [`Verifier::read`]. A cache of verified tokens can [`recheck`](Self::recheck) one, without verifying the signature
/// again:
///
/// ```
/// # use std::collections::HashMap;
/// use cognito_verify::{PoolKeys, Rejected, UnixTime, Verified, Verifier};
///
/// fn verify<'m>(
///     verifier: &Verifier,
///     memory: &'m mut HashMap<Vec<u8>, Verified>,
///     token: &str,
///     keys: &PoolKeys,
///     now: UnixTime,
/// ) -> Result<&'m Verified, Rejected> {
///     let unverified = verifier.read(token.as_bytes(), keys)?;
///     let signature = unverified.signature();
///     match memory.get(signature).and_then(|earlier| unverified.recheck(earlier, now)) {
///         Some(result) => result?,
///         None => _ = memory.insert(signature.to_owned(), unverified.verify(now)?),
///     }
///     Ok(&memory[signature])
/// }
/// ```
#[must_use]
pub struct UnverifiedToken<'t> {
    pub(crate) verifier: &'t Verifier,
    pub(crate) accept: Accept,
    pub(crate) text: &'t [u8],
    pub(crate) candidates: &'t [Candidate],
}

impl<'t> UnverifiedToken<'t> {
    /// Accepts this token only if it has this use, whatever [`Verifier::accept`] says.
    pub fn accept(mut self, accept: impl Into<Accept>) -> Self {
        self.accept = accept.into();
        self
    }

    /// Does the remaining checks: three segments, signature, issuer, times, use and app client, in this order.
    ///
    /// # Errors
    ///
    /// The first check that failed.
    pub fn verify(self, now: UnixTime) -> Result<Verified, Rejected> {
        self.verify_recorded(now, &mut Unrecorded)
    }

    /// The same, and records what each step finds.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify).
    pub fn verify_recorded(self, now: UnixTime, recorder: &mut impl Recorder) -> Result<Verified, Rejected> {
        let token = CompactToken::split(self.text)?;
        let signer = self.signer(&token)?;
        recorder.record(|| Finding::Signature);
        // The signature is verified: from here on, the payload is what the pool wrote.
        self.verifier.check_claims(token.payload()?, signer, self.accept, now, recorder)
    }

    /// The text after the last dot, which is the signature if this is a token; empty if there is no dot. It, or a hash of it, can
    /// serve as the key of a cache.
    #[must_use]
    pub fn signature(&self) -> &'t [u8] {
        signed_and_signature(self.text).1
    }

    /// Checks this token again, given that the same verifier verified a token with the same signature before: its times and its
    /// use. The result is that of [`verify`](Self::verify).
    ///
    /// `None` if the earlier result does not apply, so that the token must be verified anew: header or payload differ, or the pool
    /// no longer publishes the key that signed it, or no longer accepts the app client.
    ///
    /// *Security*: the caller must ensure that the [`signature`](Self::signature) is the same, by comparing all of it or a
    /// cryptographic hash.
    #[must_use]
    pub fn recheck(&self, earlier: &Verified, now: UnixTime) -> Option<Result<(), Rejected>> {
        if signed_and_signature(self.text).0 != earlier.segments() {
            return None;
        }
        let is_published = self.candidates.iter().any(|candidate| {
            let is_same =
                Arc::ptr_eq(&candidate.key, earlier.key()) || candidate.key.is_same_key(earlier.key());
            is_same && self.verifier.pools_at(&candidate.pools).any(|pool| earlier.is_of(pool))
        });
        let pool = earlier.settings();
        // A rule of `clients_where` may decide differently now. Its input depends on the claims, so all claims are checked again.
        let may_decide = || self.verifier.reads_audience_first() || !pool.lets_in(earlier.client_id());
        if pool.has_client_rules() && may_decide() {
            return None;
        }
        is_published.then(|| {
            self.verifier.check_times(earlier.times(), pool, now, &mut Unrecorded)?;
            check_use(earlier.token_use(), self.accept, &mut Unrecorded).map(|_| ())
        })
    }

    /// The candidate key that made the signature. Different keys under one `kid` come from different pools.
    fn signer(&self, token: &CompactToken<'_>) -> Result<&Candidate, Rejected> {
        for candidate in self.candidates {
            if token.is_signed_by(&candidate.key)? {
                return Ok(candidate);
            }
        }
        Err(Rejected::Signature)
    }
}

/// Omits the token.
impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").finish_non_exhaustive()
    }
}

impl Verifier {
    /// Verifies a token: form, key, signature, issuer, times, use and app client, in this order.
    ///
    /// # Errors
    ///
    /// The first check that failed. The payload is not read before its signature is verified, so the error says nothing about it.
    pub fn verify(&self, token: &str, keys: &PoolKeys, now: UnixTime) -> Result<Verified, Rejected> {
        self.read(token.as_bytes(), keys)?.verify(now)
    }

    /// The same, and what each step found: all that passed, and the one that failed if it got far enough to find something.
    ///
    /// ```
    /// use cognito_verify::{Check, Finding, PoolKeys, UnixTime, UserPool, Verifier};
    ///
    /// let verifier = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E").any_client()])?;
    /// let token = "eyJraWQiOiJhIiwiYWxnIjoiUlMyNTYifQ.e30.AA"; // `{"kid":"a","alg":"RS256"}`
    /// let (findings, result) = verifier.explain(token, &PoolKeys::default(), UnixTime::from_secs(1_700_000_000));
    /// assert_eq!(result.unwrap_err().check(), Check::Key);
    /// assert!(matches!(&findings[1], Finding::Header { key_id, .. } if key_id == "a"));
    /// assert!(matches!(&findings[2], Finding::Key { published_by, .. } if published_by.is_empty()));
    /// # Ok::<(), cognito_verify::PoolError>(())
    /// ```
    pub fn explain(
        &self,
        token: &str,
        keys: &PoolKeys,
        now: UnixTime,
    ) -> (Vec<Finding>, Result<Verified, Rejected>) {
        let mut findings = Vec::new();
        let read = self.read_recorded(token.as_bytes(), keys, &mut findings);
        let result = read.and_then(|unverified| unverified.verify_recorded(now, &mut findings));
        (findings, result)
    }

    /// Reads a token up to its header, and finds the keys that may have signed it. For callers that cache verified tokens;
    /// [`verify`](Self::verify) does everything at once.
    ///
    /// # Errors
    ///
    /// If the token is too long, the header is not that of a token of a user pool, or no pool has a key with its `kid`. What
    /// follows a header that is known by its text is not looked at yet.
    pub fn read<'t>(&'t self, token: &'t [u8], keys: &'t PoolKeys) -> Result<UnverifiedToken<'t>, Rejected> {
        self.read_recorded(token, keys, &mut Unrecorded)
    }

    /// The same, and records what each step finds.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn read_recorded<'t>(
        &'t self,
        token: &'t [u8],
        keys: &'t PoolKeys,
        recorder: &mut impl Recorder,
    ) -> Result<UnverifiedToken<'t>, Rejected> {
        if !self.reads(token) {
            return Err(Rejected::TooLong { bytes: token.len(), limit: self.token_limit });
        }
        // A header that is known by its text need not be read, unless to tell what it says.
        let known = if records(recorder) { None } else { keys.find_by_header(token) };
        let candidates = match known {
            Some(candidates) => candidates,
            None => self.read_header(token, keys, recorder)?,
        };
        Ok(UnverifiedToken { verifier: self, accept: self.accept, text: token, candidates })
    }

    fn read_header<'t>(
        &self,
        token: &[u8],
        keys: &'t PoolKeys,
        recorder: &mut impl Recorder,
    ) -> Result<&'t [Candidate], Rejected> {
        let compact = CompactToken::split(token)?;
        recorder.record(|| Finding::Form { bytes: token.len(), limit: self.token_limit });
        let mut header = HeaderBuffer::new();
        let key_id = compact.key_id(&mut header)?;
        recorder.record(|| Finding::Header { key_id: key_id.as_ref().to_owned() });
        let candidates = keys.find(&key_id);
        recorder.record(|| {
            let pools =
                candidates.iter().copied().flatten().flat_map(|candidate| self.pools_at(&candidate.pools));
            Finding::Key { published_by: pools.map(|pool| pool.id().clone()).collect() }
        });
        candidates.ok_or(Rejected::UnknownKey)
    }

    /// The index of the pool whose issuer an *unverified* token names; `None` if it names no configured issuer, or the payload
    /// cannot be read.
    ///
    /// For callers that fetch keys after [`Rejected::UnknownKey`]: only the keys of this pool can make the token acceptable, so no
    /// other pool needs to be fetched. The index is that in [`pools`](Self::pools).
    ///
    /// *Security*: a client can write any issuer. Use the result only to choose the pool to fetch.
    /// Only `iss` is read from the payload. A token over the [`token_limit`](Self::token_limit) is not read.
    ///
    /// ```
    /// use cognito_verify::{UserPool, Verifier};
    ///
    /// let verifier = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E").any_client()])?;
    /// // `{"iss":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"}`
    /// let named = b"e30.eyJpc3MiOiJodHRwczovL2NvZ25pdG8taWRwLmV1LXdlc3QtMS5hbWF6b25hd3MuY29tL2V1LXdlc3QtMV9BYjEyQ2QzNEUifQ.AA";
    /// assert_eq!(verifier.pool_by_unverified_issuer(named), Some(0));
    /// // `{"iss":"https://evil.example"}`
    /// let foreign = b"e30.eyJpc3MiOiJodHRwczovL2V2aWwuZXhhbXBsZSJ9.AA";
    /// assert_eq!(verifier.pool_by_unverified_issuer(foreign), None);
    /// # Ok::<(), cognito_verify::PoolError>(())
    /// ```
    #[must_use]
    pub fn pool_by_unverified_issuer(&self, token: &[u8]) -> Option<usize> {
        if !self.reads(token) {
            return None;
        }
        let payload = CompactToken::split(token).ok()?.unsigned_payload()?;
        self.pool_by_issuer(&payload.issuer()?)
    }
}

/// Whether findings are recorded.
fn records<R: Recorder>(_: &R) -> bool {
    R::RECORDS
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::pool::UserPool;
    use crate::pool_id::IssuerForm::{Original, Updated};

    const FIRST: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    const SECOND: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Zz98Yy76X";

    fn verifier() -> Verifier {
        let first = UserPool::new("eu-west-1_Ab12Cd34E").any_client();
        let second = UserPool::new("us-east-1_Zz98Yy76X").any_client();
        let both = second.issuer_form(Updated).issuer_form(Original);
        Verifier::new([first, both, UserPool::new("local_1").any_client().issuer("http://localhost/1")])
            .unwrap()
    }

    fn named_by(payload: impl AsRef<[u8]>) -> Option<usize> {
        let token = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(payload));
        verifier().pool_by_unverified_issuer(token.as_bytes())
    }

    #[test]
    fn every_issuer_form_of_a_pool_names_it() {
        let updated = SECOND.replace("cognito-idp", "issuer-cognito-idp");
        for (issuer, index) in [(FIRST, 0), (SECOND, 1), (&updated, 1), ("http://localhost/1", 2)] {
            assert_eq!(named_by(format!(r#"{{"iss":"{issuer}"}}"#)), Some(index), "{issuer}");
            let among_others =
                format!(r#" {{"sub":7,"x":[{{"iss":"a"}}],"\u0069ss":"{issuer}","exp":"soon"}} "#);
            assert_eq!(named_by(among_others), Some(index), "the other members are not looked at");
        }
    }

    #[test]
    fn no_other_issuer_names_a_pool() {
        let updated = FIRST.replace("cognito-idp", "issuer-cognito-idp");
        let near = [
            String::new(),
            "https://evil.example".into(),
            updated,
            format!("{FIRST}/"),
            format!(" {FIRST}"),
            FIRST.to_uppercase(),
            FIRST.replace("https", "http"),
            FIRST.replace("Ab12Cd34E", "Ab12Cd34"),
            "eu-west-1_Ab12Cd34E".into(),
        ];
        for issuer in near {
            assert_eq!(named_by(format!(r#"{{"iss":"{issuer}"}}"#)), None, "{issuer}");
        }
    }

    #[test]
    fn a_payload_that_is_not_well_formed_names_no_pool() {
        for payload in [
            String::new(),
            "{}".into(),
            "null".into(),
            format!(r#"["{FIRST}"]"#),
            format!(r#"{{"iss":["{FIRST}"]}}"#),
            format!(r#"{{"iss":{{"iss":"{FIRST}"}}}}"#),
            format!(r#"{{"iss":"{FIRST}","iss":"{FIRST}"}}"#),
            format!(r#"{{"iss":"{FIRST}"}} x"#),
            format!(r#"{{"iss":"{FIRST}""#),
            format!(r#"{{"ISS":"{FIRST}"}}"#),
            format!(r#"{{"iss":"{FIRST}\ud800"}}"#),
            r#"{"iss":null}"#.into(),
            r#"{"iss":1}"#.into(),
        ] {
            assert_eq!(named_by(&payload), None, "{payload}");
        }
        assert_eq!(named_by(b"{\"iss\":\"\xff\"}"), None);
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{FIRST}"}}"#));
        let verifier = verifier();
        for token in [
            format!("e30.{payload}=.AA"),
            format!("e30.*{payload}.AA"),
            format!("e30.{payload}"),
            format!("e30.{payload}.AA.AA"),
            payload.clone(),
            String::new(),
        ] {
            assert_eq!(verifier.pool_by_unverified_issuer(token.as_bytes()), None, "{token}");
        }
        // The text around it is not read.
        let token = format!("*.{payload}.*");
        assert_eq!(verifier.pool_by_unverified_issuer(token.as_bytes()), Some(0));
    }

    #[test]
    fn a_token_over_the_limit_names_no_pool() {
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{FIRST}"}}"#));
        let token = format!("e30.{payload}.AA");
        let named = |limit| verifier().token_limit(limit).pool_by_unverified_issuer(token.as_bytes());
        assert_eq!((named(token.len()), named(token.len() - 1)), (Some(0), None));
        // However deep it is, or however many members it has.
        for filling in ["[".repeat(5_000) + &"]".repeat(5_000), "[".repeat(10_000)] {
            let _ = named_by(format!(r#"{{"x":{filling},"iss":"{FIRST}"}}"#));
        }
    }

    #[test]
    fn a_token_over_the_limit_is_not_looked_at() {
        let verifier = Verifier::new([UserPool::new("eu-west-1_Ab12Cd34E").any_client()]).unwrap();
        let read = |limit, token: &[u8]| {
            let verifier = verifier.clone().token_limit(limit);
            verifier.read(token, &PoolKeys::default()).unwrap_err()
        };
        assert_eq!(read(5, b"a.bb.c"), Rejected::TooLong { bytes: 6, limit: 5 });
        assert_eq!(read(6, b"a.bbbb"), Rejected::Segments { found: 2 });
        assert_eq!(read(6, b"a.\xFF\xFF.c"), Rejected::Encoding { part: crate::part::Part::Header });
    }
}

//! Proof Key for Code Exchange with S256 (RFC 7636).

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `code_challenge` of an authorization request: the SHA-256 of a verifier that only the client knows.
#[derive(Clone)]
pub(crate) struct PkceChallenge(Vec<u8>);

impl PkceChallenge {
    /// 32 bytes in base64url without padding (RFC 7636 §4.2).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32).map(Self)
    }

    /// Whether `verifier` has the form of one (RFC 7636 §4.1), and this is its challenge.
    pub(crate) fn accepts(&self, verifier: &str) -> bool {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        (43..=128).contains(&verifier.len())
            && verifier.chars().all(unreserved)
            && constant_time::verify_slices_are_equal(hash.as_ref(), &self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636_meets_its_challenge() {
        let challenge = PkceChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.accepts("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        for other in ["", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", &"x".repeat(129)] {
            assert!(!challenge.accepts(other), "{other}");
        }
    }

    #[test]
    fn text_that_is_not_a_hash_is_not_a_challenge() {
        for text in ["", "abc", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", &"A".repeat(44)] {
            assert!(PkceChallenge::parse(text).is_none(), "{text}");
        }
    }
}

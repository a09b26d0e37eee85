//! Time-based one-time passwords (RFC 6238), as `SOFTWARE_TOKEN_MFA` takes them: HMAC-SHA-1, 30 seconds, six digits.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};

use crate::base32;

/// The length of a time step in seconds (RFC 6238 §4.1).
const STEP: i64 = 30;
/// One more than the largest code.
const CODES: u32 = 1_000_000;

/// The secret that an authenticator app and the pool share.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// Reads Base32; `None` for other text and for less than 80 bits.
    pub(crate) fn parse(base32: &str) -> Option<Self> {
        base32::decode(base32).map(Self)
    }

    /// The time step that `code` belongs to: the present one, or the one before or after it, because clocks differ.
    ///
    /// RFC 6238 §5.2: a code may be used once. The caller stores the step and refuses it and earlier ones afterwards.
    pub(crate) fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let present = now.div_euclid(STEP);
        // Compares all three, so that the time taken does not depend on which one matches.
        [present - 1, present, present + 1].into_iter().fold(None, |found, step| {
            let expected = self.code(step);
            let same = constant_time::verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok();
            if same { Some(step) } else { found }
        })
    }

    /// The code of a time step (RFC 4226 §5.3).
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let number = bytes.iter().skip(offset).take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % CODES)
    }
}

/// Does not show the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `12345678901234567890`, the secret of the test vectors.
    const VECTORS: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = Secret::parse(VECTORS).unwrap();
        // RFC 6238 appendix B, SHA-1: the last six of eight digits.
        let cases = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (time, code) in cases {
            assert_eq!(secret.step_of(code, time), Some(time / 30), "{time}");
            assert_eq!(secret.step_of(code, time + 30), Some(time / 30), "a slow clock at {time}");
            assert_eq!(secret.step_of(code, time - 30), Some(time / 30), "a fast clock at {time}");
            assert_eq!(secret.step_of(code, time + 60), None, "{time}");
        }
        for wrong in ["", "28708", "0287082", "287082 ", "٢٨٧٠٨٢"] {
            assert_eq!(secret.step_of(wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", Secret::parse(VECTORS).unwrap()), "Secret(…)");
    }
}

//! Random names: identifiers, secrets and the parts of a token that must not repeat.

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// `N` random bytes from the system.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a machine without randomness can make no keys either")]
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// The id of a key as Cognito makes them: 32 bytes in standard base64, with `+`, `/` and `=`.
pub(crate) fn key_id() -> String {
    STANDARD.encode(bytes::<32>())
}

/// A refresh token: opaque, 511 random bits. The first character is a letter: command lines take a leading `-` for an option.
pub(crate) fn refresh_token() -> String {
    let mut bytes = bytes::<64>();
    let [first, ..] = &mut bytes;
    *first &= 0x7F;
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The session of a challenge, and the secret block of a proof: 768 random bits in standard Base64, as SRP clients
/// decode it.
pub(crate) fn challenge_session() -> String {
    STANDARD.encode(bytes::<96>())
}

/// A secret text of 256 random bits: an authorization code, the id of a session, a CSRF token.
pub(crate) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// Six digits, as Cognito sends them to confirm a sign-up.
pub(crate) fn confirmation_code() -> String {
    // The bias of a remainder of 64 random bits is negligible.
    format!("{:06}", u64::from_be_bytes(bytes()) % 1_000_000)
}

/// The id of a user pool in `ap-south-1`, with nine letters and digits after the Region.
pub(crate) fn pool_id() -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let suffix = bytes::<9>().into_iter().filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
    format!("ap-south-1_{}", suffix.copied().map(char::from).collect::<String>())
}

/// A random UUID, as `jti`, `origin_jti` and `event_id` are.
pub(crate) fn uuid() -> String {
    uuid_of(UuidVersion::Random, bytes())
}

/// The `origin_jti` of a token that is minted on demand: a random UUID of another version than that of a sign-in. Tokens are
/// signed, so only the pool can choose one.
pub(crate) fn minted_uuid() -> String {
    uuid_of(UuidVersion::Custom, bytes())
}

/// Whether [`minted_uuid`] made `uuid`.
pub(crate) fn is_minted(uuid: &str) -> bool {
    uuid.split('-').nth(2).is_some_and(|group| group.starts_with(UuidVersion::Custom.digit()))
}

/// The same UUID for the same `parts`: the `sub` of a user, which survives a restart.
pub(crate) fn stable_uuid(parts: &[&str]) -> String {
    uuid_of(UuidVersion::Random, stable_bytes(parts))
}

/// The same bytes for the same `parts`; everyone can compute them.
pub(crate) fn stable_bytes(parts: &[&str]) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&length_prefix(part));
        context.update(part.as_bytes());
    }
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    head
}

/// The length in front of each part keeps `("a", "bc")` apart from `("ab", "c")`.
fn length_prefix(part: &str) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// The version of a UUID (RFC 9562 §4.2).
#[derive(Clone, Copy)]
enum UuidVersion {
    /// Version 4.
    Random,
    /// Version 8.
    Custom,
}

impl UuidVersion {
    fn digit(self) -> char {
        match self {
            Self::Random => '4',
            Self::Custom => '8',
        }
    }
}

fn uuid_of(version: UuidVersion, bytes: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(bytes);
    let (time, middle) = (bits >> 96, (bits >> 80) & 0xffff);
    let (high, variant) = ((bits >> 64) & 0x0fff, (bits >> 48) & 0x3fff);
    format!(
        "{time:08x}-{middle:04x}-{}{high:03x}-{:04x}-{:012x}",
        version.digit(),
        variant | 0x8000,
        bits & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_begins_with_a_letter() {
        for _ in 0..200 {
            let token = refresh_token();
            assert!(token.starts_with(|first: char| first.is_ascii_alphabetic()), "{token}");
        }
    }

    #[test]
    fn a_key_id_reads_as_cognitos_do() {
        let id = key_id();
        assert_eq!(id.len(), 44);
        assert!(id.ends_with('='), "{id}");
        assert_ne!(id, key_id());
    }

    #[test]
    fn a_confirmation_code_has_six_digits() {
        let code = confirmation_code();
        assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
    }

    #[test]
    fn a_uuid_has_its_five_groups() {
        let lengths: Vec<usize> = uuid().split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_ne!(uuid(), uuid());
    }

    #[test]
    fn a_minted_uuid_differs_from_that_of_a_sign_in() {
        assert_eq!(minted_uuid().len(), uuid().len());
        assert_ne!(minted_uuid(), minted_uuid());
        for (text, minted) in
            [(minted_uuid(), true), (uuid(), false), ("8".into(), false), (String::new(), false)]
        {
            assert_eq!(is_minted(&text), minted, "{text}");
        }
    }

    #[test]
    fn a_stable_uuid_depends_on_each_part_and_on_nothing_else() {
        assert_eq!(stable_uuid(&["a", "bc"]), stable_uuid(&["a", "bc"]));
        assert_ne!(stable_uuid(&["a", "bc"]), stable_uuid(&["ab", "c"]));
    }
}

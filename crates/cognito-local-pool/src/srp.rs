//! The server's side of Cognito's Secure Remote Password sign-in, `USER_SRP_AUTH`.
//!
//! AWS documents the calls but not the arithmetic, which its SDKs implement. It is SRP-6a (RFC 5054, RFC 2945) with the
//! 3,072-bit prime of RFC 5054, except that g is 2 and that the inputs of the hashes and the final proof differ:
//!
//! - k = H(pad(N) ‖ pad(g)), x = H(pad(salt) ‖ H(pool name ‖ user id ‖ `:` ‖ password)), v = g^x
//! - B = k·v + g^b, u = H(pad(A) ‖ pad(B)), S = (A·v^u)^b
//! - key = the first 16 bytes of HMAC(HMAC(pad(u), pad(S)), `Caldera Derived Key` ‖ 01)
//! - proof = HMAC(key, pool name ‖ user id ‖ secret block ‖ timestamp)
//!
//! H is SHA-256, and `pad` is Java's `BigInteger.toByteArray`: the shortest form, with a leading zero byte where the
//! top bit is set. The source is Amplify's `utils/srp`; the tests use a client by another author.
//!
//! When the server answers with B it already knows A, b and v, so it derives the key at once and stores only the key.

mod timestamp;

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::{digest, hmac};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

use crate::random;

pub(crate) use timestamp::Timestamp;

/// The length of N in bits.
const BITS: u32 = 3072;
/// The 3,072-bit prime of RFC 5054 appendix A.
const N: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
                 EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
                 EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
                 83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
                 E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
                 15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
                 ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
                 BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";
/// The `info` of the key derivation, as in AWS's SDKs.
const KEY_INFO: &[u8] = b"Caldera Derived Key\x01";

/// N, g and k, computed once.
static GROUP: LazyLock<Group> = LazyLock::new(Group::new);

struct Group {
    params: BoxedMontyParams,
    g: BoxedMontyForm,
    k: BoxedMontyForm,
}

impl Group {
    fn new() -> Self {
        // Cannot fail: the constant has 768 hexadecimal digits and is odd.
        let n: Odd<BoxedUint> =
            BoxedUint::from_be_hex(N, BITS).and_then(BoxedUint::into_odd).expect("a prime");
        let k = sha256(&[&padded(&n), &[2]]);
        let params = BoxedMontyParams::new_vartime(n);
        let form = |bytes: &[u8]| BoxedMontyForm::new(number(bytes), &params);
        let (g, k) = (form(&[2]), form(&k));
        Self { params, g, k }
    }

    fn form(&self, value: BoxedUint) -> BoxedMontyForm {
        BoxedMontyForm::new(value, &self.params)
    }
}

/// Why `SRP_A` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPublicA {
    /// It is empty or has characters that are not hexadecimal digits.
    Hex,
    /// It is not between 1 and N - 1. A multiple of N would make S zero, whatever the password is.
    Range,
}

/// The client's public value A, between 1 and N - 1.
pub(crate) struct PublicA(BoxedUint);

impl PublicA {
    pub(crate) fn parse(hex: &str) -> Result<Self, NotPublicA> {
        if hex.is_empty() || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NotPublicA::Hex);
        }
        let digits = hex.trim_start_matches('0');
        if digits.is_empty() || digits.len() > N.len() {
            return Err(NotPublicA::Range);
        }
        let a = BoxedUint::from_str_radix_with_precision_vartime(digits, 16, BITS);
        let a = a.map_err(|_| NotPublicA::Range)?;
        if a < **GROUP.params.modulus() { Ok(Self(a)) } else { Err(NotPublicA::Range) }
    }
}

/// The user who signs in: the pool's name, which is its id without the Region, and the user id.
#[derive(Clone, Copy)]
pub(crate) struct Identity<'a> {
    pool_name: &'a str,
    user_id: &'a str,
}

impl<'a> Identity<'a> {
    /// The pool's name is what clients take for it: the part between the first `_` of the pool's id and the next.
    pub(crate) fn new(pool_id: &'a str, user_id: &'a str) -> Self {
        Self { pool_name: pool_id.split('_').nth(1).unwrap_or(pool_id), user_id }
    }

    /// Derived in the same way for all names, so that a salt does not show whether the user exists.
    fn salt(&self, pool_id: &str) -> [u8; 16] {
        let mut salt = random::stable_bytes(&["SRP salt", pool_id, self.user_id]);
        // Some clients hash the salt as a number, others as text. They agree if its first byte is not zero.
        if let Some(first) = salt.first_mut() {
            *first |= 1;
        }
        salt
    }
}

/// The server's answer to A, and the key with which the client proves that it knows the password.
pub(crate) struct Exchange {
    /// `SALT`, in hexadecimal digits.
    pub(crate) salt: String,
    /// `SRP_B`, in hexadecimal digits.
    pub(crate) public_b: String,
    pub(crate) key: ProofKey,
}

impl Exchange {
    /// Answers `a` for a user of the pool `pool_id`.
    ///
    /// For a user who does not exist, there is no password: the answer and the work are the same, but no proof is ever
    /// accepted.
    pub(crate) fn new(pool_id: &str, user_id: &str, password: Option<&str>, a: &PublicA) -> Self {
        let identity = Identity::new(pool_id, user_id);
        let salt = identity.salt(pool_id);
        let x = match password {
            Some(password) => private_x(identity, &salt, password),
            None => random::bytes(),
        };
        Self::with(&salt, &x, &random::bytes(), a)
    }

    /// `x` is derived from the password, `b` is the server's secret.
    fn with(salt: &[u8], x: &[u8; 32], b: &[u8; 32], a: &PublicA) -> Self {
        let group = &*GROUP;
        let verifier = power(&group.g, x);
        let public_b = (&(&group.k * &verifier) + &power(&group.g, b)).retrieve();
        let scrambling = sha256(&[&padded(&a.0), &padded(&public_b)]);
        let base = &group.form(a.0.clone()) * &power(&verifier, &scrambling);
        let premaster = power(&base, b).retrieve();
        let key = ProofKey::derive(&padded(&number(&scrambling)), &padded(&premaster));
        Self { salt: hex(salt), public_b: hex_number(&public_b), key }
    }
}

/// The 16 bytes that client and server share after an exchange.
#[derive(Clone)]
pub(crate) struct ProofKey([u8; 16]);

impl ProofKey {
    fn derive(u: &[u8], s: &[u8]) -> Self {
        let prk = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, u), s);
        let okm = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, prk.as_ref()), KEY_INFO);
        Self(head(okm.as_ref()))
    }

    /// Whether `signature` proves the password for this secret block and time; compared in constant time.
    pub(crate) fn accepts(
        &self,
        identity: Identity<'_>,
        secret_block: &[u8],
        timestamp: &Timestamp,
        signature: &[u8],
    ) -> bool {
        let message = proof_message(identity, secret_block, timestamp);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), &message, signature).is_ok()
    }
}

/// Does not show the key.
impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(…)")
    }
}

fn proof_message(identity: Identity<'_>, secret_block: &[u8], timestamp: &Timestamp) -> Vec<u8> {
    let parts =
        [identity.pool_name.as_bytes(), identity.user_id.as_bytes(), secret_block, timestamp.as_bytes()];
    parts.concat()
}

/// x, from which the password's verifier is computed.
fn private_x(identity: Identity<'_>, salt: &[u8], password: &str) -> [u8; 32] {
    let Identity { pool_name, user_id } = identity;
    let name = sha256(&[pool_name.as_bytes(), user_id.as_bytes(), b":", password.as_bytes()]);
    sha256(&[&padded(&number(salt)), &name])
}

/// Takes the same time for every exponent.
fn power(base: &BoxedMontyForm, exponent: &[u8; 32]) -> BoxedMontyForm {
    base.pow_bounded_exp(&BoxedUint::from_be_slice_truncated(exponent, 256), 256)
}

/// `bytes`, at most 384 of them, as a number of the width of N.
fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_truncated(bytes, BITS)
}

/// Java's `BigInteger.toByteArray` of a number that is not negative.
fn padded(number: &BoxedUint) -> Vec<u8> {
    let bytes = number.to_be_bytes_trimmed_vartime();
    let sign = bytes.first().is_none_or(|first| first & 0x80 != 0);
    std::iter::repeat_n(0, usize::from(sign)).chain(bytes).collect()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    head(context.finish().as_ref())
}

/// The first `N` bytes of the output of a hash, which has at least as many.
fn head<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut head = [0; N];
    for (to, from) in head.iter_mut().zip(bytes) {
        *to = *from;
    }
    head
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn hex_number(number: &BoxedUint) -> String {
    hex(&number.to_be_bytes_trimmed_vartime()).trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests;

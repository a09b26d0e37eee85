//! JWK Sets (RFC 7517) made ready for use: RSA keys parsed once, found by `kid`.

use std::{collections::HashMap, fmt, sync::Arc};

use aws_lc_rs::{
    rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey},
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use memchr::memchr;
use rustc_hash::FxBuildHasher;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{json::object, roca};

/// The longest `kid` that is looked up. Cognito's have 44 bytes.
pub(crate) const MAX_KEY_ID: usize = 256;

/// The most keys one set may have. Cognito publishes two, and a few more while it rotates them.
const MAX_KEYS: usize = 100;

/// The bytes of the largest modulus: 8192 bits.
const MAX_MODULUS: usize = 1024;

/// A public key that tokens may be signed with.
pub(crate) struct SigningKey {
    id: Box<str>,
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    parsed: ParsedPublicKey,
}

impl SigningKey {
    /// Whether this is an RS256 signature of `message` (RFC 7518 §3.3) with this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }

    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.modulus == other.modulus && self.exponent == other.exponent
    }

    fn parse(json: &str) -> Result<Self, KeyProblem> {
        let jwk: Jwk = object(json).ok_or(KeyProblem::Malformed)?;
        let rsa = match jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => rsa,
            // Keys whose members are missing, occur twice or have another type.
            AlgorithmParameters::Other(other) if other.fields.get("kty").is_some_and(|kty| kty == "RSA") => {
                return Err(KeyProblem::Malformed);
            }
            _ => return Err(KeyProblem::NotRsa),
        };
        match jwk.common.public_key_use {
            None | Some(PublicKeyUse::Signature) => {}
            Some(_) => return Err(KeyProblem::NotForSignatures),
        }
        let operations = jwk.common.key_operations;
        if operations.is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
            return Err(KeyProblem::NotForSignatures);
        }
        match jwk.common.key_algorithm {
            None | Some(KeyAlgorithm::RS256) => {}
            Some(_) => return Err(KeyProblem::OtherAlgorithm),
        }
        let id = jwk.common.key_id.filter(|id| !id.is_empty()).ok_or(KeyProblem::NoKeyId)?;
        let modulus = URL_SAFE_NO_PAD.decode(rsa.n).map_err(|_| KeyProblem::Malformed)?;
        let exponent = URL_SAFE_NO_PAD.decode(rsa.e).map_err(|_| KeyProblem::Malformed)?;
        if !is_sound(&modulus, &exponent) {
            return Err(KeyProblem::Weak);
        }
        let components = RsaPublicKeyComponents { n: &*modulus, e: &*exponent };
        let parsed = components
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeyProblem::Malformed)?;
        if !is_supported(components) {
            return Err(KeyProblem::Unsupported);
        }
        Ok(Self { id: id.into(), modulus: modulus.into(), exponent: exponent.into(), parsed })
    }
}

/// RFC 7518 §3.3: 2048 bits or more; an odd exponent above 1, without which a signature proves nothing; and not of the
/// kind whose private half can be computed.
fn is_sound(modulus: &[u8], exponent: &[u8]) -> bool {
    let bits = match modulus.first() {
        None | Some(0) => 0,
        Some(first) => modulus.len() * 8 - first.leading_zeros() as usize,
    };
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    (2048..=8192).contains(&bits)
        && odd(modulus)
        && odd(exponent)
        && exponent != [1]
        && !roca::has_fingerprint(modulus)
}

/// Whether the library can compute with this key, found out by using it.
///
/// Parsing accepts any exponent, and verifying with one that is too large fails like a wrong signature. Encrypting raises a
/// number to the public exponent as verifying does (RFC 8017 §5.1.1 and §5.2.2), and aws-lc checks the key in both by the
/// same function (`is_public_component_of_rsa_key_good`, which accepts exponents of 2 to 33 bits), so it tells the two apart.
fn is_supported(components: RsaPublicKeyComponents<&[u8]>) -> bool {
    let Ok(key): Result<PublicEncryptingKey, _> = components.try_into() else { return false };
    let mut ciphertext = [0; MAX_MODULUS];
    Pkcs1PublicEncryptingKey::new(key).is_ok_and(|key| key.encrypt(&[0], &mut ciphertext).is_ok())
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.id, self.modulus.len() * 8)
    }
}

/// The keys of one user pool, as one fetch of its JWK Set gave them.
///
/// A JWK that cannot be used is left out and listed in [`skipped`](Self::skipped); it does not affect the others.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Arc<SigningKey>>,
    skipped: Vec<SkippedKey>,
}

impl KeySet {
    /// Reads a JWK Set.
    ///
    /// # Errors
    ///
    /// If it is not one, has more than 100 keys, or none that verifies RS256 signatures: an RSA key of 2048 to 8192
    /// bits with a `kid`, an odd exponent of 2 to 33 bits, and `use`, `key_ops` and `alg` absent or right.
    pub fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Jwks<'j> {
            #[serde(borrow)]
            keys: Vec<&'j RawValue>,
        }

        let jwks = str::from_utf8(json).ok().and_then(object::<Jwks<'_>>).ok_or(KeySetError::NotAJwkSet)?;
        if jwks.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany { found: jwks.keys.len(), limit: MAX_KEYS });
        }
        let (mut keys, mut skipped) = (Vec::<Arc<SigningKey>>::new(), Vec::new());
        for (position, jwk) in jwks.keys.iter().enumerate() {
            match SigningKey::parse(jwk.get()) {
                Ok(key) => keys.push(Arc::new(key)),
                Err(problem) => skipped.push(SkippedKey { position, problem }),
            }
        }
        // Two keys under one `kid` (RFC 7517 §4.5 wants distinct ids): the same key twice counts once. Of two different keys,
        // neither is trusted, because the `kid` is ambiguous.
        let all = keys.clone();
        keys.retain(|key| {
            let ambiguous = all.iter().any(|other| other.id == key.id && !other.is_same_key(key));
            if ambiguous {
                skipped.push(SkippedKey {
                    position: all.iter().position(|other| Arc::ptr_eq(other, key)).unwrap_or_default(),
                    problem: KeyProblem::AmbiguousKeyId,
                });
            }
            !ambiguous
        });
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys.dedup_by(|a, b| a.id == b.id);
        if keys.is_empty() { Err(KeySetError::NoUsableKey { skipped }) } else { Ok(Self { keys, skipped }) }
    }

    /// The `kid` of each usable key, sorted.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.id)
    }

    /// Whether the key with this `kid` made this RS256 signature of these bytes. Not for users: tests
    /// use it to check published vectors, whose messages are not tokens, with the code that verifies tokens.
    #[doc(hidden)]
    #[must_use]
    pub fn verifies(&self, key_id: &str, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| *key.id == *key_id && key.verifies(message, signature))
    }

    /// The keys that were left out.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }
}

/// Two sets are equal if they have the same usable keys under the same ids.
impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len()
            && self.keys.iter().zip(&other.keys).all(|(a, b)| a.id == b.id && a.is_same_key(b))
    }
}

/// A JWK that was left out of a [`KeySet`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedKey {
    /// Its index in `keys`. If it was left out because its `kid` is ambiguous, keys that were left out before are not counted.
    pub position: usize,
    /// Why it was left out.
    pub problem: KeyProblem,
}

/// Why a JWK cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// It is not a JWK, or `n` or `e` is not a base64url number.
    #[error("it is not a well-formed JWK")]
    Malformed,
    /// Its `kty` is not `RSA`.
    #[error("its type is not RSA")]
    NotRsa,
    /// `use` is not `sig`, or `key_ops` has no `verify`.
    #[error("it is not for verifying signatures")]
    NotForSignatures,
    /// `alg` is not `RS256`.
    #[error("its algorithm is not RS256")]
    OtherAlgorithm,
    /// It has no `kid`, so no token can name it.
    #[error("it has no key id")]
    NoKeyId,
    /// Under 2048 or over 8192 bits, an even modulus, an even exponent, an exponent of 1, or the fingerprint of ROCA
    /// (CVE-2017-15361), by which the private key can be computed.
    #[error("it is not a valid RSA key of 2048 to 8192 bits")]
    Weak,
    /// The cryptographic library cannot verify with it: its exponent has more than 33 bits.
    #[error("its exponent is too large to verify with; it may have 33 bits, and is 65537 in most keys")]
    Unsupported,
    /// Another key of the set has the same `kid`.
    #[error("a different key has the same key id")]
    AmbiguousKeyId,
}

/// Why a text cannot be used as a [`KeySet`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not a JSON object with an array `keys` (RFC 7517 §5).
    #[error("it is not a JWK Set, which is a JSON object with the member `keys`")]
    NotAJwkSet,
    /// More keys than are read.
    #[error("it has {found} keys; at most {limit} are read")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// No key of the set can be used.
    #[error("none of its {} keys can be used", .skipped.len())]
    NoUsableKey {
        /// The keys and why not.
        skipped: Vec<SkippedKey>,
    },
}

/// The keys of all pools of a [`Verifier`](crate::Verifier), found by `kid`: an immutable snapshot.
///
/// Pools may share a `kid`, and even the key behind it, as those of some emulators do.
#[derive(Clone, Default)]
pub struct PoolKeys {
    /// The keys under each `kid`.
    candidates: Vec<Vec<Candidate>>,
    /// The index in `candidates`, by `kid`.
    by_id: HashMap<Box<str>, usize>,
    /// The index in `candidates`, by the whole first segment of a token as Cognito writes it. A header found here need not be
    /// parsed.
    by_header: HashMap<Box<[u8]>, usize, FxBuildHasher>,
    longest_header: usize,
    pools: usize,
}

/// A key and the pools that publish it, by their index in the verifier.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) key: Arc<SigningKey>,
    pub(crate) pools: Vec<usize>,
}

impl PoolKeys {
    /// Joins the key sets of the pools, given in the order in which the verifier has them; `None` for a pool whose
    /// keys are not known.
    pub fn new<'k>(sets: impl IntoIterator<Item = Option<&'k KeySet>>) -> Self {
        let mut pool_keys = Self::default();
        for set in sets {
            for key in set.into_iter().flat_map(|set| &set.keys) {
                pool_keys.add(key);
            }
            pool_keys.pools += 1;
        }
        pool_keys
    }

    /// Adds a key of the pool with the index `self.pools`.
    fn add(&mut self, key: &Arc<SigningKey>) {
        let pool = self.pools;
        let next = self.candidates.len();
        let index = *self.by_id.entry(key.id.clone()).or_insert(next);
        if index == next {
            self.candidates.push(Vec::new());
            if let Some(header) = usual_header(&key.id) {
                self.longest_header = self.longest_header.max(header.len());
                self.by_header.insert(header.into_bytes().into(), index);
            }
        }
        let Some(candidates) = self.candidates.get_mut(index) else { return };
        match candidates.iter_mut().find(|candidate| candidate.key.is_same_key(key)) {
            Some(shared) => shared.pools.push(pool),
            None => candidates.push(Candidate { key: key.clone(), pools: vec![pool] }),
        }
    }

    pub(crate) fn find(&self, key_id: &str) -> Option<&[Candidate]> {
        self.candidates.get(*self.by_id.get(key_id)?).map(Vec::as_slice)
    }

    /// The keys that the header of this token names, if it is one as Cognito writes it.
    pub(crate) fn find_by_header(&self, token: &[u8]) -> Option<&[Candidate]> {
        // Do not search or hash long text that a client chooses.
        let header = header(token, self.longest_header)?;
        self.candidates.get(*self.by_header.get(header)?).map(Vec::as_slice)
    }
}

/// Omits the headers by which keys are found, because they are a part of every token.
impl fmt::Debug for PoolKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolKeys")
            .field("candidates", &self.candidates)
            .field("pools", &self.pools)
            .finish_non_exhaustive()
    }
}

/// The first segment of what may be a token, whatever follows, if it has at most this many bytes.
fn header(token: &[u8], longest: usize) -> Option<&[u8]> {
    let start = token.get(..=longest).unwrap_or(token);
    start.get(..memchr(b'.', start)?)
}

/// The first segment of Cognito's tokens with this `kid`; `None` if JSON would have to write the `kid` otherwise.
fn usual_header(key_id: &str) -> Option<String> {
    let is_plain = key_id.bytes().all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'));
    (is_plain && key_id.len() <= MAX_KEY_ID)
        .then(|| URL_SAFE_NO_PAD.encode(format!(r#"{{"kid":"{key_id}","alg":"RS256"}}"#)))
}

/// The keys of a verifier with one pool.
impl From<&KeySet> for PoolKeys {
    fn from(set: &KeySet) -> Self {
        Self::new([Some(set)])
    }
}

#[cfg(test)]
mod tests;

//! The signing keys of a pool, their publication and their rotation.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::random;

/// Which of the two keys of a pool: Cognito signs access and ID tokens with different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// The key of access tokens, those of machines included.
    Access,
    /// The key of ID tokens.
    Id,
}

/// An RSA-2048 key pair under its `kid`.
pub(crate) struct SigningKey {
    id: String,
    pair: KeyPair,
}

impl SigningKey {
    /// A fresh key, which takes a fraction of a second.
    pub(crate) fn generate(id: String) -> Self {
        #[expect(clippy::expect_used, reason = "AWS-LC fails here only without memory or randomness")]
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a machine that can run can make an RSA key");
        Self { id, pair }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The RS256 signature of `message` (RFC 7518 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        #[expect(clippy::expect_used, reason = "the buffer has the length of the modulus, as is required")]
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("an RSA key that was made here signs");
        signature
    }

    /// Whether `signature` is the RS256 signature of `message` by this key.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        public.verify(message, signature).is_ok()
    }

    /// The public half with the members that Cognito publishes, and no others (RFC 7517 §4, RFC 7518 §6.3).
    fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let base64url = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({
            "alg": "RS256",
            "e": base64url(public.exponent().big_endian_without_leading_zero()),
            "kid": self.id,
            "kty": "RSA",
            "n": base64url(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        })
    }
}

/// The key for access tokens and the key for ID tokens, which are the same if a test requests it.
#[derive(Clone)]
pub(crate) struct KeyPairs {
    access: Arc<SigningKey>,
    id: Arc<SigningKey>,
}

impl KeyPairs {
    /// Two fresh keys, as a pool of Cognito has.
    pub(crate) fn generate() -> Self {
        Self {
            access: Arc::new(SigningKey::generate(random::key_id())),
            id: Arc::new(SigningKey::generate(random::key_id())),
        }
    }

    /// One fresh key for both uses under a chosen id.
    pub(crate) fn single(id: String) -> Self {
        let key = Arc::new(SigningKey::generate(id));
        Self { access: Arc::clone(&key), id: key }
    }

    fn of(&self, key_use: KeyUse) -> &Arc<SigningKey> {
        match key_use {
            KeyUse::Access => &self.access,
            KeyUse::Id => &self.id,
        }
    }

    /// Each key once.
    fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        let second = (!Arc::ptr_eq(&self.access, &self.id)).then_some(&*self.access);
        std::iter::once(&*self.id).chain(second)
    }
}

/// The keys that a pool signs with now, and the other keys that it publishes.
#[derive(Clone)]
pub(crate) struct RotatingKeys {
    old: Vec<KeyPairs>,
    current: KeyPairs,
    next: Option<KeyPairs>,
}

impl RotatingKeys {
    pub(crate) fn new(current: KeyPairs) -> Self {
        Self { old: Vec::new(), current, next: None }
    }

    /// The key that signs tokens of this use now.
    pub(crate) fn signing(&self, key_use: KeyUse) -> Arc<SigningKey> {
        Arc::clone(self.current.of(key_use))
    }

    pub(crate) fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// First step of a rotation; keys that are already waiting stay.
    pub(crate) fn publish(&mut self, next: KeyPairs) {
        self.next.get_or_insert(next);
    }

    /// Second step: the published keys sign from now on.
    pub(crate) fn use_next(&mut self) {
        if let Some(next) = self.next.take() {
            self.old.push(std::mem::replace(&mut self.current, next));
        }
    }

    /// Last step: only the keys in use, and those that wait, are published.
    pub(crate) fn withdraw_old(&mut self) {
        self.old.clear();
    }

    /// The JWK Set (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": self.published().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    /// Whether the published key `id` made the RS256 signature of `message`.
    pub(crate) fn verifies(&self, id: &str, message: &[u8], signature: &[u8]) -> bool {
        self.published().any(|key| key.id == id && key.verifies(message, signature))
    }

    /// All keys, to be restored after a restart.
    pub(crate) fn state(&self) -> RotatingKeysState {
        RotatingKeysState {
            old: self.old.iter().map(KeyPairs::state).collect(),
            current: self.current.state(),
            next: self.next.as_ref().map(KeyPairs::state),
        }
    }

    fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.old.iter().chain([&self.current]).chain(&self.next).flat_map(KeyPairs::keys)
    }
}

/// The keys of a pool as they are kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotatingKeysState {
    old: Vec<KeyPairsState>,
    current: KeyPairsState,
    next: Option<KeyPairsState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyPairsState {
    access: KeyState,
    /// `None` if both uses have the same key.
    id: Option<KeyState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyState {
    kid: String,
    /// PKCS #8 (RFC 5958) in DER and standard Base64.
    private_key: String,
}

impl RotatingKeysState {
    /// The keys; `None` if one of them cannot be used.
    pub(crate) fn restore(&self) -> Option<RotatingKeys> {
        let next = match &self.next {
            Some(next) => Some(next.restore()?),
            None => None,
        };
        let old = self.old.iter().map(KeyPairsState::restore).collect::<Option<_>>()?;
        Some(RotatingKeys { old, current: self.current.restore()?, next })
    }
}

impl KeyPairs {
    fn state(&self) -> KeyPairsState {
        let single = Arc::ptr_eq(&self.access, &self.id);
        KeyPairsState { access: self.access.state(), id: (!single).then(|| self.id.state()) }
    }
}

impl KeyPairsState {
    fn restore(&self) -> Option<KeyPairs> {
        let access = Arc::new(self.access.restore()?);
        let id = match &self.id {
            Some(id) => Arc::new(id.restore()?),
            None => Arc::clone(&access),
        };
        Some(KeyPairs { access, id })
    }
}

impl SigningKey {
    fn state(&self) -> KeyState {
        #[expect(clippy::expect_used, reason = "AWS-LC fails here only without memory")]
        let der = self.pair.as_der().expect("a key that signs has an encoding");
        KeyState { kid: self.id.clone(), private_key: STANDARD.encode(der.as_ref()) }
    }
}

impl KeyState {
    fn restore(&self) -> Option<SigningKey> {
        let der = STANDARD.decode(&self.private_key).ok()?;
        let pair = KeyPair::from_pkcs8(&der).ok()?;
        (1..=256).contains(&self.kid.len()).then(|| SigningKey { id: self.kid.clone(), pair })
    }
}

//! The pools, their keys, and functions that forge tokens.

use std::time::Duration;

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cognito_authorizer::{
    CognitoAuthLayer, IssuerForm, KeySet, TokenUse, UserPool, clock::ManualClock, scope,
};
use cognito_local_pool::{AppClient, LocalPool, TokenBuilder};
use cognito_verify::{Accept, PoolKeys, Verifier};
use serde_json::{Value, json};

use super::case::Setup;
use crate::support::{self, CLIENT, POOL};

/// The time of the tests' clock, in seconds.
pub(super) const NOW: i64 = 1_767_225_600;
/// A second pool that some set-ups let in.
pub(super) const OTHER_POOL: &str = "eu-west-1_Zz98Yy76X";
/// The app client of the second pool.
pub(super) const OTHER_CLIENT: &str = "7other23456789abc";
/// The resource that [`Setup::Resource`] protects.
pub(super) const RESOURCE: &str = "https://api.example";
/// The other name that it has.
pub(super) const AUDIENCE: &str = "orders";
/// The greatest age of a token at [`Setup::Young`].
pub(super) const MAX_AGE: Duration = Duration::from_secs(600);
/// The `kid` of the pool's third key, whose private half the tests have.
pub(super) const THIRD_KEY: &str = "third";

/// Pools and keys.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: ManualClock,
    pub(super) pool: LocalPool,
    pub(super) other: LocalPool,
    /// A pool that no setup lets in.
    pub(super) other_pool: LocalPool,
    /// The two pools again, with different keys under the `kid` `shared`.
    pub(super) sharing: [LocalPool; 2],
    /// The private half of a key that the pool publishes, to sign what a pool never would. The pool's JWK has no `alg`.
    third: KeyPair,
    elliptic: EcdsaKeyPair,
    edwards: Ed25519KeyPair,
}

impl World {
    pub(super) fn new() -> Self {
        let clock = support::clock();
        let other = || {
            LocalPool::builder(OTHER_POOL)
                .clock(support::pool_clock(&clock))
                .app_client(AppClient::public(OTHER_CLIENT))
        };
        Self {
            pool: support::pool(&clock),
            other: other().build().expect("a pool"),
            other_pool: support::pool(&clock),
            sharing: [
                support::pool_builder(&clock).key_id("shared").build().expect("a pool"),
                other().key_id("shared").build().expect("a pool"),
            ],
            third: KeyPair::generate(KeySize::Rsa2048).expect("a key"),
            elliptic: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"),
            edwards: Ed25519KeyPair::generate().expect("a key"),
            clock,
        }
    }

    /// A good access token with the scope `orders/read`, still to be changed.
    pub(super) fn access(&self) -> TokenBuilder {
        self.pool.access_token("ada").scope("orders/read")
    }

    /// A good ID token, still to be changed.
    pub(super) fn id(&self) -> TokenBuilder {
        self.pool.id_token("ada")
    }

    /// The payload of a good access token.
    pub(super) fn payload(&self) -> String {
        payload_of(&self.access().sign())
    }

    /// A good access token with these members before its own: `{` and the text and the rest.
    pub(super) fn with_members(&self, members: &str) -> String {
        self.with_payload(format!("{{{members},{}", &self.payload()[1..]))
    }

    /// A good access token whose JSON was changed as text.
    pub(super) fn with_replaced(&self, from: &str, to: &str) -> String {
        let payload = self.payload();
        assert!(payload.contains(from), "`{from}` is not in the payload");
        self.with_payload(payload.replacen(from, to, 1))
    }

    /// A signed token with this payload.
    pub(super) fn with_payload(&self, payload: impl Into<Vec<u8>>) -> String {
        self.access().raw_payload(payload).sign()
    }

    /// A good access token with this header, signed with the key of access tokens; `KID` is replaced by its id.
    pub(super) fn with_header(&self, header: &str) -> String {
        self.access().raw_header(header.replace("KID", &self.pool.access_key_id())).sign()
    }

    /// The pool's JWK Set, with three more keys.
    pub(super) fn jwks(&self) -> String {
        let mut jwks: Value = serde_json::from_str(&self.pool.jwks()).expect("JSON");
        let public = self.third.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        let point = self.elliptic.public_key().as_ref();
        jwks["keys"].as_array_mut().expect("keys").extend([
            json!({
                "kty": "RSA", "kid": THIRD_KEY, "use": "sig",
                "n": URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
                "e": URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
            }),
            json!({
                "kty": "EC", "crv": "P-256", "kid": "elliptic", "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
            }),
            json!({
                "kty": "OKP", "crv": "Ed25519", "kid": "edwards", "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(self.edwards.public_key()),
            }),
            json!({ "kty": "oct", "kid": "symmetric", "k": URL_SAFE_NO_PAD.encode(b"a published secret") }),
        ]);
        jwks.to_string()
    }

    /// The forms in which an attacker may use the public key as a secret.
    pub(super) fn public_key_as_secret(&self) -> Vec<(&'static str, Vec<u8>)> {
        let public = self.third.public_key();
        let der = AsDer::as_der(public).expect("DER").as_ref().to_vec();
        let base64 = STANDARD.encode(&der);
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("ASCII")).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        let n = public.modulus().big_endian_without_leading_zero().to_vec();
        vec![
            ("PEM", pem.clone().into()),
            ("PEM without final newline", pem.trim_end().into()),
            ("DER", der),
            ("PKCS#1", public.as_ref().to_vec()),
            ("n in base64url", URL_SAFE_NO_PAD.encode(&n).into()),
            ("n", n),
        ]
    }

    /// Appends the RS256 signature of the third key, whatever the text is.
    pub(super) fn signed(&self, text: &str) -> String {
        self.signed_as("RS256", text)
    }

    /// Appends the third key's signature by another RSA algorithm, or that of another published key.
    pub(super) fn signed_as(&self, algorithm: &str, text: &str) -> String {
        let random = SystemRandom::new();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.third.public_modulus_len()];
            self.third.sign(padding, &random, text.as_bytes(), &mut signature).expect("a signature");
            signature
        };
        let signature = match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "ES256" => self.elliptic.sign(&random, text.as_bytes()).expect("a signature").as_ref().to_vec(),
            "EdDSA" => self.edwards.sign(text.as_bytes()).as_ref().to_vec(),
            other => panic!("no key signs with {other}"),
        };
        format!("{text}.{}", base64url(signature))
    }

    /// What the verifier of a setup is made from, the key sets included.
    fn pools(&self, setup: Setup) -> Vec<(UserPool, KeySet)> {
        let set = |jwks: String| KeySet::from_json(jwks.as_bytes()).expect("usable keys");
        let own = || UserPool::new(POOL).client(CLIENT);
        let other = || UserPool::new(OTHER_POOL).client(OTHER_CLIENT);
        match setup {
            Setup::Access | Setup::Id | Setup::Either | Setup::Scope => vec![(own(), set(self.jwks()))],
            Setup::AnyClient => vec![(UserPool::new(POOL).any_client(), set(self.jwks()))],
            Setup::Resource => vec![(own().resource(RESOURCE).audience(AUDIENCE), set(self.jwks()))],
            Setup::WithOrWithoutAudience => {
                let pool = own().resource(RESOURCE).audience(AUDIENCE).accept_with_or_without_audience();
                vec![(pool, set(self.jwks()))]
            }
            Setup::ClientsWhere => {
                vec![(own().clients_where(|id| id.starts_with("partner-")), set(self.jwks()))]
            }
            Setup::Young => vec![(own().max_token_age(MAX_AGE), set(self.jwks()))],
            Setup::Replica => vec![(own().replica_region("us-west-2"), set(self.jwks()))],
            Setup::UpdatedIssuer => vec![(own().issuer_form(IssuerForm::Updated), set(self.jwks()))],
            Setup::TwoPools => vec![(own(), set(self.jwks())), (other(), set(self.other.jwks()))],
            Setup::SharedKeyId => {
                let [one, two] = &self.sharing;
                vec![(own(), set(one.jwks())), (other(), set(two.jwks()))]
            }
        }
    }

    fn accept(setup: Setup) -> Accept {
        match setup {
            Setup::Id => TokenUse::Id.into(),
            Setup::Either => Accept::Either,
            _ => TokenUse::Access.into(),
        }
    }

    /// The verifier of a setup, and the keys.
    pub(super) fn verifier(&self, setup: Setup) -> (Verifier, PoolKeys) {
        let (pools, sets): (Vec<_>, Vec<_>) = self.pools(setup).into_iter().unzip();
        let verifier = Verifier::new(pools).expect("sound settings").accept(Self::accept(setup));
        (verifier, PoolKeys::new(sets.iter().map(Some)))
    }

    /// The layer of a setup.
    pub(super) fn layer(&self, setup: Setup) -> CognitoAuthLayer {
        let (mut pools, sets): (Vec<_>, Vec<_>) = self.pools(setup).into_iter().unzip();
        let ids: Vec<_> = pools.iter().map(|pool: &UserPool| pool.id().to_owned()).collect();
        let builder = CognitoAuthLayer::builder(pools.remove(0));
        let builder = pools.into_iter().fold(builder, cognito_authorizer::CognitoAuthBuilder::user_pool);
        let builder = if setup == Setup::Scope { builder.require(scope("orders/read")) } else { builder };
        let builder =
            builder.clock(self.clock.clone()).accept(Self::accept(setup)).result_ttl(support::result_ttl());
        builder.with_keys(ids.into_iter().zip(sets)).expect("sound settings")
    }
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `alg` and the third key's `kid`, encoded.
pub(super) fn third_header(algorithm: &str) -> String {
    base64url(json!({ "alg": algorithm, "kid": THIRD_KEY }).to_string())
}

/// The HMAC of `text` in base64url, by HS256, HS384 or HS512.
pub(super) fn hmac(algorithm: &str, secret: &[u8], text: &str) -> String {
    let hash = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        other => panic!("{other} is not an HMAC"),
    };
    base64url(hmac::sign(&hmac::Key::new(hash, secret), text.as_bytes()))
}

/// The payload of a token, as text.
pub(super) fn payload_of(token: &str) -> String {
    let segment = token.split('.').nth(1).expect("three segments");
    String::from_utf8(URL_SAFE_NO_PAD.decode(segment).expect("base64url")).expect("UTF-8")
}

use super::*;

/// A modulus of so many bytes, odd, with the top bit set.
fn modulus(bytes: usize, seed: u8) -> String {
    let mut n = vec![seed; bytes];
    n[0] = 0xC5;
    n[bytes - 1] = 0x01;
    URL_SAFE_NO_PAD.encode(n)
}

/// As [`modulus`], but with the top bit clear, and even or odd as its last byte is.
fn smaller_modulus(bytes: usize, last: u8) -> String {
    let mut n = vec![7; bytes];
    n[0] = 0x45;
    n[bytes - 1] = last;
    URL_SAFE_NO_PAD.encode(n)
}

fn jwk(kid: &str, seed: u8) -> String {
    format!(
        r#"{{"kty":"RSA","kid":"{kid}","use":"sig","alg":"RS256","e":"AQAB","n":"{}"}}"#,
        modulus(256, seed)
    )
}

fn set(keys: &[String]) -> Result<KeySet, KeySetError> {
    KeySet::from_json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
}

#[test]
fn an_unusable_key_does_not_affect_the_other_keys() {
    let n = modulus(256, 7);
    let cases = [
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB","n":"{}"}}"#, modulus(255, 7)), KeyProblem::Weak),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB","n":"{}"}}"#, modulus(1025, 7)), KeyProblem::Weak),
        (
            format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB","n":"{}"}}"#, smaller_modulus(256, 1)),
            KeyProblem::Weak,
        ),
        (
            format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB","n":"{}"}}"#, smaller_modulus(257, 4)),
            KeyProblem::Weak,
        ),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AQ","n":"{n}"}}"#), KeyProblem::Weak),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"Ag","n":"{n}"}}"#), KeyProblem::Weak),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"","n":"{n}"}}"#), KeyProblem::Weak),
        (r#"{"kty":"RSA","kid":"x","e":"AQAB","n":""}"#.into(), KeyProblem::Weak),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB=","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","e":"AQAB","n":"{n}"}}"#), KeyProblem::NoKeyId),
        (format!(r#"{{"kty":"RSA","kid":"","e":"AQAB","n":"{n}"}}"#), KeyProblem::NoKeyId),
        (
            format!(r#"{{"kty":"RSA","kid":"x","use":"enc","e":"AQAB","n":"{n}"}}"#),
            KeyProblem::NotForSignatures,
        ),
        (
            format!(r#"{{"kty":"RSA","kid":"x","key_ops":["encrypt"],"e":"AQAB","n":"{n}"}}"#),
            KeyProblem::NotForSignatures,
        ),
        (
            format!(r#"{{"kty":"RSA","kid":"x","alg":"RS512","e":"AQAB","n":"{n}"}}"#),
            KeyProblem::OtherAlgorithm,
        ),
        (
            format!(r#"{{"kty":"RSA","kid":"x","alg":"XY1","e":"AQAB","n":"{n}"}}"#),
            KeyProblem::OtherAlgorithm,
        ),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AAE","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AAEAAQ","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","kid":"x","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","kid":"x","e":65537,"n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","kid":"x","e":"AQAB","n":"{n}","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"RSA","kid":"x","kid":"y","e":"AQAB","n":"{n}"}}"#), KeyProblem::Malformed),
        (format!(r#"{{"kty":"rsa","kid":"x","e":"AQAB","n":"{n}"}}"#), KeyProblem::NotRsa),
        (r#"{"kty":"oct","kid":"x","k":"AQAB"}"#.into(), KeyProblem::NotRsa),
        (r#"{"kty":"EC","crv":"P-256","kid":"x","x":"AQAB","y":"AQAB"}"#.into(), KeyProblem::NotRsa),
        ("7".into(), KeyProblem::Malformed),
        ("{}".into(), KeyProblem::NotRsa),
        ("[]".into(), KeyProblem::Malformed),
    ];
    for (bad, problem) in cases {
        let set = set(&[bad.clone(), jwk("good", 7)]).unwrap();
        assert_eq!(set.key_ids().collect::<Vec<_>>(), ["good"], "{bad}");
        assert_eq!(set.skipped(), [SkippedKey { position: 0, problem }], "{bad}");
        assert!(matches!(super::KeySet::from_json(format!(r#"{{"keys":[{bad}]}}"#).as_bytes()),
            Err(KeySetError::NoUsableKey { skipped }) if skipped.len() == 1));
    }
}

#[test]
fn an_odd_modulus_of_2048_to_8192_bits_can_be_used() {
    for n in [modulus(256, 7), smaller_modulus(257, 0x6b), modulus(1024, 7)] {
        let jwk = format!(r#"{{"kty":"RSA","kid":"x","e":"Aw","n":"{n}"}}"#);
        assert_eq!(set(&[jwk]).unwrap().skipped(), [], "{n}");
    }
}

/// RSA keys with signatures (PKCS #1 v1.5, SHA-256) of [`MESSAGE`], made by arithmetic on numbers and not by aws-lc: exponents
/// of 1 to 9 bytes on one modulus, and moduli up to and beyond the limits.
const MADE_KEYS: &str = include_str!("made_keys.json");
const MESSAGE: &[u8] = b"A message signed with a key that was made for this test.";

#[derive(Deserialize)]
struct MadeKey<'k> {
    bits: usize,
    n: &'k str,
    #[serde(borrow)]
    signatures: Vec<MadeSignature<'k>>,
}

#[derive(Deserialize)]
struct MadeSignature<'k> {
    e: &'k str,
    signature: &'k str,
}

/// Whether there is a signature that the key verifies is all that makes a key usable.
#[test]
fn a_key_is_usable_if_and_only_if_a_signature_made_with_it_verifies() {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (mut exponents, mut moduli) = (Vec::new(), Vec::new());
    for key in serde_json::from_str::<Vec<MadeKey<'_>>>(MADE_KEYS).unwrap() {
        let mut usable = Vec::new();
        for MadeSignature { e, signature } in &key.signatures {
            let set = set(&[format!(r#"{{"kty":"RSA","kid":"x","n":"{}","e":"{e}"}}"#, key.n)]);
            let (n, exponent, signature) = (decode(key.n), decode(e), decode(signature));
            let by_library = RsaPublicKeyComponents { n: &n, e: &exponent };
            let verifies = by_library.verify(&RSA_PKCS1_2048_8192_SHA256, MESSAGE, &signature).is_ok();
            assert_eq!(set.is_ok(), verifies, "{} bits, exponent {exponent:x?}: {set:?}", key.bits);
            assert!(!set.is_ok_and(|set| !set.verifies("x", MESSAGE, &signature)), "{exponent:x?}");
            usable.push((
                exponent.iter().fold(0_u128, |value, byte| value * 256 + u128::from(*byte)),
                verifies,
            ));
        }
        moduli.push((key.bits, usable.iter().all(|(_, usable)| *usable)));
        if key.bits == 2048 {
            exponents = usable;
        }
    }
    assert_eq!(
        moduli,
        [(2048, false), (2047, false), (2050, true), (4096, true), (8192, true), (8194, false)]
    );
    let power = |bits: u32| 1_u128 << bits;
    let good = [3, 5, 251, 257, 65535, 65537, power(24) - 1, power(24) + 1];
    let good = good.into_iter().chain([power(32) - 1, power(32) + 1, power(33) - 1]).map(|e| (e, true));
    let large = [33, 40, 40, 48, 48, 56, 56, 64, 64].map(power);
    let large = large.iter().zip([1_i128, -1, 1, -1, 1, -1, 1, -1, 1]);
    let large = large.map(|(power, more)| (power.checked_add_signed(more).unwrap(), false));
    assert_eq!(exponents, good.chain(large).collect::<Vec<_>>());
}

#[test]
fn an_exponent_that_cannot_be_verified_with_makes_a_key_unusable() {
    let n = modulus(256, 7);
    for (exponent, problem) in [
        (vec![1], KeyProblem::Weak),
        (vec![2], KeyProblem::Weak),
        (vec![1, 0, 0], KeyProblem::Weak),
        // 2^32, and 2^33 + 1.
        (vec![1, 0, 0, 0, 0], KeyProblem::Weak),
        (vec![2, 0, 0, 0, 1], KeyProblem::Unsupported),
        (vec![0xff; 5], KeyProblem::Unsupported),
        (vec![0xff; 6], KeyProblem::Unsupported),
        (vec![0xff; 9], KeyProblem::Unsupported),
        (vec![0xff; 255], KeyProblem::Unsupported),
        (vec![0xff; 2000], KeyProblem::Unsupported),
        (vec![0, 1], KeyProblem::Malformed),
        (vec![0, 0, 0, 0, 0, 1, 0, 1], KeyProblem::Malformed),
    ] {
        let e = URL_SAFE_NO_PAD.encode(&exponent);
        let bad = format!(r#"{{"kty":"RSA","kid":"x","e":"{e}","n":"{n}"}}"#);
        let skipped = vec![SkippedKey { position: 0, problem }];
        assert_eq!(
            set(std::slice::from_ref(&bad)),
            Err(KeySetError::NoUsableKey { skipped: skipped.clone() }),
            "{exponent:x?}"
        );
        let beside = set(&[bad, jwk("good", 7)]).unwrap();
        assert_eq!((beside.key_ids().collect::<Vec<_>>(), beside.skipped()), (vec!["good"], &*skipped));
    }
}

#[test]
fn what_is_not_a_jwk_set_is_an_error() {
    for bad in
        ["", "[]", "null", "{}", r#"{"keys":{}}"#, r#"{"keys":[]} x"#, "<html>", r#"{"keys":[],"keys":[]}"#]
    {
        assert_eq!(KeySet::from_json(bad.as_bytes()), Err(KeySetError::NotAJwkSet), "{bad}");
    }
    assert_eq!(set(&[]), Err(KeySetError::NoUsableKey { skipped: vec![] }));
    let many = vec![jwk("a", 7); 101];
    assert_eq!(set(&many), Err(KeySetError::TooMany { found: 101, limit: 100 }));
    assert_eq!(set(&many[..100]).unwrap().key_ids().count(), 1);
}

#[test]
fn of_two_different_keys_with_one_id_neither_is_trusted() {
    let set = set(&[jwk("a", 7), jwk("b", 7), jwk("a", 9), jwk("b", 7)]).unwrap();
    assert_eq!(set.key_ids().collect::<Vec<_>>(), ["b"]);
    let ambiguous = |position| SkippedKey { position, problem: KeyProblem::AmbiguousKeyId };
    assert_eq!(set.skipped(), [ambiguous(0), ambiguous(2)]);
}

#[test]
fn equal_sets_have_the_same_keys_under_the_same_ids() {
    let one = set(&[jwk("a", 7), jwk("b", 7)]).unwrap();
    assert_eq!(one, set(&[jwk("b", 7), jwk("a", 7)]).unwrap());
    assert_ne!(one, set(&[jwk("b", 7)]).unwrap());
    assert_ne!(
        one,
        set(&[jwk("b", 9), jwk("a", 7)]).unwrap(),
        "the same id with another modulus is another key"
    );
}

#[test]
fn pools_that_share_a_key_share_its_candidate() {
    let (one, two) = (set(&[jwk("a", 7)]).unwrap(), set(&[jwk("a", 9), jwk("b", 7)]).unwrap());
    let pool_keys = PoolKeys::new([Some(&one), None, Some(&one), Some(&two)]);
    let found: Vec<_> =
        pool_keys.find("a").unwrap().iter().map(|candidate| candidate.pools.clone()).collect();
    assert_eq!(found, [vec![0, 2], vec![3]]);
    assert_eq!(pool_keys.find("b").unwrap()[0].pools, [3]);
    assert!(pool_keys.find("c").is_none());
}

/// If a key is found by the whole header, the header is not parsed.
#[test]
fn a_header_is_known_by_its_text_only_if_reading_it_finds_the_same_key() {
    let (longest, too_long) = ("k".repeat(MAX_KEY_ID), "k".repeat(MAX_KEY_ID + 1));
    for (kid, is_known) in [
        ("aB3+/=", true),
        (" !#[]~", true),
        (&longest, true),
        (&too_long, false),
        (r#"k","typ":"x"#, false),
        (r"k\u006b", false),
        ("k\tk", false),
        ("k\u{7f}", false),
        ("ключ", false),
    ] {
        let quoted = serde_json::to_string(kid).unwrap();
        let pool_keys = PoolKeys::from(&set(&[jwk(quoted.trim_matches('"'), 7)]).unwrap());
        assert_eq!(pool_keys.find(kid).map(<[_]>::len), Some(1), "{kid}");
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#));
        let token = format!("{header}.e30.AA");
        assert_eq!(
            pool_keys.find_by_header(token.as_bytes()).map(<[_]>::len),
            is_known.then_some(1),
            "{kid}"
        );
    }
}

#[test]
fn a_header_is_what_comes_before_the_first_dot() {
    for (token, first) in
        [("", None), ("a", None), ("a.b", Some("a")), (".b", Some("")), ("é.b.c", Some("é"))]
    {
        assert_eq!(header(token.as_bytes(), 2), first.map(str::as_bytes), "{token}");
    }
    assert_eq!((header(b"abc.d", 2), header(b"ab.d", 2)), (None, Some(&b"ab"[..])));
}

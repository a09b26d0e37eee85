//! SRP with a client by another author, and attempts without the password.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cognito_srp::SrpClient;

use super::*;

const POOL: &str = "ap-south-1_abcdefghi";

/// Whether the client's answer to the server's exchange is accepted.
fn signs_in(client_password: &str, server_password: Option<&str>) -> bool {
    let client = SrpClient::new("ada", client_password, POOL, "web", None);
    let parameters = client.get_auth_params().unwrap();
    let a = PublicA::parse(&parameters["SRP_A"]).unwrap();
    let exchange = Exchange::new(POOL, "ada", server_password, &a);
    let challenge = HashMap::from([
        ("SALT".to_owned(), exchange.salt),
        ("SRP_B".to_owned(), exchange.public_b),
        ("SECRET_BLOCK".to_owned(), STANDARD.encode("the block")),
        ("USER_ID_FOR_SRP".to_owned(), "ada".to_owned()),
    ]);
    let response = client.process_challenge(challenge).unwrap();
    let timestamp = Timestamp::parse(&response["TIMESTAMP"]).unwrap();
    let signature = STANDARD.decode(&response["PASSWORD_CLAIM_SIGNATURE"]).unwrap();
    exchange.key.accepts(Identity::new(POOL, "ada"), b"the block", &timestamp, &signature)
}

#[test]
fn the_client_of_another_author_proves_the_password() {
    // Each of A, B, u and S has its top bit set in half of the runs, which changes how it is hashed.
    for run in 0..12 {
        assert!(signs_in("her-pässword", Some("her-pässword")), "run {run}");
    }
}

#[test]
fn another_password_proves_nothing_and_neither_does_a_user_without_one() {
    assert!(!signs_in("guess", Some("her-password")));
    assert!(!signs_in("her-password", None));
}

#[test]
fn a_public_value_that_gives_the_secret_away_is_refused() {
    let range = |hex: &str| PublicA::parse(hex).err();
    assert_eq!(range("0"), Some(NotPublicA::Range));
    assert_eq!(range(N), Some(NotPublicA::Range));
    assert_eq!(range(&format!("000{N}")), Some(NotPublicA::Range));
    assert_eq!(range(&format!("{N}0")), Some(NotPublicA::Range));
    assert_eq!(range(&"f".repeat(60_000)), Some(NotPublicA::Range));
    assert_eq!(range(""), Some(NotPublicA::Hex));
    assert_eq!(range("+1"), Some(NotPublicA::Hex));
    assert_eq!(range("1_0"), Some(NotPublicA::Hex));
    assert_eq!(range("g"), Some(NotPublicA::Hex));
    for good in
        ["1", "0a", &"a".repeat(512), &N.to_lowercase().replace("ffffffffffffffffc", "ffffffffffffffffb")]
    {
        assert_eq!(range(good), None, "{good}");
    }
}

#[test]
fn a_salt_does_not_tell_whether_the_user_exists() {
    let a = PublicA::parse("abc").unwrap();
    let salt = |user: &str, password| Exchange::new(POOL, user, password, &a).salt;
    assert_eq!(salt("ada", Some("x")), salt("ada", None));
    assert_ne!(salt("ada", None), salt("bob", None));
    assert_eq!(salt("ada", None).len(), 32);
    assert!(!salt("ada", None).starts_with("00"));
}

#[test]
fn a_proof_is_for_one_identity_one_block_and_one_time() {
    let a = PublicA::parse("abc").unwrap();
    let key = Exchange::new(POOL, "ada", Some("x"), &a).key;
    let time = |text: &str| Timestamp::parse(text).unwrap();
    let noon = "Sat Nov 7 12:00:00 UTC 2026";
    let ada = Identity::new(POOL, "ada");
    let message = proof_message(ada, b"block", &time(noon));
    let proof = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key.0), &message);
    let proof = proof.as_ref();
    assert!(key.accepts(ada, b"block", &time(noon), proof));
    assert!(!key.accepts(Identity::new(POOL, "bob"), b"block", &time(noon), proof));
    assert!(!key.accepts(Identity::new("ap-south-1_other", "ada"), b"block", &time(noon), proof));
    assert!(!key.accepts(ada, b"other", &time(noon), proof));
    assert!(!key.accepts(ada, b"block", &time("Sat Nov 7 12:00:01 UTC 2026"), proof));
    assert!(!key.accepts(ada, b"block", &time(noon), proof.get(..16).unwrap()));
    assert!(!key.accepts(ada, b"block", &time(noon), b""));
}

#[test]
fn padding_is_javas() {
    let java = |bytes: &[u8]| padded(&number(bytes));
    assert_eq!(java(&[0x7f]), [0x7f]);
    assert_eq!(java(&[0x80]), [0x00, 0x80]);
    assert_eq!(java(&[0x00, 0x00, 0x12, 0x34]), [0x12, 0x34]);
    assert_eq!(java(&[]), [0x00]);
}

#[test]
fn debug_does_not_show_the_key() {
    let a = PublicA::parse("abc").unwrap();
    assert_eq!(format!("{:?}", Exchange::new(POOL, "ada", None, &a).key), "ProofKey(…)");
}

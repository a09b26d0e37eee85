//! Text that must not be in logs and `Debug` output: parts of tokens, values of claims, passwords and the secrets of app clients.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_local_pool::{AppClient, LocalPool, User};
use serde_json::{Map, Value};

use crate::support::{CLIENT, POOL, sources};

/// The users of the tests' tokens. The last one also represents any other secret.
const NAMES: [&str; 4] = ["ada", "bob", "eve", "swordfish"];
/// How the passwords of the tests begin.
const PASSWORDS: &str = "Correct-horse";
/// Nothing else is so long a run of base64url: a key id has 44 characters.
const PART_OF_TOKEN: usize = 60;
/// A key id is 32 random bytes in base64 with padding: this many characters, then `=`.
const KEY_ID: usize = 43;

/// Claims whose values are not secret, and why.
pub(crate) const NOT_SECRET: [(&str, &str); 8] = [
    ("iss", "the pool's, which is configuration"),
    ("client_id", "the app client, which is configuration"),
    ("aud", "the app client, which is configuration"),
    ("token_use", "one of two words"),
    ("version", "the same number in all tokens"),
    ("exp", "a moment, which a refusal states"),
    ("iat", "a moment, which a refusal states"),
    ("auth_time", "a moment, most often that of `iat`"),
];

/// The secrets in this text, recognised by their form, so that the tokens of a test need not be known.
///
/// These forms are recognised: runs of base64url as long as those of a token, UUIDs (`sub`, `jti`, `origin_jti` and `event_id`
/// of users), e-mail addresses, the names of the tests' users, and their passwords. Scopes and groups are not recognised,
/// because what a route requires is logged. The value of a test's own claim is recognised only if it is `swordfish`.
pub(crate) fn found_by_form(text: &str) -> Option<&'static str> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let has_word = |word: &str| {
        let mut texts = without_key_ids(text);
        texts.any(|text| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|found| found == word))
    };
    if text.split(|c| !in_token(c)).any(|run| run.len() >= PART_OF_TOKEN) {
        return Some("a part of a token");
    }
    if text.as_bytes().windows(36).any(is_uuid) {
        return Some("a UUID");
    }
    if text
        .as_bytes()
        .windows(3)
        .any(|three| three[1] == b'@' && three[0].is_ascii_alphanumeric() && three[2].is_ascii_alphanumeric())
    {
        return Some("an e-mail address, or a password in a URL");
    }
    if NAMES.into_iter().any(has_word) {
        return Some("the name of a user");
    }
    text.contains(PASSWORDS).then_some("a password")
}

/// The text without its key ids. They are random, and one in a million contains a name, as in `/ada+`.
fn without_key_ids(text: &str) -> impl Iterator<Item = &str> {
    let in_base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    let mut runs = text.split_inclusive(move |c| !in_base64(c));
    std::iter::from_fn(move || runs.find(|run| run.strip_suffix('=').is_none_or(|run| run.len() != KEY_ID)))
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// The values in a token's payload, each with its claim: every text and every long number, at any depth. Scopes are separate.
pub(crate) fn claim_values(token: &str) -> Vec<(String, String)> {
    fn collect(claim: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) if claim == "scope" => {
                found.extend(text.split(' ').map(|scope| (claim.to_owned(), scope.to_owned())));
            }
            Value::String(text) => found.push((claim.to_owned(), text.clone())),
            // A short text could occur by coincidence.
            Value::Number(number) if number.to_string().len() > 5 => {
                found.push((claim.to_owned(), number.to_string()));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(claim, value, found)),
            Value::Object(members) => members.values().for_each(|value| collect(claim, value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let payload = token.split('.').nth(1).expect("three parts");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let claims: Map<String, Value> = serde_json::from_slice(&payload).expect("an object");
    let mut found = Vec::new();
    claims.iter().for_each(|(claim, value)| collect(claim, value, &mut found));
    found.retain(|(claim, _)| !NOT_SECRET.iter().any(|(name, _)| name == claim));
    found
}

#[test]
fn a_token_and_each_part_of_it_are_recognised() {
    let token = LocalPool::new().access_token("carol").sign();
    assert!(found_by_form(&format!("rejected {token}")).is_some());
    for part in token.split('.').skip(1) {
        assert!(found_by_form(&format!("claims={part}")).is_some());
    }
    assert_eq!(found_by_form("kid=KD+lwZ0aXyfDzAh0dYq8sNEFTsbjgxTYDZ1NPzxy0Vs= decision=\"refused\""), None);
}

/// A key id may contain a name by coincidence. Without this exception, about one run in a million would fail.
#[test]
fn a_key_id_is_not_taken_for_the_name_of_a_user() {
    let key_id = "KD+ada/aXyfDzAh0dYq8sNEFTsbjgxTYDZ1NPzx/eve=";
    assert_eq!(found_by_form(&format!("SigningKey({key_id}), key_ids: [\"{key_id}\"]")), None);
    for leak in
        ["by ada", "ada=", "/ada/", &format!("{key_id}ada"), &format!("{key_id}, user=ada"), &key_id[1..]]
    {
        assert_eq!(found_by_form(leak), Some("the name of a user"), "{leak}");
    }
}

/// Each value on its own, as in a leak of one claim. [`NOT_SECRET`] lists the exceptions.
#[test]
fn every_secret_claim_of_cognito_is_recognised() {
    let pool = LocalPool::builder(POOL).app_client(AppClient::public(CLIENT)).user(
        User::new("ada", "Correct-horse-1").group("ops").attribute("email", "ada.lovelace@example.com"),
    );
    let pool = pool.build().expect("a pool");
    let mut claims = Vec::new();
    for token in [
        pool.access_token("ada").scope("orders/read").sign(),
        pool.id_token("ada").sign(),
        pool.machine_token(CLIENT).scope("orders/read").sign(),
    ] {
        for (claim, value) in claim_values(&token) {
            // What a route requires is logged, and the tests require what their tokens have. A machine's `sub` is its app
            // client.
            if !matches!(claim.as_str(), "scope" | "cognito:groups") && value != CLIENT {
                assert!(found_by_form(&format!("{claim}={value:?}")).is_some(), "{claim} {value}");
                claims.push(claim);
            }
        }
    }
    claims.sort();
    claims.dedup();
    let known = ["cognito:username", "email", "event_id", "jti", "origin_jti", "sub", "username"];
    assert_eq!(claims, known);
}

/// A name that is missing from the list would not be recognised.
#[test]
fn all_users_of_minted_tokens_are_among_the_secrets() {
    for (path, text) in sources::of("tests") {
        for call in ["access_token(\"", "id_token(\"", "User::new(\""] {
            // This file contains the calls as texts, too.
            for name in text.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name)
            {
                let known = found_by_form(name).is_some() || path.ends_with("secrets.rs");
                assert!(known, "{}: add {name:?} to `NAMES`", path.display());
            }
        }
    }
}

//! Properties of all input: parsing never panics, and a verified token has exactly the claims that were signed.

use std::{sync::LazyLock, time::Duration};

use cognito_authorizer::{
    IssuerForm, KeySet, Rejected, TokenUse, UnixTime, UserPoolId, Verified,
    requirement::{is_group, is_scope},
};
use cognito_verify::{PoolKeys, Verifier};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{
    case::Setup,
    table::WORLD,
    world::{NOW, base64url, third_header},
};
use crate::support::{CLIENT, any_json::any_json};

/// Lets both kinds of tokens in.
pub(super) static EITHER: LazyLock<(Verifier, PoolKeys)> = LazyLock::new(|| WORLD.verifier(Setup::Either));

pub(super) fn verify(token: &str) -> Result<Verified, Rejected> {
    let (verifier, keys) = &*EITHER;
    verifier.verify(token, keys, UnixTime::from_secs(NOW))
}

proptest! {
    #[test]
    fn random_text_is_not_a_token(text in any::<String>()) {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn random_segments_are_not_a_token(segments in vec(vec(any::<u8>(), 0..300), 0..6)) {
        let segments: Vec<String> = segments.iter().map(base64url).collect();
        prop_assert!(verify(&segments.join(".")).is_err());
        // If the header is valid, only the signature protects the claims.
        let token = format!("{}.{}", third_header("RS256"), segments.join("."));
        prop_assert!(verify(&token).is_err());
    }

    #[test]
    fn a_random_header_is_rejected_even_if_it_is_signed(header in any_json(), kid in any::<String>()) {
        let (header, named) = (header.to_string(), json!({ "alg": "RS256", "kid": kid }).to_string());
        for header in [header, named] {
            let token = WORLD.signed(&format!("{}.e30", base64url(header)));
            prop_assert!(verify(&token).is_err());
        }
    }

    #[test]
    fn a_random_payload_is_rejected_even_if_it_is_signed(bytes in vec(any::<u8>(), 0..300), claims in any_json()) {
        for payload in [bytes, claims.to_string().into_bytes()] {
            let token = WORLD.signed(&format!("{}.{}", third_header("RS256"), base64url(payload)));
            prop_assert!(verify(&token).is_err(), "no issuer, no times: no token");
        }
    }

    #[test]
    fn unknown_claims_do_not_affect_the_decision_and_can_be_read(name in "[^\0]{1,20}", value in any_json()) {
        let name = format!("custom:{name}");
        let token = WORLD.access().claim(name.as_str(), value.clone()).sign();
        let verified = verify(&token).expect("a good token");
        let claims: Value = verified.claims().expect("claims");
        let written: Value = serde_json::from_str(&value.to_string()).expect("JSON");
        prop_assert_eq!(claims.get(&name), Some(&written));
    }

    #[test]
    fn claims_are_read_as_they_were_signed(
        sub in any::<String>(),
        username in any::<String>(),
        groups in vec(any::<String>(), 0..4),
        jti in any::<String>(),
        origin in any::<String>(),
        auth_time in 0..i64::from(u32::MAX),
    ) {
        let token = WORLD
            .access()
            .claim("sub", sub.as_str())
            .claim("username", username.as_str())
            .claim("cognito:groups", json!(groups))
            .claim("jti", jti.as_str())
            .claim("origin_jti", origin.as_str())
            .claim("auth_time", auth_time);
        let verified = verify(&token.sign()).expect("a good token");
        prop_assert_eq!(verified.subject(), &sub);
        prop_assert_eq!(verified.username(), Some(&*username));
        prop_assert_eq!(verified.groups().collect::<Vec<_>>(), groups.iter().collect::<Vec<_>>());
        prop_assert!(groups.iter().all(|group| verified.is_in_group(group)));
        prop_assert_eq!(verified.token_id(), Some(&*jti));
        prop_assert_eq!(verified.origin_token_id(), Some(&*origin));
        prop_assert_eq!(verified.authenticated_at(), Some(UnixTime::from_secs(auth_time)));
        prop_assert_eq!(verified.client_id(), CLIENT);
    }

    #[test]
    fn scopes_are_separated_by_spaces_only(scopes in vec("[!-~äоＡ\t\u{a0}]{0,12}", 0..6), other in "[!-~]{1,12}") {
        let verified = verify(&WORLD.access().claim("scope", scopes.join(" ")).sign()).expect("a good token");
        let written: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| !scope.is_empty()).collect();
        let read = verified.scopes();
        prop_assert_eq!(read.iter().collect::<Vec<_>>(), written.clone());
        prop_assert_eq!(read.is_empty(), written.is_empty());
        prop_assert!(written.iter().all(|scope| read.contains(scope)));
        prop_assert_eq!(read.contains(&other), written.contains(&other.as_str()));
        prop_assert!(!read.contains(""));
        prop_assert!(written.len() == 1 || !read.contains(&scopes.join(" ")));
    }

    #[test]
    fn times_are_compared_as_numbers(
        exp in time(),
        iat in time(),
        nbf in proptest::option::of(time()),
        leeway in 0..=300_u64,
    ) {
        let mut token = WORLD.access().claim("exp", exp).claim("iat", iat);
        if let Some(nbf) = nbf {
            token = token.claim("nbf", nbf);
        }
        let (verifier, keys) = &*EITHER;
        let verifier = verifier.clone().leeway(Duration::from_secs(leeway)).expect("under five minutes");
        let found = verifier.verify(&token.sign(), keys, UnixTime::from_secs(NOW));
        // Times that do not fit into milliseconds are all far from now.
        let (now, leeway) = (i128::from(NOW), i128::from(leeway));
        let holds = |from: i64| i128::from(from) <= now + leeway;
        let expected = i128::from(exp) + leeway > now && holds(iat) && nbf.is_none_or(holds);
        prop_assert_eq!(found.is_ok(), expected);
    }

    #[test]
    fn a_user_pool_id_has_the_syntax_of_aws(
        text in prop_oneof![any::<String>(), "[a-zA-Z0-9_-]{0,30}_[a-zA-Z0-9-]{0,30}", "[a-z]{2}-[a-z]{4,9}-[0-9]_[A-Za-z0-9]{9}"],
    ) {
        // UserPoolIdType: [\w-]+_[0-9a-zA-Z]+, 1 to 55 characters, in ASCII.
        let model = || {
            let (region, name) = text.rsplit_once('_')?;
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let alphanumeric = name.chars().all(|c| c.is_ascii_alphanumeric());
            (!region.is_empty() && !name.is_empty() && region.chars().all(word) && alphanumeric && text.len() <= 55)
                .then_some(region)
        };
        let parsed = text.parse::<UserPoolId>();
        prop_assert_eq!(parsed.as_ref().ok().map(UserPoolId::region), model());
        if let Ok(id) = parsed {
            prop_assert_eq!(id.as_str(), &text);
            for form in [IssuerForm::Original, IssuerForm::Updated] {
                prop_assert_eq!(id.issuer(form).is_some(), id.partition().is_some());
                if let Some(issuer) = id.issuer(form) {
                    let (host, path) = issuer.strip_prefix("https://").expect("TLS").split_once('/').expect("a path");
                    prop_assert!(path == text && host.contains("cognito-idp.") && host.contains(".amazonaws."));
                }
            }
        }
    }

    #[test]
    fn scopes_and_groups_have_the_syntax_of_aws(text in prop_oneof![any::<String>(), "[!-~ ]{0,12}", "[a/]{0,520}", "[\\x7f-\u{a1}\u{ad}\u{1680}\u{1fff}-\u{2070}\u{3000}\u{feff}a]{0,3}"]) {
        let printable = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
        let scope = match text.rsplit_once('/') {
            None => (1..=256).contains(&text.len()),
            Some((server, name)) => (1..=256).contains(&server.len()) && (1..=256).contains(&name.len()),
        };
        prop_assert_eq!(is_scope(&text), scope && text.chars().all(printable));
        let invisible = |c: char| "\u{ad}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{feff}".contains(c)
            || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2060}'..='\u{206f}').contains(&c);
        let unseen = |c: char| c.is_whitespace() || c.is_control() || invisible(c);
        prop_assert_eq!(is_group(&text), (1..=128).contains(&text.chars().count()) && !text.chars().any(unseen));
    }

    #[test]
    fn random_bytes_and_json_are_not_a_key_set(bytes in vec(any::<u8>(), 0..400), json in any_json()) {
        prop_assert!(KeySet::from_json(&bytes).is_err());
        for text in [json.to_string(), json!({ "keys": json }).to_string(), json!({ "keys": [json] }).to_string()] {
            prop_assert!(KeySet::from_json(text.as_bytes()).is_err());
        }
    }
}

/// Seconds: near now, or anything.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![3 => (NOW - 400)..=(NOW + 400), 1 => any::<i64>()]
}

/// The properties are about a setup that lets both kinds in.
#[test]
fn the_door_of_the_properties_lets_a_good_token_in() {
    assert!(verify(&WORLD.access().sign()).is_ok() && verify(&WORLD.id().sign()).is_ok());
    assert_eq!(cognito_authorizer::Accept::from(TokenUse::Access), cognito_authorizer::Accept::Access);
}

//! What holds for all input: parsing never panics, and what is let in is what was written.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use cognito_authorizer::{
    Accept, IssuerForm, KeySet, Rejected, Requirement, TokenUse, UnixTime, UserPoolId, Verified, all_scopes,
    any_group, any_scope, is_group, is_scope, token_use,
};
use cognito_verify::{KeyRing, Verifier};
use proptest::{collection::vec, prelude::*, sample::subsequence};
use serde_json::{Value, json};

use super::{
    case::Door,
    table::WORLD,
    world::{NOW, base64url, third_header},
};
use crate::support::{CLIENT, any_json::any_json};

static DOOR: LazyLock<(Verifier, KeyRing)> = LazyLock::new(|| WORLD.verifier(Door::Either));

fn verify(token: &str) -> Result<Verified, Rejected> {
    let (verifier, keys) = &*DOOR;
    verifier.verify(token, keys, UnixTime::from_secs(NOW))
}

proptest! {
    #[test]
    fn no_text_is_a_token(text in any::<String>()) {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn no_segments_are_a_token(segments in vec(vec(any::<u8>(), 0..300), 0..6)) {
        let segments: Vec<String> = segments.iter().map(base64url).collect();
        prop_assert!(verify(&segments.join(".")).is_err());
        // With a header that holds, nothing but the signature is between them and the claims.
        let token = format!("{}.{}", third_header("RS256"), segments.join("."));
        prop_assert!(verify(&token).is_err());
    }

    #[test]
    fn any_header_may_be_signed(header in any_json(), kid in any::<String>()) {
        let (header, named) = (header.to_string(), json!({ "alg": "RS256", "kid": kid }).to_string());
        for header in [header, named] {
            let token = WORLD.signed(&format!("{}.e30", base64url(header)));
            prop_assert!(verify(&token).is_err());
        }
    }

    #[test]
    fn any_payload_may_be_signed(bytes in vec(any::<u8>(), 0..300), claims in any_json()) {
        for payload in [bytes, claims.to_string().into_bytes()] {
            let token = WORLD.signed(&format!("{}.{}", third_header("RS256"), base64url(payload)));
            prop_assert!(verify(&token).is_err(), "no issuer, no times: no token");
        }
    }

    #[test]
    fn unknown_claims_decide_nothing_and_can_be_read(name in "[^\0]{1,20}", value in any_json()) {
        let name = format!("custom:{name}");
        let token = WORLD.access().claim(name.as_str(), value.clone()).sign();
        let verified = verify(&token).expect("a good token");
        let claims: Value = verified.claims().expect("claims");
        let written: Value = serde_json::from_str(&value.to_string()).expect("JSON");
        prop_assert_eq!(claims.get(&name), Some(&written));
    }

    #[test]
    fn what_was_written_is_what_is_read(
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
    fn scopes_are_what_stands_between_spaces(scopes in vec("[!-~äоＡ\t\u{a0}]{0,12}", 0..6), other in "[!-~]{1,12}") {
        let verified = verify(&WORLD.access().claim("scope", scopes.join(" ")).sign()).expect("a good token");
        let written: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| !scope.is_empty()).collect();
        let read = verified.scopes();
        prop_assert_eq!(read.iter().collect::<Vec<_>>(), written.clone());
        prop_assert_eq!(read.is_empty(), written.is_empty());
        prop_assert!(written.iter().all(|scope| read.contains(scope)));
        prop_assert_eq!(read.contains(&other), written.contains(&other.as_str()));
        prop_assert!(!read.contains("") && !read.contains(&scopes.join(" ")) || written.len() == 1);
    }

    #[test]
    fn times_are_compared_as_numbers_are(
        exp in time(),
        iat in time(),
        nbf in proptest::option::of(time()),
        leeway in 0..=300_u64,
    ) {
        let mut token = WORLD.access().claim("exp", exp).claim("iat", iat);
        if let Some(nbf) = nbf {
            token = token.claim("nbf", nbf);
        }
        let (verifier, keys) = &*DOOR;
        let verifier = verifier.clone().leeway(Duration::from_secs(leeway)).expect("under five minutes");
        let found = verifier.verify(&token.sign(), keys, UnixTime::from_secs(NOW));
        // Moments beyond what milliseconds can count are all alike, and far from now.
        let (now, leeway) = (i128::from(NOW), i128::from(leeway));
        let holds = |from: i64| i128::from(from) <= now + leeway;
        let expected = i128::from(exp) + leeway > now && holds(iat) && nbf.is_none_or(holds);
        prop_assert_eq!(found.is_ok(), expected);
    }

    #[test]
    fn a_requirement_is_what_a_naive_evaluator_says(tree in tree(), holder in holder()) {
        let requirement = tree.requirement();
        let verified = verify(&holder.token()).expect("a good token");
        let mistaken = tree.is_mistaken();
        prop_assert_eq!(requirement.error().is_some(), mistaken, "{}", requirement);
        prop_assert_eq!(requirement.check(&verified).is_ok(), !mistaken && tree.holds(&holder), "{}", requirement);
        let mut named = BTreeSet::new();
        tree.names(&mut named);
        prop_assert!(requirement.scopes().iter().all(|scope| named.contains(*scope)));
        prop_assert!(!requirement.to_string().is_empty());
    }

    #[test]
    fn a_user_pool_id_is_what_aws_says_it_is(
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
    fn scopes_and_groups_are_checked_as_their_syntax_says(text in prop_oneof![any::<String>(), "[!-~ ]{0,12}", "[a/]{0,520}", "[\\x7f-\u{a1}\u{ad}\u{1680}\u{1fff}-\u{2070}\u{3000}\u{feff}a]{0,3}"]) {
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
    fn no_bytes_break_a_key_set(bytes in vec(any::<u8>(), 0..400), json in any_json()) {
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

const SCOPES: [&str; 4] = ["r/a", "r/b", "r/ab", "openid"];
const GROUPS: [&str; 3] = ["x", "y", "xy"];

/// Who has which scopes and groups.
#[derive(Clone, Debug)]
struct Holder {
    token_use: TokenUse,
    scopes: Vec<&'static str>,
    groups: Vec<&'static str>,
}

impl Holder {
    fn token(&self) -> String {
        let token = match self.token_use {
            TokenUse::Id => WORLD.id(),
            _ => WORLD.access().claim("scope", self.scopes.join(" ")),
        };
        token.claim("cognito:groups", json!(self.groups)).sign()
    }

    /// An ID token has no scopes.
    fn scopes(&self) -> &[&'static str] {
        if self.token_use == TokenUse::Id { &[] } else { &self.scopes }
    }
}

fn holder() -> impl Strategy<Value = Holder> {
    let token_use = prop_oneof![4 => Just(TokenUse::Access), 1 => Just(TokenUse::Id)];
    (token_use, subsequence(&SCOPES[..], 0..=4), subsequence(&GROUPS[..], 0..=3))
        .prop_map(|(token_use, scopes, groups)| Holder { token_use, scopes, groups })
}

/// A requirement as it is written.
#[derive(Clone, Debug)]
enum Tree {
    Nothing,
    Use(TokenUse),
    AnyScope(Vec<&'static str>),
    AllScopes(Vec<&'static str>),
    AnyGroup(Vec<&'static str>),
    /// A scope with a space in it.
    Mistaken,
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let scopes = || subsequence(&SCOPES[..], 1..=4);
    let leaf = prop_oneof![
        2 => Just(Tree::Nothing),
        2 => prop_oneof![Just(TokenUse::Access), Just(TokenUse::Id)].prop_map(Tree::Use),
        6 => scopes().prop_map(Tree::AnyScope),
        4 => scopes().prop_map(Tree::AllScopes),
        4 => subsequence(&GROUPS[..], 1..=3).prop_map(Tree::AnyGroup),
        1 => Just(Tree::Mistaken),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        let pair = (inner.clone(), inner).prop_map(|(one, two)| (Box::new(one), Box::new(two)));
        prop_oneof![
            pair.clone().prop_map(|(one, two)| Tree::And(one, two)),
            pair.prop_map(|(one, two)| Tree::Or(one, two)),
        ]
    })
}

impl Tree {
    fn requirement(&self) -> Requirement {
        match self {
            Self::Nothing => Requirement::nothing(),
            Self::Use(wanted) => token_use(*wanted),
            Self::AnyScope(names) => any_scope(names.iter().copied()),
            Self::AllScopes(names) => all_scopes(names.iter().copied()),
            Self::AnyGroup(names) => any_group(names.iter().copied()),
            Self::Mistaken => any_scope(["two words"]),
            Self::And(one, two) => one.requirement().and(two.requirement()),
            Self::Or(one, two) => one.requirement().or(two.requirement()),
        }
    }

    fn holds(&self, holder: &Holder) -> bool {
        match self {
            Self::Nothing => true,
            Self::Use(wanted) => *wanted == holder.token_use,
            Self::AnyScope(names) => names.iter().any(|name| holder.scopes().contains(name)),
            Self::AllScopes(names) => names.iter().all(|name| holder.scopes().contains(name)),
            Self::AnyGroup(names) => names.iter().any(|name| holder.groups.contains(name)),
            Self::Mistaken => false,
            Self::And(one, two) => one.holds(holder) && two.holds(holder),
            Self::Or(one, two) => one.holds(holder) || two.holds(holder),
        }
    }

    fn is_mistaken(&self) -> bool {
        match self {
            Self::Mistaken => true,
            Self::And(one, two) | Self::Or(one, two) => one.is_mistaken() || two.is_mistaken(),
            _ => false,
        }
    }

    fn names(&self, into: &mut BTreeSet<&'static str>) {
        match self {
            Self::AnyScope(names) | Self::AllScopes(names) => into.extend(names),
            Self::And(one, two) | Self::Or(one, two) => {
                one.names(into);
                two.names(into);
            }
            _ => {}
        }
    }
}

/// The properties are about a door that lets both kinds in.
#[test]
fn the_door_of_the_properties_lets_a_good_token_in() {
    assert!(verify(&WORLD.access().sign()).is_ok() && verify(&WORLD.id().sign()).is_ok());
    assert_eq!(Accept::from(TokenUse::Access), Accept::Access);
}

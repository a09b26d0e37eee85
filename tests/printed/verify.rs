//! The types of `cognito-verify`.

use std::time::Duration;

use cognito_verify::{
    Accept, Check, ClaimRules, Denied, IssuerForm, KeySet, Part, Partition, PoolError, Rejected,
    RequiredClaim, RequirementError, TokenUse, Unrecorded, UserPool, UserPoolId, Verifier, scope,
};

use super::{PASSWORD, Scene, access_token, verifier};
use crate::support::{CLIENT, POOL};
use cognito_authorizer::clock::Clock;

#[test]
fn no_type_of_the_verifier_prints_a_token_or_its_claims() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("cognito-verify");
    let (verifier, pool_keys) = (verifier(), scene.pool_keys());

    // During verification, and after it.
    let unverified = verifier.read(scene.access.as_bytes(), &pool_keys).expect("it can be read");
    printer.print(&unverified);
    for token in [&scene.access, &scene.id] {
        let (findings, _) = verifier.explain(token, &pool_keys, Clock::now(&scene.clock));
        assert_eq!(findings.len(), Check::ALL.len());
        printer.print_each(findings);
    }
    printer.print(&Unrecorded);
    let (access, id) = (scene.verified(&scene.access), scene.verified(&scene.id));
    printer.print_each([&access, &id].map(Clone::clone));
    printer.print(&access.scopes());
    printer.print(&access.pool().clone());
    printer.print(&access.expiry());
    printer.print(&access.claims::<[u8; 2]>().expect_err("not an array"));
    printer.print(&verifier);
    printer.print(&pool_keys);
    printer.print(&scene.keys);
    printer.print_each(verifier.pools().iter().map(|pool| cognito_verify::Pool::clone(pool)));

    // Refused.
    let rejected = hostile(&scene);
    printer.print_each(rejected.iter().map(Rejected::check));
    printer.print_each(rejected);
    let requirement = scope("orders/write").and(cognito_verify::group("admins"));
    printer.print(&requirement);
    let either = scope("orders/write").or(cognito_verify::group("admins"));
    let of_another =
        cognito_verify::any_user_pool(["eu-west-1_Zz98Yy76X".parse::<UserPoolId>().expect("an id")]);
    for required in [requirement, either, of_another, cognito_verify::token_use(TokenUse::Id)] {
        let denied = required.check(&access).expect_err("not enough");
        if let Denied::Scope { granted, .. } | Denied::Group { granted, .. } = &denied {
            printer.print(granted);
        }
        printer.print(&denied);
    }

    // Invalid settings.
    let with_password = || UserPool::new(POOL).client(CLIENT);
    for pool in [
        with_password().issuer(format!("https://admin:{PASSWORD}@idp.example")),
        with_password().jwks_url(format!("https://admin:{PASSWORD}@keys.example/jwks.json")),
        with_password().jwks_url(format!("https://admin:{PASSWORD}@not a URL@")),
        with_password().jwks_url(format!("https://keys.example/jwks.json?signature={PASSWORD}")),
        with_password().jwks_url(format!("not a URL?signature={PASSWORD}")),
        with_password().issuer(format!("https://keys.example/jwks.json#{PASSWORD}")),
    ] {
        printer.print(&pool);
        printer.print::<PoolError>(&Verifier::new([pool]).expect_err("a password"));
    }
    printer.print(&super::verifier().leeway(Duration::from_secs(3600)).expect_err("an hour"));
    printer.print::<RequirementError>(scope("a b").error().expect("no scope"));
    let damaged = scene.pool.jwks().replace("RS256", "RS512");
    let unusable = KeySet::from_json(damaged.as_bytes()).expect_err("no usable key");
    if let cognito_verify::KeySetError::NoUsableKey { skipped } = &unusable {
        printer.print_each(skipped.iter().map(|skipped| skipped.problem));
        printer.print_each(skipped.clone());
    }
    printer.print(&unusable);

    printer.print_each([Accept::Access, Accept::Id, Accept::Either]);
    printer.print_each([ClaimRules::default()]);
    printer.print_each([RequiredClaim::Audience]);
    printer.print_each([IssuerForm::Original, IssuerForm::Updated]);
    printer.print_each([Part::Header, Part::Payload, Part::Signature]);
    printer.print_each(access.pool().partition().into_iter().collect::<Vec<Partition>>());
    printer.print_each([TokenUse::Access, TokenUse::Id]);
    printer.print_each(Check::ALL);
    printer.assert_all_printed();
}

/// A rejection for each part of a token that a client can fill with any text.
fn hostile(scene: &Scene) -> Vec<Rejected> {
    let token = || access_token(&scene.pool);
    let marked = "swordfish";
    let tokens = [
        token().header("kid", marked),
        token().header("alg", marked),
        token().header("crit", serde_json::json!([marked])),
        token().raw_header(format!("{{\"{marked}\"")),
        token().raw_payload(format!("{{\"{marked}\"")),
        token().forged(),
        token().issuer(format!("https://{marked}.example")),
        token().client(marked),
        token().claim("token_use", marked),
        token().claim("exp", marked),
        token().claim("iss", serde_json::json!([marked])),
        token().without_claim("exp"),
        token().expired(),
    ];
    let (verifier, pool_keys, now) = (verifier(), scene.pool_keys(), scene.clock.now());
    let mut tokens = tokens.map(cognito_local_pool::TokenBuilder::sign).to_vec();
    tokens.extend(["swordfish".to_owned(), "sword.fish.!".to_owned(), "swordfish".repeat(10_000)]);
    tokens.iter().map(|token| verifier.verify(token, &pool_keys, now).expect_err(token)).collect()
}

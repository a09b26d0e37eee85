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
fn no_type_of_the_verifier_tells_a_token_or_its_claims() {
    let scene = Scene::new();
    let mut looked = scene.look_at("cognito-verify");
    let (verifier, pool_keys) = (verifier(), scene.pool_keys());

    // During verification, and after it.
    let unverified = verifier.read(scene.access.as_bytes(), &pool_keys).expect("it can be read");
    looked.at(&unverified);
    for token in [&scene.access, &scene.id] {
        let (findings, _) = verifier.explain(token, &pool_keys, Clock::now(&scene.clock));
        assert_eq!(findings.len(), Check::ALL.len());
        looked.at_each(findings);
    }
    looked.at(&Unrecorded);
    let (access, id) = (scene.verified(&scene.access), scene.verified(&scene.id));
    looked.at_each([&access, &id].map(Clone::clone));
    looked.at(&access.scopes());
    looked.at(&access.pool().clone());
    looked.at(&access.expiry());
    looked.at(&access.claims::<[u8; 2]>().expect_err("not an array"));
    looked.at(&verifier);
    looked.at(&pool_keys);
    looked.at(&scene.keys);
    looked.at_each(verifier.pools().iter().map(|pool| cognito_verify::Pool::clone(pool)));

    // Refused.
    let rejected = hostile(&scene);
    looked.at_each(rejected.iter().map(Rejected::check));
    looked.at_each(rejected);
    let requirement = scope("orders/write").and(cognito_verify::group("admins"));
    looked.at(&requirement);
    let either = scope("orders/write").or(cognito_verify::group("admins"));
    let of_another =
        cognito_verify::any_user_pool(["eu-west-1_Zz98Yy76X".parse::<UserPoolId>().expect("an id")]);
    for required in [requirement, either, of_another, cognito_verify::token_use(TokenUse::Id)] {
        let denied = required.check(&access).expect_err("not enough");
        if let Denied::Scope { granted, .. } | Denied::Group { granted, .. } = &denied {
            looked.at(granted);
        }
        looked.at(&denied);
    }

    // Settings that do not hold.
    let with_password = || UserPool::new(POOL).client(CLIENT);
    for pool in [
        with_password().issuer(format!("https://admin:{PASSWORD}@idp.example")),
        with_password().jwks_url(format!("https://admin:{PASSWORD}@keys.example/jwks.json")),
        with_password().jwks_url(format!("https://admin:{PASSWORD}@not a URL@")),
        with_password().jwks_url(format!("https://keys.example/jwks.json?signature={PASSWORD}")),
        with_password().jwks_url(format!("not a URL?signature={PASSWORD}")),
        with_password().issuer(format!("https://keys.example/jwks.json#{PASSWORD}")),
    ] {
        looked.at(&pool);
        looked.at::<PoolError>(&Verifier::new([pool]).expect_err("a password"));
    }
    looked.at(&super::verifier().leeway(Duration::from_secs(3600)).expect_err("an hour"));
    looked.at::<RequirementError>(scope("a b").error().expect("no scope"));
    let damaged = scene.pool.jwks().replace("RS256", "RS512");
    let unusable = KeySet::from_json(damaged.as_bytes()).expect_err("no usable key");
    if let cognito_verify::KeySetError::NoUsableKey { skipped } = &unusable {
        looked.at_each(skipped.iter().map(|skipped| skipped.problem));
        looked.at_each(skipped.clone());
    }
    looked.at(&unusable);

    looked.at_each([Accept::Access, Accept::Id, Accept::Either]);
    looked.at_each([ClaimRules::default()]);
    looked.at_each([RequiredClaim::Audience]);
    looked.at_each([IssuerForm::Original, IssuerForm::Updated]);
    looked.at_each([Part::Header, Part::Payload, Part::Signature]);
    looked.at_each(access.pool().partition().into_iter().collect::<Vec<Partition>>());
    looked.at_each([TokenUse::Access, TokenUse::Id]);
    looked.at_each(Check::ALL);
    looked.at_all();
}

/// A refusal for each part of a token that a client can fill with any text.
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

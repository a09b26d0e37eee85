//! Key ids, rotation in one go and by steps, and shared keys.

use cognito_local_pool::LocalPool;
use serde_json::Value;

use crate::support::{Token, key_ids, pool};

#[test]
fn the_jwk_set_has_the_members_of_cognitos() {
    let pool = pool();
    let jwks: Value = serde_json::from_str(&pool.jwks()).unwrap();
    assert_eq!(key_ids(&pool), [pool.id_key_id(), pool.access_key_id()]);
    for key in jwks["keys"].as_array().unwrap() {
        let names: Vec<&String> = key.as_object().unwrap().keys().collect();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&key["alg"], &key["kty"], &key["use"]), (&"RS256".into(), &"RSA".into(), &"sig".into()));
        assert_eq!(key["e"], "AQAB");
        assert_eq!(key["n"].as_str().unwrap().len(), 342, "256 bytes without a leading zero");
    }
}

#[test]
fn a_rotation_replaces_both_keys() {
    let pool = pool();
    let (before, token) = (key_ids(&pool), Token::of(&pool.access_token("ada").sign()));
    pool.rotate();
    let after = key_ids(&pool);
    assert_eq!(after.len(), 2);
    assert!(before.iter().all(|kid| !after.contains(kid)));
    assert!(!token.signed_by(&pool, &before[1]), "the old key is no longer published");
    let token = Token::of(&pool.access_token("ada").sign());
    assert!(token.signed_by(&pool, &pool.access_key_id()));
}

#[test]
fn a_rotation_can_be_made_by_steps() {
    let pool = pool();
    let old = key_ids(&pool);

    pool.publish_next_keys();
    let both = key_ids(&pool);
    assert_eq!((both.len(), &both[..2]), (4, &old[..]));
    assert_eq!(pool.access_key_id(), old[1], "published, and not yet in use");
    pool.publish_next_keys();
    assert_eq!(key_ids(&pool), both, "keys that wait already stay");

    pool.use_next_keys();
    assert_eq!(key_ids(&pool), both, "in use, and the old ones still published");
    assert_eq!((pool.id_key_id(), pool.access_key_id()), (both[2].clone(), both[3].clone()));

    pool.withdraw_old_keys();
    assert_eq!(key_ids(&pool), both[2..]);
}

#[test]
fn using_next_keys_without_any_changes_nothing() {
    let pool = pool();
    let before = key_ids(&pool);
    pool.use_next_keys();
    pool.withdraw_old_keys();
    assert_eq!(key_ids(&pool), before);
}

#[test]
fn pools_can_share_keys_until_one_rotates() {
    let pool = pool();
    let other = LocalPool::builder("eu-west-1_Other1").keys_of(&pool).build().unwrap();
    assert_eq!(pool.jwks(), other.jwks());
    assert!(Token::of(&other.id_token("ada").sign()).signed_by(&pool, &pool.id_key_id()));
    let before = pool.jwks();
    other.rotate();
    assert_eq!(pool.jwks(), before);
}

#[test]
fn one_key_under_a_chosen_id_is_possible() {
    let pool = LocalPool::builder("eu-west-1_Dummy").key_id("dummy").build().unwrap();
    assert_eq!(key_ids(&pool), ["dummy"]);
    for token in [pool.access_token("ada").sign(), pool.id_token("ada").sign()] {
        assert!(Token::of(&token).signed_by(&pool, "dummy"));
    }
}

#[test]
fn clones_are_the_same_pool() {
    let pool = pool();
    let clone = pool.clone();
    pool.rotate();
    assert_eq!(pool.jwks(), clone.jwks());
}

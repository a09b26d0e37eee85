//! `Debug` of every public type, with values from real tokens: it reveals nothing of a token, a password or the secret of an
//! app client.

mod authorizer;
mod command;
mod definition;
mod forward_auth;
mod local_pool;
mod routes;
mod verify;

use std::{any::type_name, collections::BTreeSet, fmt, sync::Mutex};

use cognito_authorizer::{
    Accept, KeySet, UserPool, Verified,
    clock::{Clock, ManualClock},
};
use cognito_local_pool::{AppClient, LocalPool, LocalPoolBuilder, TokenBuilder, User};
use cognito_verify::{PoolKeys, Verifier};

use crate::support::{
    self, CLIENT, POOL,
    secrets::{claim_values, found_by_form},
    sources,
};

const USER: &str = "ada.swordfish";
const PASSWORD: &str = "Correct-horse-1";
const MACHINE: &str = "7machine23456789";
const CLIENT_SECRET: &str = "its-secret-swordfish";
/// What the routes of these tests require. It is configuration, so it may be printed.
const REQUIRED: [&str; 3] = ["orders/read", "ops", "urn:cognito:loa:4"];

/// A pool with a user, and an access token and an ID token that only the user should see.
#[derive(Debug)]
struct Scene {
    clock: ManualClock,
    pool: LocalPool,
    keys: KeySet,
    access: String,
    id: String,
    secrets: Vec<Secret>,
}

/// A text that must not be printed.
#[derive(Debug)]
struct Secret {
    what: String,
    text: String,
}

impl Scene {
    fn new() -> Self {
        let clock = support::clock();
        let pool = pool_builder(&clock).build().expect("a pool");
        let (access, id) = (access_token(&pool).sign(), id_token(&pool).sign());
        let secrets = [("password", PASSWORD), ("client secret", CLIENT_SECRET)];
        let secrets = secrets.map(|(what, text)| Secret { what: what.into(), text: text.into() });
        let mut scene = Self { keys: support::keys(&pool), clock, pool, access, id, secrets: secrets.into() };
        for token in [scene.access.clone(), scene.id.clone()] {
            scene.keep(&token);
        }
        scene
    }

    /// Adds the parts and claims of this token to the secrets.
    fn keep(&mut self, token: &str) {
        // The beginning of a part is enough for a leak.
        let parts = token.split('.').map(|part| &part[..part.len().min(20)]);
        self.secrets.extend(parts.map(|part| Secret { what: "part of a token".into(), text: part.into() }));
        let claims = claim_values(token).into_iter().filter(|(_, value)| !REQUIRED.contains(&value.as_str()));
        self.secrets.extend(claims.map(|(what, text)| Secret { what, text }));
    }

    fn pool_keys(&self) -> PoolKeys {
        PoolKeys::from(&self.keys)
    }

    fn verified(&self, token: &str) -> Verified {
        verifier().verify(token, &self.pool_keys(), self.clock.now()).expect("a good token")
    }

    /// The secret in this text, if there is one.
    fn secret_in(&self, text: &str) -> Option<String> {
        // Bytes are printed as a list of numbers.
        let without_space: String = text.split_whitespace().collect();
        let is_printed = |secret: &&Secret| {
            let numbers: Vec<_> = secret.text.bytes().map(|byte| byte.to_string()).collect();
            text.contains(&secret.text) || without_space.contains(&numbers.join(","))
        };
        let printed =
            self.secrets.iter().find(is_printed).map(|secret| format!("{} ({})", secret.what, secret.text));
        printed.or_else(|| found_by_form(text).map(str::to_owned))
    }

    /// Begins to print the types of a crate, by the name of its folder.
    fn print_types_of(&self, of_crate: &'static str) -> Printer<'_> {
        Printer { scene: self, of_crate, types: BTreeSet::new() }
    }
}

fn verifier() -> Verifier {
    Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("it holds").accept(Accept::Either)
}

fn pool_builder(clock: &ManualClock) -> LocalPoolBuilder {
    let machine = AppClient::confidential(MACHINE, CLIENT_SECRET).allow_scope("orders/read");
    let user = User::new(USER, PASSWORD)
        .group("ops")
        .group("swordfish-team")
        .attribute("email", "swordfish@example.com")
        .attribute("custom:tenant", "tenant-swordfish");
    support::pool_builder(clock).app_client(machine).user(user)
}

fn access_token(pool: &LocalPool) -> TokenBuilder {
    let token = pool.access_token(USER).scope("orders/read").scope("partners/swordfish");
    let token = token.group("swordfish-guests").claim("custom:account", 4_815_162_342_u64);
    token.actor("swordfish-proxy").acr("urn:cognito:loa:4")
}

fn id_token(pool: &LocalPool) -> TokenBuilder {
    pool.id_token(USER).claim("identities", serde_json::json!([{ "userId": "swordfish-at-home" }]))
}

/// Prints the types of a crate, looks for secrets in the text, and records which types were printed.
struct Printer<'s> {
    scene: &'s Scene,
    of_crate: &'static str,
    types: BTreeSet<String>,
}

impl Printer<'_> {
    /// Prints a value with `{:?}` and `{:#?}`.
    fn print<T: fmt::Debug>(&mut self, value: &T) {
        let name = type_name::<T>().split('<').next().unwrap_or_default();
        let in_crate = format!("{}::", self.of_crate.replace('-', "_"));
        assert!(name.starts_with(&in_crate), "{name} is not of {}", self.of_crate);
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            assert_eq!(self.scene.secret_in(&text), None, "{text}");
        }
        self.types.extend(name.rsplit("::").next().map(str::to_owned));
    }

    /// Prints each of these values.
    fn print_each<T: fmt::Debug>(&mut self, values: impl IntoIterator<Item = T>) {
        values.into_iter().for_each(|value| self.print(&value));
    }

    /// Checks the texts of values that are only borrowed by a closure, which printed them.
    fn printed<const N: usize>(&mut self, types: [&str; N], texts: &Mutex<Vec<String>>) {
        let texts = std::mem::take(&mut *texts.lock().expect("a lock"));
        for name in types {
            assert!(texts.iter().any(|text| text.contains(name)), "{name} is not in {texts:?}");
        }
        for text in texts {
            assert_eq!(self.scene.secret_in(&text), None, "{text}");
        }
        self.types.extend(types.map(str::to_owned));
    }

    /// Fails if a public type was not printed.
    fn assert_all_printed(self) {
        let public = sources::public_types(self.of_crate);
        let left_out: Vec<_> = public.difference(&self.types).collect();
        assert!(left_out.is_empty(), "{} has types that no test prints: {left_out:?}", self.of_crate);
        let gone: Vec<_> = self.types.difference(&public).collect();
        assert!(gone.is_empty(), "{} declares no such types: {gone:?}", self.of_crate);
    }
}

/// Tests the search itself.
#[test]
fn every_secret_is_found_in_each_form_of_debug() {
    #[derive(Debug)]
    struct Leak<'t> {
        _text: &'t str,
        _bytes: &'t [u8],
    }

    let scene = Scene::new();
    let claims: BTreeSet<_> = scene.secrets.iter().map(|secret| secret.what.as_str()).collect();
    let expected = [
        "act",
        "client secret",
        "cognito:groups",
        "cognito:username",
        "custom:account",
        "custom:tenant",
        "email",
        "event_id",
        "identities",
        "jti",
        "origin_jti",
        "part of a token",
        "password",
        "scope",
        "sub",
        "username",
    ];
    assert_eq!(claims.into_iter().collect::<Vec<_>>(), expected);
    for secret in &scene.secrets {
        let (text, bytes) = (secret.text.as_str(), secret.text.as_bytes());
        for leak in [Leak { _text: text, _bytes: &[] }, Leak { _text: "", _bytes: bytes }] {
            assert!(scene.secret_in(&format!("{leak:?}")).is_some(), "{secret:?}");
            assert!(scene.secret_in(&format!("{leak:#?}")).is_some(), "{secret:?}");
        }
    }
    assert_eq!(scene.secret_in(&format!("pool {POOL}, client {CLIENT}, scope orders/read, group ops")), None);
}

#[test]
fn every_crate_with_public_types_has_a_module_here() {
    let modules = [
        "apigateway-definition",
        "apigateway-routes",
        "cognito-authorizer",
        "cognito-authorizer-cli",
        "cognito-authorizer-testing",
        "cognito-forward-auth",
        "cognito-local-pool",
        "cognito-verify",
    ];
    assert!(sources::crates().into_iter().eq(modules), "add a module beside these");
    // The search for types finds some.
    assert!(
        sources::public_types("cognito-verify")
            .is_superset(&["Verified", "Rejected", "PoolKeys"].map(str::to_owned).into())
    );
}

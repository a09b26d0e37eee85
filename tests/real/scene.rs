//! A pool with resource servers, app clients and users, created with ministack's API, and all kinds of callers.

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, UserPool, clock::ManualClock};
use http::Method;

use super::{
    cognito::{Client, Cognito, Pool, Tokens},
    outcome::{Sent, other_payload, other_signature, signed_as},
};

/// The scope that `POST /my_path` requires.
pub(super) const API_SCOPE: &str = "user_management_lambdas/api";

/// The pool, its app clients, and the tokens of its users.
pub(super) struct Scene {
    pub(super) pool: Pool,
    pub(super) machine: Client,
    other_machine: Client,
    /// Its tokens have an empty `scope`.
    scopeless_machine: Client,
    orders_machine: Client,
    pub(super) web: Client,
    unlisted: Client,
    /// In the group `ops`.
    pub(super) ada: Tokens,
    /// In no group.
    bob: Tokens,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let pool = Cognito::at("MINISTACK_URL").create_pool().await;
        pool.create_resource_server("user_management_lambdas", &["api", "other"]).await;
        pool.create_resource_server("orders", &["read", "write"]).await;
        let web = pool.create_public_client().await;
        pool.create_user("ada").await;
        pool.create_group("ops", "ada").await;
        pool.create_user("bob").await;
        Self {
            machine: pool.create_machine_client(&[API_SCOPE]).await,
            other_machine: pool.create_machine_client(&["user_management_lambdas/other"]).await,
            scopeless_machine: pool.create_machine_client(&[]).await,
            orders_machine: pool.create_machine_client(&["orders/read"]).await,
            unlisted: pool.create_machine_client(&[API_SCOPE]).await,
            ada: pool.sign_in(&web, "ada").await,
            bob: pool.sign_in(&web, "bob").await,
            web,
            pool,
        }
    }

    /// The app clients that are let in.
    pub(super) fn client_ids(&self) -> [&str; 5] {
        [&self.machine, &self.other_machine, &self.scopeless_machine, &self.orders_machine, &self.web]
            .map(|client| client.id.as_str())
    }

    pub(super) async fn layer(&self, clock: &ManualClock) -> CognitoAuthLayer {
        let pool = UserPool::new(self.pool.id()).jwks_url(self.pool.jwks_url());
        let builder = CognitoAuthLayer::builder(pool);
        let builder = self.client_ids().into_iter().fold(builder, CognitoAuthBuilder::client);
        builder.clock(clock.clone()).connect().await.expect("ministack has the keys")
    }

    pub(super) async fn cast(&self) -> Cast {
        let machine = self.pool.machine_token(&self.machine).await;
        let other = self.pool.machine_token(&self.other_machine).await;
        let other_pool = Cognito::at("MINISTACK_URL").create_pool().await;
        other_pool.create_resource_server("user_management_lambdas", &["api"]).await;
        let machine_of_other_pool = other_pool.create_machine_client(&[API_SCOPE]).await;
        Cast {
            unlisted: self.pool.machine_token(&self.unlisted).await,
            scopeless: self.pool.machine_token(&self.scopeless_machine).await,
            orders: self.pool.machine_token(&self.orders_machine).await,
            other_pool: other_pool.machine_token(&machine_of_other_pool).await,
            other_payload: other_payload(&machine),
            other_signature: other_signature(&machine),
            promoted: signed_as(&machine, &other),
            machine,
            other,
        }
    }
}

/// The tokens of one test.
pub(super) struct Cast {
    pub(super) machine: String,
    pub(super) other: String,
    scopeless: String,
    pub(super) orders: String,
    pub(super) unlisted: String,
    pub(super) other_pool: String,
    pub(super) other_payload: String,
    pub(super) other_signature: String,
    promoted: String,
}

impl Cast {
    /// Requests to each route: good ones, and ones that differ from a good one in a single respect.
    pub(super) fn requests<'t>(&'t self, Scene { ada, bob, .. }: &'t Scene) -> Vec<Sent<'t>> {
        let call = |who, token| (who, Method::POST, "/my_path", token);
        let me = |who, token| (who, Method::GET, "/me", token);
        vec![
            call("machine with the scope", Some(&*self.machine)),
            call("machine with another scope", Some(&self.other)),
            call("machine without any scope", Some(&self.scopeless)),
            call("user without the scope", Some(&ada.access)),
            call("nobody", None),
            call("user with an ID token", Some(&ada.id)),
            call("user with a refresh token", Some(&ada.refresh)),
            call("machine of another pool", Some(&self.other_pool)),
            call("app client that is not listed", Some(&self.unlisted)),
            call("changed payload", Some(&self.other_payload)),
            call("changed signature", Some(&self.other_signature)),
            call("scope under another token's signature", Some(&self.promoted)),
            me("user with an ID token", Some(&*ada.id)),
            me("user with an access token", Some(&ada.access)),
            me("user with a refresh token", Some(&ada.refresh)),
            me("machine with the scope", Some(&self.machine)),
            me("nobody", None),
            ("user in the group", Method::GET, "/ops", Some(&ada.access)),
            ("user in no group", Method::GET, "/ops", Some(&bob.access)),
        ]
    }
}

//! The types of `cognito-local-pool`.

use cognito_local_pool::{
    AppClient, AuthFlow, Clock, KeyUse, LocalPool, PoolError, ResourceServer, ServeError, User,
};
use serde_json::{Value, json};

use super::{CLIENT_SECRET, PASSWORD, Scene, USER, access_token, id_token, pool_builder};
use crate::support::{CLIENT, POOL};

/// Whose settings are wrong, which the error says by the name.
const NOBODY: &str = "nobody";

#[tokio::test]
async fn no_type_of_the_local_pool_tells_a_token_its_claims_or_a_secret() {
    let mut scene = Scene::new();
    // A user is signed in, so that the pool has a session, and a refresh token for it.
    let server = scene.pool.serve("127.0.0.1:0").await.expect("a server");
    let issued = sign_in(&server.url()).await;
    for name in ["AccessToken", "IdToken"] {
        scene.keep(issued[name].as_str().expect("a token"));
    }
    let refresh = issued["RefreshToken"].as_str().expect("a token")[..20].to_owned();
    scene.secrets.push(super::Secret { what: "refresh token".into(), text: refresh });

    let mut looked = scene.look_at("cognito-local-pool");
    looked.at(&scene.pool);
    looked.at(&server);
    looked.at(&pool_builder(&scene.clock));
    let marked = "swordfish-guests";
    looked.at_each([
        access_token(&scene.pool),
        id_token(&scene.pool),
        access_token(&scene.pool).header("kid", scene.access.as_str()),
        access_token(&scene.pool).raw_payload(scene.access.as_str()).raw_header(scene.id.as_str()),
        scene.pool.machine_token(CLIENT).scope("partners/swordfish").group(marked),
    ]);
    looked.at(&User::new(USER, PASSWORD).subject(scene.verified(&scene.id).subject()).group(marked));
    let machine = AppClient::confidential(CLIENT, CLIENT_SECRET);
    looked.at(&machine);
    looked.at(&Clock::fixed(scene.pool.clock().now()));
    looked.at(&ResourceServer::new("orders").scope("read"));
    looked.at_each([KeyUse::Access, KeyUse::Id]);
    looked.at(&AuthFlow::UserSrp);

    // An error names what was set wrongly, and nothing beside it.
    let builder = || LocalPool::builder(POOL);
    let user = || User::new(NOBODY, PASSWORD);
    for wrong in [
        builder().app_client(machine.clone()).app_client(machine.clone()),
        builder().app_client(machine.allow_scope("orders/none")),
        builder().user(user().attribute("email_verified", "tenant-swordfish")),
        builder().user(user().attribute("tenant", "tenant-swordfish")),
    ] {
        looked.at::<PoolError>(&wrong.build().expect_err("it is wrong"));
    }
    looked.at::<ServeError>(&scene.pool.serve("0.0.0.0:0").await.expect_err("not loopback"));
    looked.at_all();
}

async fn sign_in(url: &str) -> Value {
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": CLIENT,
        "AuthParameters": { "USERNAME": USER, "PASSWORD": PASSWORD },
    });
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client
        .post(url)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
        .body(request.to_string());
    let answer = request.send().await.expect("an answer").text().await.expect("a text");
    let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["AuthenticationResult"].take()
}

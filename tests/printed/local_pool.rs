//! The types of `cognito-local-pool`.

use std::sync::{Arc, Mutex};

use cognito_local_pool::{
    AcrLevel, AppClient, AuthFlow, Clock, CodePurpose, ExplainLine, ExplainOutcome, KeyUse, LocalPool,
    OAuthFlow, PasswordPolicy, PoolError, ResourceServer, ServeError, SignInAttribute, SignInError, TlsError,
    TlsIdentity, TokenAdditions, TriggerSource, User,
};
use serde_json::{Value, json};

use super::{CLIENT_SECRET, PASSWORD, Scene, USER, access_token, id_token, pool_builder};
use crate::support::{CLIENT, POOL};

/// A user whose settings are wrong; the error has the name.
const NOBODY: &str = "nobody";

#[tokio::test]
async fn no_type_of_the_local_pool_prints_a_token_its_claims_or_a_secret() {
    let mut scene = Scene::new();
    // A user is signed in, so that the pool has a session, and a refresh token for it.
    let server = scene.pool.serve("127.0.0.1:0").await.expect("a server");
    let issued = sign_in(&server.url()).await;
    for name in ["AccessToken", "IdToken"] {
        scene.keep(issued[name].as_str().expect("a token"));
    }
    let refresh = issued["RefreshToken"].as_str().expect("a token")[..20].to_owned();
    scene.secrets.push(super::Secret { what: "refresh token".into(), text: refresh });

    let mut printer = scene.print_types_of("cognito-local-pool");
    printer.print(&scene.pool);
    printer.print(&server);
    printer.print(&pool_builder(&scene.clock));
    let marked = "swordfish-guests";
    printer.print_each([
        access_token(&scene.pool),
        id_token(&scene.pool),
        access_token(&scene.pool).header("kid", scene.access.as_str()),
        access_token(&scene.pool).raw_payload(scene.access.as_str()).raw_header(scene.id.as_str()),
        scene.pool.machine_token(CLIENT).scope("partners/swordfish").group(marked),
    ]);
    printer.print(&User::new(USER, PASSWORD).subject(scene.verified(&scene.id).subject()).group(marked));
    let machine = AppClient::confidential(CLIENT, CLIENT_SECRET);
    printer.print(&machine);
    printer.print(&Clock::fixed(scene.pool.clock().now()));
    printer.print(&ResourceServer::new("orders").scope("read"));
    printer.print_each([KeyUse::Access, KeyUse::Id]);
    printer.print(&AcrLevel::Level4);

    // An error names the wrong setting, and nothing else.
    let builder = || LocalPool::builder(POOL);
    let user = || User::new(NOBODY, PASSWORD);
    for wrong in [
        builder().app_client(machine.clone()).app_client(machine.clone()),
        builder().app_client(machine.allow_scope("orders/none")),
        builder().user(user().attribute("email_verified", "tenant-swordfish")),
        builder().user(user().attribute("tenant", "tenant-swordfish")),
    ] {
        printer.print::<PoolError>(&wrong.build().expect_err("it is wrong"));
    }
    printer.print::<SignInError>(&scene.pool.sign_in(NOBODY).issue().expect_err("there is no such user"));
    printer.print_each([OAuthFlow::Code, OAuthFlow::Implicit, OAuthFlow::ClientCredentials]);
    printer.print_each([AuthFlow::UserPassword, AuthFlow::UserSrp]);
    printer.print_each([
        SignInAttribute::Email,
        SignInAttribute::PhoneNumber,
        SignInAttribute::PreferredUsername,
    ]);
    printer.print_each([TriggerSource::HostedAuth, TriggerSource::RefreshTokens]);
    printer.print(&PasswordPolicy::new());
    printer.print(&TokenAdditions::for_user(USER).claim("custom:account", "tenant-swordfish").group(marked));

    // Values that the pool only lends to a closure are printed inside the closure.
    let printed: Arc<Mutex<Vec<String>>> = Arc::default();
    let (tokens, codes) = (Arc::clone(&printed), Arc::clone(&printed));
    let watched = pool_builder(&scene.clock)
        .user(User::new("eve.swordfish", PASSWORD).unconfirmed())
        .allow_self_sign_up()
        .on_token(move |event| {
            event.id_token().add_or_override_claim("custom:account", "tenant-swordfish");
            event.access_token().add_or_override_claim("custom:account", "tenant-swordfish").add_scope("a/b");
            let texts = [
                format!("{event:?}"),
                format!("{:?}", event.access_token()),
                format!("{:?}", event.id_token()),
            ];
            tokens.lock().expect("a lock").extend(texts);
        })
        .on_code(move |sent| codes.lock().expect("a lock").push(format!("{sent:?}")))
        .build()
        .expect("a pool");
    let signing_in = watched.sign_in(USER);
    printer.print(&signing_in);
    printer.print(&signing_in.issue().expect("ada signs in"));
    printer.printed(["TokenEvent", "AccessTokenChanges", "IdTokenChanges"], &printed);
    resend(&watched).await;
    printer.printed(["SentCode"], &printed);
    printer.print(&CodePurpose::ConfirmSignUp);
    let shown = Arc::clone(&printed);
    watched.explain_with(["GET /orders"], move |request| {
        shown.lock().expect("a lock").push(format!("{request:?}"));
        async { Vec::new() }
    });
    mint_by_the_page(&watched).await;
    printer.printed(["ExplainRequest"], &printed);
    printer.print(&ExplainLine::new(ExplainOutcome::Passed, scene.access.as_str()));
    printer.print(&ExplainOutcome::Passed);
    let identity = TlsIdentity::generate(scene.pool.clock().now()).expect("a certificate");
    printer.print(&identity);
    printer.print::<TlsError>(&TlsIdentity::from_pem("", PASSWORD).expect_err("no certificate"));
    let kept = scene.pool.export_state();
    printer.print(&LocalPool::builder(POOL).state(kept.clone()));
    let other = LocalPool::builder("eu-west-1_other").state(kept).build();
    printer.print::<PoolError>(&other.expect_err("the state of another pool"));
    printer.print::<PoolError>(&LocalPool::builder(POOL).state(PASSWORD).build().expect_err("no state"));
    printer.print::<ServeError>(&scene.pool.serve("0.0.0.0:0").await.expect_err("not loopback"));
    printer.assert_all_printed();
}

/// Requests another code for a sign-up.
async fn resend(pool: &LocalPool) {
    let server = pool.serve("127.0.0.1:0").await.expect("a server");
    let request = json!({ "ClientId": CLIENT, "Username": "eve.swordfish" });
    call(&server.url(), "ResendConfirmationCode", &request).await;
}

/// Mints a token on the pool's console page, which explains it.
async fn mint_by_the_page(pool: &LocalPool) {
    let server = pool.serve("127.0.0.1:0").await.expect("a server");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let page = client.get(server.url()).header("accept", "text/html").send().await.expect("a page");
    let cookie = page.headers()["set-cookie"].to_str().expect("text").to_owned();
    let page = page.text().await.expect("a text");
    let (_, csrf) = page.split_once("name=\"_csrf\" value=\"").expect("a form");
    let csrf = csrf.split('"').next().expect("a value");
    let minted = client
        .post(format!("{}/console/token", server.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie.split(';').next().expect("a pair"))
        .body(format!("_csrf={csrf}&as={USER}"));
    assert_eq!(minted.send().await.expect("an answer").status(), 200);
}

async fn sign_in(url: &str) -> Value {
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": CLIENT,
        "AuthParameters": { "USERNAME": USER, "PASSWORD": PASSWORD },
    });
    call(url, "InitiateAuth", &request).await["AuthenticationResult"].take()
}

async fn call(url: &str, operation: &str, request: &Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client
        .post(url)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .body(request.to_string());
    let answer = request.send().await.expect("an answer").text().await.expect("a text");
    serde_json::from_str(&answer).expect("JSON")
}

//! What Cognito would refuse, a local pool refuses too, and says what to do.

use std::time::Duration;

use cognito_local_pool::{
    AppClient, LocalPool, OAuthFlow, PasswordPolicy, PoolError, ResourceServer, SignInAttribute,
    TokenAdditions, User,
};

use crate::support::builder;

fn refusal(result: Result<LocalPool, PoolError>) -> String {
    result.expect_err("is refused").to_string()
}

#[test]
fn each_mistake_is_named_with_its_fix() {
    let seconds = Duration::from_secs;
    let user = || User::new("bob", "x");
    let client = || AppClient::confidential("c", "s");
    let cases = [
        (LocalPool::builder("eu-1").build(), "reads like `eu-west-1_Ab12Cd34E`"),
        (builder().issuer("https://a/").build(), "`https://a/` is not an issuer"),
        (builder().key_id("dummy").build(), "call one of them"),
        (LocalPool::builder("a_b").key_id("").build(), "1 to 256 bytes"),
        (builder().resource_server(ResourceServer::new("a b")).build(), "`a b` is not a resource server"),
        (
            builder().resource_server(ResourceServer::new("x").scope("x/read")).build(),
            "write `read` for the scope",
        ),
        (
            builder().resource_server(ResourceServer::new("orders")).build(),
            "resource server `orders` is there twice",
        ),
        (
            builder().resource_server(ResourceServer::new("x").scope("a").scope("a")).build(),
            "scope `x/a` is there twice",
        ),
        (builder().app_client(AppClient::public("a:b")).build(), "`a:b` is not an app client id"),
        (builder().app_client(AppClient::public("web")).build(), "app client `web` is there twice"),
        (builder().app_client(AppClient::confidential("c", "")).build(), "`c` has an empty secret"),
        (
            builder().app_client(client().allow_scope("orders/raed")).build(),
            "allowed `orders/raed`, which no resource",
        ),
        (
            builder().app_client(client().access_token_lifetime(seconds(299))).build(),
            "access tokens of the app client `c`",
        ),
        (
            builder().app_client(client().id_token_lifetime(seconds(86_401))).build(),
            "ID tokens of the app client `c`",
        ),
        (
            builder().app_client(client().refresh_token_lifetime(seconds(3599))).build(),
            "refresh tokens of the app client",
        ),
        (builder().user(User::new("b b", "x")).build(), "`b b` is not a user name"),
        (builder().user(User::new("bob", "")).build(), "`bob` has an empty password"),
        (builder().user(user().subject("")).build(), "`bob` has an empty subject"),
        (builder().user(User::new("ada", "x")).build(), "user `ada` is there twice"),
        (builder().user(user().group("")).build(), "is not the name of a group"),
        (builder().user(user().attribute("sub", "x")).build(), "`sub` is set by `.subject(…)`"),
        (builder().user(user().attribute("cognito:groups", "x")).build(), "groups by `.group(…)`"),
        (builder().user(user().attribute("role", "x")).build(), "or `custom:role`"),
        (builder().user(user().attribute("email_verified", "yes")).build(), "write `true` or `false`"),
    ];
    for (result, expected) in cases {
        let message = refusal(result);
        assert!(message.contains(expected), "{message:?} should say {expected:?}");
    }
}

#[test]
fn each_mistake_about_sign_in_is_named_with_its_fix() {
    let seconds = Duration::from_secs;
    let user = || User::new("bob", "x");
    let client = || AppClient::confidential("c", "s");
    let cases = [
        (
            builder().app_client(client().second_secret("t").second_secret("u")).build(),
            "`c` has 3 secrets; leave at most 2",
        ),
        (builder().app_client(client().second_secret("")).build(), "`c` has an empty secret"),
        (
            builder().app_client(client().callback_url("/cb")).build(),
            "`/cb` of the app client `c` is not a callback URL",
        ),
        (
            builder().app_client(client().logout_url("http://a/")).build(),
            "is not a sign-out URL; use `https://",
        ),
        (
            builder()
                .app_client(AppClient::public("c").allow_oauth_flow(OAuthFlow::ClientCredentials))
                .build(),
            "has no secret; make it `AppClient::confidential`",
        ),
        (builder().app_client(client().allow_oauth_flow(OAuthFlow::Code)).build(), "add `.callback_url"),
        (builder().app_client(client().callback_url("https://a/")).build(), "add `.allow_scope(\"openid\")`"),
        (
            builder()
                .app_client(
                    client()
                        .callback_url("https://a/")
                        .allow_scope("openid")
                        .allow_oauth_flow(OAuthFlow::Implicit)
                        .allow_oauth_flow(OAuthFlow::ClientCredentials),
                )
                .build(),
            "both `client_credentials` and `implicit`, which Cognito refuses; use two app clients",
        ),
        (
            builder().app_client(client().refresh_token_rotation(seconds(61))).build(),
            "61s; choose at most 60s",
        ),
        (
            builder().app_client(client().auth_session_validity(seconds(179))).build(),
            "choose 3 to 15 minutes",
        ),
        (
            builder().username_attribute(SignInAttribute::PreferredUsername).build(),
            "use `.alias_attribute(…)`",
        ),
        (
            builder()
                .username_attribute(SignInAttribute::Email)
                .alias_attribute(SignInAttribute::Email)
                .build(),
            "Cognito has one or the other",
        ),
        (builder().username_attribute(SignInAttribute::Email).build(), "an email address; `ada` is not one"),
        (builder().password_policy(PasswordPolicy::new().minimum_length(5)).build(), "choose 6 to 99"),
        (builder().user(user().software_token("123")).build(), "is not Base32"),
        (
            builder().token_additions(TokenAdditions::for_user("ada").scope("a b")).build(),
            "`a b` cannot be added to tokens",
        ),
        (
            builder().token_additions(TokenAdditions::for_user("ada").claim("sub", "x")).build(),
            "`sub` is always Cognito's own",
        ),
        (
            builder().token_additions(TokenAdditions::for_user("ada").group("a b")).build(),
            "`a b` is not the name of a group",
        ),
        (
            builder()
                .alias_attribute(SignInAttribute::Email)
                .user(user().attribute("email", "ada@example.com").attribute("email_verified", "true"))
                .build(),
            "alias of the user `bob` is there twice",
        ),
    ];
    for (result, expected) in cases {
        let message = refusal(result);
        assert!(message.contains(expected), "{message:?} should say {expected:?}");
    }
}

#[test]
fn counts_are_cognitos() {
    let server = (0..100).fold(ResourceServer::new("many"), |server, n| server.scope(format!("s{n}")));
    assert!(builder().resource_server(server.clone()).build().is_ok());
    assert!(
        refusal(builder().resource_server(server.clone().scope("one-more")).build()).contains("at most 100")
    );
    let client = (0..51).fold(AppClient::public("c"), |client, n| client.allow_scope(format!("many/s{n}")));
    let pool = builder().resource_server(server).app_client(client).build();
    assert!(refusal(pool).contains("at most 50"));
    let user = (0..101).fold(User::new("bob", "x"), |user, n| user.group(format!("g{n}")));
    assert!(refusal(builder().user(user).build()).contains("at most 100"));
}

#[test]
fn lifetimes_at_their_bounds_are_accepted() {
    let client = |id: &str| AppClient::public(id);
    let (least, most) = (Duration::from_secs(300), Duration::from_secs(86_400));
    let pool = builder()
        .app_client(client("a").access_token_lifetime(least).id_token_lifetime(most))
        .app_client(client("b").refresh_token_lifetime(Duration::from_secs(3600)))
        .app_client(client("c").refresh_token_lifetime(Duration::from_secs(3650 * 86_400)));
    assert!(pool.build().is_ok());
}

#[test]
fn a_new_pool_reads_as_one_of_cognitos() {
    let pool = LocalPool::new();
    let suffix = pool.id().strip_prefix("ap-south-1_").unwrap();
    assert!(suffix.len() == 9 && suffix.chars().all(|c| c.is_ascii_alphanumeric()), "{suffix}");
    assert_eq!(pool.issuer(), format!("https://cognito-idp.ap-south-1.amazonaws.com/{}", pool.id()));
}

#[test]
fn debug_of_a_pool_shows_no_secret_and_no_password() {
    for shown in [format!("{:?}", builder()), format!("{:?}", builder().build().unwrap())] {
        assert!(shown.contains("m2m") && !shown.contains("ada"), "{shown}");
        assert!(!shown.contains("its:secret") && !shown.contains("her-password"), "{shown}");
    }
}

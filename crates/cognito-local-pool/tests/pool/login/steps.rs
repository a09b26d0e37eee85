//! What a user may have to do after the password: choose another, or give the code of an authenticator app.

use std::time::Duration;

use cognito_local_pool::{AppClient, PasswordPolicy, User};

use super::browser::{location, problem};
use super::{Browser, builder_with_login, query};

#[tokio::test]
async fn a_temporary_password_is_replaced_before_the_sign_in() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", "state=s"))).await;
    let step = browser.submit(&page, &[("username", "new"), ("password", "temporary")]).await;
    assert_eq!(step.status, 200, "{}", step.body);
    assert!(browser.session().is_none());
    for (password, repeated, text) in [
        ("Aa1!aaaa", "Aa1!aaab", "The passwords do not match."),
        ("short", "short", "Password did not conform with policy: Password not long enough"),
        (
            "Aa1aaaaa",
            "Aa1aaaaa",
            "Password did not conform with policy: Password must have symbol characters",
        ),
    ] {
        let fields = [("new_password", password), ("repeat_password", repeated)];
        let refused = browser.submit(&step, &fields).await;
        assert_eq!((refused.status, problem(&refused).as_str()), (400, text));
    }
    let fields = [("new_password", "Aa1!aaaa"), ("repeat_password", "Aa1!aaaa")];
    let done = location(&browser.submit(&step, &fields).await);
    assert!(done.contains("?code=") && done.ends_with("&state=s"), "{done}");
    assert!(browser.session().is_some());

    let again = browser.submit(&step, &fields).await;
    assert_eq!(again.status, 403, "the form belonged to the browser before the sign-in");
    let mut other = Browser::new(&server);
    let page = other.get(&format!("/login?{}", query("spa", ""))).await;
    let old = other.submit(&page, &[("username", "new"), ("password", "temporary")]).await;
    assert_eq!(problem(&old), "Incorrect username or password.");
    let new = other.submit(&page, &[("username", "new"), ("password", "Aa1!aaaa")]).await;
    assert!(location(&new).contains("?code="));
}

#[tokio::test]
async fn a_step_is_good_for_as_long_as_the_client_says() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "new"), ("password", "temporary")]).await;
    pool.clock().advance(Duration::from_secs(180));
    let fields = [("new_password", "Aa1!aaaa"), ("repeat_password", "Aa1!aaaa")];
    let late = browser.submit(&step, &fields).await;
    assert_eq!((late.status, problem(&late).as_str()), (400, "Your session expired. Sign in again."));
}

#[tokio::test]
async fn a_temporary_password_ends_after_seven_days() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    pool.clock().advance(Duration::from_secs(7 * 24 * 3600));
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let late = browser.submit(&page, &[("username", "new"), ("password", "temporary")]).await;
    let text = "Temporary password has expired and must be reset by an administrator.";
    assert_eq!((late.status, problem(&late).as_str()), (400, text));
}

#[tokio::test]
async fn a_user_with_an_authenticator_app_gives_its_code() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    // RFC 6238 appendix B: at 1,234,567,890 the code is 89005924. The pool's clock is moved to 2,000,000,000.
    pool.clock().advance(Duration::from_secs(2_000_000_000 - crate::support::NOW));
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    assert_eq!(step.status, 200, "{}", step.body);
    assert!(browser.session().is_none());
    let wrong = browser.submit(&step, &[("code", "000000")]).await;
    assert_eq!((wrong.status, problem(&wrong).as_str()), (400, "Invalid code received for user"));
    let done = browser.submit(&step, &[("code", "279037")]).await;
    assert!(location(&done).contains("?code="));

    let mut other = Browser::new(&server);
    let page = other.get(&format!("/login?{}", query("spa", ""))).await;
    let step = other.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    let used = other.submit(&step, &[("code", "279037")]).await;
    assert_eq!(problem(&used), "Your software token has already been used once.");
}

#[tokio::test]
async fn a_code_can_be_guessed_five_times() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    for _ in 0..5 {
        let wrong = browser.submit(&step, &[("code", "000000")]).await;
        assert_eq!(problem(&wrong), "Invalid code received for user");
    }
    let over = browser.submit(&step, &[("code", "000000")]).await;
    assert_eq!(problem(&over), "Your session expired. Sign in again.");
}

#[tokio::test]
async fn new_sign_ins_do_not_bring_new_guesses_for_ever() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    for sign_in in 0..21 {
        let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
        for _ in 0..5 {
            let wrong = browser.submit(&step, &[("code", "000000")]).await;
            let expected = if sign_in < 20 {
                "Invalid code received for user"
            } else {
                "Attempt limit exceeded, please try after some time."
            };
            assert_eq!(problem(&wrong), expected, "{sign_in}");
        }
    }
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    let right = browser.submit(&step, &[("code", &crate::support::code(crate::support::NOW))]).await;
    assert_eq!(problem(&right), "Attempt limit exceeded, please try after some time.");
    pool.clock().advance(Duration::from_secs(3600));
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    let right = browser.submit(&step, &[("code", &crate::support::code(crate::support::NOW + 3600))]).await;
    assert!(location(&right).contains("?code="));
}

#[tokio::test]
async fn a_new_password_is_followed_by_the_code_of_the_app() {
    let careful = User::new("both", "temporary")
        .must_change_password()
        .software_token("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let policy =
        PasswordPolicy::new().minimum_length(6).without_symbols().without_uppercase().without_numbers();
    let pool = builder_with_login().user(careful).password_policy(policy).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    pool.clock().advance(Duration::from_secs(5 * 24 * 3600));
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "both"), ("password", "temporary")]).await;
    let next = browser.submit(&step, &[("new_password", "lenient"), ("repeat_password", "lenient")]).await;
    assert!(next.status == 200 && next.body.contains("name=\"code\""), "{}", next.body);
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn a_step_ends_when_the_password_is_changed_meanwhile() {
    let pool = builder_with_login().app_client(AppClient::confidential("admin", "x")).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let step = browser.submit(&page, &[("username", "careful"), ("password", "password")]).await;
    let body = serde_json::json!({
        "UserPoolId": crate::support::ID, "Username": "careful", "Password": "Aa1!aaaa", "Permanent": true,
    });
    let target = "X-Amz-Target: AWSCognitoIdentityProviderService.AdminSetUserPassword";
    let set = crate::support::send(&server, "POST /", &[target], &body.to_string()).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let over = browser.submit(&step, &[("code", "000000")]).await;
    assert_eq!(problem(&over), "Your session expired. Sign in again.");
}

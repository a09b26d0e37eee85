//! `/signup`, and the confirmation of a sign-up by its code.

use std::sync::{Arc, Mutex};

use cognito_local_pool::SignInAttribute;

use super::browser::{location, problem};
use super::{Browser, builder_with_login, query};
use crate::support::{Token, get, token_request};

const BOB: [(&str, &str); 3] = [("username", "bob"), ("email", "bob@example.com"), ("password", "Aa1!aaaa")];

#[tokio::test]
async fn a_user_signs_up_confirms_and_is_signed_in() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let pool = builder_with_login()
        .allow_self_sign_up()
        .on_code(move |code| {
            let destination = code.destination().map(str::to_owned);
            seen.lock().unwrap().push((code.code().to_owned(), destination));
        })
        .build()
        .unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let login = browser.get(&format!("/login?{}", query("spa", "state=s"))).await;
    assert!(login.body.contains("href=\"/signup?"), "{}", login.body);
    let page = browser.get(&format!("/signup?{}", query("spa", "state=s"))).await;
    let confirm = browser.submit(&page, &BOB).await;
    assert_eq!(confirm.status, 200, "{}", confirm.body);
    assert!(confirm.body.contains("b***@e***") && !confirm.body.contains("bob@example.com"));
    let code = pool.sent_code("bob").unwrap();
    assert_eq!(*sent.lock().unwrap(), [(code.clone(), Some("bob@example.com".to_owned()))]);
    assert!(!confirm.body.contains(&code), "the page does not tell the code");

    let wrong = browser.submit(&confirm, &[("code", "x")]).await;
    assert_eq!(problem(&wrong), "Invalid verification code provided, please try again.");
    let resent = browser.submit(&confirm, &[("resend", "1"), ("code", "")]).await;
    assert!(resent.status == 200 && resent.body.contains("There is a new code."), "{}", resent.body);
    assert_eq!(sent.lock().unwrap().len(), 2);
    let code = pool.sent_code("bob").unwrap();
    let url = location(&browser.submit(&resent, &[("code", &code)]).await);
    assert!(url.contains("?code=") && url.ends_with("&state=s"), "{url}");
    assert!(browser.session().is_some());

    let form = format!(
        "grant_type=authorization_code&client_id=spa&redirect_uri={}&code={}",
        super::CALLBACK,
        super::parameter(&url, "code")
    );
    let tokens = token_request(&server, None, &form).await.json();
    let id = Token::of(tokens["id_token"].as_str().unwrap());
    assert_eq!((id.claim("cognito:username"), id.claim("email_verified")), ("bob".into(), true.into()));
}

#[tokio::test]
async fn a_sign_up_that_was_not_confirmed_is_confirmed_at_the_next_sign_in() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/login?{}", query("spa", ""))).await;
    let confirm = browser.submit(&page, &[("username", "early"), ("password", "password")]).await;
    assert_eq!(confirm.status, 200, "{}", confirm.body);
    let code = pool.sent_code("early").unwrap();
    assert!(location(&browser.submit(&confirm, &[("code", &code)]).await).contains("?code="));
}

#[tokio::test]
async fn a_sign_up_is_refused_in_the_words_of_cognito() {
    let pool = builder_with_login().allow_self_sign_up().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/signup?{}", query("spa", ""))).await;
    let with = |name: &'static str, value: &'static str| {
        let mut fields = BOB;
        fields.iter_mut().filter(|(known, _)| *known == name).for_each(|field| field.1 = value);
        fields
    };
    for (fields, text) in [
        (with("username", "ada"), "User already exists"),
        (with("email", "bob"), "Invalid email address format."),
        (with("password", "short"), "Password did not conform with policy: Password not long enough"),
        (with("username", "b b"), "1 validation error detected: Value at &#39;username&#39;"),
    ] {
        let refused = browser.submit(&page, &fields).await;
        assert_eq!(refused.status, 400, "{text}");
        let found = problem(&refused).replace('\'', "&#39;");
        assert!(found.starts_with(text), "{found}");
        assert!(!refused.body.contains("Aa1!aaaa"), "the password is not filled in again");
    }
}

#[tokio::test]
async fn a_pool_that_does_not_allow_it_has_no_sign_up() {
    let server = builder_with_login().build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let login = browser.get(&format!("/login?{}", query("spa", ""))).await;
    assert!(!login.body.contains("/signup"));
    let page = get(&server, &format!("/signup?{}", query("spa", ""))).await;
    assert_eq!(problem(&page), "SignUp is not permitted for this user pool");
    // A form that was made by hand fares no better.
    let csrf = super::browser::hidden_fields(&login.body).remove(0).1;
    let form = format!("_csrf={csrf}&username=bob&password=Aa1!aaaa&email=bob@example.com");
    let refused = browser.post(&format!("/signup?{}", query("spa", "")), &[], &form).await;
    assert_eq!(problem(&refused), "SignUp is not permitted for this user pool");
}

#[tokio::test]
async fn users_who_are_known_by_their_email_sign_up_and_in_with_it() {
    let server_pool = cognito_local_pool::LocalPool::builder(crate::support::ID)
        .keys_of(&crate::support::pool())
        .username_attribute(SignInAttribute::Email)
        .allow_self_sign_up()
        .app_client(
            cognito_local_pool::AppClient::public("spa").callback_url(super::CALLBACK).allow_scope("openid"),
        )
        .build()
        .unwrap();
    let server = server_pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let page = browser.get(&format!("/signup?{}", query("spa", ""))).await;
    assert!(page.body.contains("type=\"email\"") && !page.body.contains("name=\"email\""), "{}", page.body);
    let refused = browser.submit(&page, &[("username", "bob"), ("password", "Aa1!aaaa")]).await;
    assert_eq!(problem(&refused), "Username should be an email.");
    let confirm = browser.submit(&page, &[("username", "bob@example.com"), ("password", "Aa1!aaaa")]).await;
    let code = server_pool.sent_code("bob@example.com").unwrap();
    assert!(location(&browser.submit(&confirm, &[("code", &code)]).await).contains("?code="));
    let mut other = Browser::new(&server);
    let page = other.get(&format!("/login?{}", query("spa", ""))).await;
    let done = other.submit(&page, &[("username", "bob@example.com"), ("password", "Aa1!aaaa")]).await;
    assert!(location(&done).contains("?code="));
}

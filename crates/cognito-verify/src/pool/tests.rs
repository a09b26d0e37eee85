use super::*;

fn pool(configure: impl FnOnce(UserPool) -> UserPool) -> Result<Pool, PoolError> {
    configure(UserPool::new("eu-west-1_Ab12Cd34E").client("web")).prepare()
}

#[test]
fn a_region_that_is_not_known_needs_an_issuer() {
    for id in [
        "local_1a2b3c4d",
        "eu_1",
        "us-iso-east-1_a",
        "eu-isoe-west-1_a",
        "EU-west-1_a",
        "eu--1_a",
        "west-1_a",
        "eu-west-x_a",
    ] {
        let id: UserPoolId = id.parse().unwrap();
        assert_eq!(id.issuer(IssuerForm::Original), None, "{id}");
        let error = UserPool::new(id.as_str()).any_client().prepare().unwrap_err();
        assert_eq!(error, PoolError::UnknownRegion { id });
    }
    let local = UserPool::new("local_1a2b3c4d").any_client().issuer("http://127.0.0.1:9229/local_1a2b3c4d");
    assert_eq!(
        local.prepare().unwrap().jwks_url(),
        "http://127.0.0.1:9229/local_1a2b3c4d/.well-known/jwks.json"
    );
}

#[test]
fn urls_are_https_or_loopback() {
    for good in [
        "https://idp.example",
        "https://idp.example/a/b",
        "http://localhost:9229/a",
        "http://127.8.8.8/a",
        "http://[::1]:1/a",
    ] {
        assert_eq!(pool(|p| p.jwks_url(good)).unwrap().jwks_url(), good);
        assert_eq!(pool(|p| p.issuer(good)).unwrap().issuer(), good);
    }
    for (bad, problem) in [
        ("http://idp.example/a", "without TLS"),
        ("http://localhost.evil.example/a", "without TLS"),
        ("http://127.0.0.1.evil.example/a", "without TLS"),
        ("http://10.0.0.1/a", "without TLS"),
        ("ftp://idp.example/a", "neither https"),
        ("file:///etc/passwd", "neither https"),
        ("idp.example", "not a URL"),
        ("", "not a URL"),
        ("https://user:pass@idp.example/a", "password"),
        ("https://user@idp.example/a", "password"),
        ("https://:pass@idp.example/a", "password"),
        ("https://idp.example/a?b=c", "query"),
        ("https://idp.example/a#b", "fragment"),
        ("https://idp.example/a ", "white space"),
        (" https://idp.example/a", "white space"),
        ("https://idp.example/a\n", "white space"),
        ("https://idp.\texample/a", "white space"),
        ("https://idp.example/\u{a0}", "white space"),
        ("https://idp.example/\0", "white space"),
    ] {
        let error = pool(|p| p.jwks_url(bad)).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains(".jwks_url("), "{bad}: {error}");
        assert!(!error.contains("pass@"), "{error}");
        assert!(pool(|p| p.issuer(bad)).is_err(), "{bad}");
    }
}

#[test]
fn the_issuer_forms_that_are_named_are_let_in_and_the_first_has_the_keys() {
    use IssuerForm::{Original, Updated};
    let original = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    let updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    for (forms, issuers) in [
        (&[][..], &[original][..]),
        (&[Original], &[original]),
        (&[Updated], &[updated]),
        (&[Updated, Updated], &[updated]),
        (&[Original, Updated], &[original, updated]),
        (&[Updated, Original], &[updated, original]),
        (&[Updated, Original, Updated], &[updated, original]),
    ] {
        let pool = pool(|pool| forms.iter().fold(pool, |pool, form| pool.issuer_form(*form))).unwrap();
        assert_eq!(pool.issuers().collect::<Vec<_>>(), issuers, "{forms:?}");
        assert_eq!(pool.issuer(), issuers[0], "{forms:?}");
        assert_eq!(pool.jwks_url(), format!("{}/.well-known/jwks.json", issuers[0]), "{forms:?}");
    }
    let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
    let both = pool(|pool| pool.issuer("https://idp.example").issuer_form(Original));
    assert_eq!(both.unwrap_err(), PoolError::IssuerAndForm { id });
}

#[test]
fn app_clients_must_be_written_down() {
    let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
    let bare = UserPool::new("eu-west-1_Ab12Cd34E");
    assert_eq!(bare.clone().prepare().unwrap_err(), PoolError::NoClient { id: id() });
    for client in ["", " ", "a b", " a", "a\n", "a\u{a0}", "a\0"] {
        let error = bare.clone().client("web").client(client).prepare().unwrap_err();
        assert_eq!(error, PoolError::Client { id: id(), client: client.into() });
    }
    assert_eq!(
        bare.clone().client("a").any_client().prepare().unwrap_err(),
        PoolError::ClientsAndAny { id: id() }
    );
    assert!(bare.clone().any_client().prepare().unwrap().lets_in("whoever"));
    let some = bare.client("a").client("b").prepare().unwrap();
    assert!(some.lets_in("a") && some.lets_in("b"));
    assert!(!some.lets_in("A") && !some.lets_in("") && !some.lets_in("ab"));
}

#[test]
fn a_resource_is_one_word() {
    for resource in ["https://orders.example.com", "orders:", "4example23456789"] {
        let pool = pool(|pool| pool.resource(resource)).unwrap();
        assert!(pool.is_resource([resource].into_iter()) && !pool.is_resource(["other"].into_iter()));
    }
    for resource in ["", " ", "\t", "https://orders.example.com\n", "two words", "\u{2003}", "a\u{7f}"] {
        let error = pool(|pool| pool.resource("good").resource(resource)).unwrap_err();
        let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
        assert_eq!(error, PoolError::Resource { id, resource: resource.into() });
    }
}

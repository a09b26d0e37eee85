use std::time::Duration;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn pool(configure: impl FnOnce(UserPool) -> UserPool) -> Result<Pool, PoolError> {
    prepare(configure(UserPool::new("eu-west-1_Ab12Cd34E").client("web")))
}

/// The pool, or its only problem.
fn prepare(pool: UserPool) -> Result<Pool, PoolError> {
    pool.prepare().map_err(|problems| {
        let [problem] = &*problems else { panic!("one problem: {problems:?}") };
        problem.clone()
    })
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
        let error = prepare(UserPool::new(id.as_str()).any_client()).unwrap_err();
        assert_eq!(error, PoolError::UnknownRegion { id });
    }
    let local = UserPool::new("local_1a2b3c4d").any_client().issuer("http://127.0.0.1:9229/local_1a2b3c4d");
    assert_eq!(
        local.prepare().unwrap().jwks_url(),
        "http://127.0.0.1:9229/local_1a2b3c4d/.well-known/jwks.json"
    );
}

#[test]
fn keys_are_fetched_over_https_or_from_loopback() {
    for good in [
        "https://idp.example",
        "https://idp.example/a/b",
        "http://localhost:9229/a",
        "http://127.8.8.8/a",
        "http://[::1]:1/a",
    ] {
        let keys = pool(|p| p.jwks_url(good)).unwrap();
        assert_eq!((keys.jwks_url(), keys.check_jwks_url()), (good, Ok(())));
        let issuer = pool(|p| p.issuer(good)).unwrap();
        assert_eq!(
            (issuer.issuer(), issuer.check_jwks_url(), issuer.allowed_http_host()),
            (good, Ok(()), None)
        );
    }
    for (bad, problem) in [
        ("http://idp.example/a", "without TLS"),
        ("http://localhost.evil.example/a", "without TLS"),
        ("http://127.0.0.1.evil.example/a", "without TLS"),
        ("http://10.0.0.1/a", "without TLS"),
        ("http://0.0.0.0/a", "without TLS"),
        ("http://[::]/a", "without TLS"),
        ("http://[::ffff:127.0.0.1]/a", "without TLS"),
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
        // An issuer may be http where it is only compared; fetching from below it is another question.
        let issuer = pool(|p| p.issuer(bad)).and_then(|pool| pool.check_jwks_url());
        assert!(issuer.unwrap_err().to_string().contains(problem), "{bad}");
    }
}

#[test]
fn an_http_issuer_can_be_compared() {
    let issuer = "http://cognito:9229/local_1a2b3c4d";
    let compared = pool(|p| p.issuer(issuer)).unwrap();
    assert_eq!(compared.issuers().collect::<Vec<_>>(), [issuer]);
    let (url, host) = (issuer.to_owned(), "cognito".to_owned());
    let refused = PoolError::PlainHttp { id: compared.id().clone(), setting: "issuer", url, host };
    assert_eq!(compared.check_jwks_url(), Err(refused));
    for elsewhere in ["https://idp.example/jwks.json", "http://127.0.0.1:9229/jwks.json"] {
        let pool = pool(|p| p.issuer(issuer).jwks_url(elsewhere)).unwrap();
        assert_eq!((pool.issuer(), pool.jwks_url(), pool.check_jwks_url()), (issuer, elsewhere, Ok(())));
    }
}

#[test]
fn plain_http_is_allowed_from_one_host_and_no_other() {
    for (host, url) in [
        ("cognito", "http://cognito:9229/jwks.json"),
        ("cognito", "http://COGNITO/jwks.json"),
        ("Cognito", "http://cognito/jwks.json"),
        ("10.0.0.7", "http://10.0.0.7:9229/jwks.json"),
        ("[fd00::7]", "http://[fd00::7]/jwks.json"),
    ] {
        let keys = pool(|p| p.dangerous_allow_http(host).jwks_url(url)).unwrap();
        assert_eq!(keys.check_jwks_url(), Ok(()), "{host} {url}");
        assert!(keys.allowed_http_host().unwrap().eq_ignore_ascii_case(host), "{host} {url}");
        let issuer = pool(|p| p.issuer(url.replace("/jwks.json", "")).dangerous_allow_http(host)).unwrap();
        assert_eq!(issuer.check_jwks_url(), Ok(()), "{host} {url}");
    }
    for url in [
        "http://cognito.evil.example/a",
        "http://evil.cognito/a",
        "http://cognito2/a",
        "http://cognit/a",
        "http://cognito./a",
        "http://evil.example/cognito",
        "http://10.0.0.7/a",
    ] {
        let error = pool(|p| p.dangerous_allow_http("cognito").jwks_url(url)).unwrap_err();
        assert!(matches!(&error, PoolError::PlainHttp { setting: "jwks_url", .. }), "{url}: {error}");
    }
    // It is not needed for these, and changes nothing.
    for url in ["https://idp.example/a", "http://127.0.0.1/a"] {
        assert_eq!(
            pool(|p| p.dangerous_allow_http("cognito").jwks_url(url)).unwrap().allowed_http_host(),
            None
        );
    }
    for bad in [
        "",
        "*",
        "http://cognito",
        "cognito:9229",
        "cognito/a",
        "a b",
        "me:secret@cognito",
        "127.1",
        "cognito?a",
    ] {
        match pool(|p| p.dangerous_allow_http(bad)) {
            // `*` is a host like any other: it allows `http://*/` and nothing else.
            Ok(_) => assert_eq!(bad, "*"),
            Err(error) => {
                assert!(matches!(&error, PoolError::HttpHost { .. }), "{bad}: {error}");
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }
}

#[test]
fn a_setting_with_one_value_is_called_once() {
    type Change = fn(UserPool) -> UserPool;
    let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
    let settings: [(&str, Change, Change); 4] = [
        ("issuer", |p| p.issuer("https://a.example"), |p| p.issuer("https://b.example")),
        ("jwks_url", |p| p.jwks_url("https://a.example"), |p| p.jwks_url("https://a.example")),
        ("dangerous_allow_http", |p| p.dangerous_allow_http("a"), |p| p.dangerous_allow_http("b")),
        ("max_token_age", |p| p.max_token_age(HOUR), |p| p.max_token_age(HOUR)),
    ];
    for (setting, first, second) in settings {
        let twice = pool(|p| second(first(p)));
        assert_eq!(twice.unwrap_err(), PoolError::Repeated { id: id(), setting });
        assert!(pool(first).is_ok(), "{setting}");
        // What a definition says may be replaced, once.
        assert!(pool(|p| second(first(p).into_defaults())).is_ok(), "{setting}");
        let twice = pool(|p| second(second(first(p).into_defaults())));
        assert_eq!(twice.unwrap_err(), PoolError::Repeated { id: id(), setting });
    }
    // What has several values may be called again.
    let many = pool(|p| p.client("a").client("b").resource("c").resource("d"));
    assert!(many.is_ok());
    // An issuer replaces the form that was a default, and the other way round.
    let replaced = pool(|p| p.issuer_form(IssuerForm::Updated).into_defaults().issuer("https://a.example"));
    assert_eq!(replaced.unwrap().issuer(), "https://a.example");
    let replaced = pool(|p| p.issuer("https://a.example").into_defaults().issuer_form(IssuerForm::Updated));
    assert!(replaced.unwrap().issuer().starts_with("https://issuer-cognito-idp."));
}

#[test]
fn named_issuer_forms_are_accepted_and_the_first_has_the_keys() {
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
fn app_clients_must_be_named() {
    let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
    let bare = UserPool::new("eu-west-1_Ab12Cd34E");
    assert_eq!(prepare(bare.clone()).unwrap_err(), PoolError::NoClient { id: id() });
    for client in ["", " ", "a b", " a", "a\n", "a\u{a0}", "a\0"] {
        let error = prepare(bare.clone().client("web").client(client)).unwrap_err();
        assert_eq!(error, PoolError::Client { id: id(), client: client.into() });
    }
    assert_eq!(
        prepare(bare.clone().client("a").any_client()).unwrap_err(),
        PoolError::ClientsAndAny { id: id() }
    );
    assert!(prepare(bare.clone().any_client()).unwrap().lets_in("whoever"));
    let some = bare.client("a").client("b").prepare().unwrap();
    assert!(some.lets_in("a") && some.lets_in("b"));
    assert!(!some.lets_in("A") && !some.lets_in("") && !some.lets_in("ab"));
}

#[test]
fn a_resource_is_one_word() {
    for resource in ["https://orders.example.com", "orders:", "4example23456789"] {
        let pool = pool(|pool| pool.resource(resource)).unwrap();
        assert!(pool.names_resource(resource) && !pool.names_resource("other") && pool.requires_audience());
    }
    for resource in ["", " ", "\t", "https://orders.example.com\n", "two words", "\u{2003}", "a\u{7f}"] {
        let error = pool(|pool| pool.resource("good").resource(resource)).unwrap_err();
        let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
        assert_eq!(error, PoolError::Resource { id, resource: resource.into() });
    }
}

#[test]
fn an_audience_is_one_word_and_is_required_unless_the_settings_say_otherwise() {
    let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
    let named = pool(|pool| pool.resource("https://orders.example").audience("orders")).unwrap();
    assert_eq!(named.resources().collect::<Vec<_>>(), ["https://orders.example", "orders"]);
    assert!(named.requires_audience());
    let either = pool(|pool| pool.audience("orders").accept_with_or_without_audience()).unwrap();
    assert!(!either.requires_audience() && either.names_resource("orders"));
    assert!(!pool(|pool| pool).unwrap().requires_audience());
    for audience in ["", " ", "orders\n", "two words"] {
        let error = pool(|pool| pool.audience(audience)).unwrap_err();
        assert_eq!(error, PoolError::Audience { id: id(), audience: audience.into() });
    }
    let without_effect = pool(UserPool::accept_with_or_without_audience).unwrap_err();
    assert_eq!(without_effect, PoolError::NoAudience { id: id() });
}

#[test]
fn the_greatest_age_of_tokens_is_at_most_the_longest_lifetime() {
    let id = || "eu-west-1_Ab12Cd34E".parse().unwrap();
    for age in [Duration::from_secs(1), HOUR, 24 * HOUR] {
        assert_eq!(pool(|pool| pool.max_token_age(age)).unwrap().max_token_age(), Some(age));
    }
    for given in
        [Duration::ZERO, Duration::from_millis(999), 24 * HOUR + Duration::from_nanos(1), Duration::MAX]
    {
        let error = pool(|pool| pool.max_token_age(given)).unwrap_err();
        assert_eq!(error, PoolError::MaxTokenAge { id: id(), given });
    }
}

#[test]
fn a_replica_adds_the_original_issuer_of_its_region() {
    let own = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E";
    let replica = |region: &str| format!("https://cognito-idp.{region}.amazonaws.com/eu-west-1_Ab12Cd34E");
    let two = pool(|pool| pool.replica_region("us-west-2").replica_region("eu-central-1")).unwrap();
    assert_eq!(two.issuers().collect::<Vec<_>>(), [own, &replica("us-west-2"), &replica("eu-central-1")]);
    assert_eq!(
        two.jwks_url(),
        format!("{own}/.well-known/jwks.json"),
        "the keys are those of the primary Region"
    );
    let both_forms = |pool: UserPool| pool.issuer_form(IssuerForm::Updated).issuer_form(IssuerForm::Original);
    assert_eq!(pool(|pool| both_forms(pool).replica_region("us-west-2")).unwrap().issuers().count(), 3);
    for region in
        ["", "us-west", "us-west-2/", "us-west-2.evil.example", "US-WEST-2", "cn-north-1", "us-gov-west-1"]
    {
        let error = pool(|pool| pool.replica_region(region)).unwrap_err();
        assert!(error.to_string().contains("is not a Region of the pool's partition"), "{region}: {error}");
    }
    for twice in [
        pool(|pool| pool.replica_region("eu-west-1")),
        pool(|pool| pool.replica_region("us-west-2").replica_region("us-west-2")),
    ] {
        let error = twice.unwrap_err().to_string();
        assert!(error.contains("is the pool's own Region, or is given twice"), "{error}");
    }
    for other in [
        pool(|pool| pool.issuer("https://idp.example").replica_region("us-west-2")),
        pool(|pool| pool.issuer_form(IssuerForm::Updated).replica_region("us-west-2")),
    ] {
        let error = other.unwrap_err().to_string();
        assert!(error.contains("needs the original issuer form"), "{error}");
    }
}

#[test]
fn a_rule_accepts_app_clients_beside_the_listed_ones() {
    let partners = |id: &str| id.starts_with("partner-");
    let ruled = UserPool::new("eu-west-1_Ab12Cd34E").client("web").clients_where(partners);
    let checked = ruled.clone().prepare().unwrap();
    assert!(checked.lets_in("web") && checked.lets_in("partner-1") && !checked.lets_in("other"));
    assert!(checked.lists("web") && !checked.lists("partner-1") && checked.has_client_rules());
    assert_eq!(checked.clients().unwrap().collect::<Vec<_>>(), ["web"]);
    let alone =
        prepare(UserPool::new("eu-west-1_Ab12Cd34E").clients_where(|_| false).clients_where(partners));
    assert!(alone.as_ref().unwrap().lets_in("partner-1") && !alone.unwrap().lets_in("web"));
    let id = "eu-west-1_Ab12Cd34E".parse().unwrap();
    let any = prepare(UserPool::new("eu-west-1_Ab12Cd34E").any_client().clients_where(partners));
    assert_eq!(any.unwrap_err(), PoolError::ClientsAndAny { id });
    // The same settings are equal, so that verified tokens stay verified; those of another closure may differ.
    assert_eq!(checked, ruled.prepare().unwrap());
    let again = UserPool::new("eu-west-1_Ab12Cd34E").client("web").clients_where(partners);
    assert_ne!(checked, again.prepare().unwrap());
}

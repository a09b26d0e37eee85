//! The spellings that Cognito accepts for the names in a pool's configuration.
//!
//! The patterns are those of the [`CreateUserPool`, `CreateResourceServer`, …][api] requests.
//!
//! [api]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html

/// `[\w-]+_[0-9a-zA-Z]+`, at most 55 characters.
pub(crate) fn is_pool_id(id: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    id.len() <= 55
        && id.rsplit_once('_').is_some_and(|(region, rest)| {
            !region.is_empty()
                && region.chars().all(word)
                && !rest.is_empty()
                && rest.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// `[\x21\x23-\x5B\x5D-\x7E]+`, 1 to 256 characters: visible ASCII without `"` and `\`.
pub(crate) fn is_resource_server_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
}

/// As a resource server's identifier, without `/`.
pub(crate) fn is_scope_name(name: &str) -> bool {
    is_resource_server_id(name) && !name.contains('/')
}

/// 1 to 128 letters, digits, `_`, `+`, `-` and `.`; the last two are more than `[\w+]+` of AWS, for readable test ids.
pub(crate) fn is_client_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "_+-.".contains(c))
}

/// 1 to 128 characters without white space or control characters: names of users and groups.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.chars().count()) && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// An absolute `http` or `https` URL that `/.well-known/…` can be put behind.
pub(crate) fn is_issuer(issuer: &str) -> bool {
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.ends_with('/')
            && rest.chars().all(|c| c.is_ascii_graphic() && !"?#\"\\<>".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What accepts, what it should accept, and what it should not.
    type Case<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn names_are_what_aws_accepts() {
        let long = "x".repeat(257);
        let cases: &[Case] = &[
            (
                is_pool_id,
                &["eu-west-1_Ab12Cd34E", "local_6ab3f2c1"],
                &["", "eu-west-1", "_abc", "eu-west-1_", "eu_1-", "a/b_c"],
            ),
            (
                is_resource_server_id,
                &["orders", "https://api.example.com/v1"],
                &["", "a b", "a\"b", "a\\b", &long],
            ),
            (is_scope_name, &["read", "orders.read:all"], &["", "a/b", "a b", "ö"]),
            (is_client_id, &["4example23456789", "m2m-client"], &["", "a b", "a:b", "a/b"]),
            (is_name, &["ada", "ada@example.com", "Zoë"], &["", "a b", "a\n"]),
            (
                is_issuer,
                &["http://127.0.0.1:9229/eu-west-1_x", "https://a"],
                &["", "https://", "ftp://a", "https://a/", "https://a?b"],
            ),
        ];
        for (accepts, good, bad) in cases {
            for name in *good {
                assert!(accepts(name), "{name} is fine");
            }
            for name in *bad {
                assert!(!accepts(name), "{name} is not");
            }
        }
    }
}

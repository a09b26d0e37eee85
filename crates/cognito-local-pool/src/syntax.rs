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

/// 1 to 128 characters without white space, control characters and invisible characters: names of users and groups. The pattern of
/// AWS is `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether the character is of the category `Cf` of Unicode. With it, two names look the same, or a line on the page or in a terminal
/// is shown in another order.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
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

/// A scope that a trigger may add: visible ASCII without `"` and `\`, and not one of Cognito's own.
pub(crate) fn is_added_scope(scope: &str) -> bool {
    is_resource_server_id(scope) && !scope.starts_with("aws.cognito")
}

/// A URL that a browser may be sent to after a sign-in or sign-out, as `CallbackURLs` and `LogoutURLs` accept it:
/// `https`, `http` on this machine, or an app's own scheme; absolute and without a fragment.
pub(crate) fn is_redirect_target(url: &str) -> bool {
    let visible = url.chars().all(|c| c.is_ascii_graphic() && !"\"#<>\\^`{|}".contains(c));
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    visible
        && url.len() <= 1024
        && match scheme {
            "https" => is_authority(authority),
            "http" => is_authority(authority) && LOOPBACK_HOSTS.contains(&host_of(authority)),
            _ => is_app_scheme(scheme),
        }
}

/// The names of this machine in a URL.
pub(crate) const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The host of `host:port`, or all of it if there is no port.
pub(crate) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// `host` or `host:port`, without a user name.
fn is_authority(text: &str) -> bool {
    let host = host_of(text);
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    !host.is_empty() && !text.contains('@') && !text.ends_with(':')
}

/// A scheme that belongs to an app, and not one that a browser acts on itself.
fn is_app_scheme(scheme: &str) -> bool {
    const OF_BROWSERS: [&str; 9] =
        ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "view-source"];
    let lower = scheme.to_ascii_lowercase();
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !["http", "https"].contains(&lower.as_str())
        && !OF_BROWSERS.contains(&lower.as_str())
}

/// Text, `@`, text: Cognito requires no more of an email address before it sends a code there.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c) && !"<>\"(),:;[\\]".contains(c));
    text.len() <= 320
        && plain
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.ends_with('.')
        })
}

/// E.164: `+` and 1 to 15 digits.
pub(crate) fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (1..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()))
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
            (is_added_scope, &["orders/read", "openid"], &["", "a b", "aws.cognito.signin.user.admin"]),
            (is_client_id, &["4example23456789", "m2m-client"], &["", "a b", "a:b", "a/b"]),
            (
                is_name,
                &["ada", "ada@example.com", "Zoë", "\u{1f642}"],
                &["", "a b", "a\n", "ad\u{200b}a", "\u{202e}ada", "ada\u{feff}", "a\u{e0061}"],
            ),
            (
                is_issuer,
                &["http://127.0.0.1:9229/eu-west-1_x", "https://a"],
                &["", "https://", "ftp://a", "https://a/", "https://a?b"],
            ),
            (
                is_redirect_target,
                &[
                    "https://app.example/callback?x=1",
                    "http://localhost:3000/",
                    "http://127.0.0.1",
                    "http://[::1]:80/a",
                    "myapp://",
                    "com.example.app://signed-in",
                ],
                &[
                    "",
                    "/callback",
                    "//evil.example",
                    "https://",
                    "https:///a",
                    "https://:80/",
                    "https://a@b/",
                    "https://a/#b",
                    "https://a/\u{e9}",
                    "https://a/ b",
                    "https://a\\b",
                    "http://app.example/",
                    "http://localhost.evil.example/",
                    "http://localhost@evil.example/",
                    "javascript://x",
                    "JavaScript://x",
                    "HTTP://app.example/",
                    "data://x",
                    "1a://x",
                ],
            ),
            (
                is_email,
                &["ada@example.com", "a@b"],
                &["", "ada", "@b", "a@", "a@b@c", "a b@c", "<a>@b", "a@b.", "a@\u{202e}b", "a\u{200d}@b"],
            ),
            (is_phone_number, &["+4912345", "+1"], &["", "+", "4912345", "+49 1", "+1234567890123456"]),
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

//! The URLs of a protected resource and of its metadata.

use http::Uri;

use crate::config::ConfigError;

/// RFC 9728 §3.
pub(super) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What to do about a URL that cannot be used.
pub(super) const FIX: &str =
    "give an absolute https URL, or http on a loopback address, without query and fragment";

/// What to do about a path that cannot be a route.
pub(super) const PATH_FIX: &str = "give a path without `{`, `}`, and segments that begin with `:` or `*`";

/// A URL, cut where the path begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UrlParts<'u> {
    pub(super) origin: &'u str,
    pub(super) path: &'u str,
}

/// Checks an absolute URL: `https`, or `http` without leaving the machine. It is compared as text, so it is not normalised.
pub(super) fn check(text: &str) -> Result<UrlParts<'_>, &'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'<' | b'>')) {
        return Err("has a character that a URL cannot have");
    }
    // The parser removes a fragment.
    if text.contains(['?', '#']) {
        return Err("has a query or a fragment");
    }
    let url: Uri = text.parse().map_err(|_| "is not a URL")?;
    let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
        return Err("is not an absolute URL");
    };
    if authority.as_str().contains('@') {
        return Err("carries a user name or password");
    }
    let is_loopback = matches!(authority.host(), "localhost" | "[::1]") || is_loopback_v4(authority.host());
    match scheme {
        "https" => {}
        "http" if is_loopback => {}
        "http" => return Err("is plain http on a host other than loopback"),
        _ => return Err("is neither https nor http"),
    }
    let after_scheme = scheme.len() + "://".len();
    let path_at = text
        .get(after_scheme..)
        .and_then(|rest| rest.find('/'))
        .map_or(text.len(), |index| after_scheme + index);
    text.split_at_checked(path_at).map(|(origin, path)| UrlParts { origin, path }).ok_or("is not a URL")
}

fn is_loopback_v4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The path below the well-known one: it becomes a route of a router, so it must not have what routers read as a parameter. "Any
/// terminating slash following the host component must be removed" (RFC 9728 §3.1).
pub(super) fn routable(path: &str) -> Result<&str, &'static str> {
    if path == "/" {
        return Ok("");
    }
    let is_special = |segment: &str| segment.starts_with([':', '*']) || segment.contains(['{', '}']);
    if path.split('/').any(is_special) {
        return Err("has a path that a router would read as a parameter");
    }
    Ok(path)
}

/// Checks the URL of metadata that something else serves.
pub(crate) fn check_metadata_url(text: &str) -> Result<(), ConfigError> {
    check(text).map(|_| ()).map_err(|problem| ConfigError::ProtectedResource {
        setting: ".resource_metadata",
        given: text.to_owned(),
        problem,
        fix: FIX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protected_resource::ProtectedResource;

    #[test]
    fn the_metadata_is_between_the_host_and_the_path() {
        for (resource, metadata) in [
            ("https://api.example.com", "https://api.example.com/.well-known/oauth-protected-resource"),
            ("https://api.example.com/", "https://api.example.com/.well-known/oauth-protected-resource"),
            (
                "https://api.example.com/mcp",
                "https://api.example.com/.well-known/oauth-protected-resource/mcp",
            ),
            (
                "https://api.example.com/a/b/",
                "https://api.example.com/.well-known/oauth-protected-resource/a/b/",
            ),
            (
                "https://[2001:db8::1]:8443/a",
                "https://[2001:db8::1]:8443/.well-known/oauth-protected-resource/a",
            ),
            ("http://localhost:3000/mcp", "http://localhost:3000/.well-known/oauth-protected-resource/mcp"),
            ("http://127.0.0.1/a", "http://127.0.0.1/.well-known/oauth-protected-resource/a"),
            ("http://[::1]:1", "http://[::1]:1/.well-known/oauth-protected-resource"),
        ] {
            assert_eq!(ProtectedResource::new(resource).metadata_url().as_deref(), Ok(metadata));
        }
    }

    #[test]
    fn a_url_that_cannot_be_a_resource_says_why() {
        for (bad, problem) in [
            ("", "is not a URL"),
            ("/mcp", "is not an absolute URL"),
            ("api.example.com", "is not an absolute URL"),
            ("ftp://api.example.com/a", "is neither https nor http"),
            ("http://api.example.com/a", "is plain http on a host other than loopback"),
            ("http://localhost.example.com/a", "is plain http on a host other than loopback"),
            ("http://127.0.0.1.example.com/a", "is plain http on a host other than loopback"),
            ("https://ada@api.example.com/a", "carries a user name or password"),
            ("https://api.example.com/a?b", "has a query or a fragment"),
            ("https://api.example.com/a#b", "has a query or a fragment"),
            ("https://api.example.com/a b", "has a character that a URL cannot have"),
            ("https://api.example.com/a\"", "has a character that a URL cannot have"),
            ("https://api.example.com/a\n", "has a character that a URL cannot have"),
            ("https://api.example.com/é", "has a character that a URL cannot have"),
            ("https://api.example.com/{a}", "has a path that a router would read as a parameter"),
            ("https://api.example.com/:a", "has a path that a router would read as a parameter"),
            ("https://api.example.com/a/*b", "has a path that a router would read as a parameter"),
        ] {
            let error = ProtectedResource::new(bad).metadata_url().unwrap_err();
            let expected = ConfigError::ProtectedResource {
                setting: "ProtectedResource::new",
                given: bad.into(),
                problem,
                fix: if problem.starts_with("has a path") { PATH_FIX } else { FIX },
            };
            // The parser of URIs refuses braces by itself.
            let is_refused_earlier = error.to_string().contains("is not a URL");
            assert!(error == expected || is_refused_earlier && bad.contains('{'), "{bad}: {error}");
        }
        let good = || ProtectedResource::new("https://api.example.com");
        for bad in [
            good().scope("two words"),
            good().documentation("docs"),
            good().authorization_server("http://idp.example"),
        ] {
            assert!(bad.metadata_url().is_err(), "{bad:?}");
        }
    }
}

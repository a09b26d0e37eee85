//! Scopes and groups: their syntax, checked when a program is compiled or when it starts, and the scopes of a token.

use std::fmt;

/// Whether the text can be a scope of a user pool's access token.
///
/// A custom scope reads `{resource server identifier}/{scope name}` and is cut at its last `/`; one without `/` is
/// one of OpenID Connect, `aws.cognito.signin.user.admin`, or added by a pre-token-generation trigger. The identifier
/// has 1 to 256 characters of `[\x21\x23-\x5B\x5D-\x7E]`, the name as many of the same without `/`
/// (`ResourceServerIdentifierType` and `ResourceServerScopeNameType` of the user pools API; RFC 6749 §3.3).
///
/// ```
/// use cognito_verify::is_scope;
///
/// assert!(is_scope("orders/read") && is_scope("https://api.example/orders/read") && is_scope("openid"));
/// assert!(!is_scope("orders/") && !is_scope("/read") && !is_scope("orders read") && !is_scope(""));
/// ```
#[must_use]
pub const fn is_scope(text: &str) -> bool {
    const LONGEST: usize = 256;
    let mut rest = text.as_bytes();
    let (mut identifier, mut name) = (None, 0_usize);
    while let [byte, tail @ ..] = rest {
        match byte {
            b'/' => {
                identifier = Some(match identifier {
                    None => name,
                    Some(before) => before + 1 + name,
                });
                name = 0;
            }
            0x21 | 0x23..=0x5B | 0x5D..=0x7E => name += 1,
            _ => return false,
        }
        rest = tail;
    }
    let owned = match identifier {
        None => true,
        Some(length) => 0 < length && length <= LONGEST,
    };
    owned && 0 < name && name <= LONGEST
}

/// Whether the text can be a group of a user pool: 1 to 128 characters, none of them white space, a control character or
/// invisible.
///
/// AWS allows letters, marks, symbols, numbers and punctuation of Unicode (`GroupNameType` of the user pools API:
/// `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`). What is refused here is what a text that is copied or typed has by mistake; code points
/// that Unicode has not assigned, for one, are not.
///
/// ```
/// use cognito_verify::is_group;
///
/// assert!(is_group("ops") && is_group("eu-west-1_Ab12Cd34E_Google"));
/// assert!(!is_group("two words") && !is_group("no\u{a0}break") && !is_group("ops\u{200b}") && !is_group(""));
/// ```
#[must_use]
pub const fn is_group(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let mut characters = 0;
    while let [byte, tail @ ..] = rest {
        match rest {
            // In UTF-8: control characters and the space; those up to the no-break space, and the soft hyphen; U+1680 and
            // U+180E; U+2000 to U+200F, U+2028 to U+202F, U+205F to U+206F; U+3000; the byte order mark.
            [0..=0x20 | 0x7F, ..]
            | [0xC2, 0x80..=0xA0 | 0xAD, ..]
            | [0xE1, 0x9A, 0x80, ..]
            | [0xE1, 0xA0, 0x8E, ..]
            | [0xE2, 0x80, 0x80..=0x8F | 0xA8..=0xAF, ..]
            | [0xE2, 0x81, 0x9F..=0xAF, ..]
            | [0xE3, 0x80, 0x80, ..]
            | [0xEF, 0xBB, 0xBF, ..] => return false,
            _ => {}
        }
        // Others are continuations of the character before.
        if !matches!(byte, 0x80..=0xBF) {
            characters += 1;
        }
        rest = tail;
    }
    0 < characters && characters <= 128
}

/// The scopes of a token (RFC 6749 §3.3): whole values between single spaces, compared exactly.
///
/// `Debug` prints only their number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ScopeSet<'v>(&'v str);

impl<'v> ScopeSet<'v> {
    /// The value of the claim `scope`.
    pub(crate) fn new(claim: &'v str) -> Self {
        Self(claim)
    }

    /// Whether this very scope is among them.
    #[must_use]
    pub fn contains(self, scope: &str) -> bool {
        self.iter().any(|granted| granted == scope)
    }

    /// The scopes, in the token's order.
    pub fn iter(self) -> impl Iterator<Item = &'v str> {
        self.0.split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether the token has no scopes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }
}

impl fmt::Debug for ScopeSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeSet({} withheld)", self.iter().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_cut_at_its_last_slash() {
        let long = "a".repeat(256);
        for good in [
            "openid",
            "aws.cognito.signin.user.admin",
            "a/b",
            "https://api.example/v1/orders/read",
            "a//b",
            &format!("{long}/{long}"),
            &format!("a/b/{}/c", "d".repeat(252)),
        ] {
            assert!(is_scope(good), "{good}");
        }
        for bad in ["", "/", "/b", "a/", "a b", "a/b ", "a\"/b", "a\\/b", "ä/b", "a/b\n", "a\t/b"] {
            assert!(!is_scope(bad), "{bad}");
        }
        for too_long in [
            format!("{long}a/b"),
            format!("a/{long}b"),
            format!("a/b/{}/c", "d".repeat(253)),
            format!("{}/{}/c", "a".repeat(128), "b".repeat(128)),
        ] {
            assert!(!is_scope(&too_long), "{too_long}");
        }
    }

    #[test]
    fn a_group_has_no_invisible_character() {
        let long = "ä".repeat(128);
        for good in ["a", "admin,staging", "größe", &long] {
            assert!(is_group(good), "{good}");
        }
        for bad in ["", " ", "a b", "a\n", "\u{7f}", "a\u{a0}", "\u{200b}a", &format!("{long}a")] {
            assert!(!is_group(bad), "{bad:?}");
        }
        for character in '\0'..=char::MAX {
            let invisible = matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}');
            let bad = character.is_whitespace() || character.is_control() || invisible;
            assert_eq!(is_group(&format!("a{character}b")), !bad, "{character:?}");
        }
    }

    #[test]
    fn scopes_are_whole_values_between_spaces() {
        let scopes = ScopeSet("orders/read  openid a/b\tc");
        assert!(scopes.contains("orders/read") && scopes.contains("openid") && scopes.contains("a/b\tc"));
        for near in ["orders", "orders/", "orders/rea", "orders/read ", "Orders/read", "read", "c", "", " "] {
            assert!(!scopes.contains(near), "{near:?}");
        }
        assert_eq!(scopes.iter().count(), 3);
        assert!(ScopeSet("").is_empty() && ScopeSet("  ").is_empty() && !scopes.is_empty());
        assert_eq!(format!("{scopes:?}"), "ScopeSet(3 withheld)");
    }
}

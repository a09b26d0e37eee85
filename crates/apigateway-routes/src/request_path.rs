//! Request paths that two programs may read differently.
//!
//! Routes are compared with the path as it was sent. A program behind the router (a file server, another framework, an
//! upstream) may decode it, resolve its dots, or cut it. Where that could lead to another route, the request must be refused.

use std::borrow::Cow;

use crate::path::may_be_literal;

/// Why the path of a request is refused whatever the rows say: a handler or proxy could interpret it as another path.
///
/// The message contains no part of the path, so it can be logged and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// It does not begin with `/`: `OPTIONS *`, or the authority of a CONNECT.
    #[error("the path does not begin with `/`")]
    NotAbsolute,
    /// It has `//`, which some servers treat as one slash.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// A segment is `.` or `..` (RFC 3986 §5.2.4).
    #[error("the path has a dot segment")]
    DotSegment,
    /// It has a `\`, which Windows and browsers treat as `/`.
    #[error("the path has a backslash")]
    Backslash,
    /// It has a `;`, encoded or not. Some servers ignore the rest of the segment.
    #[error("the path has a path parameter")]
    Semicolon,
    /// It has a byte that must be encoded in the path of a URI: `?`, `#`, white space, a control character, or non-ASCII.
    #[error("the path has a byte that must be percent-encoded")]
    RawByte,
    /// A `%` is not followed by two hexadecimal digits.
    #[error("the path has a percent sign without two hexadecimal digits")]
    MalformedEncoding,
    /// It has an encoded `/` or `\`.
    #[error("the path has an encoded slash or backslash")]
    EncodedSeparator,
    /// It has an encoded control character, such as `%00`.
    #[error("the path has an encoded control character")]
    EncodedControl,
    /// It has an encoded letter, digit, `-`, `.`, `_` or `~`, which is the same path as with the character itself (RFC 3986
    /// §6.2.2.2). Encoding them is never necessary.
    #[error("the path has an encoded character that needs no encoding")]
    EncodedUnreserved,
    /// The decoded path could be decoded again: `%252e`.
    #[error("the path is encoded twice")]
    EncodedTwice,
    /// The decoded path is not UTF-8, which decoders repair in different ways.
    #[error("the path does not decode to UTF-8")]
    NotUtf8,
    /// A stricter rule may apply to the path when it is decoded, has no trailing slash, or is cut at an encoded `?` or `#`.
    #[error("a stricter rule may apply to the path if it is decoded or loses its trailing slash")]
    ReadsOtherwise,
    /// Two patterns match, API Gateway prefers the one that the router does not choose, and its rule may be stricter. An
    /// example is `/assets/logo` with `/{tenant}/{item}` and `/assets/{proxy+}`; a route for the shared paths,
    /// `/assets/{item}`, resolves it.
    #[error("API Gateway may prefer another of the rows that match the path, which may have a stricter rule")]
    Contested,
}

/// A request path that is safe to compare with patterns.
///
/// ```
/// use apigateway_routes::{PathProblem, RequestPath};
///
/// assert!(RequestPath::parse("/orders/7")?.other_readings()?.is_none());
/// let path = RequestPath::parse("/orders/")?;
/// assert_eq!(path.other_readings()?.expect("a slash at the end")[0], "/orders");
/// assert_eq!(RequestPath::parse("/a/../b").unwrap_err(), PathProblem::DotSegment);
/// # Ok::<(), PathProblem>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPath<'p> {
    path: &'p str,
    readings: Readings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readings {
    One,
    Several,
}

impl<'p> RequestPath<'p> {
    /// Checks the path of a request's URI, undecoded and without the query, in one pass and without allocating.
    ///
    /// # Errors
    ///
    /// What makes the path ambiguous.
    pub fn parse(path: &'p str) -> Result<Self, PathProblem> {
        Ok(Self { path, readings: read(path)? })
    }

    /// The path as it was sent.
    #[must_use]
    pub fn as_str(self) -> &'p str {
        self.path
    }

    /// What another program may make of the path: decoded and without a slash at its end, and that cut at a `?` or `#` that
    /// the decoding produced. `None` for an ordinary path, which has one reading.
    ///
    /// # Errors
    ///
    /// [`PathProblem::NotUtf8`].
    pub fn other_readings(self) -> Result<Option<[Cow<'p, str>; 2]>, PathProblem> {
        match self.readings {
            Readings::One => Ok(None),
            Readings::Several => other_readings(self.path).map(Some),
        }
    }
}

/// Reads the path once, from left to right.
fn read(path: &str) -> Result<Readings, PathProblem> {
    let Some((b'/', mut rest)) = path.as_bytes().split_first() else {
        return Err(PathProblem::NotAbsolute);
    };
    let is_root = rest.is_empty();
    let mut readings = Readings::One;
    let is_dots = |length, dots| dots && matches!(length, 1 | 2);
    // Of the current segment.
    let (mut length, mut dots) = (0_usize, true);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'/' if length == 0 => return Err(PathProblem::EmptySegment),
            b'/' if is_dots(length, dots) => return Err(PathProblem::DotSegment),
            b'/' => {
                (length, dots) = (0, true);
                continue;
            }
            b'%' => {
                let (encoded, after) = decode(after).ok_or(PathProblem::MalformedEncoding)?;
                rest = after;
                match encoded {
                    b'/' | b'\\' => return Err(PathProblem::EncodedSeparator),
                    b';' => return Err(PathProblem::Semicolon),
                    b'%' if decode_digits(after).is_some() => return Err(PathProblem::EncodedTwice),
                    _ if encoded.is_ascii_control() => return Err(PathProblem::EncodedControl),
                    _ if is_unreserved(encoded) => return Err(PathProblem::EncodedUnreserved),
                    // A program that decodes and then cuts ends the segment here.
                    b'?' | b'#' if is_dots(length, dots) => return Err(PathProblem::DotSegment),
                    b'?' | b'#' | 0x80.. => readings = Readings::Several,
                    _ if may_be_literal(encoded) => readings = Readings::Several,
                    _ => {}
                }
            }
            b'\\' => return Err(PathProblem::Backslash),
            b';' => return Err(PathProblem::Semicolon),
            b'?' | b'#' => return Err(PathProblem::RawByte),
            _ if !byte.is_ascii_graphic() => return Err(PathProblem::RawByte),
            _ => {}
        }
        length += 1;
        dots &= byte == b'.';
    }
    match length {
        0 if is_root => Ok(readings),
        0 => Ok(Readings::Several),
        _ if is_dots(length, dots) => Err(PathProblem::DotSegment),
        _ => Ok(readings),
    }
}

/// The byte behind a `%`, and what follows it.
fn decode(after: &[u8]) -> Option<(u8, &[u8])> {
    decode_digits(after).zip(after.get(2..))
}

fn decode_digits(after: &[u8]) -> Option<u8> {
    let digit = |place| after.get(place).and_then(|&byte| char::from(byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// The decoded path without a slash at its end; and what comes before a `?` or `#` that the decoding produced.
fn other_readings(path: &str) -> Result<[Cow<'_, str>; 2], PathProblem> {
    if !path.contains('%') {
        let path = Cow::Borrowed(without_last_slash(path));
        return Ok([path.clone(), path]);
    }
    let (mut decoded, mut rest) = (Vec::with_capacity(path.len()), path.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let encoded = if byte == b'%' { decode(after) } else { None };
        let (byte, after) = encoded.unwrap_or((byte, after));
        decoded.push(byte);
        rest = after;
    }
    let decoded = String::from_utf8(decoded).map_err(|_| PathProblem::NotUtf8)?;
    let before = decoded.split(['?', '#']).next().unwrap_or_default();
    Ok([without_last_slash(&decoded), without_last_slash(before)].map(|path| Cow::Owned(path.to_owned())))
}

fn without_last_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        None | Some("") => path,
        Some(rest) => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_read_in_one_way() {
        for path in [
            "/",
            "/a",
            "/a/b",
            "/a.b/..c/.../.d",
            "/A/~b-c_d",
            "/a+b/c%20d/%7B%25%7D",
            "/100%25",
            "/a%25zz",
            "/a:b@c,d$e!f'g(h)i=j&k*",
            "/a|b[c]{d}^\"<>`",
        ] {
            assert_eq!(read(path), Ok(Readings::One), "{path}");
        }
    }

    #[test]
    fn some_paths_have_other_readings() {
        for (path, decoded, cut) in [
            ("/a/", "/a", "/a"),
            ("/a/b%3Ac/", "/a/b:c", "/a/b:c"),
            ("/%40me", "/@me", "/@me"),
            ("/caf%C3%A9", "/caf\u{e9}", "/caf\u{e9}"),
            ("/a%3Fb/c", "/a?b/c", "/a"),
            ("/a/%23b%20c", "/a/#b c", "/a"),
            ("/%3f", "/?", "/"),
            ("/50%25/", "/50%", "/50%"),
        ] {
            assert_eq!(read(path), Ok(Readings::Several), "{path}");
            assert_eq!(other_readings(path).unwrap(), [decoded, cut], "{path}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for (problem, paths) in [
            (PathProblem::NotAbsolute, &["", "*", "a", "a/b", "api.example:443", "http://a.example/"][..]),
            (PathProblem::EmptySegment, &["//", "//a", "/a//", "/a//b", "/a///b"]),
            (
                PathProblem::DotSegment,
                &["/.", "/..", "/./", "/../", "/./a", "/a/../b", "/a/.", "/a/..", "/..%3fa", "/a/.%23"],
            ),
            (PathProblem::Backslash, &["/\\", "/a\\b", "/..\\b"]),
            (PathProblem::Semicolon, &["/;", "/a;b=c", "/a;/b", "/..;/b", "/a%3bb", "/a%3Bb"]),
            (PathProblem::RawByte, &["/a b", "/a?b", "/a#b", "/\0", "/a\tb", "/\u{7f}", "/caf\u{e9}"]),
            (PathProblem::MalformedEncoding, &["/%", "/a%", "/a%2", "/a%2/", "/%zz", "/%u002f", "/%+1"]),
            (PathProblem::EncodedSeparator, &["/a%2fb", "/a%2Fb", "/%5c", "/..%5C..", "/a/%2F"]),
            (PathProblem::EncodedControl, &["/%00", "/a%00.txt", "/%0a", "/%0D%0A", "/%1f", "/%7F"]),
            (
                PathProblem::EncodedUnreserved,
                &["/%61", "/%2e%2e/a", "/.%2E/a", "/%2e", "/a%2Db", "/%7E", "/%30"],
            ),
            (PathProblem::EncodedTwice, &["/%252e%252e/a", "/%252f", "/%2541"]),
        ] {
            for path in paths {
                assert_eq!(read(path), Err(problem), "{path:?}");
            }
        }
    }

    #[test]
    fn what_is_not_utf8_cannot_be_decoded() {
        for path in ["/%ff", "/%c0%ae", "/%C3", "/%e9", "/%ED%A0%80"] {
            assert_eq!(read(path), Ok(Readings::Several), "{path}");
            assert_eq!(other_readings(path), Err(PathProblem::NotUtf8), "{path}");
        }
    }
}

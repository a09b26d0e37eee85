//! Path patterns.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::path_error::PathPatternError;

/// The longest pattern in bytes. The path of a request may be longer.
const MAX_LENGTH: usize = 1_024;
const MAX_SEGMENTS: usize = 64;
const MAX_VARIABLES: usize = 20;
/// The catch-all route of HTTP APIs.
const DEFAULT: &str = "$default";

/// A path pattern as API Gateway writes it: `/orders/{id}`, `/files/{proxy+}`, or `$default`.
///
/// - A segment is literal text (letters, digits and any of `-._~:@,$!'()=&`; `:` not in front), or a variable such as `{id}`,
///   which matches exactly one segment. The last variable may be greedy, `{proxy+}`, and then matches one segment or more.
/// - A pattern begins with `/` and, unless it is `/` itself, does not end with it.
/// - `$default`, the catch-all of HTTP APIs, matches every path that no other pattern matches.
///
/// A pattern has at most 1,024 bytes, 64 segments and 20 variables. API Gateway itself allows fewer characters in literal
/// text (letters, digits and `_.,:-`; "API Gateway known issues"); the others are those that RFC 3986 §3.3 allows without
/// encoding and that no server reads as a separator, a space or a wildcard.
///
/// ```
/// use apigateway_routes::{PathPattern, Segment};
///
/// let pattern: PathPattern = "/orders/{id}".parse()?;
/// assert!(pattern.segments().eq([Segment::Literal("orders"), Segment::Variable("id")]));
/// assert!("/orders/{id}x".parse::<PathPattern>().is_err());
/// # Ok::<(), apigateway_routes::PathPatternError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathPattern {
    text: Box<str>,
}

/// One segment of a [`PathPattern`]. Segments are ordered by how specific they are: literal text first, greedy variables last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Segment<'p> {
    /// Exactly this text.
    Literal(&'p str),
    /// `{name}`: any one segment.
    Variable(&'p str),
    /// `{name+}`: one segment or more, up to the end of the path.
    Greedy(&'p str),
}

impl PathPattern {
    /// `$default`.
    #[must_use]
    pub fn default_route() -> Self {
        Self { text: DEFAULT.into() }
    }

    /// `/`.
    #[must_use]
    pub fn root() -> Self {
        Self { text: "/".into() }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is `$default`.
    #[must_use]
    pub fn is_default(&self) -> bool {
        &*self.text == DEFAULT
    }

    /// The segments from left to right; none for `/` and for `$default`.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let text = if self.is_default() { "" } else { self.text.strip_prefix('/').unwrap_or_default() };
        text.split('/').filter(|segment| !segment.is_empty()).map(Segment::parse)
    }

    /// The names of the variables from left to right, a greedy one without its `+`.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments().filter_map(Segment::name)
    }

    /// This path with a prefix in front. `$default` has none, and the prefix `/` changes nothing.
    ///
    /// # Errors
    ///
    /// If the two together are not a pattern, for example because both have a variable with the same name.
    pub fn below(&self, prefix: &Self) -> Result<Self, PathPatternError> {
        match (prefix.as_str(), self.as_str()) {
            ("/", _) | (_, DEFAULT) => Ok(self.clone()),
            (_, "/") => Ok(prefix.clone()),
            (prefix, path) => format!("{prefix}{path}").parse(),
        }
    }

    /// The names of the variables and what `path` has in their place, from left to right; the values are as sent, undecoded.
    ///
    /// The path must match the pattern, else names and values are meaningless.
    pub fn parameters<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = path.strip_prefix('/').unwrap_or(path);
        self.segments().filter_map(move |segment| {
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            let value = if let Segment::Greedy(_) = segment { rest } else { first };
            rest = after;
            segment.name().map(|name| (name, value))
        })
    }
}

impl<'p> Segment<'p> {
    fn parse(text: &'p str) -> Self {
        match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => Self::Literal(text),
            Some(name) => name.strip_suffix('+').map_or(Self::Variable(name), Self::Greedy),
        }
    }

    /// The name of a variable, a greedy one without its `+`.
    #[must_use]
    pub fn name(self) -> Option<&'p str> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }

    fn is_valid(self) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with(':') && text.bytes().all(may_be_literal),
            // "API Gateway known issues" allows these characters in the name of a path parameter.
            Self::Variable(name) | Self::Greedy(name) => {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
            }
        }
    }
}

/// Not `;`, which begins a path parameter, not `+`, which some servers read as a space, and not `*`, which reads as a wildcard.
pub(crate) fn may_be_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:@,$!'()=&".contains(&byte)
}

impl FromStr for PathPattern {
    type Err = PathPatternError;

    fn from_str(text: &str) -> Result<Self, PathPatternError> {
        if text.len() > MAX_LENGTH {
            return Err(PathPatternError::Length { length: text.len(), max: MAX_LENGTH });
        }
        if text != DEFAULT {
            check(text)?;
        }
        Ok(Self { text: text.into() })
    }
}

fn check(path: &str) -> Result<(), PathPatternError> {
    let text = || path.to_owned();
    let Some(segments) = path.strip_prefix('/') else {
        return Err(PathPatternError::NoSlash { path: text() });
    };
    if segments.is_empty() {
        return Ok(());
    }
    let (mut count, mut names) = (0, Vec::new());
    let mut segments = segments.split('/').peekable();
    while let Some(segment) = segments.next() {
        count += 1;
        let is_last = segments.peek().is_none();
        match Segment::parse(segment) {
            Segment::Literal("") if is_last => return Err(PathPatternError::TrailingSlash { path: text() }),
            Segment::Literal("") => return Err(PathPatternError::EmptySegment { path: text() }),
            Segment::Literal("." | "..") => return Err(PathPatternError::DotSegment { path: text() }),
            other if !other.is_valid() => {
                return Err(PathPatternError::Segment { path: text(), segment: segment.into() });
            }
            Segment::Greedy(_) if !is_last => return Err(PathPatternError::GreedyNotLast { path: text() }),
            Segment::Variable(name) | Segment::Greedy(name) if names.contains(&name) => {
                return Err(PathPatternError::RepeatedVariable { path: text(), name: name.into() });
            }
            other => names.extend(other.name()),
        }
    }
    if count > MAX_SEGMENTS {
        return Err(PathPatternError::Segments { count, max: MAX_SEGMENTS });
    }
    if names.len() > MAX_VARIABLES {
        return Err(PathPatternError::Variables { count: names.len(), max: MAX_VARIABLES });
    }
    Ok(())
}

/// By segments from left to right. `$default` comes directly after `/`.
impl Ord for PathPattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.segments().cmp(other.segments()).then_with(|| self.is_default().cmp(&other.is_default()))
    }
}

impl PartialOrd for PathPattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathPattern({self})")
    }
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Variable(name) => write!(f, "{{{name}}}"),
            Self::Greedy(name) => write!(f, "{{{name}+}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn patterns_print_as_they_are_written() {
        for good in [
            "/",
            "$default",
            "/orders/{id}",
            "/{proxy+}",
            "/a.b/c-d/e_f/~g/h:i/j,k",
            "/$metadata/@me/items(1)/a=b&c!/it's",
            "/...",
            "/{a.b_c-d:e}/{rest+}",
            "/.well-known/x",
        ] {
            assert_eq!(pattern(good).to_string(), good);
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_fix() {
        for (bad, fix) in [
            ("", "put one in front"),
            ("orders", "put one in front"),
            ("http://api.example/orders", "put one in front"),
            ("*", "put one in front"),
            ("/orders/", "leave the last `/` out"),
            ("//", "write one `/` for `//`"),
            ("/a//b", "write one `/` for `//`"),
            ("/a/./b", "write the path that is meant"),
            ("/a/..", "write the path that is meant"),
            ("/orders ", "text has letters"),
            ("/orders?x=1", "text has letters"),
            ("/orders#x", "text has letters"),
            ("/a;b", "text has letters"),
            ("/a+b", "text has letters"),
            ("/a\\b", "text has letters"),
            ("/%61", "text has letters"),
            ("/caf\u{e9}", "text has letters"),
            ("/orders/:id", "a variable reads `{id}`"),
            ("/files/*", "the rest of a path `{proxy+}`"),
            ("/files/{*rest}", "the rest of a path `{proxy+}`"),
            ("/files/v{id}", "a variable reads `{id}`"),
            ("/files/{id}.json", "a variable reads `{id}`"),
            ("/{a}{b}", "a variable reads `{id}`"),
            ("/{{a}}", "a variable reads `{id}`"),
            ("/{}", "a variable reads `{id}`"),
            ("/{+}", "a variable reads `{id}`"),
            ("/{", "a variable reads `{id}`"),
            ("/{proxy+}/more", "write it last"),
            ("/{id}/{id}", "give each a name of its own"),
            ("/{id}/{id+}", "give each a name of its own"),
        ] {
            let error = bad.parse::<PathPattern>().expect_err(bad).to_string();
            assert!(error.contains(fix), "{bad:?}: {error}");
        }
    }

    #[test]
    fn the_size_of_a_pattern_is_bounded() {
        let long = |length: usize| format!("/{}", "a".repeat(length - 1)).parse::<PathPattern>();
        assert!(long(MAX_LENGTH).is_ok());
        assert_eq!(long(1_025), Err(PathPatternError::Length { length: 1_025, max: MAX_LENGTH }));
        let segments = |count: usize| "/a".repeat(count).parse::<PathPattern>();
        assert!(segments(MAX_SEGMENTS).is_ok());
        assert_eq!(segments(65), Err(PathPatternError::Segments { count: 65, max: MAX_SEGMENTS }));
        let variables = |count: usize| {
            let path: Vec<String> = (0..count).map(|number| format!("/{{v{number}}}")).collect();
            path.concat().parse::<PathPattern>()
        };
        assert!(variables(MAX_VARIABLES).is_ok());
        assert_eq!(variables(21), Err(PathPatternError::Variables { count: 21, max: MAX_VARIABLES }));
    }

    #[test]
    fn a_prefix_is_put_in_front() {
        for (prefix, path, whole) in [
            ("/v1", "/orders/{id}", Ok("/v1/orders/{id}")),
            ("/v1", "/", Ok("/v1")),
            ("/", "/orders", Ok("/orders")),
            ("/v1", "$default", Ok("$default")),
            ("/{id}", "/{id}", Err("give each a name of its own")),
            ("/{rest+}", "/a", Err("write it last")),
        ] {
            match (pattern(path).below(&pattern(prefix)), whole) {
                (Ok(found), Ok(whole)) => assert_eq!(found.as_str(), whole),
                (Err(error), Err(fix)) => assert!(error.to_string().contains(fix), "{error}"),
                (found, _) => panic!("{prefix} {path}: {found:?}"),
            }
        }
    }

    #[test]
    fn patterns_sort_by_their_segments() {
        let sorted =
            ["/", "$default", "/a", "/a/b", "/a/{x}", "/a/{x}/c", "/a/{x+}", "/a-b", "/b", "/{x}", "/{x+}"];
        let sorted = sorted.map(pattern);
        assert!(sorted.is_sorted(), "{sorted:?}");
    }

    #[test]
    fn parameters_are_named_as_in_the_pattern() {
        for (text, path, parameters) in [
            ("/{a}/x/{b}", "/1/x/2", &[("a", "1"), ("b", "2")][..]),
            ("/{c}/x/{d}", "/1/x/%20", &[("c", "1"), ("d", "%20")]),
            ("/{e}/x/{f}/{g+}", "/1/x/2/3/4/", &[("e", "1"), ("f", "2"), ("g", "3/4/")]),
            ("/a", "/a", &[]),
            ("$default", "/a/b", &[]),
        ] {
            let found: Vec<_> =
                pattern(text).parameters(path).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let expected: Vec<_> =
                parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(found, expected, "{text} {path}");
        }
    }
}

//! Path patterns.

use std::{fmt, str::FromStr};

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
/// text (letters, digits and `_.,:-`; «API Gateway known issues»); the others are those that RFC 3986 §3.3 allows without
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// Whether both match the same paths: they differ in the names of their variables at most.
    #[must_use]
    pub fn matches_same_paths(&self, other: &Self) -> bool {
        self.is_default() == other.is_default()
            && self.segments().map(Segment::without_name).eq(other.segments().map(Segment::without_name))
    }

    /// Whether this pattern matches every path that the other one matches.
    ///
    /// `$default` covers every pattern, and no other pattern covers it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_default() || other.is_default() {
            return self.is_default();
        }
        let (mut broad, mut narrow) = (self.segments(), other.segments());
        loop {
            match (broad.next(), narrow.next()) {
                (Some(Segment::Greedy(_)), Some(_)) | (None, None) => return true,
                (Some(Segment::Variable(_)), Some(Segment::Literal(_) | Segment::Variable(_))) => {}
                (Some(Segment::Literal(one)), Some(Segment::Literal(other))) if one == other => {}
                _ => return false,
            }
        }
    }

    /// Whether some path matches both patterns. `$default` overlaps with every pattern.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.is_default() || other.is_default() {
            return true;
        }
        let (mut ours, mut theirs) = (self.segments(), other.segments());
        loop {
            match (ours.next(), theirs.next()) {
                (Some(Segment::Greedy(_)), Some(_)) | (Some(_), Some(Segment::Greedy(_))) | (None, None) => {
                    return true;
                }
                (Some(Segment::Literal(one)), Some(Segment::Literal(other))) if one != other => return false,
                (Some(_), Some(_)) => {}
                _ => return false,
            }
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

    fn without_name(self) -> Self {
        match self {
            Self::Literal(text) => Self::Literal(text),
            Self::Variable(_) => Self::Variable(""),
            Self::Greedy(_) => Self::Greedy(""),
        }
    }

    fn is_valid(self) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with(':') && text.bytes().all(may_be_literal),
            // «API Gateway known issues» allows these characters in the name of a path parameter.
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

/// Why a text is not a [`PathPattern`]. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathPatternError {
    /// The path is not absolute.
    #[error("the path {path:?} does not begin with `/`; put one in front")]
    NoSlash {
        /// The path.
        path: String,
    },
    /// The path ends with a slash.
    #[error("the path {path:?} ends with `/`, as no path of API Gateway does; leave the last `/` out")]
    TrailingSlash {
        /// The path.
        path: String,
    },
    /// The path has two slashes in a row.
    #[error("the path {path:?} has an empty segment; write one `/` for `//`")]
    EmptySegment {
        /// The path.
        path: String,
    },
    /// A segment is `.` or `..`.
    #[error(
        "the path {path:?} has a dot segment, and requests with one are refused; write the path that is meant"
    )]
    DotSegment {
        /// The path.
        path: String,
    },
    /// A segment is neither literal text nor a variable.
    #[error(
        "the segment {segment:?} of the path {path:?} is neither text nor a variable; text has letters, digits and any of \
         -._~:@,$!'()=& (`:` not in front), a variable reads `{{id}}`, the rest of a path `{{proxy+}}`"
    )]
    Segment {
        /// The path.
        path: String,
        /// The segment.
        segment: String,
    },
    /// A greedy variable is not the last segment.
    #[error("in the path {path:?} more follows a greedy variable; write it last, or leave its `+` out")]
    GreedyNotLast {
        /// The path.
        path: String,
    },
    /// Two variables have the same name.
    #[error("the path {path:?} has two variables `{name}`; give each a name of its own")]
    RepeatedVariable {
        /// The path.
        path: String,
        /// The name.
        name: String,
    },
    /// The path is too long.
    #[error("a path of {length} bytes is too long; write at most {max} bytes")]
    Length {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        max: usize,
    },
    /// The path has too many segments.
    #[error("a path of {count} segments is too long; write at most {max}")]
    Segments {
        /// How many it has.
        count: usize,
        /// How many it may have.
        max: usize,
    },
    /// The path has too many variables.
    #[error("a path of {count} variables has too many; write at most {max}")]
    Variables {
        /// How many it has.
        count: usize,
        /// How many it may have.
        max: usize,
    },
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
    fn a_pattern_covers_what_it_matches_whole() {
        for (broad, narrow) in [
            ("/{v}", "/a"),
            ("/{v}/b", "/{w}/b"),
            ("/{v+}", "/a/b"),
            ("/{v+}", "/{v}"),
            ("/a/{v+}", "/a/b/{v+}"),
            ("$default", "/"),
            ("$default", "/{v+}"),
        ] {
            let (broad, narrow) = (pattern(broad), pattern(narrow));
            assert!(broad.covers(&narrow) && broad.overlaps(&narrow), "{broad} {narrow}");
            assert!(!narrow.covers(&broad) || broad.matches_same_paths(&narrow), "{narrow} {broad}");
        }
        for (one, other) in [("/a", "/b"), ("/{v+}", "/"), ("/{v}", "/"), ("/a/{v}", "/a")] {
            let (one, other) = (pattern(one), pattern(other));
            assert!(!one.covers(&other) && !other.covers(&one) && !one.overlaps(&other), "{one} {other}");
        }
        let (one, other) = (pattern("/a/{x}"), pattern("/{y}/b"));
        assert!(one.overlaps(&other) && !one.covers(&other) && !other.covers(&one));
    }

    #[test]
    fn names_of_variables_make_no_difference_to_what_matches() {
        for (one, other, same) in [
            ("/a/{x}", "/a/{y}", true),
            ("/{x+}", "/{y+}", true),
            ("/{x}", "/{x+}", false),
            ("/", "$default", false),
            ("/", "/", true),
        ] {
            assert_eq!(pattern(one).matches_same_paths(&pattern(other)), same, "{one} {other}");
        }
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

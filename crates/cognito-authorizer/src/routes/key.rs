//! The key of a row: method and path, as API Gateway writes them.

use std::{cmp::Ordering, fmt, str::FromStr};

use http::Method;

/// The longest key, in bytes. A request's path may be longer.
const LONGEST: usize = 1_024;
const MOST_SEGMENTS: usize = 64;
/// Below what the router can name.
const MOST_VARIABLES: usize = 20;
/// The catch-all of HTTP APIs.
const DEFAULT: &str = "$default";

/// The method and the path of a row, as API Gateway writes them: `GET /orders`, `ANY /files/{proxy+}`, `$default`.
///
/// - The method is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT and TRACE, in capitals; or `ANY`, which is
///   also every method without a name here.
/// - A segment of the path is text (letters, digits and any of `-._~:@,$!'()=&`; `:` not in front), or a variable such as
///   `{id}`, which stands for exactly one segment. The last one may be greedy, `{proxy+}`: one segment or more.
/// - The path begins with `/` and, unless it is no more than that, does not end with it.
/// - `$default`, the catch-all of HTTP APIs, is every method and every path, when nothing else matches.
///
/// A key has at most 1,024 bytes, 64 segments and 20 variables.
///
/// ```
/// use cognito_authorizer::RouteKey;
///
/// let key: RouteKey = "GET /orders/{id}".parse()?;
/// assert_eq!((key.method(), key.path()), (Some(&http::Method::GET), "/orders/{id}"));
/// assert!("get /orders".parse::<RouteKey>().is_err());
/// assert!("GET /orders/:id".parse::<RouteKey>().is_err());
/// # Ok::<(), cognito_authorizer::RouteKeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RouteKey {
    method: Option<Method>,
    path: Box<str>,
}

/// One segment of a path pattern. They are ordered as API Gateway and the router prefer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment<'k> {
    Literal(&'k str),
    Variable(&'k str),
    Greedy(&'k str),
}

impl RouteKey {
    /// The method, or `None` for `ANY` and `$default`.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.method.as_ref()
    }

    /// The path pattern, such as `/orders/{id}`; or `$default`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn is_default(&self) -> bool {
        &*self.path == DEFAULT
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        // What stands before the first slash is nothing, and so is what follows that of the root.
        self.path.split('/').skip(1).filter(|segment| !segment.is_empty()).map(Segment::of_key)
    }

    /// The names of the variables, from left to right.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments().filter_map(Segment::name)
    }
}

impl<'k> Segment<'k> {
    /// Of a pattern that was checked.
    fn of_key(segment: &'k str) -> Self {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => Self::Literal(segment),
            Some(name) => name.strip_suffix('+').map_or(Self::Variable(name), Self::Greedy),
        }
    }

    fn name(self) -> Option<&'k str> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }

    fn is_valid(self) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with(':') && text.bytes().all(may_be_literal),
            // «API Gateway known issues» allows these in the name of a path parameter.
            Self::Variable(name) | Self::Greedy(name) => {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
            }
        }
    }
}

/// API Gateway's characters (letters, digits, `_.,:-`) and those of RFC 3986 that are as unambiguous. Not `;`, which begins a
/// parameter, not `+`, which some read as a space, and not `*`, which reads as a wildcard.
pub(super) fn may_be_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:@,$!'()=&".contains(&byte)
}

impl FromStr for RouteKey {
    type Err = RouteKeyError;

    fn from_str(text: &str) -> Result<Self, RouteKeyError> {
        if text.len() > LONGEST {
            return Err(RouteKeyError::Length { length: text.len(), most: LONGEST });
        }
        if text == DEFAULT {
            return Ok(Self { method: None, path: DEFAULT.into() });
        }
        let (method, path) = text.split_once(' ').ok_or_else(|| RouteKeyError::Form { text: text.into() })?;
        let method = match method {
            "ANY" => None,
            "GET" => Some(Method::GET),
            "HEAD" => Some(Method::HEAD),
            "POST" => Some(Method::POST),
            "PUT" => Some(Method::PUT),
            "PATCH" => Some(Method::PATCH),
            "DELETE" => Some(Method::DELETE),
            "OPTIONS" => Some(Method::OPTIONS),
            "CONNECT" => Some(Method::CONNECT),
            "TRACE" => Some(Method::TRACE),
            _ => return Err(RouteKeyError::Method { text: text.into() }),
        };
        check(path)?;
        Ok(Self { method, path: path.into() })
    }
}

fn check(path: &str) -> Result<(), RouteKeyError> {
    let text = || path.to_owned();
    let Some(segments) = path.strip_prefix('/') else {
        return Err(RouteKeyError::NoSlash { path: text() });
    };
    if segments.is_empty() {
        return Ok(());
    }
    let (mut count, mut names) = (0, Vec::new());
    let mut segments = segments.split('/').peekable();
    while let Some(segment) = segments.next() {
        count += 1;
        let is_last = segments.peek().is_none();
        match Segment::of_key(segment) {
            Segment::Literal("") if is_last => return Err(RouteKeyError::TrailingSlash { path: text() }),
            Segment::Literal("") => return Err(RouteKeyError::EmptySegment { path: text() }),
            Segment::Literal("." | "..") => return Err(RouteKeyError::DotSegment { path: text() }),
            other if !other.is_valid() => {
                return Err(RouteKeyError::Segment { path: text(), segment: segment.into() });
            }
            Segment::Greedy(_) if !is_last => return Err(RouteKeyError::GreedyNotLast { path: text() }),
            Segment::Variable(name) | Segment::Greedy(name) if names.contains(&name) => {
                return Err(RouteKeyError::RepeatedVariable { path: text(), name: name.into() });
            }
            other => names.extend(other.name()),
        }
    }
    if count > MOST_SEGMENTS {
        return Err(RouteKeyError::Segments { count, most: MOST_SEGMENTS });
    }
    if names.len() > MOST_VARIABLES {
        return Err(RouteKeyError::Variables { count: names.len(), most: MOST_VARIABLES });
    }
    Ok(())
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            _ if self.is_default() => f.write_str(DEFAULT),
            Some(method) => write!(f, "{method} {}", self.path),
            None => write!(f, "ANY {}", self.path),
        }
    }
}

impl fmt::Debug for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteKey({self})")
    }
}

/// By path, then by method; `ANY` is the first.
impl Ord for RouteKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.method().map(Method::as_str), other.method().map(Method::as_str));
        self.path.cmp(&other.path).then_with(|| one.cmp(&two))
    }
}

impl PartialOrd for RouteKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Why a text is no [`RouteKey`]. Each text ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteKeyError {
    /// There are not two parts.
    #[error(
        "{text:?} is not a route key; one reads like `GET /orders/{{id}}`, `ANY /files/{{proxy+}}` or `$default`"
    )]
    Form {
        /// The text.
        text: String,
    },
    /// The method has no name here.
    #[error(
        "{text:?} does not begin with a method; write GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT or TRACE in \
         capitals, or ANY, and one space"
    )]
    Method {
        /// The text.
        text: String,
    },
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
    /// Two slashes meet.
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
    /// A segment is neither text nor a variable.
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
    /// A greedy variable is followed by more.
    #[error("in the path {path:?} more follows a greedy variable; write it last, or leave its `+` out")]
    GreedyNotLast {
        /// The path.
        path: String,
    },
    /// Two variables have one name.
    #[error("the path {path:?} has two variables `{name}`; give each a name of its own")]
    RepeatedVariable {
        /// The path.
        path: String,
        /// The name.
        name: String,
    },
    /// The key is too long.
    #[error("a route key of {length} bytes is too long; write at most {most} bytes")]
    Length {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The path has too many segments.
    #[error("a path of {count} segments is too long; write at most {most}")]
    Segments {
        /// How many it has.
        count: usize,
        /// How many it may have.
        most: usize,
    },
    /// The path has too many variables.
    #[error("a path of {count} variables has too many; write at most {most}")]
    Variables {
        /// How many it has.
        count: usize,
        /// How many it may have.
        most: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_print_as_they_are_written() {
        for good in [
            "GET /",
            "ANY /",
            "$default",
            "POST /orders/{id}",
            "ANY /{proxy+}",
            "HEAD /a.b/c-d/e_f/~g/h:i/j,k",
            "TRACE /$metadata/@me/items(1)/a=b&c!/it's",
            "CONNECT /...",
            "DELETE /{a.b_c-d:e}/{rest+}",
            "PUT /.well-known/x",
            "PATCH /a",
            "OPTIONS /a",
        ] {
            let key: RouteKey = good.parse().unwrap_or_else(|error| panic!("{good}: {error}"));
            assert_eq!(key.to_string(), good);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_fix() {
        for (bad, fix) in [
            ("", "one reads like"),
            ("GET", "one reads like"),
            ("/orders", "one reads like"),
            ("get /orders", "in capitals, or ANY"),
            ("any /orders", "in capitals, or ANY"),
            ("PROPFIND /orders", "in capitals, or ANY"),
            (" GET /orders", "and one space"),
            ("GET  /orders", "put one in front"),
            ("GET orders", "put one in front"),
            ("ANY $default", "put one in front"),
            ("GET http://api.example/orders", "put one in front"),
            ("GET *", "put one in front"),
            ("GET ", "put one in front"),
            ("GET /orders/", "leave the last `/` out"),
            ("GET //", "write one `/` for `//`"),
            ("GET /a//b", "write one `/` for `//`"),
            ("GET /a/./b", "write the path that is meant"),
            ("GET /a/..", "write the path that is meant"),
            ("GET /orders ", "text has letters"),
            ("GET /orders?x=1", "text has letters"),
            ("GET /orders#x", "text has letters"),
            ("GET /a;b", "text has letters"),
            ("GET /a+b", "text has letters"),
            ("GET /a\\b", "text has letters"),
            ("GET /%61", "text has letters"),
            ("GET /caf\u{e9}", "text has letters"),
            ("GET /orders/:id", "a variable reads `{id}`"),
            ("GET /files/*", "the rest of a path `{proxy+}`"),
            ("GET /files/{*rest}", "the rest of a path `{proxy+}`"),
            ("GET /files/v{id}", "a variable reads `{id}`"),
            ("GET /files/{id}.json", "a variable reads `{id}`"),
            ("GET /{a}{b}", "a variable reads `{id}`"),
            ("GET /{{a}}", "a variable reads `{id}`"),
            ("GET /{}", "a variable reads `{id}`"),
            ("GET /{+}", "a variable reads `{id}`"),
            ("GET /{", "a variable reads `{id}`"),
            ("GET /{proxy+}/more", "write it last"),
            ("GET /{id}/{id}", "give each a name of its own"),
            ("GET /{id}/{id+}", "give each a name of its own"),
        ] {
            let error = bad.parse::<RouteKey>().expect_err(bad).to_string();
            assert!(error.contains(fix), "{bad:?}: {error}");
        }
    }

    #[test]
    fn the_size_of_a_key_is_bounded() {
        let long = |length: usize| format!("GET /{}", "a".repeat(length - 5)).parse::<RouteKey>();
        assert!(long(LONGEST).is_ok());
        assert_eq!(long(LONGEST + 1), Err(RouteKeyError::Length { length: LONGEST + 1, most: LONGEST }));
        let segments = |count: usize| format!("GET {}", "/a".repeat(count)).parse::<RouteKey>();
        assert!(segments(MOST_SEGMENTS).is_ok());
        assert_eq!(segments(65), Err(RouteKeyError::Segments { count: 65, most: MOST_SEGMENTS }));
        let variables = |count: usize| {
            let path: Vec<String> = (0..count).map(|number| format!("/{{v{number}}}")).collect();
            format!("GET {}", path.concat()).parse::<RouteKey>()
        };
        assert!(variables(MOST_VARIABLES).is_ok());
        assert_eq!(variables(21), Err(RouteKeyError::Variables { count: 21, most: MOST_VARIABLES }));
    }

    #[test]
    fn keys_sort_by_path_and_then_by_method() {
        let mut keys = ["POST /b", "GET /b", "ANY /b", "PUT /a"].map(|key| key.parse::<RouteKey>().unwrap());
        keys.sort();
        assert_eq!(keys.map(|key| key.to_string()), ["PUT /a", "ANY /b", "GET /b", "POST /b"]);
    }
}

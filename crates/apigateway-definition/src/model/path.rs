//! Path patterns of API Gateway.

use std::{fmt, str::FromStr};

/// A path as API Gateway writes it: `/orders/{id}`, `/{proxy+}`, or `$default`.
///
/// A segment is a literal of `[A-Za-z0-9_.,:-]`, one `{parameter}`, or, in the last place, one `{greedy+}` («Known
/// issues» and «Resources» of the API Gateway developer guide). A slash at the end is dropped, as API Gateway drops it.
///
/// ```
/// use apigateway_definition::PathPattern;
///
/// let path: PathPattern = "orders/{id}/".parse()?;
/// assert_eq!(path.to_string(), "/orders/{id}");
/// assert!("/orders/{id}x".parse::<PathPattern>().is_err());
/// # Ok::<(), apigateway_definition::PathError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    segments: Vec<Segment>,
    is_default: bool,
}

/// One part of a path, between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Segment {
    /// Exactly this text.
    Literal(String),
    /// `{name}`: any one segment.
    Parameter(String),
    /// `{name+}`: one segment or more, to the end.
    Greedy(String),
}

/// Why a text is no path of API Gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// A segment that API Gateway does not take.
    #[error(
        "`{segment}` is not a path segment; one is of letters, digits and `_.,:-`, or exactly `{{name}}`"
    )]
    Segment {
        /// The segment.
        segment: String,
    },
    /// Something follows a greedy segment.
    #[error("`{segment}` is not the last segment; a greedy one must be")]
    GreedyNotLast {
        /// The segment.
        segment: String,
    },
    /// Longer than any that is served.
    #[error("the path has more than {most} segments")]
    TooLong {
        /// How many there may be.
        most: usize,
    },
}

impl PathPattern {
    const MOST_SEGMENTS: usize = 128;

    /// `$default`: what no other route of an HTTP API takes.
    #[must_use]
    pub fn default_route() -> Self {
        Self { segments: Vec::new(), is_default: true }
    }

    /// `/`
    pub(crate) fn root() -> Self {
        Self { segments: Vec::new(), is_default: false }
    }

    /// The path without its first segment.
    pub(crate) fn without_first(&self) -> Self {
        Self { segments: self.segments.iter().skip(1).cloned().collect(), is_default: self.is_default }
    }

    /// Whether it is `$default`.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// The segments; none for `/` and for `$default`.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The same path below another.
    pub(crate) fn below(&self, prefix: &Self) -> Self {
        if self.is_default {
            return self.clone();
        }
        let segments = prefix.segments.iter().chain(&self.segments).cloned().collect();
        Self { segments, is_default: false }
    }

    /// The path with its parameters without names: two routes with one shape take the same requests.
    pub(crate) fn shape(&self) -> String {
        let mut shape = String::from(if self.is_default { "$" } else { "" });
        for segment in &self.segments {
            shape.push('/');
            shape.push_str(match segment {
                Segment::Literal(text) => text,
                Segment::Parameter(_) => "{}",
                Segment::Greedy(_) => "{+}",
            });
        }
        shape
    }
}

impl FromStr for PathPattern {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text == "$default" {
            return Ok(Self::default_route());
        }
        let text = text.strip_prefix('/').unwrap_or(text);
        let text = text.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(text);
        if text.is_empty() {
            return Ok(Self { segments: Vec::new(), is_default: false });
        }
        let segments = text.split('/').map(segment).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > Self::MOST_SEGMENTS {
            return Err(PathError::TooLong { most: Self::MOST_SEGMENTS });
        }
        let before_last = segments.split_last().map_or(&[][..], |(_, before)| before);
        match before_last.iter().find(|segment| matches!(segment, Segment::Greedy(_))) {
            Some(greedy) => Err(PathError::GreedyNotLast { segment: greedy.to_string() }),
            None => Ok(Self { segments, is_default: false }),
        }
    }
}

fn segment(text: &str) -> Result<Segment, PathError> {
    let invalid = || PathError::Segment { segment: text.into() };
    let all = |text: &str, others: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        None if all(text, b"_.,:-") => Ok(Segment::Literal(text.into())),
        None => Err(invalid()),
        Some(name) => {
            let bare = name.strip_suffix('+').unwrap_or(name);
            let make = if bare.len() == name.len() { Segment::Parameter } else { Segment::Greedy };
            if all(bare, b"_.-") { Ok(make(bare.into())) } else { Err(invalid()) }
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Parameter(name) => write!(f, "{{{name}}}"),
            Self::Greedy(name) => write!(f, "{{{name}+}}"),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.segments.as_slice() {
            [] => f.write_str(if self.is_default { "$default" } else { "/" }),
            segments => segments.iter().try_for_each(|segment| write!(f, "/{segment}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (text, path) in [
            ("", "/"),
            ("/", "/"),
            ("a", "/a"),
            ("/a/", "/a"),
            ("/a/{b}/{c+}", "/a/{b}/{c+}"),
            ("$default", "$default"),
            ("/v1.0/a:b,c_d-e", "/v1.0/a:b,c_d-e"),
        ] {
            assert_eq!(text.parse::<PathPattern>().unwrap().to_string(), path);
        }
    }

    #[test]
    fn what_api_gateway_does_not_take_is_refused() {
        for text in
            ["//", "/a//b", "/{}", "/{+}", "/{a}b", "/a b", "/{a+}/b", "/ä", "/{a", "/a}", "/%41", "/a\n"]
        {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
        assert!("/a".repeat(200).parse::<PathPattern>().is_err());
    }
}

//! Why a text is not a path pattern.

/// Why a text is not a [`PathPattern`](crate::PathPattern). Each message ends with the fix.
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

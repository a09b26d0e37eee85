//! Path patterns without the names of their variables.

use std::fmt;

use crate::path::{PathPattern, Segment};

/// The paths that a pattern matches: two patterns have the same shape if only the names of their variables differ.
///
/// Shapes are ordered by precedence. At the first segment where two shapes differ, literal text comes before a variable, and a
/// variable before a greedy one; the shape of `$default` is the last. Of the shapes that match a path, the least decides.
///
/// ```
/// use apigateway_routes::{PathPattern, PathShape};
///
/// let shape = |pattern: &str| Ok(PathShape::from(&pattern.parse::<PathPattern>()?));
/// let (orders, order) = (shape("/{proxy+}")?, shape("/orders/{id}")?);
/// assert!(orders.covers(&order) && order < orders);
/// assert_eq!(order, shape("/orders/{order}")?);
/// assert_eq!(order.intersection(&shape("/{any}/new")?), Some(shape("/orders/new")?));
/// # Ok::<(), apigateway_routes::PathPatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathShape {
    is_default: bool,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Literal(Box<str>),
    Variable,
    Greedy,
}

impl PathShape {
    /// The shape of `$default`, which matches every path.
    #[must_use]
    pub fn default_route() -> Self {
        Self { is_default: true, parts: Vec::new() }
    }

    /// Whether it is that of `$default`.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// Whether this shape matches every path that the other one matches.
    ///
    /// `$default` covers every shape, and no other shape covers it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_default || other.is_default {
            return self.is_default;
        }
        let mut narrow = other.parts.iter();
        for broad in &self.parts {
            match (broad, narrow.next()) {
                (Part::Greedy, Some(first)) => return !first.is_empty(),
                (Part::Variable, Some(part)) if *part != Part::Greedy && !part.is_empty() => {}
                (Part::Literal(_), Some(part)) if part == broad => {}
                _ => return false,
            }
        }
        narrow.next().is_none()
    }

    /// Whether some path matches both shapes. `$default` overlaps with every shape.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.is_default || other.is_default {
            return true;
        }
        let (mut ours, mut theirs) = (self.parts.iter(), other.parts.iter());
        loop {
            match (ours.next(), theirs.next()) {
                (Some(one), Some(other)) if !one.meets(other) => return false,
                (None, None) | (Some(Part::Greedy), Some(_)) | (Some(_), Some(Part::Greedy)) => return true,
                (Some(_), Some(_)) => {}
                (None, _) | (_, None) => return false,
            }
        }
    }

    /// The shape of the paths that match both, or `None` if there are none.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.is_default || other.is_default {
            let narrow = if self.is_default { other } else { self };
            return Some(narrow.clone());
        }
        if !self.overlaps(other) {
            return None;
        }
        // The narrower part at each position. A shape that is shorter than the other ends in a greedy variable.
        let (short, long) = if self.parts.len() < other.parts.len() { (self, other) } else { (other, self) };
        let both = short.parts.iter().zip(&long.parts).map(|(one, other)| one.min(other));
        let parts = both.chain(long.parts.iter().skip(short.parts.len()));
        Some(Self { is_default: false, parts: parts.cloned().collect() })
    }

    /// A path of this shape, with `~` for a variable: no pattern of API Gateway itself has that character in its literal text.
    #[must_use]
    pub fn example(&self) -> String {
        self.written("~", "~/~")
    }

    fn written(&self, variable: &str, greedy: &str) -> String {
        let mut text = String::new();
        for part in &self.parts {
            text.push('/');
            text.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Variable => variable,
                Part::Greedy => greedy,
            });
        }
        if text.is_empty() { "/".into() } else { text }
    }
}

impl Part {
    /// Whether a segment matches both.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(other)) => one == other,
            (part, other) => !part.is_empty() && !other.is_empty(),
        }
    }

    /// The segment after a slash at the end of a path, which no variable matches.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(text) if text.is_empty())
    }
}

impl From<&PathPattern> for PathShape {
    fn from(pattern: &PathPattern) -> Self {
        Self { is_default: pattern.is_default(), ..pattern.segments().collect() }
    }
}

/// From the segments of a path; literal text can be any, such as the empty text after a slash at the end.
impl<'p> FromIterator<Segment<'p>> for PathShape {
    fn from_iter<I: IntoIterator<Item = Segment<'p>>>(segments: I) -> Self {
        let part = |segment| match segment {
            Segment::Literal(text) => Part::Literal(text.into()),
            Segment::Variable(_) => Part::Variable,
            Segment::Greedy(_) => Part::Greedy,
        };
        Self { is_default: false, parts: segments.into_iter().map(part).collect() }
    }
}

/// `/orders/{…}/{…+}`, or `$default`.
impl fmt::Display for PathShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.is_default { "$default".into() } else { self.written("{…}", "{…+}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(pattern: &str) -> PathShape {
        PathShape::from(&pattern.parse::<PathPattern>().unwrap())
    }

    #[test]
    fn a_shape_covers_what_it_matches_whole() {
        for (broad, narrow, expected) in [
            ("/{v}", "/a", true),
            ("/{v}/b", "/{w}/b", true),
            ("/{v+}", "/a/b", true),
            ("/{v+}", "/{v}", true),
            ("/{p+}", "/{q+}", true),
            ("/{p+}", "/a/{b}/c", true),
            ("/a/{v+}", "/a/b/{v+}", true),
            ("/a", "/a", true),
            ("$default", "/", true),
            ("$default", "/{v+}", true),
            ("$default", "$default", true),
            ("/{v+}", "$default", false),
            ("/{x}", "/{p+}", false),
            ("/a", "/b", false),
            ("/a", "/a/b", false),
            ("/a/b", "/a", false),
            ("/{v+}", "/", false),
            ("/{v}", "/", false),
            ("/a/{v}", "/a", false),
            ("/a/{v+}", "/a", false),
            ("/a/{x}", "/{y}/b", false),
        ] {
            let (broad, narrow) = (shape(broad), shape(narrow));
            assert_eq!(broad.covers(&narrow), expected, "{broad} {narrow}");
            assert!(!expected || broad.overlaps(&narrow), "{broad} {narrow}");
            assert!(!expected || broad == narrow || !narrow.covers(&broad), "{narrow} {broad}");
        }
        let directory: PathShape = [Segment::Literal("a"), Segment::Literal("")].into_iter().collect();
        assert!(!shape("/a/{v}").covers(&directory) && !shape("/a/{v+}").covers(&directory));
    }

    #[test]
    fn shapes_intersect_where_a_path_matches_both() {
        for (one, other, both) in [
            ("/a/{x}", "/{y}/b", Some("/a/b")),
            ("/{p+}", "/a/{x}", Some("/a/{…}")),
            ("/a/{p+}", "/{x}/b/c", Some("/a/b/c")),
            ("/a/{p+}", "/{x}/{q+}", Some("/a/{…+}")),
            ("$default", "/a/{x}", Some("/a/{…}")),
            ("$default", "$default", Some("$default")),
            ("/", "/", Some("/")),
            ("/{p+}", "/", None),
            ("/a", "/b", None),
            ("/a/{x}", "/a", None),
            ("/a/{p+}", "/a", None),
        ] {
            let (one, other) = (shape(one), shape(other));
            let found = one.intersection(&other);
            assert_eq!(found.as_ref().map(ToString::to_string).as_deref(), both, "{one} {other}");
            assert_eq!(other.intersection(&one), found);
            assert_eq!(one.overlaps(&other), both.is_some());
        }
    }

    #[test]
    fn a_slash_at_the_end_is_matched_by_no_variable() {
        let directory: PathShape = [Segment::Literal("a"), Segment::Literal("")].into_iter().collect();
        for (other, expected) in [("/a/{x}", false), ("/{x}/{y}", false), ("/a/b", false), ("$default", true)]
        {
            let other = shape(other);
            assert_eq!(directory.overlaps(&other), expected, "{other}");
            assert_eq!(other.overlaps(&directory), expected, "{other}");
            assert_eq!(directory.intersection(&other).is_some(), expected, "{other}");
        }
        assert!(directory.overlaps(&directory));
    }

    #[test]
    fn only_the_default_route_is_one() {
        let collected: PathShape = [Segment::Literal("a")].into_iter().collect();
        assert!(!collected.is_default() && !collected.covers(&shape("/b")) && collected == shape("/a"));
        let default = PathShape::default_route();
        assert!(default.is_default() && default == shape("$default") && default.covers(&shape("/b")));
    }

    #[test]
    fn the_shape_that_decides_is_the_least() {
        let by_precedence =
            ["/a/b", "/a/{x}", "/a/{p+}", "/{x}/b", "/{x}/{y}", "/{x}/{p+}", "/{p+}", "$default"];
        let shapes = by_precedence.map(shape);
        assert!(shapes.is_sorted(), "{shapes:?}");
        assert_eq!(shape("/a/{x}"), shape("/a/{y}"));
        assert_ne!(shape("/"), shape("$default"));
    }

    #[test]
    fn an_example_matches_its_shape() {
        for (pattern, example) in [("/", "/"), ("/a/{b}", "/a/~"), ("/a/{b+}", "/a/~/~"), ("$default", "/")] {
            assert_eq!(shape(pattern).example(), example);
        }
    }
}

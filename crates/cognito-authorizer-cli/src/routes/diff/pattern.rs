//! Example paths for all paths that one pattern matches, or two at once.

use apigateway_definition::{PathPattern, Segment};

/// An example of what a variable matches. API Gateway allows no literal like it.
const ANYTHING: &str = "~";

/// A pattern whose variables have no names.
pub(super) type Shape = Vec<Part>;

/// A segment of a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Literal(String),
    Variable,
    Greedy,
}

/// The shapes of a pattern. `$default` is for every path that no other route matches, including `/`.
pub(super) fn shapes(path: &PathPattern) -> Vec<Shape> {
    if path.is_default() {
        return vec![vec![Part::Greedy], Vec::new()];
    }
    let parts = path.segments().iter().map(|segment| match segment {
        Segment::Literal(text) => Part::Literal(text.clone()),
        Segment::Greedy(_) => Part::Greedy,
        _ => Part::Variable,
    });
    vec![parts.collect()]
}

/// The shape of the paths that both match, if there are any.
pub(super) fn both(one: &[Part], other: &[Part]) -> Option<Shape> {
    match (one, other) {
        ([], []) => Some(Vec::new()),
        ([Part::Greedy, ..], rest @ [_, ..]) | (rest @ [_, ..], [Part::Greedy, ..]) => Some(rest.to_vec()),
        ([first, one @ ..], [second, other @ ..]) => {
            let part = match (first, second) {
                (Part::Variable, part) | (part, Part::Variable) => part,
                (first, second) if first == second => first,
                _ => return None,
            };
            let mut shape = vec![part.clone()];
            shape.extend(both(one, other)?);
            Some(shape)
        }
        _ => None,
    }
}

/// A path of this shape.
pub(super) fn example(shape: &[Part]) -> String {
    let parts = shape.iter().map(|part| match part {
        Part::Literal(text) => format!("/{text}"),
        Part::Variable => format!("/{ANYTHING}"),
        Part::Greedy => format!("/{ANYTHING}/{ANYTHING}"),
    });
    let path: String = parts.collect();
    if path.is_empty() { "/".to_owned() } else { path }
}

/// The shape as API Gateway writes patterns.
pub(super) fn written(shape: &[Part]) -> String {
    let parts = shape.iter().map(|part| match part {
        Part::Literal(text) => format!("/{text}"),
        Part::Variable => "/{…}".to_owned(),
        Part::Greedy => "/{…+}".to_owned(),
    });
    let path: String = parts.collect();
    if path.is_empty() { "/".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_patterns_overlap_in_the_paths_that_both_match() {
        for (one, other, met) in [
            ("/a/{x}", "/{y}/b", Some("/a/b")),
            ("/{p+}", "/a/{x}", Some("/a/{…}")),
            ("/a/{p+}", "/{x}/b/c", Some("/a/b/c")),
            ("/{p+}", "/", None),
            ("/a", "/b", None),
            ("/a/{x}", "/a", None),
            ("/a/{p+}", "/a", None),
        ] {
            let shape = |text: &str| shapes(&text.parse().unwrap()).remove(0);
            let found = both(&shape(one), &shape(other)).map(|shape| written(&shape));
            assert_eq!(found.as_deref(), met, "{one} {other}");
            assert_eq!(both(&shape(other), &shape(one)).map(|shape| written(&shape)), found);
        }
    }
}

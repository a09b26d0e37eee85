//! Finds the most specific path pattern that matches a path.
//!
//! A tree with one level a segment. The literal children of all nodes share one hash table, so that a step costs the same
//! whether a node has two of them or ten thousand.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
};

use hashbrown::HashTable;
use memchr::memchr;
use rustc_hash::FxBuildHasher;

use crate::path::{PathPattern, Segment};

/// Path patterns, arranged for look-up; each has an index that the caller chooses.
///
/// A look-up takes time in proportion to the length of the path, however many patterns there are, and allocates nothing. Where
/// literal text and a variable share a position, both branches may be tried; each node of the tree is visited once at most.
///
/// ```
/// use apigateway_routes::PathMatcher;
///
/// let mut patterns = PathMatcher::default();
/// patterns.insert(&"/orders/{id}".parse()?, 0).unwrap();
/// patterns.insert(&"/files/{proxy+}".parse()?, 1).unwrap();
/// assert_eq!(patterns.find("/orders/7").map(|found| found.best), Some(0));
/// assert!(patterns.find("/files").is_none()); // a greedy variable matches at least one segment
/// assert_eq!(patterns.insert(&"/orders/{order}".parse()?, 2), Err(0)); // it matches the same paths
/// # Ok::<(), apigateway_routes::PathPatternError>(())
/// ```
#[derive(Clone, Default)]
pub struct PathMatcher {
    nodes: Vec<Node>,
    literals: HashTable<Edge>,
    /// The text of all literal segments.
    text: String,
    /// `$default`.
    default: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// The pattern that ends here.
    end: Option<usize>,
    /// The pattern that ends in a greedy variable below this node.
    greedy: Option<usize>,
    /// The child for a variable. Never the root, whose index is 0, so that index stands for none.
    variable: u32,
    has_literals: bool,
}

#[derive(Clone, Copy)]
struct Edge {
    parent: u32,
    child: u32,
    start: u32,
    length: u32,
}

/// The indices of the patterns that match a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathMatch {
    /// The most specific pattern: at the first segment in which two patterns differ, literal text comes before a variable, and
    /// a variable before a greedy one. axum's router has the same order.
    pub best: usize,
    /// The pattern that API Gateway prefers, where that is another one: a pattern without a greedy variable, or else the
    /// longest («Create routes for HTTP APIs in API Gateway», API Gateway developer guide).
    pub rival: Option<usize>,
}

impl fmt::Debug for PathMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathMatcher").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl PathMatcher {
    /// Adds a pattern under an index.
    ///
    /// # Errors
    ///
    /// The index of an earlier pattern that matches the same paths: the two differ in the names of their variables at most.
    /// Nothing is added then.
    pub fn insert(&mut self, pattern: &PathPattern, index: usize) -> Result<(), usize> {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let slot = if pattern.is_default() {
            &mut self.default
        } else {
            let mut node = 0;
            let mut is_greedy = false;
            for segment in pattern.segments() {
                match segment {
                    Segment::Literal(text) => node = self.literal_child_or_new(node, text),
                    Segment::Variable(_) => node = self.variable_child_or_new(node),
                    Segment::Greedy(_) => is_greedy = true,
                }
            }
            let Some(node) = self.nodes.get_mut(node as usize) else { return Ok(()) };
            if is_greedy { &mut node.greedy } else { &mut node.end }
        };
        if let Some(earlier) = *slot {
            return Err(earlier);
        }
        *slot = Some(index);
        Ok(())
    }

    fn variable_child_or_new(&mut self, parent: u32) -> u32 {
        let new = index(self.nodes.len());
        let Some(node) = self.nodes.get_mut(parent as usize) else { return new };
        if node.variable == 0 {
            node.variable = new;
            self.nodes.push(Node::default());
            return new;
        }
        node.variable
    }

    fn literal_child_or_new(&mut self, parent: u32, text: &str) -> u32 {
        if let Some(child) = self.literal_child(parent, text) {
            return child;
        }
        let edge = Edge {
            parent,
            child: index(self.nodes.len()),
            start: index(self.text.len()),
            length: index(text.len()),
        };
        self.text.push_str(text);
        self.nodes.push(Node::default());
        if let Some(node) = self.nodes.get_mut(parent as usize) {
            node.has_literals = true;
        }
        let all = &self.text;
        self.literals.insert_unique(hash(parent, text), edge, |edge| hash(edge.parent, edge.text(all)));
        edge.child
    }

    fn literal_child(&self, parent: u32, text: &str) -> Option<u32> {
        let is_it = |edge: &Edge| edge.parent == parent && edge.text(&self.text) == text;
        self.literals.find(hash(parent, text), is_it).map(|edge| edge.child)
    }

    /// The patterns that match a path, which is that of a request's URI without its query. It is compared as it is, undecoded;
    /// [`RequestPath`](crate::RequestPath) finds what other programs may make of it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<PathMatch> {
        let of_tree = path.strip_prefix('/').and_then(|rest| {
            let rest = if rest.is_empty() { None } else { Some(rest) };
            let leaf = self.most_specific(0, rest, Greedy::Allowed)?;
            let rival = if leaf.is_greedy { self.rival(rest, leaf.pattern) } else { None };
            Some(PathMatch { best: leaf.pattern, rival })
        });
        of_tree.or_else(|| self.default.map(|best| PathMatch { best, rival: None }))
    }

    /// Searches below a node. `rest` is what follows the slash after it, or `None` where the path ends at the node.
    fn most_specific(&self, index: u32, rest: Option<&str>, greedy: Greedy) -> Option<Leaf> {
        let node = self.nodes.get(index as usize)?;
        let Some(rest) = rest else {
            return node.end.map(|pattern| Leaf { pattern, is_greedy: false });
        };
        let (segment, after) = first_segment(rest);
        self.children(index, node, segment)
            .into_iter()
            .flatten()
            .find_map(|child| self.most_specific(child, after, greedy))
            .or_else(|| {
                let pattern = node.greedy.filter(|_| greedy == Greedy::Allowed && !rest.is_empty())?;
                Some(Leaf { pattern, is_greedy: true })
            })
    }

    /// The child with this text, then that for a variable.
    fn children(&self, index: u32, node: &Node, segment: &str) -> [Option<u32>; 2] {
        let literal = if node.has_literals { self.literal_child(index, segment) } else { None };
        let variable = if node.variable == 0 || segment.is_empty() { None } else { Some(node.variable) };
        [literal, variable]
    }

    /// What API Gateway prefers to `best`, which ends in a greedy variable.
    fn rival(&self, rest: Option<&str>, best: usize) -> Option<usize> {
        let exact = self.most_specific(0, rest, Greedy::Excluded).map(|leaf| leaf.pattern);
        let longest = || {
            let mut longest = None;
            self.longest_greedy(0, rest, 0, &mut longest);
            longest.map(|(_, pattern)| pattern)
        };
        exact.or_else(longest).filter(|rival| *rival != best)
    }

    /// Searches for the greedy variable with the most segments before it; of equals, the most specific one is found first.
    fn longest_greedy(&self, index: u32, rest: Option<&str>, depth: u32, longest: &mut Option<(u32, usize)>) {
        let (Some(node), Some(rest)) = (self.nodes.get(index as usize), rest) else { return };
        let (segment, after) = first_segment(rest);
        for child in self.children(index, node, segment).into_iter().flatten() {
            self.longest_greedy(child, after, depth + 1, longest);
        }
        let is_longer = longest.is_none_or(|(known, _)| known < depth);
        if let Some(pattern) = node.greedy.filter(|_| is_longer && !rest.is_empty()) {
            *longest = Some((depth, pattern));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Greedy {
    Allowed,
    Excluded,
}

/// A pattern that matches, and whether it ends in a greedy variable.
struct Leaf {
    pattern: usize,
    is_greedy: bool,
}

impl Edge {
    fn text(self, all: &str) -> &str {
        let start = self.start as usize;
        all.get(start..start + self.length as usize).unwrap_or_default()
    }
}

fn first_segment(rest: &str) -> (&str, Option<&str>) {
    match memchr(b'/', rest.as_bytes()) {
        Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..)),
        None => (rest, None),
    }
}

/// Only the patterns choose what the table holds, so that a path cannot provoke collisions.
fn hash(parent: u32, text: &str) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    parent.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

/// Positions are far below `u32::MAX`: a pattern has at most 64 segments and 1,024 bytes, and no table has four million of them.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn matcher(patterns: &[&str]) -> PathMatcher {
        let mut matcher = PathMatcher::default();
        for (index, pattern) in patterns.iter().enumerate() {
            matcher.insert(&pattern.parse().unwrap(), index).unwrap();
        }
        matcher
    }

    #[track_caller]
    fn expect(patterns: &[&str], cases: &[(&str, &str, &str)]) {
        let matcher = matcher(patterns);
        let name = |index: Option<usize>| index.map_or("-", |index| patterns[index]);
        for (path, best, rival) in cases {
            let found = matcher.find(path);
            assert_eq!(
                (name(found.map(|found| found.best)), name(found.and_then(|found| found.rival))),
                (*best, *rival),
                "{path}"
            );
        }
    }

    #[test]
    fn text_comes_before_a_variable_and_that_before_a_greedy_one() {
        expect(
            &["/a/{x}", "/a/{rest+}", "/a/b", "/{x}/b/{y}/d", "/a/b/{y}/e", "/", "/a", "/{x}/{proxy+}"],
            &[
                ("/", "/", "-"),
                ("/a", "/a", "-"),
                ("/z", "-", "-"),
                ("/a/b", "/a/b", "-"),
                ("/a/c", "/a/{x}", "-"),
                ("/a/b/c/e", "/a/b/{y}/e", "-"),
                ("/a/b/c", "/a/{rest+}", "-"),
                ("/z/b/c/d", "/{x}/b/{y}/d", "-"),
                ("/z/b/c", "/{x}/{proxy+}", "-"),
                // axum takes the text `a` for good; API Gateway prefers a pattern without a greedy variable.
                ("/a/b/c/d", "/a/{rest+}", "/{x}/b/{y}/d"),
            ],
        );
    }

    #[test]
    fn a_greedy_variable_takes_one_segment_or_more() {
        expect(
            &["/files/{p+}"],
            &[
                ("/files", "-", "-"),
                ("/files/", "-", "-"),
                ("/files/a", "/files/{p+}", "-"),
                ("/files/a/", "/files/{p+}", "-"),
                ("/files/a/b", "/files/{p+}", "-"),
                ("/filesa/b", "-", "-"),
                ("", "-", "-"),
                ("*", "-", "-"),
            ],
        );
    }

    #[test]
    fn of_two_greedy_variables_api_gateway_prefers_the_longest() {
        expect(
            &["/{a+}", "/{a}/{b+}", "/{a}/{b}/{c+}", "/x/{b+}", "/{a}"],
            &[
                ("/a", "/{a}", "-"),
                ("/a/b", "/{a}/{b+}", "-"),
                ("/a/b/c/d", "/{a}/{b}/{c+}", "-"),
                ("/x/b", "/x/{b+}", "-"),
                ("/x/b/c", "/x/{b+}", "/{a}/{b}/{c+}"),
            ],
        );
    }

    #[test]
    fn the_default_matches_what_nothing_else_does() {
        expect(&["$default", "/a"], &[("/a", "/a", "-"), ("/b", "$default", "-"), ("*", "$default", "-")]);
    }

    #[test]
    fn a_pattern_for_the_same_paths_is_not_added_twice() {
        for (one, other) in [("/a/{x}", "/a/{y}"), ("/{a+}", "/{b+}"), ("$default", "$default"), ("/", "/")] {
            let mut matcher = matcher(&["/b", one]);
            assert_eq!(matcher.insert(&other.parse().unwrap(), 2), Err(1), "{other}");
        }
    }

    const SEGMENTS: [&str; 5] = ["a", "b", "ab", "{v}", "{v+}"];

    fn pattern() -> impl Strategy<Value = String> {
        proptest::collection::vec(0..SEGMENTS.len(), 0..5).prop_map(|chosen| {
            let mut pattern = String::new();
            for (number, segment) in chosen.iter().enumerate() {
                match SEGMENTS[*segment] {
                    "{v}" => write!(pattern, "/{{v{number}}}").unwrap(),
                    "{v+}" => return format!("{pattern}/{{rest+}}"),
                    text => write!(pattern, "/{text}").unwrap(),
                }
            }
            if pattern.is_empty() { "/".into() } else { pattern }
        })
    }

    fn path() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::sample::select(vec!["a", "b", "ab", "c", ""]), 1..6)
            .prop_map(|segments| format!("/{}", segments.join("/")))
    }

    /// In the syntax of `matchit`.
    fn of_matchit(pattern: &str) -> String {
        match pattern.split_once("{rest+}") {
            Some((before, _)) => format!("{before}{{*rest}}"),
            None => pattern.to_owned(),
        }
    }

    /// `MATCHER_CASES=1000000 cargo test --release -p apigateway-routes` asks for more than the suite does.
    fn config() -> ProptestConfig {
        let cases = std::env::var("MATCHER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        /// Written differences: `matchit` refuses tables in which a greedy variable has siblings at its place, which are left
        /// out here; and a path with empty segments never comes to the matcher, as [`PathProblem`](crate::PathProblem) refuses
        /// it before.
        #[test]
        fn the_router_of_axum_finds_the_same_pattern(
            patterns in proptest::collection::vec(pattern(), 1..12),
            paths in proptest::collection::vec(path(), 1..12),
        ) {
            let (mut ours, mut theirs) = (PathMatcher::default(), matchit::Router::new());
            for (index, pattern) in patterns.iter().enumerate() {
                if theirs.insert(of_matchit(pattern), index).is_ok() {
                    prop_assert_eq!(ours.insert(&pattern.parse().unwrap(), index), Ok(()));
                }
            }
            for path in paths.iter().filter(|path| !path.contains("//")) {
                let found = theirs.at(path).ok().map(|found| *found.value);
                prop_assert_eq!(ours.find(path).map(|found| found.best), found, "{} in {:?}", path, patterns);
            }
        }

        /// Against every pattern in turn, also those that `matchit` does not take side by side.
        #[test]
        fn the_best_and_its_rival_are_those_of_a_naive_search(
            patterns in proptest::collection::vec(pattern(), 1..12),
            paths in proptest::collection::vec(path(), 1..12),
        ) {
            let parsed: Vec<PathPattern> = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
            let mut ours = PathMatcher::default();
            let added: Vec<usize> = parsed
                .iter()
                .enumerate()
                .filter_map(|(index, pattern)| ours.insert(pattern, index).is_ok().then_some(index))
                .collect();
            for path in paths.iter().filter(|path| !path.contains("//")) {
                let matching = || added.iter().copied().filter(|index| matches(&parsed[*index], path));
                let kinds = |index: &usize| parsed[*index].segments().map(kind).collect::<Vec<_>>();
                let best = matching().min_by_key(kinds);
                let is_greedy = |index: &usize| kinds(index).last() == Some(&2);
                let preferred = matching()
                    .filter(|index| !is_greedy(index))
                    .min_by_key(kinds)
                    .or_else(|| matching().min_by_key(|index| (usize::MAX - kinds(index).len(), kinds(index))));
                let expected = best.map(|best| PathMatch { best, rival: preferred.filter(|rival| *rival != best && is_greedy(&best)) });
                prop_assert_eq!(ours.find(path), expected, "{} in {:?}", path, patterns);
            }
        }
    }

    fn kind(segment: Segment<'_>) -> u8 {
        match segment {
            Segment::Literal(_) => 0,
            Segment::Variable(_) => 1,
            Segment::Greedy(_) => 2,
        }
    }

    fn matches(pattern: &PathPattern, path: &str) -> bool {
        let mut rest = path.strip_prefix('/').filter(|rest| !rest.is_empty());
        for segment in pattern.segments() {
            let Some(text) = rest else { return false };
            let (first, after) =
                text.split_once('/').map_or((text, None), |(first, after)| (first, Some(after)));
            match segment {
                Segment::Greedy(_) => return !text.is_empty(),
                Segment::Literal(literal) if literal == first => {}
                Segment::Variable(_) if !first.is_empty() => {}
                _ => return false,
            }
            rest = after;
        }
        rest.is_none()
    }
}

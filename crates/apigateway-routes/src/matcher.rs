//! Finds the most specific path pattern that matches a path.
//!
//! A tree with one level per segment. In a large table, a look-up takes as long as its reads from memory, so the tree is arranged for
//! few of them: the nodes of a pattern are next to each other, and a node contains its only literal child. The children of nodes with
//! several share one hash table, so that a step costs the same whether a node has two of them or ten thousand.

mod label;

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
};

use hashbrown::HashTable;
use memchr::memchr;
use rustc_hash::FxBuildHasher;

use self::label::{Label, position};
use crate::{
    compact_index::CompactIndex,
    path::{PathPattern, Segment},
};

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
    /// The literal children of nodes with several.
    literals: HashTable<Edge>,
    /// The text of long labels.
    text: String,
    /// `$default`.
    default: Option<CompactIndex>,
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// The pattern that ends here.
    end: Option<CompactIndex>,
    /// The pattern that ends in a greedy variable below this node.
    greedy: Option<CompactIndex>,
    /// The child for a variable. It is never the root, so the index 0 means that there is none.
    variable: u32,
    literals: Literals,
}

/// The literal children of a node.
#[derive(Clone, Copy, Default)]
enum Literals {
    #[default]
    None,
    One {
        label: Label,
        child: u32,
    },
    /// They are in the hash table.
    Several,
}

#[derive(Clone, Copy)]
struct Edge {
    parent: u32,
    child: u32,
    label: Label,
}

/// The indices of the patterns that match a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathMatch {
    /// The most specific pattern: at the first segment in which two patterns differ, literal text comes before a variable, and
    /// a variable before a greedy one. axum's router has the same order.
    pub best: usize,
    /// The pattern that API Gateway prefers, where that is another one: a pattern without a greedy variable, or else the
    /// longest ("Create routes for HTTP APIs in API Gateway", API Gateway developer guide).
    pub rival: Option<usize>,
}

impl fmt::Debug for PathMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathMatcher").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl PathMatcher {
    /// Adds a pattern under an index, which is less than `usize::MAX`.
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
            return Err(earlier.get());
        }
        *slot = CompactIndex::new(index);
        Ok(())
    }

    fn variable_child_or_new(&mut self, parent: u32) -> u32 {
        let new = position(self.nodes.len());
        let Some(node) = self.nodes.get_mut(parent as usize) else { return new };
        if node.variable == 0 {
            node.variable = new;
            self.nodes.push(Node::default());
            return new;
        }
        node.variable
    }

    fn literal_child_or_new(&mut self, parent: u32, text: &str) -> u32 {
        let new = position(self.nodes.len());
        let Some(&node) = self.nodes.get(parent as usize) else { return new };
        if let Some(child) = self.literal_child(parent, &node, text) {
            return child;
        }
        let label = Label::new(text, &mut self.text);
        let literals = if let Literals::None = node.literals {
            Literals::One { label, child: new }
        } else {
            if let Literals::One { label, child } = node.literals {
                self.add_edge(Edge { parent, child, label });
            }
            self.add_edge(Edge { parent, child: new, label });
            Literals::Several
        };
        if let Some(node) = self.nodes.get_mut(parent as usize) {
            node.literals = literals;
        }
        self.nodes.push(Node::default());
        new
    }

    fn add_edge(&mut self, edge: Edge) {
        let hash_of = |edge: &Edge| hash(edge.parent, edge.label.bytes(&self.text));
        self.literals.insert_unique(hash_of(&edge), edge, hash_of);
    }

    fn literal_child(&self, parent: u32, node: &Node, text: &str) -> Option<u32> {
        let is_text = |label: &Label| label.bytes(&self.text) == text.as_bytes();
        match &node.literals {
            Literals::None => None,
            Literals::One { label, child } => is_text(label).then_some(*child),
            Literals::Several => {
                let is_edge = |edge: &Edge| edge.parent == parent && is_text(&edge.label);
                self.literals.find(hash(parent, text.as_bytes()), is_edge).map(|edge| edge.child)
            }
        }
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
        of_tree.or_else(|| self.default.map(|best| PathMatch { best: best.get(), rival: None }))
    }

    /// Searches below a node. `rest` is what follows the slash after it, or `None` where the path ends at the node.
    fn most_specific(&self, index: u32, rest: Option<&str>, greedy: Greedy) -> Option<Leaf> {
        let node = self.nodes.get(index as usize)?;
        let Some(rest) = rest else {
            return node.end.map(|pattern| Leaf { pattern: pattern.get(), is_greedy: false });
        };
        let (segment, after) = first_segment(rest);
        self.children(index, node, segment)
            .into_iter()
            .flatten()
            .find_map(|child| self.most_specific(child, after, greedy))
            .or_else(|| {
                let pattern = node.greedy.filter(|_| greedy == Greedy::Allowed && !rest.is_empty())?;
                Some(Leaf { pattern: pattern.get(), is_greedy: true })
            })
    }

    /// The child with this text, then that for a variable.
    fn children(&self, index: u32, node: &Node, segment: &str) -> [Option<u32>; 2] {
        let literal = self.literal_child(index, node, segment);
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
            *longest = Some((depth, pattern.get()));
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

fn first_segment(rest: &str) -> (&str, Option<&str>) {
    match memchr(b'/', rest.as_bytes()) {
        Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..)),
        None => (rest, None),
    }
}

/// Only the patterns choose what the table holds, so that a path cannot provoke collisions.
fn hash(parent: u32, text: &[u8]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    parent.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;

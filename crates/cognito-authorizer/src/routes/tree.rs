//! Finds the most specific pattern that matches a path.

use std::{cmp::Reverse, collections::BTreeMap, iter};

use matchit::{Params, Router};

use super::{error::RouteTableError, shape::Shape};

/// Some shapes of a table, by path. A shape is known by its place in the table's list.
///
/// `matchit` refuses a greedy variable beside one that is not (`/a/{x}`, `/a/{proxy+}`), as HTTP APIs have them. So shapes
/// without a greedy variable have a router of their own, and those with one a router for each depth, where all is well.
#[derive(Clone, Default)]
pub(super) struct Tree {
    exact: Router<usize>,
    /// The deepest first.
    greedy: BTreeMap<Reverse<usize>, Router<usize>>,
    /// `$default`.
    default: Option<usize>,
}

/// The shape that decides, and another one that API Gateway may prefer.
pub(super) struct Match<'t, 'p> {
    pub(super) shape: &'t Shape,
    /// None of `$default`.
    pub(super) values: Option<Params<'t, 'p>>,
    pub(super) rival: Option<&'t Shape>,
}

impl Tree {
    /// A tree of the shapes for which `includes` is true.
    pub(super) fn of(shapes: &[Shape], includes: impl Fn(&Shape) -> bool) -> Result<Self, RouteTableError> {
        let mut tree = Self::default();
        for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| includes(shape)) {
            tree.insert(shape, index)?;
        }
        Ok(tree)
    }

    fn insert(&mut self, shape: &Shape, index: usize) -> Result<(), RouteTableError> {
        let router = match shape.greedy_depth() {
            _ if !shape.pattern.starts_with('/') => {
                self.default = Some(index);
                return Ok(());
            }
            None => &mut self.exact,
            Some(depth) => self.greedy.entry(Reverse(depth)).or_default(),
        };
        router.insert(shape.pattern.clone(), index).map_err(|error| RouteTableError::Router {
            path: shape.pattern.clone(),
            problem: error.to_string(),
        })
    }

    /// Literal text comes before a variable, and that before a greedy one, at the first segment where two shapes differ; so
    /// it is in the one router of axum. API Gateway takes a path without greedy variable first («Create routes for HTTP
    /// APIs»), and does not say which of two greedy ones; its choice, where it is another, is the rival.
    pub(super) fn at<'t, 'p>(&'t self, shapes: &'t [Shape], path: &'p str) -> Option<Match<'t, 'p>> {
        let routers = iter::once(&self.exact).chain(self.greedy.values());
        let mut found: Option<Match<'t, 'p>> = None;
        for router in routers {
            let Ok(matched) = router.at(path) else { continue };
            let Some(shape) = shapes.get(*matched.value) else { continue };
            found = match found {
                Some(found) if found.shape.kinds < shape.kinds => Some(found),
                other => {
                    let rival = other.map(|other| other.rival.unwrap_or(other.shape));
                    Some(Match { shape, values: Some(matched.params), rival })
                }
            };
            if shape.has_no_variable() {
                break;
            }
        }
        found.or_else(|| {
            let shape = shapes.get(self.default?)?;
            Some(Match { shape, values: None, rival: None })
        })
    }
}

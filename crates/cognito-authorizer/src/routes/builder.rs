//! From rows to a table.

use std::collections::{HashMap, hash_map::Entry};

use cognito_verify::{IntoRequirement, RequirementError};
use http::Method;

use super::{
    key::{RouteKey, RouteKeyError},
    rule::{Precedence, RouteRule},
    shape::{Shape, pattern},
    table::RouteTable,
    tree::Tree,
};

/// API Gateway has 300 routes an API unless it is asked for more; this bounds the memory of a table.
const MOST_ROWS: usize = 100_000;

/// The rows of a [`RouteTable`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct RouteTableBuilder {
    rows: Vec<(Result<RouteKey, RouteKeyError>, RouteRule)>,
    unmatched: RouteRule,
    precedence: Precedence,
}

impl RouteTableBuilder {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new(), unmatched: RouteRule::Refuse, precedence: Precedence::default() }
    }

    /// Lets in requests with a token that meets the requirement; see [`RouteKey`] for how a row is written.
    pub fn require(self, row: impl AsRef<str>, requirement: impl IntoRequirement) -> Self {
        self.parsed(row.as_ref(), RouteRule::Require(requirement.into_requirement()))
    }

    /// Lets everybody in. The handler is given no claims, not even those of another layer further out.
    pub fn open(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Open)
    }

    /// Lets nobody in.
    pub fn refuse(self, row: impl AsRef<str>) -> Self {
        self.parsed(row.as_ref(), RouteRule::Refuse)
    }

    fn parsed(mut self, row: &str, rule: RouteRule) -> Self {
        self.rows.push((row.parse(), rule));
        self
    }

    /// Adds a row whose key was parsed before.
    pub fn row(mut self, key: RouteKey, rule: RouteRule) -> Self {
        self.rows.push((Ok(key), rule));
        self
    }

    /// What becomes of a request that no row matches: refused by default, as in API Gateway.
    ///
    /// *Security*: with [`RouteRule::Open`], a row that is forgotten or misspelt is an open door.
    pub fn unmatched(mut self, rule: RouteRule) -> Self {
        self.unmatched = rule;
        self
    }

    /// Which of several rows decides; [`Precedence::PathFirst`] by default.
    pub fn precedence(mut self, precedence: Precedence) -> Self {
        self.precedence = precedence;
        self
    }

    /// Checks the rows, and arranges them to be found fast.
    ///
    /// # Errors
    ///
    /// The first row that does not hold, and how to mend it.
    pub fn build(self) -> Result<RouteTable, RouteTableError> {
        if self.rows.len() > MOST_ROWS {
            return Err(RouteTableError::TooManyRows { rows: self.rows.len(), most: MOST_ROWS });
        }
        if let RouteRule::Require(requirement) = &self.unmatched
            && let Some(error) = requirement.error()
        {
            return Err(RouteTableError::Unmatched(error.clone()));
        }
        let numbered = self.rows.into_iter().enumerate();
        let rows = numbered.map(|(place, (key, rule))| {
            let key = key.map_err(|error| RouteTableError::Key { row: place + 1, error })?;
            match &rule {
                RouteRule::Require(requirement) => match requirement.error() {
                    Some(error) => Err(RouteTableError::Requirement { row: key, error: error.clone() }),
                    None => Ok((key, rule)),
                },
                RouteRule::Open | RouteRule::Refuse => Ok((key, rule)),
            }
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let shapes = shapes(&rows)?;
        let methods = match self.precedence {
            Precedence::PathFirst => Vec::new(),
            Precedence::RouteFirst => methods(&shapes),
        };
        let trees = methods.into_iter().map(|method| {
            let tree = tree(&shapes, |shape| shape.row(&method).is_some())?;
            Ok((method, tree))
        });
        let named = trees.collect::<Result<Vec<_>, RouteTableError>>()?;
        let other = tree(&shapes, |shape| self.precedence == Precedence::PathFirst || shape.any.is_some())?;
        Ok(RouteTable { rows, unmatched: self.unmatched, shapes, named, other })
    }
}

/// Brings the rows of one path together.
fn shapes(rows: &[(RouteKey, RouteRule)]) -> Result<Vec<Shape>, RouteTableError> {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut places = HashMap::new();
    for (place, (key, _)) in rows.iter().enumerate() {
        let known = match places.entry(pattern(key)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                shapes.push(Shape::of(key));
                *new.insert(shapes.len() - 1)
            }
        };
        let Some(shape) = shapes.get_mut(known) else { continue };
        let other = match key.method() {
            None => shape.any.replace(place),
            Some(method) => {
                let other = shape.named.iter().find(|(other, _)| other == method).map(|(_, place)| *place);
                shape.named.push((method.clone(), place));
                other
            }
        };
        if let Some((other, _)) = other.and_then(|other| rows.get(other)) {
            return Err(RouteTableError::Duplicate { row: key.clone(), other: other.clone() });
        }
    }
    shapes.iter().try_for_each(|shape| check_head(rows, shape))?;
    Ok(shapes)
}

/// A row for HEAD must not open what GET is refused: the handler of GET may serve both, and the table cannot know.
fn check_head(rows: &[(RouteKey, RouteRule)], shape: &Shape) -> Result<(), RouteTableError> {
    let row = |method| shape.row(&method).and_then(|place| rows.get(place));
    let Some((head, rule)) = row(Method::HEAD).filter(|(key, _)| key.method() == Some(&Method::HEAD)) else {
        return Ok(());
    };
    match row(Method::GET) {
        None if *rule != RouteRule::Refuse => Err(RouteTableError::HeadWithoutGet { row: head.clone() }),
        Some((get, get_rule)) if !rule.is_as_strict_as(get_rule) => {
            Err(RouteTableError::WeakerHead { row: head.clone(), get: get.clone() })
        }
        _ => Ok(()),
    }
}

/// The methods that a request may have to match more than rows with `ANY`.
fn methods(shapes: &[Shape]) -> Vec<Method> {
    let mut methods = Vec::new();
    for (method, _) in shapes.iter().flat_map(|shape| &shape.named) {
        // HEAD is judged as GET.
        let also = if *method == Method::GET { &Method::HEAD } else { method };
        for method in [method, also] {
            if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
    }
    methods
}

fn tree(shapes: &[Shape], includes: impl Fn(&Shape) -> bool) -> Result<Tree, RouteTableError> {
    let mut tree = Tree::default();
    for (place, shape) in shapes.iter().enumerate().filter(|(_, shape)| includes(shape)) {
        tree.insert(shape, place).map_err(|error| RouteTableError::Router {
            path: shape.pattern.clone(),
            problem: error.to_string(),
        })?;
    }
    Ok(tree)
}

/// Why there is no table. Each text names the row and ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteTableError {
    /// A row's key is none.
    #[error("row {row}: {error}")]
    Key {
        /// Which row, from 1.
        row: usize,
        /// Why not.
        error: RouteKeyError,
    },
    /// Two rows match the same requests; the names of variables make no difference.
    #[error("`{row}` matches the very requests of `{other}`; remove one of the two rows")]
    Duplicate {
        /// The later row.
        row: RouteKey,
        /// The earlier one.
        other: RouteKey,
    },
    /// A row's requirement can be met by no token.
    #[error("the requirement of `{row}` cannot be used: {error}")]
    Requirement {
        /// The row.
        row: RouteKey,
        /// Why not.
        error: RequirementError,
    },
    /// The requirement for unmatched requests can be met by no token.
    #[error("the requirement of `.unmatched(…)` cannot be used: {0}")]
    Unmatched(RequirementError),
    /// HEAD asks for something else than GET, and may be served by the handler of GET.
    #[error(
        "`{row}` may let in what `{get}` does not, and axum serves HEAD by the handler of GET; give both one rule, or \
         remove `{row}`"
    )]
    WeakerHead {
        /// The row of HEAD.
        row: RouteKey,
        /// The row of GET.
        get: RouteKey,
    },
    /// HEAD has a row and GET has none, whose handler may serve HEAD.
    #[error(
        "`{row}` may let in what GET does not, and axum serves HEAD by the handler of GET; add a row for GET"
    )]
    HeadWithoutGet {
        /// The row of HEAD.
        row: RouteKey,
    },
    /// There are too many rows.
    #[error("{rows} rows are too many; give at most {most}, with variables in their paths")]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// How many there may be.
        most: usize,
    },
    /// The router does not take a path.
    #[error("the router does not take the path {path:?}: {problem}; write it in another way")]
    Router {
        /// The path, in the router's syntax.
        path: String,
        /// What the router says.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope;

    #[test]
    fn a_row_that_does_not_hold_is_named_with_the_fix() {
        let open = |rows: &[&str]| rows.iter().fold(RouteTable::builder(), RouteTableBuilder::open).build();
        for (built, text) in [
            (open(&["GET /a", "GET b"]), "row 2: the path \"b\" does not begin with `/`; put one in front"),
            (
                open(&["GET /a/{x}", "GET /a/{y}"]),
                "`GET /a/{y}` matches the very requests of `GET /a/{x}`; remove one of the two rows",
            ),
            (
                open(&["ANY /{a+}", "ANY /{b+}"]),
                "`ANY /{b+}` matches the very requests of `ANY /{a+}`; remove one of the two rows",
            ),
            (
                open(&["$default", "$default"]),
                "`$default` matches the very requests of `$default`; remove one of the two rows",
            ),
            (
                open(&["HEAD /a", "POST /a"]),
                "`HEAD /a` may let in what GET does not, and axum serves HEAD by the handler of GET; add a row for GET",
            ),
            (
                RouteTable::builder().open("HEAD /a").require("ANY /a", scope("r/a")).build(),
                "`HEAD /a` may let in what `ANY /a` does not, and axum serves HEAD by the handler of GET; give both one \
                 rule, or remove `HEAD /a`",
            ),
            (
                RouteTable::builder().require("GET /a", scope("a b")).build(),
                "the requirement of `GET /a` cannot be used: `a b` is not a scope; a custom one reads \
                 `resource-server/name`, without spaces, quotes or backslashes",
            ),
            (
                RouteTable::builder().unmatched(RouteRule::Require(scope("a b"))).build(),
                "the requirement of `.unmatched(…)` cannot be used: `a b` is not a scope; a custom one reads \
                 `resource-server/name`, without spaces, quotes or backslashes",
            ),
        ] {
            assert_eq!(built.expect_err(text).to_string(), text);
        }
    }

    #[test]
    fn rows_of_one_path_may_differ_in_method_and_names() {
        let table = RouteTable::builder()
            .open("GET /a/{x}")
            .open("HEAD /a/{x}")
            .open("POST /a/{y}")
            .open("ANY /a/{z}")
            .refuse("HEAD /b")
            .open("HEAD /c")
            .open("ANY /c")
            .row("GET /a/b".parse().unwrap(), RouteRule::Open)
            .build()
            .unwrap();
        assert_eq!(table.rows().len(), 8);
    }

    #[test]
    fn the_number_of_rows_is_bounded() {
        let rows = |count| {
            let key = |number| format!("GET /{number}").parse().unwrap();
            (0..count)
                .fold(RouteTable::builder(), |builder, number| builder.row(key(number), RouteRule::Open))
        };
        assert_eq!(rows(10_000).build().unwrap().rows().len(), 10_000);
        let error = rows(MOST_ROWS + 1).build().expect_err("too many");
        assert_eq!(error, RouteTableError::TooManyRows { rows: MOST_ROWS + 1, most: MOST_ROWS });
    }
}

//! Which row API Gateway may prefer to the router's choice, where several patterns match one path.

use http::Method;

use super::{
    error::RouteTableError,
    rule::Selector,
    shape::{Kind, Shape},
    tree::Tree,
};

/// The shapes of a table by what selects one of their rows. A shape without such a row contests nothing: API Gateway selects
/// among the routes that have the method or `ANY` («Create routes for HTTP APIs», API Gateway developer guide).
///
/// Empty where no path pattern ends in a greedy variable, as only those are contested.
#[derive(Clone, Default)]
pub(super) struct Contests {
    named: Vec<(Method, Tree)>,
    /// For methods that no row names.
    any: Tree,
    preflight: Tree,
}

impl Contests {
    pub(super) fn of(shapes: &[Shape]) -> Result<Self, RouteTableError> {
        if !shapes.iter().any(|shape| shape.kinds.contains(&Kind::Greedy)) {
            return Ok(Self::default());
        }
        let named = methods(shapes).into_iter().map(|method| {
            let tree = tree(shapes, Selector::Method(&method))?;
            Ok((method, tree))
        });
        Ok(Self {
            named: named.collect::<Result<_, RouteTableError>>()?,
            any: Tree::of(shapes, Shape::has_any)?,
            preflight: tree(shapes, Selector::Preflight)?,
        })
    }

    /// The shape that API Gateway may prefer to the most specific one, of those with a row for the request.
    pub(super) fn rival<'t>(
        &'t self,
        shapes: &'t [Shape],
        selector: Selector<'_>,
        path: &str,
    ) -> Option<&'t Shape> {
        let tree = match selector {
            Selector::Method(method) => {
                self.named.iter().find(|(named, _)| named == method).map_or(&self.any, |(_, tree)| tree)
            }
            Selector::Preflight => &self.preflight,
        };
        tree.at(shapes, path)?.rival
    }
}

fn tree(shapes: &[Shape], selector: Selector<'_>) -> Result<Tree, RouteTableError> {
    Tree::of(shapes, |shape| shape.row(selector).is_some())
}

/// The methods that select more than rows with `ANY`.
fn methods(shapes: &[Shape]) -> Vec<Method> {
    let mut methods = Vec::new();
    for method in shapes.iter().flat_map(Shape::methods) {
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

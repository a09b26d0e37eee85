//! Checks of the properties that a resource has.

use crate::{cloudformation::template::Resource, code::Code, problem::Problem, tree::Map};

/// An error for a property that is not there.
pub(crate) fn missing(code: Code, property: &str, resource: &Resource) -> Problem {
    Problem::error(code, format!("`{}` has no `{property}`", resource.id)).at(resource.span, "this resource")
}

/// An error for the first property that a resource of its type does not have: a misspelt one must not be taken for one
/// left out.
pub(crate) fn only_known(properties: &Map, known: &[&str], what: &str) -> Result<(), Problem> {
    match properties.keys().find(|key| !known.contains(&&*key.text)) {
        None => Ok(()),
        Some(key) => Err(Problem::error(Code::CFN_005, format!("{what} has no property `{}`", key.text))
            .at(key.span, "this key")
            .help(format!("its properties are `{}`", known.join("`, `")))),
    }
}

//! Checks of the properties that a resource has.

use crate::{cloudformation::template::Resource, code::Code, problem::Problem, tree::Map};

/// An error for a missing property.
pub(crate) fn missing(code: Code, property: &str, resource: &Resource) -> Problem {
    Problem::error(code, format!("`{}` has no `{property}`", resource.id)).at(resource.span, "this resource")
}

/// An error for the first unknown property. A misspelt property would otherwise be ignored, as if it were left out.
pub(crate) fn only_known(properties: &Map, known: &[&str], what: &str) -> Result<(), Problem> {
    match properties.keys().find(|key| !known.contains(&&*key.text)) {
        None => Ok(()),
        Some(key) => Err(Problem::error(Code::CFN_005, format!("{what} has no property `{}`", key.text))
            .at(key.span, "this key")
            .help(format!("its properties are `{}`", known.join("`, `")))),
    }
}

//! Checks of the properties that a resource has.

use std::sync::LazyLock;

use crate::{
    cloudformation::{scope::Scope, template::Resource, text::Text},
    code::Code,
    key_lists::KeyLists,
    problem::{Problem, error},
    source::Span,
    tree::{Map, Node},
};

/// An error for a missing property.
pub(crate) fn missing(code: Code, property: &str, resource: &Resource) -> Problem {
    Problem::error(code, format!("`{}` has no `{property}`", resource.id)).at(resource.span, "this resource")
}

/// The text of the property with this name, which must be there, and its location. Problems have this code.
pub(crate) fn needed_text(
    scope: Scope<'_>,
    resource: &Resource,
    node: Option<&Node>,
    name: &str,
    code: Code,
) -> Result<(Text, Span), Problem> {
    let missing = || missing(code, name, resource);
    let node = node.ok_or_else(missing)?;
    let text = scope.text(node).map_err(|problem| problem.with_code(code))?;
    Ok((text.ok_or_else(missing)?, node.span))
}

/// The known text of a property, which must be there, and its location. If it is missing, the problem has this code.
pub(crate) fn needed_known(
    scope: Scope<'_>,
    resource: &Resource,
    name: &str,
    code: Code,
) -> Result<(String, Span), Problem> {
    let missing = || missing(code, name, resource);
    let node = resource.property(name).ok_or_else(missing)?;
    Ok((scope.known_text(node)?.ok_or_else(missing)?, node.span))
}

/// A list of `keys.txt`.
pub(super) fn list(name: &str) -> &'static [&'static str] {
    static LISTS: LazyLock<KeyLists> = LazyLock::new(|| KeyLists::read(include_str!("keys.txt")));
    LISTS.list(name)
}

/// [`only_known`] with the list of `keys.txt` that has the name of the thing.
pub(super) fn only_listed(properties: &Map, what: &str) -> Result<(), Problem> {
    only_known(properties, list(what), what)
}

/// An error for the first unknown property. A misspelt property would otherwise be ignored, as if it were left out.
pub(crate) fn only_known(properties: &Map, known: &[&str], what: &str) -> Result<(), Problem> {
    match properties.keys().find(|key| !known.contains(&&*key.text)) {
        None => Ok(()),
        Some(key) => Err(error!(CFN_005, "{what} has no property `{}`", key.text)
            .at(key.span, "this key")
            .help(format!("its properties are `{}`", known.join("`, `")))),
    }
}

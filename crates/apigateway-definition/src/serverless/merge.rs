//! How the framework merges maps: key by key and, in lists, place by place (`merge` of lodash).

use crate::{
    problem::{Problem, error},
    serverless::service::Service,
    source::Span,
    tree::{Content, Entry, Map, Node},
};

/// Merges the second node over the first. A variable that cannot be resolved stays as written: the code that needs its value
/// reports the problem.
fn nodes(base: &Node, over: &Node, service: &Service<'_>) -> Result<Node, Problem> {
    service.session.step(over.span)?;
    let over = &service.value(over).unwrap_or_else(|_| over.clone());
    if over.scalar().is_some() {
        return Ok(over.clone());
    }
    // The result depends on whether the variable is a list.
    let Ok(base) = &service.value(base) else { return Ok(base.clone()) };
    match (&base.content, &over.content) {
        (Content::Map(one), Content::Map(two)) => Ok(Node::from_map(maps(one, two, service)?, base.span)),
        (Content::List(one), Content::List(two)) => {
            let mut items = Vec::with_capacity(one.len().max(two.len()));
            for index in 0..one.len().max(two.len()) {
                match (one.get(index), two.get(index)) {
                    (Some(base), Some(over)) => items.push(nodes(base, over, service)?),
                    (base, over) => items.extend(base.or(over).cloned()),
                }
            }
            Ok(Node::list(items, over.span))
        }
        (Content::List(_), Content::Map(map)) if map.keys().next().is_none() => Ok(base.clone()),
        // The entries become members of the JavaScript array, which are not written to the template.
        (Content::List(_), Content::Map(_)) => {
            Err(error!(SLS_021, "the framework merges a map into a list, which leaves the list as it is")
                .at(over.span, "this has no effect")
                .help("write a list, or use `resources.extensions`"))
        }
        _ => Ok(over.clone()),
    }
}

/// The entries of both, with the values of a shared key merged.
pub(super) fn maps(base: &Map, over: &Map, service: &Service<'_>) -> Result<Map, Problem> {
    let mut entries = Vec::with_capacity(base.entries().len());
    for entry in base.entries() {
        let value = match over.find(&entry.key.text) {
            Some(over) => nodes(&entry.value, over, service)?,
            None => entry.value.clone(),
        };
        entries.push(Entry { key: entry.key.clone(), value });
    }
    let added = over.entries().iter().filter(|entry| base.entry(&entry.key.text).is_none());
    entries.extend(added.cloned());
    Ok(Map::new(entries).0)
}

/// Whether both have the same content, regardless of their locations.
pub(super) fn same(one: &Node, two: &Node) -> bool {
    match (&one.content, &two.content) {
        (Content::Scalar(one), Content::Scalar(two)) => one.text == two.text,
        (Content::List(one), Content::List(two)) => {
            one.len() == two.len() && one.iter().zip(two.iter()).all(|(one, two)| same(one, two))
        }
        (Content::Map(one), Content::Map(two)) => same_maps(one, two),
        _ => false,
    }
}

pub(super) fn same_maps(one: &Map, two: &Map) -> bool {
    one.entries().len() == two.entries().len()
        && one
            .entries()
            .iter()
            .all(|entry| two.find(&entry.key.text).is_some_and(|other| same(&entry.value, other)))
}

/// A map of these entries.
pub(super) fn properties(entries: impl IntoIterator<Item = (&'static str, Node)>, span: Span) -> Map {
    Node::map_of(entries, span).map().cloned().unwrap_or_default()
}

//! How the framework merges maps: key by key and, in lists, place by place.

use crate::{
    problem::Problem,
    session::Session,
    source::Span,
    tree::{Content, Entry, Map, Node},
};

/// Merges the second node over the first.
pub(super) fn nodes(base: &Node, over: &Node, session: &Session<'_>) -> Result<Node, Problem> {
    session.step(over.span)?;
    match (&base.content, &over.content) {
        (Content::Map(one), Content::Map(two)) => Ok(Node::from_map(maps(one, two, session)?, base.span)),
        (Content::List(one), Content::List(two)) => {
            let mut items = Vec::with_capacity(one.len().max(two.len()));
            for index in 0..one.len().max(two.len()) {
                match (one.get(index), two.get(index)) {
                    (Some(base), Some(over)) => items.push(nodes(base, over, session)?),
                    (base, over) => items.extend(base.or(over).cloned()),
                }
            }
            Ok(Node::list(items, over.span))
        }
        _ => Ok(over.clone()),
    }
}

/// The entries of both, with the values of a shared key merged.
pub(super) fn maps(base: &Map, over: &Map, session: &Session<'_>) -> Result<Map, Problem> {
    let mut entries = Vec::with_capacity(base.entries().len());
    for entry in base.entries() {
        let value = match over.find(&entry.key.text) {
            Some(over) => nodes(&entry.value, over, session)?,
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

//! User pools and what belongs to them.

use crate::{
    provider::{Provided, links::Links},
    tree::{Map, Node},
};

/// The pool: the one in the files, or the id of another.
pub(super) fn pool(resource: &Provided, links: &Links<'_>) -> Option<Node> {
    let node = resource.find("user_pool_id")?;
    match node.text() {
        Some(id) if !links.has("aws_cognito_user_pool", id) => Some(node.clone()),
        _ => links.reference(resource, "user_pool_id", "aws_cognito_user_pool"),
    }
}

/// `[{ScopeName, ScopeDescription}]`
pub(super) fn scopes(node: &Node) -> Node {
    let Some(items) = node.items() else { return node.clone() };
    let scope = |item: &Node| {
        let Some(map) = item.map().filter(|map| map.find("scope_name").is_some()) else {
            return item.clone();
        };
        let names = [("ScopeName", "scope_name"), ("ScopeDescription", "scope_description")];
        let set = names
            .into_iter()
            .filter_map(|(name, key)| Some((name, map.find(key).filter(|node| !node.is_null())?.clone())));
        Node::from_map(Map::of(set), item.span)
    };
    Node::list(items.iter().map(scope).collect::<Vec<_>>(), node.span)
}

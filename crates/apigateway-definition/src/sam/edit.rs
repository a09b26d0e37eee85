//! Changes to given documents.

use crate::{
    cloudformation::{PROCESSED, Purpose, Scope, Stacks, Template},
    problem::{Problem, error},
    sam::values::is_intrinsic,
    session::Session,
    tree::{Content, Entry, Key, Map, Node},
};

/// The map with the value under the key.
pub(crate) fn with(map: &Map, key: &str, value: Node) -> Map {
    let span = map.entry(key).map_or(value.span, |entry| entry.key.span);
    let new = Entry { key: Key { text: key.into(), span }, value };
    Map::new(map.entries().iter().filter(|entry| &*entry.key.text != key).cloned().chain([new])).0
}

/// The map without the key.
pub(crate) fn without(map: &Map, key: &str) -> Map {
    Map::new(map.entries().iter().filter(|entry| &*entry.key.text != key).cloned()).0
}

/// The node, or the file that it includes: CloudFormation includes it before SAM sees the template. Other functions stay
/// unresolved, because their values may depend on the parent stack.
pub(crate) fn included(node: &Node, session: &Session<'_>) -> Result<Node, Problem> {
    if node.find("Fn::Transform").is_none() {
        return Ok(node.clone());
    }
    let nowhere = Template::new();
    let scope = Scope {
        session,
        template: &nowhere,
        stacks: &Stacks::default(),
        stack: 0,
        purpose: Purpose::Deciding,
    };
    let map = scope.map(node)?.unwrap_or_default();
    let file = Node { content: Content::Map(map), ..node.clone() };
    charge(&file, session)?;
    Ok(file)
}

/// Counts every value of the tree as a step, because globals and files are processed again for every API that has them.
pub(crate) fn charge(node: &Node, session: &Session<'_>) -> Result<(), Problem> {
    session.step(node.span)?;
    match &node.content {
        Content::Scalar(_) => Ok(()),
        Content::List(items) => items.iter().try_for_each(|item| charge(item, session)),
        Content::Map(map) => map.unread().iter().try_for_each(|entry| charge(&entry.value, session)),
    }
}

/// The node with every map that it can evaluate to changed: through includes and both branches of `Fn::If`.
pub(crate) fn conditional(
    node: &Node,
    session: &Session<'_>,
    change: &dyn Fn(&Map) -> Result<Map, Problem>,
) -> Result<Node, Problem> {
    session.step(node.span)?;
    let node = included(node, session)?;
    let Some(map) = node.map() else { return Ok(node) };
    let sides = map.only().filter(|entry| &*entry.key.text == "Fn::If").and_then(|entry| entry.value.items());
    if let Some([condition, yes, no]) = sides {
        let sides =
            [condition.clone(), conditional(yes, session, change)?, conditional(no, session, change)?];
        return Ok(Node::map_of([("Fn::If", Node::list(sides, node.span))], node.span));
    }
    if node.text_at("Ref") == Some("AWS::NoValue") {
        return Ok(node);
    }
    if is_intrinsic(&node) {
        return Err(unreadable("part of the definition", &node));
    }
    Ok(Node::from_map(change(map)?, node.span))
}

/// An error for a value that SAM would have to read, and that is not literal.
pub(crate) fn unreadable(what: &str, node: &Node) -> Problem {
    error!(SAM_008, "{what} is not written out, and SAM would have to change it")
        .at(node.span, "here")
        .help(PROCESSED)
}

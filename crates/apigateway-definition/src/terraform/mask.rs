//! Removes sensitive values. Each is replaced by the problem that is reported if it is needed.

use crate::{
    cloudformation::unavailable,
    code::Code,
    tree::{Content, Map, Node},
};

/// The value without the parts that the mask marks. The mask has the shape of the value, with `true` where it is sensitive.
pub(super) fn sensitive(value: &Node, mask: &Node, name: &str) -> Node {
    match (&value.content, &mask.content) {
        (_, Content::Scalar(scalar)) => match scalar.truth() {
            Some(true) => hidden(value, name),
            _ => value.clone(),
        },
        (Content::List(items), Content::List(masks)) => {
            let item = |(index, item): (usize, &Node)| match masks.get(index) {
                Some(mask) => sensitive(item, mask, name),
                None => item.clone(),
            };
            Node::list(items.iter().enumerate().map(item).collect::<Vec<_>>(), value.span)
        }
        (Content::Map(map), Content::Map(masks)) => {
            let entries = map.entries().iter().map(|entry| {
                let masked = masks.find(&entry.key.text).map(|mask| sensitive(&entry.value, mask, name));
                (entry.key.text.to_string(), masked.unwrap_or_else(|| entry.value.clone()))
            });
            Node::from_map(Map::of(entries), value.span)
        }
        // A mask with another shape marks something, but it is not clear what.
        (_, Content::List(masks)) if masks.is_empty() => value.clone(),
        (_, Content::Map(masks)) if masks.keys().next().is_none() => value.clone(),
        _ => hidden(value, name),
    }
}

/// The problem of needing a sensitive value.
pub(super) fn hidden(value: &Node, name: &str) -> Node {
    let message = format!("`{name}` is marked sensitive, so it is not read");
    let help = "a setting that decides what a request needs is not a secret: do not derive it from a sensitive value, or read the \
                deployed API with the AWS CLI";
    unavailable(Code::STATE_003, &message, help, value.span)
}

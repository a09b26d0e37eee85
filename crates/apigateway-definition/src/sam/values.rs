//! Values and keys that SAM requires to be written out.

use std::sync::{Arc, LazyLock};

use crate::{
    cloudformation::only_known as only_known_properties,
    code::Code,
    key_lists::KeyLists,
    model::ApiKind,
    problem::{Problem, error},
    tree::{Map, Node, Scalar, Style},
};

/// The type of the resource that declares an API of this kind.
pub(super) fn declared_kind(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest => "AWS::Serverless::Api",
        ApiKind::Http => "AWS::Serverless::HttpApi",
    }
}

/// The API of events that name none.
pub(super) fn implicit_id(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest => "ServerlessRestApi",
        ApiKind::Http => "ServerlessHttpApi",
    }
}

/// A list of `keys.txt`.
pub(super) fn list(name: &str) -> &'static [&'static str] {
    static LISTS: LazyLock<KeyLists> = LazyLock::new(|| KeyLists::read(include_str!("keys.txt")));
    LISTS.list(name)
}

/// An error for the first key that is not in the list.
pub(super) fn only_known(map: &Map, list: &str, what: &str) -> Result<(), Problem> {
    only_known_properties(map, self::list(list), what).map_err(|problem| problem.with_code(Code::SAM_005))
}

/// A literal text that is not empty.
pub(super) fn text_of(node: &Node) -> Option<Arc<str>> {
    let text = node.scalar().filter(|scalar| !scalar.is_null() && !scalar.text.is_empty())?;
    Some(Arc::clone(&text.text))
}

/// A literal truth value. SAM treats every other text as true.
pub(super) fn truth_of(node: &Node, name: &str) -> Result<bool, Problem> {
    let truth = node.scalar().filter(|scalar| scalar.style == Style::Plain).and_then(Scalar::truth);
    truth.ok_or_else(|| {
        error!(SAM_005, "`{name}` is neither true nor false")
            .at(node.span, "here")
            .help("write `true` or `false`, without quotes and not by a parameter")
    })
}

/// Whether the node is an intrinsic function, which is not read as a map.
pub(super) fn is_intrinsic(node: &Node) -> bool {
    let key = node.map().and_then(Map::only).map(|entry| &*entry.key.text);
    key.is_some_and(|key| key == "Ref" || key == "Condition" || key.starts_with("Fn::"))
}

//! `${…}` in the values that decide about authorization.

use crate::{
    cloudformation::scope::Scope,
    problem::{Problem, error},
    tree::{Content, Entry, Map, Node},
};

/// The node with the three placeholders that API Gateway fills in when it imports a document: `${AWS::Region}`,
/// `${AWS::AccountId}` and `${AWS::Partition}`. Placeholders of other tools are errors.
pub(crate) fn expand(scope: Scope<'_>, node: &Node) -> Result<Node, Problem> {
    scope.session.step(node.span)?;
    let node = scope.resolved(node)?;
    match &node.content {
        Content::Scalar(scalar) if scalar.text.contains("${") => {
            check(&scalar.text, &node)?;
            let span = node.span;
            Ok(Node::map_of([("Fn::Sub", Node::string(std::sync::Arc::clone(&scalar.text), span))], span))
        }
        Content::Scalar(_) => Ok(node),
        Content::List(items) => {
            let items = items.iter().map(|item| expand(scope, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(Node::list(items, node.span))
        }
        // CloudFormation resolves intrinsics before API Gateway sees the document.
        Content::Map(map) if map.only().is_some_and(|entry| is_function(&entry.key.text)) => Ok(node),
        Content::Map(map) => {
            let entries = map
                .entries()
                .iter()
                .map(|entry| Ok(Entry { key: entry.key.clone(), value: expand(scope, &entry.value)? }))
                .collect::<Result<Vec<_>, Problem>>()?;
            Ok(Node::from_map(Map::new(entries).0, node.span))
        }
    }
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

fn check(text: &str, node: &Node) -> Result<(), Problem> {
    for part in text.split("${").skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !matches!(name, "AWS::Region" | "AWS::AccountId" | "AWS::Partition") {
            return Err(error!(OAS_004, "`${{{name}}}` is a placeholder of another tool")
                .at(node.span, "here")
                .help("read the document after that tool has filled it in"));
        }
    }
    Ok(())
}

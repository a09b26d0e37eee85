//! `GatewayResponses`, as the document writes them.

use crate::{
    problem::Problem,
    sam::{
        edit::with,
        values::{is_intrinsic, only_known},
    },
    tree::{Entry, Map, Node},
};

const RESPONSES: &str = "x-amazon-apigateway-gateway-responses";

/// The document with the responses over its own.
pub(crate) fn add(root: &Map, responses: &Node) -> Result<Map, Problem> {
    let mut entries = Vec::new();
    for entry in responses.entries() {
        entries.push(Entry { key: entry.key.clone(), value: response(&entry.value)? });
    }
    let all = Map::new(entries.into_iter().chain(root.entries_at(RESPONSES).iter().cloned())).0;
    Ok(with(root, RESPONSES, Node::from_map(all, responses.span)))
}

fn response(node: &Node) -> Result<Node, Problem> {
    let Some(settings) = node.map().filter(|_| !is_intrinsic(node)) else { return Ok(node.clone()) };
    only_known(settings, "gateway response", "a gateway response")?;
    let mut entries: Vec<(&str, Node)> = Vec::new();
    for (name, written) in [("StatusCode", "statusCode"), ("ResponseTemplates", "responseTemplates")] {
        entries.extend(settings.find(name).map(|node| (written, node.clone())));
    }
    if let Some(node) = settings.find("ResponseParameters") {
        entries.push(("responseParameters", parameters(node)?));
    }
    Ok(Node::map_of(entries, node.span))
}

/// `Headers: {Name: …}` is `gatewayresponse.header.Name`.
fn parameters(node: &Node) -> Result<Node, Problem> {
    let groups = node.map().cloned().unwrap_or_default();
    only_known(&groups, "ResponseParameters", "`ResponseParameters`")?;
    let mut named: Vec<(String, Node)> = Vec::new();
    for (group, place) in [("Headers", "header"), ("Paths", "path"), ("QueryStrings", "querystring")] {
        for entry in groups.entries_at(group) {
            named.push((format!("gatewayresponse.{place}.{}", entry.key.text), entry.value.clone()));
        }
    }
    Ok(Node::map_of(named, node.span))
}

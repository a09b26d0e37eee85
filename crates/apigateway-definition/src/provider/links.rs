//! References between resources: ids in a state, and addresses in a plan.

use std::collections::BTreeMap;

use crate::{cloudformation::unavailable, code::Code, provider::Provided, tree::Node};

pub(super) const REST_API: &str = "aws_api_gateway_rest_api";
pub(super) const HTTP_API: &str = "aws_apigatewayv2_api";

/// The resources by their ids.
#[derive(Debug)]
pub(super) struct Links<'r> {
    by_id: BTreeMap<(&'static str, &'r str), Vec<&'r Provided>>,
    /// Each root resource to its API.
    roots: BTreeMap<&'r str, Vec<&'r Provided>>,
    /// The methods that a mock integration answers, by the nodes that name their place.
    mocks: Vec<[String; 3]>,
}

/// The APIs that are given more than once, by their ids: as managed resources, not as data sources.
pub(super) fn given_twice(resources: &[Provided]) -> Vec<[&Provided; 2]> {
    let mut seen: BTreeMap<(&str, &str), &Provided> = BTreeMap::new();
    let is_api =
        |resource: &&Provided| matches!(resource.kind.name, REST_API | HTTP_API) && !resource.is_data;
    let mut twice = Vec::new();
    for resource in resources.iter().filter(is_api) {
        let Some(id) = resource.text("id") else { continue };
        if let Some(first) = seen.insert((resource.kind.name, id), resource) {
            twice.push([first, resource]);
        }
    }
    twice
}

impl<'r> Links<'r> {
    pub(super) fn new(resources: &'r [Provided]) -> Self {
        let mut links = Self { by_id: BTreeMap::new(), roots: BTreeMap::new(), mocks: Vec::new() };
        for resource in resources {
            if resource.kind.attributes.contains(&"id")
                && let Some(id) = resource.text("id")
            {
                links.by_id.entry((resource.kind.name, id)).or_default().push(resource);
            }
            if resource.is(REST_API)
                && let Some(root) = resource.text("root_resource_id")
            {
                links.roots.entry(root).or_default().push(resource);
            }
            if resource.is("aws_api_gateway_integration") && resource.text("type") == Some("MOCK") {
                links.mocks.extend(place(resource));
            }
        }
        links.mocks.sort();
        links
    }

    /// The reference to the resource that an attribute names by its id. A plan has the reference already.
    pub(super) fn reference(&self, from: &Provided, attribute: &str, kind: &'static str) -> Option<Node> {
        let node = from.find(attribute)?;
        let Some(id) = node.text() else { return Some(node.clone()) };
        let found = self.by_id.get(&(kind, id)).map_or(&[][..], Vec::as_slice);
        Some(match nearest(from, found) {
            [resource] => Node::reference(&resource.address, node.span),
            [] => missing(node, id, kind),
            _ => several(node, id),
        })
    }

    /// The reference to a resource or to the root of an API.
    pub(super) fn parent(&self, from: &Provided, attribute: &str) -> Option<Node> {
        let node = from.find(attribute)?;
        let id = node.text();
        match id.and_then(|id| self.roots.get(id)).map(|apis| nearest(from, apis)) {
            Some([api]) => Some(Node::attribute(&api.address, "RootResourceId", node.span)),
            Some(_) => Some(several(node, id.unwrap_or_default())),
            None => self.reference(from, attribute, "aws_api_gateway_resource"),
        }
    }

    /// Whether the resources have the parent.
    pub(super) fn has_parent(&self, from: &Provided) -> bool {
        let Some(id) = from.text("parent_id") else { return true };
        self.roots.contains_key(id) || self.by_id.contains_key(&("aws_api_gateway_resource", id))
    }

    /// Whether a mock integration answers the method.
    pub(super) fn is_mock(&self, method: &Provided) -> bool {
        place(method).is_some_and(|place| self.mocks.binary_search(&place).is_ok())
    }

    /// Whether a resource of the type has the id.
    pub(super) fn has(&self, kind: &'static str, id: &str) -> bool {
        self.by_id.contains_key(&(kind, id))
    }
}

/// Two states may have the same resource, one of them as a data source. The one in the same file is used.
fn nearest<'f, 'r>(from: &Provided, found: &'f [&'r Provided]) -> &'f [&'r Provided] {
    if found.len() < 2 {
        return found;
    }
    let is_here = |resource: &&Provided| resource.span.file == from.span.file;
    let here = found.iter().position(is_here);
    let is_only = found.iter().filter(|resource| is_here(resource)).count() == 1;
    match here.filter(|_| is_only) {
        Some(index) => found.get(index..=index).unwrap_or_default(),
        None => found,
    }
}

fn missing(node: &Node, id: &str, kind: &str) -> Node {
    let what = match kind {
        REST_API => "the REST API",
        HTTP_API => "the HTTP API",
        "aws_api_gateway_resource" => "the resource",
        _ => "the authorizer",
    };
    let command = match kind {
        HTTP_API | "aws_apigatewayv2_authorizer" => "`aws apigatewayv2 get-routes` and `get-authorizers`",
        _ => "`aws apigateway get-resources --embed methods` and `get-authorizers`",
    };
    let message = format!("{what} `{id}` is not in the files that are given");
    let help = format!("also give the state that has it, or read the deployed API: the output of {command}");
    unavailable(Code::STATE_004, &message, &help, node.span)
}

fn several(node: &Node, id: &str) -> Node {
    let message = format!("several resources have the id `{id}`");
    unavailable(Code::STATE_004, &message, "give each state once", node.span)
}

/// What a method and its integration have in common.
fn place(resource: &Provided) -> Option<[String; 3]> {
    let api = written(resource.find("rest_api_id")?);
    let path = written(resource.find("resource_id")?);
    Some([api, path, resource.text("http_method")?.to_owned()])
}

/// An id, or the reference of a plan.
fn written(node: &Node) -> String {
    if let Some(text) = node.text() {
        return text.to_owned();
    }
    let entry = node.map().and_then(crate::tree::Map::only);
    let value = entry.map(|entry| match entry.value.items() {
        Some(items) => items.iter().filter_map(Node::text).collect::<Vec<_>>().join("."),
        None => entry.value.text().unwrap_or_default().to_owned(),
    });
    format!("reference {}", value.unwrap_or_default())
}

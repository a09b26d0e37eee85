//! A resource of a state or a plan.

use super::types::Type;
use crate::{
    cloudformation::Resource,
    source::Span,
    tree::{Map, Node},
};

/// A resource of a state or a plan.
#[derive(Debug)]
pub(crate) struct Provided {
    pub(crate) kind: &'static Type,
    /// Its address, which is unique in the import: `module.api.aws_api_gateway_method.orders["get"]`.
    pub(crate) address: String,
    /// What people search for, if it is not the address.
    pub(crate) name: Option<String>,
    /// Whether a data source found it.
    pub(crate) is_data: bool,
    /// The place of the resource in its file.
    pub(crate) span: Span,
    pub(crate) attributes: Map,
}

impl Provided {
    /// The attribute. Providers write `null`, an empty text and an empty list for one that is not set.
    pub(super) fn find(&self, name: &str) -> Option<&Node> {
        let node = self.attributes.find(name)?;
        let is_empty =
            node.is_null() || node.text() == Some("") || node.items().is_some_and(<[Node]>::is_empty);
        if is_empty { None } else { Some(node) }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.find(name).and_then(Node::text)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.kind.name == name
    }

    /// A resource of a template with these properties, those that are set. Of two with one name, the first counts.
    pub(super) fn resource(
        &self,
        kind: &str,
        properties: impl IntoIterator<Item = (&'static str, Option<Node>)>,
    ) -> Resource {
        let present = properties.into_iter().filter_map(|(name, node)| Some((name, node?)));
        let mut resource = Resource::new(&*self.address, kind, Map::of(present), self.span);
        resource.physical_id = self.text("id").filter(|_| is_bound(kind)).map(String::from);
        resource
    }
}

fn is_bound(kind: &str) -> bool {
    matches!(kind, "AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient")
}

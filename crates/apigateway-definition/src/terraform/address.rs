//! Addresses of resources, as Terraform prints them.

use crate::{
    json::{Document, Raw},
    source::Span,
    tree::Node,
};

/// `["key"]` or `[0]`, from the key of an instance.
pub(super) fn index(document: Document<'_>, key: Option<Raw>) -> String {
    let Some(node) = key.and_then(|key| document.tree(key).ok()).filter(|node| !node.is_null()) else {
        return String::new();
    };
    match node.scalar() {
        Some(scalar) if scalar.style == crate::tree::Style::Plain => format!("[{}]", scalar.text),
        _ => format!("[{:?}]", node.text().unwrap_or_default()),
    }
}

/// A resource that an expression refers to, and its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Referred {
    /// `aws_api_gateway_rest_api.main`, with the index if it has one that is written out.
    pub(super) resource: String,
    pub(super) attribute: Option<String>,
}

impl Referred {
    /// The resource of the same module that a reference names; `None` for variables, locals, modules, data sources and keys of
    /// loops, whose values are not in the plan.
    pub(super) fn parse(text: &str) -> Option<Self> {
        const OTHERS: [&str; 9] =
            ["count", "data", "each", "local", "module", "path", "self", "terraform", "var"];
        let (kind, rest) = text.split_once('.')?;
        if OTHERS.contains(&kind) {
            return None;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        let (index, rest) = match rest.strip_prefix('[') {
            None => ("", rest),
            Some(inside) => {
                let close = inside.find(']')?;
                (rest.get(..close + 2)?, inside.get(close + 1..)?)
            }
        };
        let attribute = match rest.strip_prefix('.') {
            None if rest.is_empty() => None,
            None => return None,
            Some(attribute) => Some(attribute.to_owned()),
        };
        Some(Self { resource: format!("{kind}.{name}{index}"), attribute })
    }

    /// The resource without its index.
    pub(super) fn base(&self) -> &str {
        self.resource.split_once('[').map_or(&self.resource, |(base, _)| base)
    }
}

/// The value of an attribute that is only known to be that of another resource.
///
/// `attribute` is the attribute that the expression refers to, and `name` the one whose value is needed. A value may be made from what an
/// expression refers to in any way; for these pairs, no other value would be accepted by AWS.
pub(super) fn as_reference(
    address: &str,
    (kind, attribute): (&str, &str),
    name: &str,
    span: Span,
) -> Option<Node> {
    let itself = match name {
        "rest_api_id" => "aws_api_gateway_rest_api",
        "resource_id" | "parent_id" => "aws_api_gateway_resource",
        "api_id" => "aws_apigatewayv2_api",
        "audience" => "aws_cognito_user_pool_client",
        "user_pool_id" => "aws_cognito_user_pool",
        "authorizer_id" if kind == "aws_apigatewayv2_authorizer" => kind,
        "authorizer_id" => "aws_api_gateway_authorizer",
        _ => "",
    };
    match (kind, attribute, name) {
        (kind, "id", _) if kind == itself => Some(Node::reference(address, span)),
        ("aws_api_gateway_rest_api", "root_resource_id", "resource_id" | "parent_id") => {
            Some(Node::attribute(address, "RootResourceId", span))
        }
        ("aws_cognito_user_pool", "arn", "provider_arns") => Some(Node::attribute(address, "Arn", span)),
        ("aws_cognito_user_pool", "endpoint", "issuer") => {
            Some(Node::attribute(address, "ProviderURL", span))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_parsed_if_they_are_to_resources_of_the_module() {
        for (text, expected) in [
            ("aws_a.b.id", Some(("aws_a.b", Some("id")))),
            ("aws_a.b", Some(("aws_a.b", None))),
            ("aws_a.b[0].id", Some(("aws_a.b[0]", Some("id")))),
            ("aws_a.b[\"x.y\"].id", Some(("aws_a.b[\"x.y\"]", Some("id")))),
            ("aws_a.b.c[0].d", Some(("aws_a.b", Some("c[0].d")))),
            ("var.a", None),
            ("local.a.b", None),
            ("module.a.b", None),
            ("data.aws_a.b.id", None),
            ("each.value", None),
            ("count.index", None),
            ("aws_a", None),
            ("aws_a.b[0", None),
            ("aws_a.b[0]x", None),
            ("", None),
        ] {
            let found = Referred::parse(text);
            let found = found.as_ref().map(|found| (&*found.resource, found.attribute.as_deref()));
            assert_eq!(found, expected, "{text}");
        }
    }
}

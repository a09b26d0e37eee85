//! The resource types of the AWS provider that are read, with the attributes that are looked at. No other attribute enters the
//! import: a state has secrets.

use std::sync::LazyLock;

/// A type and its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    /// The same type of the Pulumi provider.
    pulumi: &'static str,
    /// The type of the resource of a template that it becomes, if it becomes one.
    pub(super) template: Option<&'static str>,
    /// The properties of that resource, each with the attribute that it is.
    pub(super) properties: Vec<(&'static str, &'static str)>,
    pub(crate) attributes: Vec<&'static str>,
}

/// Every type that decides about a route, protects an API, or belongs to a user pool: a line of `types.txt` each.
fn types() -> &'static [Type] {
    static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
        let lines = include_str!("types.txt").lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(Type::parse).collect()
    });
    &TYPES
}

impl Type {
    /// The type of a line of `types.txt`.
    fn parse(line: &'static str) -> Option<Self> {
        let mut words = line.split(' ');
        let (name, pulumi, template) = (words.next()?, words.next()?, words.next()?);
        let (mut properties, mut attributes) = (Vec::new(), Vec::new());
        for word in words {
            properties.extend(word.split_once('='));
            attributes.push(word.split_once('=').map_or(word, |(_, attribute)| attribute));
        }
        let template = Some(template).filter(|template| *template != "-");
        Some(Self { name, pulumi, template, properties, attributes })
    }

    /// The type with this name, in Terraform or OpenTofu.
    pub(crate) fn of_terraform(name: &str) -> Option<&'static Self> {
        types().iter().find(|known| known.name == name)
    }

    /// The type with this name in Pulumi.
    pub(crate) fn of_pulumi(name: &str) -> Option<&'static Self> {
        types().iter().find(|known| known.pulumi == name)
    }

    /// Whether data sources of the type are read: they are deployed resources, and routes may refer to them.
    pub(crate) fn is_read_as_data(&self) -> bool {
        matches!(self.name, "aws_api_gateway_rest_api" | "aws_api_gateway_resource" | "aws_apigatewayv2_api")
    }
}

/// The start of the names of types of another provider that make APIs and are not read.
pub(super) const UNREAD: [&str; 4] =
    ["awscc_apigateway_", "awscc_apigatewayv2_", "aws-native:apigateway:", "aws-native:apigatewayv2:"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_both_of_its_names() {
        for known in types() {
            assert_eq!(Type::of_terraform(known.name), Some(known));
            assert_eq!(Type::of_pulumi(known.pulumi), Some(known));
        }
    }

    #[test]
    fn no_attribute_is_a_secret() {
        let secrets = ["client_secret", "password", "temporary_password", "value", "secret"];
        for known in types() {
            assert!(!known.attributes.iter().any(|name| secrets.contains(name)), "{}", known.name);
        }
    }
}

//! Resources of the AWS provider of Terraform, OpenTofu and Pulumi, and how they become a template.
//!
//! The readers of all three return [`Provided`] resources, whose attributes have Terraform's names. What is not
//! known, or is marked sensitive, comes as an [unavailable](unavailable) value, which is an error where something needs it.

mod cognito;
mod http;
mod links;
mod provided;
mod rest;
mod types;

use crate::{
    cloudformation::{Resource, Template, leave_out_policy, unavailable},
    code::Code,
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::Node,
    unique::Ids,
};

use links::{HTTP_API, Links, REST_API};
pub(crate) use provided::Provided;
pub(crate) use types::Type;
use types::UNREAD;

/// The resources of all files of one tool, while they are collected.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    resources: Vec<Provided>,
    ids: Ids,
    /// How many resources are of no type that is read.
    others: usize,
    first_other: Option<Span>,
    file: Option<usize>,
}

/// How many resources of types that are read one import may have. A plan of a large organization has some thousand.
const MOST: usize = 20_000;

impl Collected {
    /// Adds a resource. Addresses are unique in one state; in another file the same address is another resource.
    pub(crate) fn add(&mut self, mut resource: Provided, session: &Session<'_>) -> Result<(), Problem> {
        if self.resources.len() >= MOST {
            let problem = error!(FILE_001, "more than {MOST} resources of APIs and user pools");
            return Err(problem.at(resource.span, "too many here"));
        }
        session.name_element(resource.span, resource.name.as_deref().unwrap_or(&resource.address));
        // A place of one byte: the element's name says the rest.
        resource.span.end = resource.span.start + 1;
        self.file.get_or_insert(resource.span.file);
        if self.file != Some(resource.span.file) && self.ids.has(&resource.address) {
            let file = session.location(resource.span).file().to_owned();
            resource.address = format!("{file}:{}", resource.address);
        }
        resource.address = self.ids.unique(&resource.address);
        self.resources.push(resource);
        Ok(())
    }

    /// Counts a resource of a type that is not read. Types of other providers that make APIs cannot be left out.
    pub(crate) fn add_other(&mut self, kind: &str, span: Span) -> Result<(), Problem> {
        if UNREAD.iter().any(|unread| kind.starts_with(unread)) {
            return Err(error!(STATE_001, "resources of the type `{kind}` are not read")
                .at(span.beginning(), "here")
                .help(
                    "read the deployed API instead: the output of `aws apigateway get-resources --embed methods` and \
                     `get-authorizers`, or of `aws apigatewayv2 get-routes` and `get-authorizers`",
                ));
        }
        self.others += 1;
        self.first_other.get_or_insert(Span { end: span.start + 1, ..span });
        Ok(())
    }

    /// The template that the resources make.
    pub(crate) fn template(self, session: &Session<'_>) -> Option<Template> {
        if let Some(first) = self.first_other {
            let what = match self.others {
                1 => "1 resource of another type".to_owned(),
                others => format!("{others} resources of other types"),
            };
            session.leave_out(what, "no route depends on it", first);
        }
        let first = self.resources.first()?;
        let mut template = Template::new();
        session.location(first.span).file().clone_into(&mut template.file);
        for [first, again] in links::given_twice(&self.resources) {
            error!(STATE_004, "one API is given twice")
                .at(again.span, "here")
                .at(first.span, "and here")
                .help("give each state once")
                .report(session);
        }
        let links = Links::new(&self.resources);
        for lowered in self.resources.iter().filter_map(|resource| lower(resource, &links, session)) {
            template.insert(lowered);
        }
        Some(template)
    }
}

/// Properties of a resource of a template. One without a value is not set.
type Properties = Vec<(&'static str, Option<Node>)>;

/// The resource of a template that a resource becomes: the properties of the table, and those that need more than one attribute.
fn lower(resource: &Provided, links: &Links<'_>, session: &Session<'_>) -> Option<Resource> {
    let own: Properties = match resource.kind.name {
        REST_API => rest::api(resource, session),
        "aws_api_gateway_resource" => rest::resource(resource, links),
        "aws_api_gateway_method" => rest::method(resource, links),
        "aws_api_gateway_authorizer" => rest::authorizer(resource),
        "aws_api_gateway_rest_api_put" => {
            error!(STATE_001, "the routes of this resource are not in the state")
                .at(resource.span, "its body is imported into an API")
                .help(
                    "read the deployed API instead: the output of `aws apigateway get-export --export-type oas30 \
                     --parameters extensions=apigateway`",
                )
                .report(session);
            Vec::new()
        }
        "aws_api_gateway_rest_api_policy" => {
            leave_out_policy(session, resource.span);
            Vec::new()
        }
        HTTP_API => http::api(resource, session),
        "aws_apigatewayv2_authorizer" => http::authorizer(resource),
        "aws_apigatewayv2_route" => http::route(resource),
        "aws_cognito_resource_server" => vec![("Scopes", resource.find("scope").map(cognito::scopes))],
        _ => Vec::new(),
    };
    let of_table = resource.kind.properties.iter();
    let of_table = of_table.map(|(name, attribute)| (*name, property(resource, attribute, links)));
    Some(resource.resource(resource.kind.template?, own.into_iter().chain(of_table)))
}

/// The value of an attribute, with ids of resources replaced by references to them.
fn property(resource: &Provided, attribute: &str, links: &Links<'_>) -> Option<Node> {
    match attribute {
        "rest_api_id" => links.reference(resource, attribute, REST_API),
        "api_id" => links.reference(resource, attribute, HTTP_API),
        "resource_id" => links.parent(resource, attribute),
        "authorizer_id" if resource.is("aws_apigatewayv2_route") => {
            links.reference(resource, attribute, "aws_apigatewayv2_authorizer")
        }
        "authorizer_id" => links.reference(resource, attribute, "aws_api_gateway_authorizer"),
        "user_pool_id" => cognito::pool(resource, links),
        _ => resource.find(attribute).cloned(),
    }
}

/// An OpenAPI document that an attribute has as text. Its lines are shown in diagnostics: the attribute is not sensitive.
pub(super) fn body(resource: &Provided, session: &Session<'_>) -> Option<Node> {
    let node = resource.find("body")?;
    let Some(text) = node.text() else { return Some(node.clone()) };
    let file = session.location(resource.span).file().to_owned();
    let name = format!("{file}#{}.body", resource.address);
    Some(session.read(&name, text.as_bytes()).unwrap_or_else(|| {
        unavailable(Code::YAML_001, "the document cannot be read", "correct the errors in it", node.span)
    }))
}

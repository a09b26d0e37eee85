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
    cloudformation::{Resource, Template, unavailable},
    code::Code,
    problem::Problem,
    session::Session,
    source::Span,
    tree::Node,
    unique::Ids,
};

use links::Links;
pub(crate) use provided::Provided;
pub(crate) use types::{Type, UNREAD};

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
            let problem =
                Problem::error(Code::FILE_001, format!("more than {MOST} resources of APIs and user pools"));
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

    /// Counts a resource of another type.
    pub(crate) fn add_other(&mut self, span: Span) {
        self.others += 1;
        self.first_other.get_or_insert(Span { end: span.start + 1, ..span });
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
            session.report(
                Problem::error(Code::STATE_004, "one API is given twice")
                    .at(again.span, "here")
                    .at(first.span, "and here")
                    .help("give each state once"),
            );
        }
        let links = Links::new(&self.resources);
        for resource in &self.resources {
            for lowered in lower(resource, &links, session) {
                template.insert(lowered);
            }
        }
        Some(template)
    }
}

fn lower(resource: &Provided, links: &Links<'_>, session: &Session<'_>) -> Vec<Resource> {
    match resource.kind.name {
        "aws_api_gateway_rest_api" => vec![rest::api(resource, session)],
        "aws_api_gateway_resource" => vec![rest::resource(resource, links)],
        "aws_api_gateway_method" => vec![rest::method(resource, links)],
        "aws_api_gateway_authorizer" => vec![rest::authorizer(resource, links)],
        "aws_api_gateway_gateway_response" => vec![rest::gateway_response(resource, links)],
        "aws_api_gateway_stage" => vec![rest::stage(resource, "AWS::ApiGateway::Stage", links)],
        "aws_api_gateway_deployment" => vec![rest::stage(resource, "AWS::ApiGateway::Deployment", links)],
        "aws_api_gateway_rest_api_put" => {
            session.report(
                Problem::error(Code::STATE_001, "the routes of this resource are not in the state")
                    .at(resource.span, "its body is imported into an API")
                    .help(
                        "read the deployed API instead: the output of `aws apigateway get-export --export-type oas30 \
                         --parameters extensions=apigateway`",
                    ),
            );
            Vec::new()
        }
        "aws_api_gateway_rest_api_policy" => {
            rest::leave_out_policy(resource, session);
            Vec::new()
        }
        "aws_api_gateway_usage_plan" => vec![resource.resource("AWS::ApiGateway::UsagePlan", [])],
        "aws_api_gateway_api_key" => vec![resource.resource("AWS::ApiGateway::ApiKey", [])],
        "aws_api_gateway_domain_name" => vec![domain(resource, "AWS::ApiGateway::DomainName")],
        "aws_apigatewayv2_domain_name" => vec![domain(resource, "AWS::ApiGatewayV2::DomainName")],
        "aws_wafv2_web_acl_association" => vec![resource.resource("AWS::WAFv2::WebACLAssociation", [])],
        "aws_wafregional_web_acl_association" => {
            vec![resource.resource("AWS::WAFRegional::WebACLAssociation", [])]
        }
        "aws_apigatewayv2_api" => vec![http::api(resource, session)],
        "aws_apigatewayv2_authorizer" => vec![http::authorizer(resource, links)],
        "aws_apigatewayv2_route" => vec![http::route(resource, links)],
        "aws_apigatewayv2_stage" => vec![http::stage(resource, links)],
        name if name.starts_with("aws_cognito_") => cognito::lower(resource, links).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn domain(resource: &Provided, kind: &str) -> Resource {
    resource
        .resource(kind, [("MutualTlsAuthentication", resource.find("mutual_tls_authentication").cloned())])
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

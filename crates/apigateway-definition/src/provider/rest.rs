//! REST APIs.

use crate::{
    cloudformation::Resource,
    code::Code,
    problem::Problem,
    provider::{Provided, body, http, links::Links},
    session::Session,
    tree::Node,
};

const API: &str = "aws_api_gateway_rest_api";

pub(super) fn api(resource: &Provided, session: &Session<'_>) -> Resource {
    let body = body(resource, session);
    if let Some(mode) = resource.find("put_rest_api_mode").filter(|mode| mode.text() == Some("merge"))
        && body.is_some()
    {
        let why = "they are refused; the deployed API has them";
        session.leave_out("routes that a merge keeps and the body does not have", why, mode.span);
    }
    resource.resource(
        "AWS::ApiGateway::RestApi",
        [
            ("Name", resource.find("name").cloned()),
            ("Body", body),
            ("Parameters", resource.find("parameters").cloned()),
            ("Policy", resource.find("policy").cloned()),
        ],
    )
}

pub(super) fn leave_out_policy(resource: &Provided, session: &Session<'_>) {
    let problem = Problem::warning(Code::WARN_009, "the resource policy of the API is not reproduced");
    session.report(problem.at(resource.span, "here"));
    session.leave_out("resource policy", "requests are not matched against policies", resource.span);
}

/// A resource by its parent. If the parent is in none of the files, the provider knows the whole path.
pub(super) fn resource(resource: &Provided, links: &Links<'_>) -> Resource {
    let api = links.reference(resource, "rest_api_id", API);
    let path = resource.text("path").filter(|path| path.starts_with('/'));
    let (parent, part) = match (path, api.as_ref().and_then(|api| api.find("Ref")?.text())) {
        (Some(path), Some(api)) if !links.has_parent(resource) => {
            let span = resource.find("path").map_or(resource.span, |node| node.span);
            let parent = Node::attribute(api, "RootResourceId", span);
            (Some(parent), Some(Node::string(path.trim_start_matches('/'), span)))
        }
        _ => (links.parent(resource, "parent_id"), resource.find("path_part").cloned()),
    };
    resource
        .resource("AWS::ApiGateway::Resource", [("RestApiId", api), ("ParentId", parent), ("PathPart", part)])
}

pub(super) fn method(resource: &Provided, links: &Links<'_>) -> Resource {
    let integration = links.is_mock(resource).then(|| {
        let kind = Node::string("MOCK", resource.span);
        Node::map_of([("Type", kind)], resource.span)
    });
    resource.resource(
        "AWS::ApiGateway::Method",
        [
            ("RestApiId", links.reference(resource, "rest_api_id", API)),
            ("ResourceId", links.parent(resource, "resource_id")),
            ("HttpMethod", resource.find("http_method").cloned()),
            ("AuthorizationType", resource.find("authorization").cloned()),
            ("AuthorizerId", links.reference(resource, "authorizer_id", "aws_api_gateway_authorizer")),
            ("AuthorizationScopes", resource.find("authorization_scopes").cloned()),
            // An empty value is not one that is not set.
            (
                "ApiKeyRequired",
                resource.attributes.find("api_key_required").filter(|key| !key.is_null()).cloned(),
            ),
            ("Integration", integration),
        ],
    )
}

pub(super) fn authorizer(resource: &Provided, links: &Links<'_>) -> Resource {
    let text = |text: &str| Some(Node::string(text, resource.span));
    resource.resource(
        "AWS::ApiGateway::Authorizer",
        [
            ("RestApiId", links.reference(resource, "rest_api_id", API)),
            // The defaults of the provider.
            ("Type", resource.find("type").cloned().or_else(|| text("TOKEN"))),
            (
                "IdentitySource",
                resource
                    .find("identity_source")
                    .cloned()
                    .or_else(|| text("method.request.header.Authorization")),
            ),
            ("IdentityValidationExpression", resource.find("identity_validation_expression").cloned()),
            ("AuthorizerResultTtlInSeconds", resource.find("authorizer_result_ttl_in_seconds").cloned()),
            ("ProviderARNs", resource.find("provider_arns").cloned()),
            (
                "JwtConfiguration",
                resource.find("jwt_configuration").and_then(http::block).map(|node| http::capitals(&node)),
            ),
        ],
    )
}

pub(super) fn gateway_response(resource: &Provided, links: &Links<'_>) -> Resource {
    resource.resource(
        "AWS::ApiGateway::GatewayResponse",
        [
            ("RestApiId", links.reference(resource, "rest_api_id", API)),
            ("ResponseType", resource.find("response_type").cloned()),
            ("StatusCode", resource.find("status_code").cloned()),
            ("ResponseParameters", resource.find("response_parameters").cloned()),
            ("ResponseTemplates", resource.find("response_templates").cloned()),
        ],
    )
}

pub(super) fn stage(resource: &Provided, kind: &str, links: &Links<'_>) -> Resource {
    resource.resource(
        kind,
        [
            ("RestApiId", links.reference(resource, "rest_api_id", API)),
            ("StageName", resource.find("stage_name").cloned()),
        ],
    )
}

//! What templates have beside APIs and user pools.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{scope::Scope, template::Resource},
    problem::warning,
    source::Span,
};

/// Records resources that are not in the model: each one that protects an API, and the others by type.
pub(crate) fn leave_out(scope: Scope<'_>) {
    let mut by_kind: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for resource in scope.template.resources() {
        if let Some(protection) = protection(resource) {
            warning!(WARN_009, "`{}`: {protection} is not reproduced", resource.id)
                .at(resource.span, "this resource")
                .report(scope.session);
            scope.session.leave_out(
                format!("`{}` ({})", resource.id, resource.kind),
                protection,
                resource.span,
            );
        } else if !is_carried_over(&resource.kind) {
            by_kind.entry(&resource.kind).or_insert((0, resource.span)).0 += 1;
        }
    }
    for (kind, (count, span)) in by_kind {
        scope.session.leave_out(format!("{count} of {kind}"), "it affects no route", span);
    }
}

fn protection(resource: &Resource) -> Option<&'static str> {
    match &*resource.kind {
        "AWS::WAFv2::WebACLAssociation" | "AWS::WAFRegional::WebACLAssociation" => Some("a web ACL"),
        "AWS::ApiGateway::UsagePlan" | "AWS::ApiGateway::ApiKey" => Some("throttling and API keys"),
        "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName"
            if resource.property("MutualTlsAuthentication").is_some() =>
        {
            Some("mutual TLS")
        }
        _ => None,
    }
}

/// Whether another module reads resources of the type.
fn is_carried_over(kind: &str) -> bool {
    let api = matches!(
        kind.strip_prefix("AWS::ApiGateway::"),
        Some("RestApi" | "Resource" | "Method" | "Authorizer" | "GatewayResponse" | "Stage" | "Deployment")
    );
    let http_api = matches!(
        kind.strip_prefix("AWS::ApiGatewayV2::"),
        Some("Api" | "Route" | "Authorizer" | "ApiGatewayManagedOverrides" | "Stage")
    );
    let sam = matches!(
        kind.strip_prefix("AWS::Serverless::"),
        Some("Function" | "StateMachine" | "WebSocketApi" | "Application")
    );
    api || http_api || sam || kind.starts_with("AWS::Cognito::") || kind == "AWS::CloudFormation::Stack"
}

//! Keys that look like authorization in a place of a template where neither CloudFormation nor SAM reads them.

use crate::{
    code::Code,
    misplaced::looks_like_authorization,
    problem::Problem,
    session::Session,
    tree::{Map, Node},
};

/// Reports such keys next to `Resources`.
pub(super) fn in_template(root: &Node, session: &Session<'_>) {
    let help = "write it in the resource or the event that it is to protect";
    report(root, "a template", Code::CFN_005, help, session);
}

/// Reports such keys next to the `Properties` of a resource of an API, and in the properties of types that have none of them.
pub(super) fn in_resource(resource: &Node, kind: &str, session: &Session<'_>) {
    let is_sam = kind.starts_with("AWS::Serverless::");
    if !is_sam && !kind.starts_with("AWS::ApiGateway") {
        return;
    }
    let code = if is_sam { Code::SAM_005 } else { Code::CFN_005 };
    let place = format!("a resource of the type `{kind}`");
    report(resource, &place, code, "move it into the resource's `Properties`", session);
    let help = match kind {
        "AWS::Serverless::Function" | "AWS::Serverless::StateMachine" => {
            "write it in the `Properties` of each event of the type `Api` or `HttpApi`, or as `Auth` of the API"
        }
        "AWS::ApiGateway::RestApi" | "AWS::ApiGateway::Resource" => {
            "write `AuthorizationType` and `AuthorizerId` in each `AWS::ApiGateway::Method`"
        }
        "AWS::ApiGatewayV2::Api" => {
            "write `AuthorizationType` and `AuthorizerId` in each `AWS::ApiGatewayV2::Route`"
        }
        // The properties of other types are checked where they are read, or affect no route.
        _ => return,
    };
    if let Some(properties) = resource.find("Properties") {
        report(properties, &format!("`{kind}`"), code, help, session);
    }
}

/// Reports every such key of the map.
pub(crate) fn report(node: &Node, place: &str, code: Code, help: &str, session: &Session<'_>) {
    for key in node.map().into_iter().flat_map(Map::keys).filter(|key| looks_like_authorization(&key.text)) {
        let message = format!("{place} has no `{}`: nothing is protected by it", key.text);
        Problem::error(code, message).at(key.span, "nothing reads this key here").help(help).report(session);
    }
}

//! HTTP APIs: routes, authorizers, CORS.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{Resource, Template},
    deployed::{
        api::{ApiNames, AuthorizerNames, DeployedApi, properties, same},
        authorizers::{DeployedAuthorizers, Use},
        output::{Kind, Output},
        parts::Parts,
    },
    problem::{Problem, error, warning},
    tree::Node,
    unique::Ids,
};

const NAMES: ApiNames = ApiNames {
    id: "ApiId",
    reference: "ApiId",
    stage: "AWS::ApiGatewayV2::Stage",
    stage_name: "StageName",
    authorizer_id: "AuthorizerId",
    command: "get-routes",
};

/// One template for each API whose routes are given.
pub(super) fn templates(parts: &Parts<'_, '_, '_>) -> Vec<Template> {
    let lists: Vec<(usize, &Output<'_>)> = parts.of(Kind::Routes).collect();
    let uses: Vec<Use<'_>> = lists
        .iter()
        .flat_map(|(main, list)| list.items.iter().map(|route| (*main, *route)))
        .filter_map(|(main, route)| Some(Use { main, id: route.find("AuthorizerId")? }))
        .collect();
    let authorizers = DeployedAuthorizers::new(parts, Kind::HttpAuthorizers, &lists, &uses);
    let records = records(parts, &lists);
    let mut stages: BTreeMap<usize, Vec<&Node>> = BTreeMap::new();
    for (index, output) in parts.of(Kind::HttpStages) {
        // A stage affects no route, so one of an unknown API is ignored.
        if let Ok(main) = parts.main_of(output, &lists) {
            parts.set_used(index);
            stages.entry(main).or_default().extend(&output.items);
        }
    }
    let mut templates = Vec::new();
    for (index, list) in &lists {
        parts.set_used(*index);
        let record = records.get(index).copied();
        if record.is_some_and(is_web_socket) {
            leave_out(parts, list);
            continue;
        }
        let main = *index;
        let api = DeployedApi { names: &NAMES, parts, list, main, record, authorizers: &authorizers };
        templates.push(template(&api, stages.get(index).map_or(&[][..], Vec::as_slice)));
    }
    templates
}

fn is_web_socket(record: &Node) -> bool {
    record.text_at("ProtocolType") == Some("WEBSOCKET")
}

fn leave_out(parts: &Parts<'_, '_, '_>, list: &Output<'_>) {
    let what = "a WebSocket API";
    warning!(WARN_008, "{what} is left out").at(list.start(), "its routes").report(parts.session);
    parts.session.leave_out(what, "only Lambda functions and IAM protect WebSocket APIs", list.start());
}

/// The outputs of `get-api` and `get-apis`, by the list of the API's routes. No id is in both.
fn records<'n>(parts: &Parts<'_, 'n, '_>, lists: &[(usize, &Output<'n>)]) -> BTreeMap<usize, &'n Node> {
    let mut found: BTreeMap<usize, &'n Node> = BTreeMap::new();
    for (index, output) in parts.of(Kind::HttpApi) {
        parts.set_used(index);
        let items: Vec<&'n Node> = if output.is_list {
            output.items.iter().copied().filter(|item| !is_web_socket(item)).collect()
        } else {
            output.items.clone()
        };
        let [item] = items.as_slice() else {
            if !items.is_empty() {
                of_several(output, lists.is_empty()).report(parts.session);
            }
            continue;
        };
        match parts.main_of(output, lists) {
            Ok(main) => {
                if let Some(other) = found.insert(main, item) {
                    error!(AWS_002, "these routes may belong to two APIs")
                        .at(item.span, "of this API")
                        .at(other.span, "or of this one")
                        .help("put the files of each API into a separate folder")
                        .report(parts.session);
                }
            }
            Err(problem) => {
                let id = item.text_at("ApiId").unwrap_or("ID");
                let help = format!("give the output of {}", Kind::Routes.command_for(id));
                (if lists.is_empty() { problem.help(help) } else { problem }).report(parts.session);
            }
        }
    }
    found
}

/// `get-apis` prints all APIs of a Region, and the routes do not say which API they belong to.
fn of_several(output: &Output<'_>, is_without_routes: bool) -> Problem {
    let help = if is_without_routes {
        format!("give the output of {} for one of them", Kind::Routes.command())
    } else {
        format!("give the output of {} for one of them instead", Kind::HttpApi.command())
    };
    error!(AWS_002, "it is not clear which of these APIs is meant")
        .at(output.start(), "the APIs of a Region")
        .help(help)
}

/// The template of an API.
fn template(deployed: &DeployedApi<'_, '_, '_, '_>, stages: &[&Node]) -> Template {
    let mut ids = Ids::default();
    let (mut template, api) = deployed.begin(&mut ids);
    add_api(deployed, &api, &mut template);
    let authorizers = deployed.add_authorizers(&api, authorizer, &mut template, &mut ids);
    for item in &deployed.list.items {
        match route(deployed, item, &api, &authorizers, &mut ids) {
            Ok(route) => template.insert(route),
            Err(problem) => problem.report(deployed.parts.session),
        }
    }
    deployed.add_stages(&api, stages.iter().copied(), &mut template, &mut ids);
    let export = format!(
        "aws apigatewayv2 export-api --api-id {} --stage-name STAGE --specification OAS30 --output-type JSON api.json",
        deployed.id_or_placeholder()
    );
    deployed.warn_of_edits(&api, &export);
    template
}

fn add_api(deployed: &DeployedApi<'_, '_, '_, '_>, api: &str, template: &mut Template) {
    if deployed.record.is_none() {
        let why = format!("the output of {} is not given", Kind::HttpApi.command());
        let session = deployed.parts.session;
        session.leave_out("the CORS configuration of the API", why, deployed.list.start());
    }
    let properties =
        properties(["Name", "ProtocolType", "CorsConfiguration"].map(|name| (name, deployed.find(name))));
    template.insert(Resource::new(api, "AWS::ApiGatewayV2::Api", properties, deployed.span()));
}

fn route(
    deployed: &DeployedApi<'_, '_, '_, '_>,
    route: &Node,
    api: &str,
    authorizers: &AuthorizerNames<'_>,
    ids: &mut Ids,
) -> Result<Resource, Problem> {
    let key = route.find("RouteKey");
    let span = key.map_or(route.span, |key| key.span);
    let name = key.and_then(Node::text).unwrap_or("route");
    // AWS always prints it. Without it, a route of a template would be open.
    if route.text_at("AuthorizationType").is_none_or(str::is_empty) {
        let help = format!("read the output of {}", Kind::Routes.command_for(deployed.id_or_placeholder()));
        return Err(error!(
            AWS_001,
            "the route `{name}` has no `AuthorizationType`: a part of the output is missing"
        )
        .at(span, "this route")
        .help(help));
    }
    let reference = [("ApiId", Some(Node::reference(api, route.span)))];
    let own = same(route, ["RouteKey", "AuthorizationType", "AuthorizationScopes"]);
    let properties = properties(reference.into_iter().chain(own));
    let mut resource = Resource::new(ids.unique(name), "AWS::ApiGatewayV2::Route", properties, span);
    if let Some(settings) = route.map() {
        deployed.set_authorizer(&mut resource, settings, authorizers);
    }
    Ok(resource)
}

/// An authorizer as a resource of a template.
fn authorizer(name: &str, api: &str, item: &Node) -> Resource {
    let reference = [("ApiId", Some(Node::reference(api, item.span)))];
    let own = same(item, ["AuthorizerType", "IdentitySource", "JwtConfiguration"]);
    let properties = properties(reference.into_iter().chain(own));
    Resource::new(name, "AWS::ApiGatewayV2::Authorizer", properties, item.span)
}

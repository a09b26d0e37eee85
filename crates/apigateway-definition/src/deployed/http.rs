//! HTTP APIs: routes, authorizers, CORS.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    deployed::{
        authorizers::{DeployedAuthorizers, Use},
        output::{Kind, Output},
        parts::Parts,
        rest::{properties, with},
    },
    problem::Problem,
    source::Span,
    tree::Node,
    unique::Ids,
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
        // The name of a stage decides nothing.
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
        let reading = HttpReading { parts, list, main: *index, record, authorizers: &authorizers };
        templates.push(reading.template(stages.get(index).map_or(&[][..], Vec::as_slice)));
    }
    templates
}

fn is_web_socket(record: &Node) -> bool {
    record.find("ProtocolType").and_then(Node::text) == Some("WEBSOCKET")
}

fn leave_out(parts: &Parts<'_, '_, '_>, list: &Output<'_>) {
    let what = "a WebSocket API";
    let problem = Problem::warning(Code::WARN_008, format!("{what} is left out"));
    parts.session.report(problem.at(list.start(), "its routes"));
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
                parts.session.report(of_several(output, lists.is_empty()));
            }
            continue;
        };
        match parts.main_of(output, lists) {
            Ok(main) => {
                if let Some(other) = found.insert(main, item) {
                    parts.session.report(
                        Problem::error(Code::AWS_002, "these routes may be of two APIs")
                            .at(item.span, "of this API")
                            .at(other.span, "or of this one")
                            .help("put the files of each API into a folder of its own"),
                    );
                }
            }
            Err(problem) => {
                let id = item.find("ApiId").and_then(Node::text).unwrap_or("ID");
                let help = format!("give the output of {}", Kind::Routes.command_for(id));
                parts.session.report(if lists.is_empty() { problem.help(help) } else { problem });
            }
        }
    }
    found
}

/// `get-apis` prints all APIs of a Region, and nothing tells whose the routes are.
fn of_several(output: &Output<'_>, is_without_routes: bool) -> Problem {
    let help = if is_without_routes {
        format!("give the output of {} for one of them", Kind::Routes.command())
    } else {
        format!("give the output of {} for one of them instead", Kind::HttpApi.command())
    };
    Problem::error(Code::AWS_002, "which of these APIs is meant cannot be told")
        .at(output.start(), "the APIs of a Region")
        .help(help)
}

/// An API while its template is made.
struct HttpReading<'r, 'o, 'n, 's> {
    parts: &'r Parts<'o, 'n, 's>,
    list: &'r Output<'n>,
    /// The index of the list of routes.
    main: usize,
    record: Option<&'n Node>,
    authorizers: &'r DeployedAuthorizers<'o, 'n>,
}

impl HttpReading<'_, '_, '_, '_> {
    fn template(&self, stages: &[&Node]) -> Template {
        let session = self.parts.session;
        let mut template = Template::new();
        template.file = self.parts.file(self.list);
        let mut ids = Ids::default();
        let api = ids.unique(self.api_id().unwrap_or(&self.parts.stem(self.list)));
        self.add_api(&api, &mut template);
        let mut authorizers: BTreeMap<&str, String> = BTreeMap::new();
        for (id, name, item) in self.authorizers.of_api(self.main, &mut ids) {
            template.insert(authorizer(&name, &api, item));
            authorizers.insert(id, name);
        }
        for route in &self.list.items {
            match self.route(route, &api, &authorizers, &mut ids) {
                Ok(route) => template.insert(route),
                Err(problem) => session.report(problem),
            }
        }
        for item in stages {
            let stage = item.find("StageName").cloned();
            let properties =
                properties([("ApiId", Some(Node::reference(&api, item.span))), ("StageName", stage)]);
            template.insert(Resource::new(
                ids.unique("stage"),
                "AWS::ApiGatewayV2::Stage",
                properties,
                item.span,
            ));
        }
        session.report(
            Problem::warning(
                Code::WARN_016,
                format!("`{api}` is read as it is edited: what is deployed to a stage may differ"),
            )
            .at(self.list.start(), "`get-routes` does not print what is deployed")
            .help(format!(
                "to read what is deployed, give the output of `aws apigatewayv2 export-api --api-id {} --stage-name STAGE \
                 --specification OAS30 --output-type JSON api.json`",
                self.api_id().unwrap_or("ID")
            )),
        );
        template
    }

    fn api_id(&self) -> Option<&str> {
        self.record.and_then(|record| record.find("ApiId")?.text())
    }

    fn add_api(&self, api: &str, template: &mut Template) {
        let span = self.record.map_or(self.list.start(), |record| record.span);
        let span = Span { end: span.start, ..span };
        let find = |key: &str| self.record.and_then(|record| record.find(key)).cloned();
        if self.record.is_none() {
            let why = format!("the output of {} is not given", Kind::HttpApi.command());
            self.parts.session.leave_out("the CORS configuration of the API", why, self.list.start());
        }
        let properties = properties([
            ("Name", find("Name")),
            ("ProtocolType", find("ProtocolType")),
            ("CorsConfiguration", find("CorsConfiguration")),
        ]);
        template.insert(Resource::new(api, "AWS::ApiGatewayV2::Api", properties, span));
    }

    fn route(
        &self,
        route: &Node,
        api: &str,
        authorizers: &BTreeMap<&str, String>,
        ids: &mut Ids,
    ) -> Result<Resource, Problem> {
        let find = |key: &str| route.find(key).cloned();
        let key = route.find("RouteKey");
        let span = key.map_or(route.span, |key| key.span);
        let name = key.and_then(Node::text).unwrap_or("route");
        // AWS always prints it. Without it, a route of a template would be open.
        if route.find("AuthorizationType").and_then(Node::text).is_none_or(str::is_empty) {
            let message =
                format!("the route `{name}` has no `AuthorizationType`: a part of the output is missing");
            return Err(Problem::error(Code::AWS_001, message).at(span, "this route").help(format!(
                "read the output of {}",
                Kind::Routes.command_for(self.api_id().unwrap_or("ID"))
            )));
        }
        let properties = properties([
            ("ApiId", Some(Node::reference(api, route.span))),
            ("RouteKey", find("RouteKey")),
            ("AuthorizationType", find("AuthorizationType")),
            ("AuthorizationScopes", find("AuthorizationScopes")),
        ]);
        let mut resource = Resource::new(ids.unique(name), "AWS::ApiGatewayV2::Route", properties, span);
        let Some(id) = route.find("AuthorizerId").filter(|id| id.text().is_some_and(|id| !id.is_empty()))
        else {
            return Ok(resource);
        };
        let text = id.text().unwrap_or_default();
        let found = authorizers.get(text).filter(|_| self.authorizers.is_of(self.main, text));
        if let Some(name) = found {
            resource.properties = with(&resource.properties, "AuthorizerId", Node::reference(name, id.span));
            return Ok(resource);
        }
        let kind = route.find("AuthorizationType").and_then(Node::text).unwrap_or_default();
        if !matches!(kind, "NONE" | "AWS_IAM") {
            self.parts.session.report_route(self.authorizers.missing(id, self.api_id().unwrap_or("ID")));
            resource.refused = Some(Code::AWS_002);
        }
        Ok(resource)
    }
}

/// An authorizer as a resource of a template.
fn authorizer(name: &str, api: &str, item: &Node) -> Resource {
    let find = |key: &str| item.find(key).cloned();
    let properties = properties([
        ("ApiId", Some(Node::reference(api, item.span))),
        ("AuthorizerType", find("AuthorizerType")),
        ("IdentitySource", find("IdentitySource")),
        ("JwtConfiguration", find("JwtConfiguration")),
    ]);
    Resource::new(name, "AWS::ApiGatewayV2::Authorizer", properties, item.span)
}

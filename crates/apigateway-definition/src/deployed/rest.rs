//! REST APIs: resources with their methods, authorizers, gateway responses.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    deployed::{
        api::{ApiNames, AuthorizerNames, DeployedApi, properties, uncapitalized},
        authorizers::{DeployedAuthorizers, Use},
        output::{Kind, Output},
        parts::Parts,
    },
    problem::{Problem, error},
    source::Span,
    tree::{Entry, Node, Scalar},
    unique::Ids,
};

const NAMES: ApiNames = ApiNames {
    id: "id",
    reference: "RestApiId",
    stage: "AWS::ApiGateway::Stage",
    stage_name: "stageName",
    authorizer_id: "authorizerId",
    command: "get-resources",
};

/// One template for each API whose resources are given.
pub(super) fn templates(parts: &Parts<'_, '_, '_>) -> Vec<Template> {
    let trees: Vec<(usize, &Output<'_>)> =
        parts.of(Kind::Resources).filter(|(_, tree)| tree.is_list).collect();
    let uses: Vec<Use<'_>> = trees
        .iter()
        .flat_map(|(main, tree)| methods(tree).map(|(_, method)| (*main, method)))
        .filter_map(|(main, method)| Some(Use { main, id: method.value.find("authorizerId")? }))
        .collect();
    let authorizers = DeployedAuthorizers::new(parts, Kind::RestAuthorizers, &trees, &uses);
    let records = Records::new(parts, &trees);
    let responses = beside(parts, Kind::GatewayResponses, &trees);
    let stages = beside(parts, Kind::RestStages, &trees);
    let api = |(index, tree): &(usize, &Output<'_>)| {
        parts.set_used(*index);
        let of = |outputs: &BTreeMap<usize, Vec<Node>>| outputs.get(index).cloned().unwrap_or_default();
        let (main, record) = (*index, records.by_tree.get(index).copied());
        let api = DeployedApi { names: &NAMES, parts, list: tree, main, record, authorizers: &authorizers };
        RestReading(api).template(&of(&responses), &of(&stages))
    };
    trees.iter().map(api).collect()
}

/// The items of outputs that do not name their API, by the main output of that API.
fn beside(
    parts: &Parts<'_, '_, '_>,
    kind: Kind,
    trees: &[(usize, &Output<'_>)],
) -> BTreeMap<usize, Vec<Node>> {
    let mut found: BTreeMap<usize, Vec<Node>> = BTreeMap::new();
    for (index, output) in parts.of(kind) {
        parts.set_used(index);
        match parts.main_of(output, trees) {
            Ok(main) => found.entry(main).or_default().extend(output.items.iter().copied().cloned()),
            Err(problem) => problem.report(parts.session),
        }
    }
    found
}

/// Every method with its resource.
fn methods<'n>(tree: &Output<'n>) -> impl Iterator<Item = (&'n Node, &'n Entry)> {
    tree.items.iter().flat_map(|resource| {
        resource.entries_at("resourceMethods").iter().map(move |method| (*resource, method))
    })
}

/// The outputs of `get-rest-api` and `get-rest-apis`, by the tree whose root they name.
struct Records<'n> {
    by_tree: BTreeMap<usize, &'n Node>,
}

impl<'n> Records<'n> {
    fn new(parts: &Parts<'_, 'n, '_>, trees: &[(usize, &Output<'n>)]) -> Self {
        let mut by_tree: BTreeMap<usize, &'n Node> = BTreeMap::new();
        for (index, output) in parts.of(Kind::RestApi) {
            parts.set_used(index);
            for item in &output.items {
                match tree_of(item, trees) {
                    Some(tree) => {
                        if let Some(other) = by_tree.insert(tree, item) {
                            error!(AWS_002, "the record of one API is given twice")
                                .at(item.span, "here")
                                .at(other.span, "and here")
                                .help("give the output of each command once")
                                .report(parts.session);
                        }
                    }
                    None if output.is_list => {
                        let name = item.text_at("name").unwrap_or_default();
                        let why = "the output of `get-resources` for it is not given";
                        parts.session.leave_out(format!("the REST API `{name}`"), why, item.span);
                    }
                    None => without_tree(item, trees).report(parts.session),
                }
            }
        }
        Self { by_tree }
    }
}

/// The tree whose root the record names. Old versions of the AWS CLI do not print the root.
fn tree_of(record: &Node, trees: &[(usize, &Output<'_>)]) -> Option<usize> {
    match (record.text_at("rootResourceId"), trees) {
        (Some(root), _) => {
            let is_its = |tree: &Output<'_>| root_of(tree).and_then(Node::text) == Some(root);
            trees.iter().find(|(_, tree)| is_its(tree)).map(|(index, _)| *index)
        }
        (None, [(index, _)]) => Some(*index),
        (None, _) => None,
    }
}

/// The id of the root resource.
fn root_of<'n>(tree: &Output<'n>) -> Option<&'n Node> {
    let root = tree.items.iter().find(|item| item.text_at("path") == Some("/"))?;
    root.find("id")
}

fn without_tree(record: &Node, trees: &[(usize, &Output<'_>)]) -> Problem {
    let id = record.text_at("id").unwrap_or("ID");
    let message = if trees.is_empty() {
        format!("the resources of the REST API `{id}` are not given")
    } else {
        format!("the resources that are given are not those of the REST API `{id}`")
    };
    let root = record.find("rootResourceId").map_or(record.span, |root| root.span);
    Problem::error(Code::AWS_002, message)
        .at(root, "no file has this root resource")
        .help(format!("give the output of {}", Kind::Resources.command_for(id)))
}

/// A REST API while its template is made.
struct RestReading<'r, 'o, 'n, 's>(DeployedApi<'r, 'o, 'n, 's>);

impl RestReading<'_, '_, '_, '_> {
    fn template(&self, responses: &[Node], stages: &[Node]) -> Template {
        let mut ids = Ids::default();
        let (mut template, api) = self.0.begin(&mut ids);
        let properties = properties([("Name", self.0.find("name")), ("Policy", self.0.find("policy"))]);
        template.insert(Resource::new(&*api, "AWS::ApiGateway::RestApi", properties, self.0.span()));
        let session = self.0.parts.session;
        if root_of(self.0.list).is_none() {
            let message = "the list has no root resource: a part of it is missing";
            self.incomplete(message, self.0.list.start()).report(session);
        }
        let authorizers = self.0.add_authorizers(&api, authorizer, &mut template, &mut ids);
        for item in &self.0.list.items {
            self.add_resource(item, &api, &authorizers, &mut template, &mut ids)
                .unwrap_or_else(|problem| problem.report(session));
        }
        for item in responses.iter().filter(|item| !is_true(item.find("defaultResponse"))) {
            template.insert(gateway_response(&api, item, &mut ids));
        }
        self.0.add_stages(&api, stages, &mut template, &mut ids);
        let export = format!(
            "aws apigateway get-export --rest-api-id {} --stage-name STAGE --export-type oas30 --parameters \
             extensions=apigateway api.json",
            self.0.id_or_placeholder()
        );
        self.0.warn_of_edits(&api, &export);
        template
    }

    fn add_resource(
        &self,
        item: &Node,
        api: &str,
        authorizers: &AuthorizerNames<'_>,
        template: &mut Template,
        ids: &mut Ids,
    ) -> Result<(), Problem> {
        let Some(path) = item.text_at("path") else {
            return Err(self.incomplete("a resource without `path`", item.span));
        };
        let methods = match item.find("resourceMethods") {
            None => return Ok(()),
            Some(node) => {
                node.map().ok_or_else(|| self.incomplete("`resourceMethods` is not a map", node.span))?
            }
        };
        let root = Node::attribute(api, "RootResourceId", item.span);
        let resource = if path == "/" {
            root
        } else {
            let id = ids.unique(path);
            let part = Node::string(path.trim_start_matches('/'), item.span);
            let properties = properties([
                ("RestApiId", Some(Node::reference(api, item.span))),
                ("ParentId", Some(root)),
                ("PathPart", Some(part)),
            ]);
            template.insert(Resource::new(&*id, "AWS::ApiGateway::Resource", properties, item.span));
            Node::reference(&id, item.span)
        };
        for method in methods.entries() {
            template.insert(self.method(method, path, &resource, api, authorizers, ids)?);
        }
        Ok(())
    }

    fn method(
        &self,
        method: &Entry,
        path: &str,
        resource: &Node,
        api: &str,
        authorizers: &AuthorizerNames<'_>,
        ids: &mut Ids,
    ) -> Result<Resource, Problem> {
        let (name, span) = (&method.key.text, method.key.span);
        let settings = method.value.map().filter(|map| map.keys().next().is_some());
        let settings = settings.ok_or_else(|| {
            self.incomplete(format!("`{name} {path}` has no settings: the methods were not embedded"), span)
        })?;
        let find = |key: &str| settings.find(key).cloned();
        if settings.text_at("authorizationType").is_none_or(str::is_empty) {
            return Err(self.incomplete(format!("`{name} {path}` has no `authorizationType`"), span));
        }
        // An empty value would be taken for one that is not set.
        let key = settings.find("apiKeyRequired").filter(|key| !key.is_null());
        if key.is_some_and(|key| key.scalar().and_then(Scalar::truth).is_none()) {
            let message = format!("`apiKeyRequired` of `{name} {path}` is neither true nor false");
            return Err(self.incomplete(message, span));
        }
        if let Some(other) = settings.find("httpMethod").filter(|other| other.text() != Some(name)) {
            return Err(error!(
                AWS_001,
                "the method of `{name} {path}` is `{}`",
                other.text().unwrap_or_default()
            )
            .at(other.span, "here")
            .at(span, "and here"));
        }
        let integration = settings.find("methodIntegration").and_then(|node| node.find("type")).map(|kind| {
            let kind = Node::string(kind.text().unwrap_or_default(), kind.span);
            Node::map_of([("Type", kind)], span)
        });
        let mut resource = Resource::new(
            ids.unique(&format!("{name} {path}")),
            "AWS::ApiGateway::Method",
            properties([
                ("RestApiId", Some(Node::reference(api, span))),
                ("ResourceId", Some(resource.clone())),
                ("HttpMethod", Some(Node::string(&**name, span))),
                ("AuthorizationType", find("authorizationType")),
                ("AuthorizationScopes", find("authorizationScopes")),
                ("ApiKeyRequired", find("apiKeyRequired")),
                ("Integration", integration),
            ]),
            span,
        );
        self.0.set_authorizer(&mut resource, settings, authorizers);
        Ok(resource)
    }

    fn incomplete(&self, message: impl Into<String>, span: Span) -> Problem {
        let command = Kind::Resources.command_for(self.0.id_or_placeholder());
        Problem::error(Code::AWS_001, message).at(span, "here").help(format!("read the output of {command}"))
    }
}

/// An authorizer as a resource of a template.
fn authorizer(name: &str, api: &str, item: &Node) -> Resource {
    const OWN: [&str; 6] = [
        "Type",
        "ProviderARNs",
        "JwtConfiguration",
        "IdentitySource",
        "IdentityValidationExpression",
        "AuthorizerResultTtlInSeconds",
    ];
    let reference = [("RestApiId", Some(Node::reference(api, item.span)))];
    let properties = properties(reference.into_iter().chain(uncapitalized(item, OWN)));
    Resource::new(name, "AWS::ApiGateway::Authorizer", properties, item.span)
}

fn gateway_response(api: &str, item: &Node, ids: &mut Ids) -> Resource {
    let kind = item.text_at("responseType").unwrap_or("gateway response");
    let reference = [("RestApiId", Some(Node::reference(api, item.span)))];
    let own = uncapitalized(item, ["ResponseType", "StatusCode", "ResponseParameters", "ResponseTemplates"]);
    let properties = properties(reference.into_iter().chain(own));
    Resource::new(ids.unique(kind), "AWS::ApiGateway::GatewayResponse", properties, item.span)
}

fn is_true(node: Option<&Node>) -> bool {
    node.and_then(Node::scalar).and_then(Scalar::truth) == Some(true)
}

//! REST APIs: resources with their methods, authorizers, gateway responses.

use std::collections::BTreeMap;

use crate::{
    cloudformation::{Resource, Template},
    code::Code,
    deployed::{
        authorizers::{DeployedAuthorizers, Use},
        output::{Kind, Output},
        parts::Parts,
    },
    problem::Problem,
    source::Span,
    tree::{Entry, Map, Node, Scalar},
    unique::Ids,
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
        let reading = Reading {
            parts,
            tree,
            main: *index,
            record: records.by_tree.get(index).copied(),
            authorizers: &authorizers,
        };
        reading.template(&of(&responses), &of(&stages))
    };
    trees.iter().map(api).collect()
}

/// The items of outputs that name no API, by the main output of theirs.
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
            Err(problem) => parts.session.report(problem),
        }
    }
    found
}

/// Every method with its resource.
fn methods<'n>(tree: &Output<'n>) -> impl Iterator<Item = (&'n Node, &'n Entry)> {
    tree.items.iter().flat_map(|resource| {
        let methods = resource.find("resourceMethods").and_then(Node::map);
        methods.into_iter().flat_map(Map::entries).map(move |method| (*resource, method))
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
                            parts.session.report(
                                Problem::error(Code::AWS_002, "the record of one API is given twice")
                                    .at(item.span, "here")
                                    .at(other.span, "and here")
                                    .help("give the output of each command once"),
                            );
                        }
                    }
                    None if output.is_list => {
                        let name = item.find("name").and_then(Node::text).unwrap_or_default();
                        let why = "the output of `get-resources` for it is not given";
                        parts.session.leave_out(format!("the REST API `{name}`"), why, item.span);
                    }
                    None => parts.session.report(without_tree(item, trees)),
                }
            }
        }
        Self { by_tree }
    }
}

/// The tree whose root the record names. Old versions of the AWS CLI do not print the root.
fn tree_of(record: &Node, trees: &[(usize, &Output<'_>)]) -> Option<usize> {
    match (record.find("rootResourceId").and_then(Node::text), trees) {
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
    let root = tree.items.iter().find(|item| item.find("path").and_then(Node::text) == Some("/"))?;
    root.find("id")
}

fn without_tree(record: &Node, trees: &[(usize, &Output<'_>)]) -> Problem {
    let id = record.find("id").and_then(Node::text).unwrap_or("ID");
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

/// An API while its template is made.
struct Reading<'r, 'o, 'n, 's> {
    parts: &'r Parts<'o, 'n, 's>,
    tree: &'r Output<'n>,
    /// The index of the tree.
    main: usize,
    record: Option<&'n Node>,
    authorizers: &'r DeployedAuthorizers<'o, 'n>,
}

impl Reading<'_, '_, '_, '_> {
    fn template(&self, responses: &[Node], stages: &[Node]) -> Template {
        let session = self.parts.session;
        let mut template = Template::new();
        template.file = self.parts.file(self.tree);
        let mut ids = Ids::default();
        let id = self.record.and_then(|record| record.find("id")?.text());
        let api = ids.unique(id.unwrap_or(&self.parts.stem(self.tree)));
        self.add_api(&api, &mut template);
        if root_of(self.tree).is_none() {
            session.report(
                self.incomplete("the list has no root resource: a part of it is missing", self.tree.start()),
            );
        }
        let mut authorizers: BTreeMap<&str, String> = BTreeMap::new();
        for (id, name, item) in self.authorizers.of_api(self.main, &mut ids) {
            template.insert(authorizer(&name, &api, item));
            authorizers.insert(id, name);
        }
        for item in &self.tree.items {
            if let Err(problem) = self.add_resource(item, &api, &authorizers, &mut template, &mut ids) {
                session.report(problem);
            }
        }
        for item in responses.iter().filter(|item| !is_true(item.find("defaultResponse"))) {
            template.insert(gateway_response(&api, item, &mut ids));
        }
        for item in stages {
            let stage = item.find("stageName").cloned();
            let properties =
                properties([("RestApiId", Some(Node::reference(&api, item.span))), ("StageName", stage)]);
            template.insert(Resource::new(
                ids.unique("stage"),
                "AWS::ApiGateway::Stage",
                properties,
                item.span,
            ));
        }
        session.report(
            Problem::warning(
                Code::WARN_016,
                format!("`{api}` is read as it is edited: what is deployed to a stage may differ"),
            )
            .at(self.tree.start(), "`get-resources` does not print what is deployed")
            .help(format!(
                "to read what is deployed, give the output of `aws apigateway get-export --rest-api-id {} --stage-name \
                 STAGE --export-type oas30 --parameters extensions=apigateway api.json`",
                id.unwrap_or("ID")
            )),
        );
        template
    }

    fn add_api(&self, api: &str, template: &mut Template) {
        let span = self.record.map_or(self.tree.start(), |record| record.span);
        let span = Span { end: span.start, ..span };
        let find = |key: &str| self.record.and_then(|record| record.find(key)).cloned();
        let policy = find("policy");
        let properties = properties([("Name", find("name")), ("Policy", policy)]);
        template.insert(Resource::new(api, "AWS::ApiGateway::RestApi", properties, span));
    }

    fn add_resource(
        &self,
        item: &Node,
        api: &str,
        authorizers: &BTreeMap<&str, String>,
        template: &mut Template,
        ids: &mut Ids,
    ) -> Result<(), Problem> {
        let Some(path) = item.find("path").and_then(Node::text) else {
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
        authorizers: &BTreeMap<&str, String>,
        ids: &mut Ids,
    ) -> Result<Resource, Problem> {
        let (name, span) = (&method.key.text, method.key.span);
        let settings = method.value.map().filter(|map| map.keys().next().is_some());
        let settings = settings.ok_or_else(|| {
            self.incomplete(format!("`{name} {path}` has no settings: the methods were not embedded"), span)
        })?;
        let find = |key: &str| settings.find(key).cloned();
        if settings.find("authorizationType").and_then(Node::text).is_none_or(str::is_empty) {
            return Err(self.incomplete(format!("`{name} {path}` has no `authorizationType`"), span));
        }
        // An empty value would be taken for one that is not set.
        let key = settings.find("apiKeyRequired").filter(|key| !key.is_null());
        if key.is_some_and(|key| key.scalar().and_then(Scalar::truth).is_none()) {
            let message = format!("`apiKeyRequired` of `{name} {path}` is neither true nor false");
            return Err(self.incomplete(message, span));
        }
        if let Some(other) = settings.find("httpMethod").filter(|other| other.text() != Some(name)) {
            let message = format!("the method of `{name} {path}` is `{}`", other.text().unwrap_or_default());
            return Err(Problem::error(Code::AWS_001, message).at(other.span, "here").at(span, "and here"));
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
        if let Some(id) =
            settings.find("authorizerId").filter(|id| id.text().is_some_and(|id| !id.is_empty()))
        {
            self.set_authorizer(&mut resource, id, authorizers);
        }
        Ok(resource)
    }

    /// Sets the authorizer of a method. A method whose authorizer is not given cannot be read.
    fn set_authorizer(&self, resource: &mut Resource, id: &Node, authorizers: &BTreeMap<&str, String>) {
        let text = id.text().unwrap_or_default();
        let found = authorizers.get(text).filter(|_| self.authorizers.is_of(self.main, text));
        if let Some(name) = found {
            let reference = Node::reference(name, id.span);
            resource.properties = with(&resource.properties, "AuthorizerId", reference);
            return;
        }
        let kind = resource.property("AuthorizationType").and_then(Node::text).unwrap_or_default();
        if matches!(kind, "NONE" | "AWS_IAM") {
            return;
        }
        let api = self.record.and_then(|record| record.find("id")?.text()).unwrap_or("ID");
        self.parts.session.report_route(self.authorizers.missing(id, api));
        resource.refused = Some(Code::AWS_002);
    }

    fn incomplete(&self, message: impl Into<String>, span: Span) -> Problem {
        let id = self.record.and_then(|record| record.find("id")?.text()).unwrap_or("ID");
        Problem::error(Code::AWS_001, message)
            .at(span, "here")
            .help(format!("read the output of {}", Kind::Resources.command_for(id)))
    }
}

/// An authorizer as a resource of a template.
fn authorizer(name: &str, api: &str, item: &Node) -> Resource {
    let find = |key: &str| item.find(key).cloned();
    let properties = properties([
        ("RestApiId", Some(Node::reference(api, item.span))),
        ("Type", find("type")),
        ("ProviderARNs", find("providerARNs")),
        ("JwtConfiguration", find("jwtConfiguration")),
        ("IdentitySource", find("identitySource")),
        ("IdentityValidationExpression", find("identityValidationExpression")),
        ("AuthorizerResultTtlInSeconds", find("authorizerResultTtlInSeconds")),
    ]);
    Resource::new(name, "AWS::ApiGateway::Authorizer", properties, item.span)
}

fn gateway_response(api: &str, item: &Node, ids: &mut Ids) -> Resource {
    let find = |key: &str| item.find(key).cloned();
    let kind = item.find("responseType").and_then(Node::text).unwrap_or("gateway response");
    let properties = properties([
        ("RestApiId", Some(Node::reference(api, item.span))),
        ("ResponseType", find("responseType")),
        ("StatusCode", find("statusCode")),
        ("ResponseParameters", find("responseParameters")),
        ("ResponseTemplates", find("responseTemplates")),
    ]);
    Resource::new(ids.unique(kind), "AWS::ApiGateway::GatewayResponse", properties, item.span)
}

/// The properties that are set. For one that is not, AWS leaves out the member, or writes `null` or an empty text.
pub(super) fn properties<const N: usize>(all: [(&'static str, Option<Node>); N]) -> Map {
    let is_set = |node: &Node| !node.is_null() && node.text() != Some("");
    Map::of(all.into_iter().filter_map(|(name, node)| Some((name, node.filter(is_set)?))))
}

/// The same map with one more entry.
pub(super) fn with(map: &Map, key: &'static str, value: Node) -> Map {
    let entries = map.unread().iter().map(|entry| (entry.key.text.to_string(), entry.value.clone()));
    Map::of(entries.chain([(key.to_owned(), value)]))
}

fn is_true(node: Option<&Node>) -> bool {
    node.and_then(Node::scalar).and_then(Scalar::truth) == Some(true)
}

//! The model that every format is lowered to: a CloudFormation template, read from a file or made by a front end.

use std::{collections::BTreeMap, fmt, rc::Rc};

use crate::{
    cloudformation::misplaced,
    code::Code,
    model::{OpenReason, Origin, RefusedReason, Rule},
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Key, Map, Node},
};

/// Replaces the variables of a front end in a scalar, when its value is first needed.
pub(crate) trait Variables: fmt::Debug {
    /// The node with the variables of its own text replaced; a whole-value variable may become a list or a map. Nodes
    /// that are not scalars are returned unchanged.
    fn resolve(&self, node: &Node, session: &Session<'_>) -> Result<Node, Problem>;
}

/// Resources with logical ids, and the sections that their properties refer to.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) parameters: Map,
    pub(crate) mappings: Map,
    pub(crate) conditions: Map,
    pub(crate) outputs: Map,
    pub(crate) variables: Option<Rc<dyn Variables>>,
    /// The Region that the front end found, used if the caller gives none.
    pub(crate) region: Option<String>,
    pub(crate) parent: Option<Parent>,
    /// The file that the template is read from.
    pub(crate) file: String,
    /// The name of its stack, if the front end knows it.
    pub(crate) stack_name: Option<String>,
    resources: Vec<Resource>,
    by_id: BTreeMap<String, usize>,
}

/// The template that nests another, and the parameters that it passes.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    pub(crate) stack: usize,
    /// The resource that nests it.
    pub(crate) id: String,
    pub(crate) parameters: Map,
    /// The depth of the nested template.
    pub(crate) depth: usize,
}

/// The nested template of each resource that nests one, by the index of the resource's template.
pub(super) type Nested = BTreeMap<(usize, String), usize>;

/// Whether a resource of this type is a nested stack. SAM's own type is deployed as one.
pub(super) fn nests(kind: &str) -> bool {
    matches!(kind, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application")
}

/// Whether the physical id of a resource of this type can be bound to its logical id.
pub(super) fn is_bound(kind: &str) -> bool {
    matches!(kind, "AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient")
}

/// A resource of a template.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) id: String,
    /// The declaration of the resource; for a generated one, the text that it is generated from.
    pub(crate) span: Span,
    /// `AWS::ApiGateway::Method`
    pub(crate) kind: String,
    /// The properties, with intrinsics unresolved.
    pub(crate) properties: Map,
    /// The name of a condition.
    pub(crate) condition: Option<Node>,
    /// The file of a nested stack's template, if the CDK names it in `Metadata`.
    pub(crate) asset: Option<Node>,
    /// The id that it is deployed with, if the files say it.
    pub(crate) physical_id: Option<String>,
    /// The origin of the route, if this is one.
    pub(crate) origin: Origin,
    /// Why the route is open, if it is; set by front ends.
    pub(crate) open_reason: Option<OpenReason>,
    /// Set by a front end that could not read the route and reported why: a partial import refuses it.
    pub(crate) refused: Option<Code>,
}

impl Resource {
    /// A resource that a front end generates from the text at the span.
    pub(crate) fn new(id: impl Into<String>, kind: &str, properties: Map, span: Span) -> Self {
        Self {
            id: id.into(),
            span,
            kind: kind.into(),
            properties,
            condition: None,
            asset: None,
            physical_id: None,
            origin: Origin::Explicit,
            open_reason: None,
            refused: None,
        }
    }

    /// The rule of a route that a front end could not read.
    pub(crate) fn refusal(&self) -> Option<Rule> {
        self.refused.map(|code| Rule::Refused(RefusedReason::Unresolved(code)))
    }

    /// The property, unresolved.
    pub(crate) fn property(&self, name: &str) -> Option<&Node> {
        self.properties.find(name)
    }
}

impl Template {
    /// A template without resources.
    pub(crate) fn new() -> Self {
        Self {
            parameters: Map::default(),
            mappings: Map::default(),
            conditions: Map::default(),
            outputs: Map::default(),
            variables: None,
            region: None,
            parent: None,
            file: String::new(),
            stack_name: None,
            resources: Vec::new(),
            by_id: BTreeMap::new(),
        }
    }

    /// Reads a template. Problems with its structure are reported, and those parts left out.
    pub(crate) fn read(root: &Node, session: &Session<'_>) -> Self {
        let mut template = Self::new();
        check_transforms(root, session);
        template.parameters = section(root, "Parameters", session);
        template.mappings = section(root, "Mappings", session);
        template.conditions = section(root, "Conditions", session);
        template.outputs = section(root, "Outputs", session);
        misplaced::in_template(root, session);
        for entry in section(root, "Resources", session).entries() {
            template.read_resource(&entry.key, &entry.value, session);
        }
        template
    }

    /// Adds the resource under this key; front ends use it for resources that they do not compile.
    pub(crate) fn read_resource(&mut self, key: &Key, node: &Node, session: &Session<'_>) {
        if key.text.starts_with("Fn::") {
            return by_aws(key).report(session);
        }
        if let Some(key) = node.map().and_then(transform) {
            return by_aws(key).report(session);
        }
        let Some(kind) = node.text_at("Type") else {
            error!(CFN_005, "the resource `{}` has no `Type`", key.text)
                .at(key.span, "this resource")
                .report(session);
            return;
        };
        misplaced::in_resource(node, kind, session);
        name_construct(key, node, session);
        if kind.ends_with("::MODULE") {
            return error!(CFN_020, "`{}` is a module: its resources are known only to AWS", key.text)
                .at(key.span, "this resource")
                .help(PROCESSED)
                .report(session);
        }
        let properties = match node.find("Properties") {
            None => Map::default(),
            Some(node) => match node.needed_map(Code::CFN_005, "`Properties`") {
                Ok(map) => map.clone(),
                // For a resource without an effect on routes, it does not matter.
                Err(_) if !kind.starts_with("AWS::ApiGateway") && !kind.starts_with("AWS::Serverless") => {
                    Map::default()
                }
                Err(problem) => return problem.report(session),
            },
        };
        if kind.starts_with("AWS::ApiGateway")
            && let Some(key) = transform(&properties)
        {
            return by_aws(key).report(session);
        }
        let mut resource = Resource::new(&*key.text, kind, properties, key.span);
        resource.condition = node.find("Condition").cloned();
        // It has no effect on other resources.
        if kind == "AWS::CloudFormation::Stack" {
            let metadata = node.find("Metadata");
            resource.asset = metadata.and_then(|metadata| metadata.find("aws:asset:path")).cloned();
        }
        self.insert(resource);
    }

    /// Adds the resource, or replaces the one with its id.
    pub(crate) fn insert(&mut self, resource: Resource) {
        if let Some(existing) = self.resource_mut(&resource.id) {
            *existing = resource;
            return;
        }
        self.by_id.insert(resource.id.clone(), self.resources.len());
        self.resources.push(resource);
    }

    pub(crate) fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.get(*self.by_id.get(id)?)
    }

    /// The resource, to override it.
    pub(crate) fn resource_mut(&mut self, id: &str) -> Option<&mut Resource> {
        self.resources.get_mut(*self.by_id.get(id)?)
    }

    /// All resources, in order.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }
}

/// Names the resource in diagnostics by the path of its construct, which the CDK writes. It affects no route, so a
/// repeated key does not count as read.
fn name_construct(key: &Key, node: &Node, session: &Session<'_>) {
    let find = |map: &Map, name: &str| {
        map.unread().iter().find(|entry| &*entry.key.text == name).map(|entry| entry.value.clone())
    };
    let metadata = node.map().and_then(|map| find(map, "Metadata"));
    let path = metadata.as_ref().and_then(Node::map).and_then(|map| find(map, "aws:cdk:path"));
    if let Some(path) = path.as_ref().and_then(Node::text) {
        session.name_element(Span { end: node.span.end, ..key.span }, path);
    }
}

fn section(root: &Node, name: &str, session: &Session<'_>) -> Map {
    let Some(node) = root.find(name) else { return Map::default() };
    node.needed_map(Code::CFN_005, &format!("`{name}`")).cloned().unwrap_or_else(|problem| {
        problem.report(session);
        Map::default()
    })
}

/// The help for what only AWS can resolve.
pub(crate) const PROCESSED: &str =
    "read the output of `aws cloudformation get-template --template-stage Processed` instead";

/// The key of an entry that AWS replaces with content from outside of the file.
pub(crate) fn transform(map: &Map) -> Option<&Key> {
    map.keys().find(|key| key.text.starts_with("Fn::Transform") || key.text.starts_with("Fn::ForEach"))
}

/// The error for such an entry.
pub(crate) fn by_aws(key: &Key) -> Problem {
    error!(CFN_020, "what `{}` makes is known only to AWS", key.text)
        .at(key.span, "this transform")
        .help(PROCESSED)
}

/// A macro may change anything. AWS's macros without an effect on APIs are allowed; uses of the language extensions are reported
/// where they occur.
fn check_transforms(root: &Node, session: &Session<'_>) {
    if let Some(key) = root.map().and_then(transform) {
        by_aws(key).report(session);
    }
    for transform in root.find("Transform").into_iter().flat_map(macros) {
        error!(CFN_020, "a macro may change every route")
            .at(transform.span, "this macro is run by AWS")
            .help(PROCESSED)
            .report(session);
    }
}

/// The macros of a `Transform` section that may make or change routes. The output of SAM and the
/// language extensions is handled where it is used.
pub(crate) fn macros(section: &Node) -> impl Iterator<Item = &Node> {
    const HARMLESS: [&str; 4] = [
        "AWS::LanguageExtensions",
        "AWS::SecretsManager-2020-07-23",
        "AWS::SecretsManager-2024-09-16",
        "AWS::Serverless-2016-10-31",
    ];
    let items = section.items().unwrap_or(std::slice::from_ref(section)).iter();
    items.filter(|name| !name.text().is_some_and(|name| HARMLESS.contains(&name)))
}

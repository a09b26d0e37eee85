//! The parts that the templates of REST APIs and HTTP APIs have in common.

use std::collections::BTreeMap;

use crate::{
    casing,
    cloudformation::{Resource, Template},
    code::Code,
    deployed::{authorizers::DeployedAuthorizers, output::Output, parts::Parts},
    problem::warning,
    source::Span,
    tree::{Map, Node},
    unique::Ids,
};

/// The names that one kind of API uses.
pub(super) struct ApiNames {
    /// The member of the record with the API's id.
    pub(super) id: &'static str,
    /// The property by which a resource refers to its API.
    pub(super) reference: &'static str,
    /// The type of its stages, and the member with a stage's name.
    pub(super) stage: &'static str,
    pub(super) stage_name: &'static str,
    /// The member of a route with the id of its authorizer.
    pub(super) authorizer_id: &'static str,
    /// The command that prints the routes.
    pub(super) command: &'static str,
}

/// An API while its template is made.
pub(super) struct DeployedApi<'r, 'o, 'n, 's> {
    pub(super) names: &'static ApiNames,
    pub(super) parts: &'r Parts<'o, 'n, 's>,
    /// The output with the routes, and its index.
    pub(super) list: &'r Output<'n>,
    pub(super) main: usize,
    pub(super) record: Option<&'n Node>,
    pub(super) authorizers: &'r DeployedAuthorizers<'o, 'n>,
}

/// The logical ids of an API's authorizers, by their ids.
pub(super) type AuthorizerNames<'n> = BTreeMap<&'n str, String>;

impl<'n> DeployedApi<'_, '_, 'n, '_> {
    /// The id of the API, if its record is given.
    pub(super) fn id(&self) -> Option<&'n str> {
        self.record.and_then(|record| record.text_at(self.names.id))
    }

    /// The id for a command in a help text.
    pub(super) fn id_or_placeholder(&self) -> &'n str {
        self.id().unwrap_or("ID")
    }

    /// An empty template, and the logical id of the API.
    pub(super) fn begin(&self, ids: &mut Ids) -> (Template, String) {
        let mut template = Template::new();
        template.file = self.parts.file(self.list);
        (template, ids.unique(self.id().unwrap_or(&self.parts.stem(self.list))))
    }

    /// Where the API itself is declared.
    pub(super) fn span(&self) -> Span {
        let span = self.record.map_or(self.list.start(), |record| record.span);
        span.beginning()
    }

    /// A member of the record.
    pub(super) fn find(&self, key: &str) -> Option<Node> {
        self.record.and_then(|record| record.find(key)).cloned()
    }

    /// Adds the authorizers, each made by this function from its logical id, that of the API, and its item.
    pub(super) fn add_authorizers(
        &self,
        api: &str,
        make: impl Fn(&str, &str, &Node) -> Resource,
        template: &mut Template,
        ids: &mut Ids,
    ) -> AuthorizerNames<'n> {
        let mut names = BTreeMap::new();
        for (id, name, item) in self.authorizers.of_api(self.main, ids) {
            template.insert(make(&name, api, item));
            names.insert(id, name);
        }
        names
    }

    /// Adds the stages.
    pub(super) fn add_stages<'i>(
        &self,
        api: &str,
        stages: impl IntoIterator<Item = &'i Node>,
        template: &mut Template,
        ids: &mut Ids,
    ) {
        for item in stages {
            let properties = properties([
                (self.names.reference, Some(Node::reference(api, item.span))),
                ("StageName", item.find(self.names.stage_name).cloned()),
            ]);
            template.insert(Resource::new(ids.unique("stage"), self.names.stage, properties, item.span));
        }
    }

    /// Warns that the template has the routes as they are edited. `export` is the command that prints what is deployed.
    pub(super) fn warn_of_edits(&self, api: &str, export: &str) {
        warning!(WARN_016, "`{api}` is read as it is edited: what is deployed to a stage may differ")
            .at(self.list.start(), format!("`{}` does not print what is deployed", self.names.command))
            .help(format!("to read what is deployed, give the output of `{export}`"))
            .report(self.parts.session);
    }

    /// Sets the authorizer of a route, which these settings name. A route whose authorizer is not given cannot be read.
    pub(super) fn set_authorizer(
        &self,
        resource: &mut Resource,
        settings: &Map,
        names: &AuthorizerNames<'_>,
    ) {
        let id = settings.find(self.names.authorizer_id);
        let Some((id, text)) = id.and_then(|id| Some((id, id.text().filter(|text| !text.is_empty())?)))
        else {
            return;
        };
        if let Some(name) = names.get(text).filter(|_| self.authorizers.is_of(self.main, text)) {
            let reference = Node::reference(name, id.span);
            resource.properties = with(&resource.properties, "AuthorizerId", reference);
            return;
        }
        let kind = resource.property("AuthorizationType").and_then(Node::text).unwrap_or_default();
        if !matches!(kind, "NONE" | "AWS_IAM") {
            self.authorizers.missing(id, self.id_or_placeholder()).report_route(self.parts.session);
            resource.refused = Some(Code::AWS_002);
        }
    }
}

/// Members of an item as properties of a template, in a command whose members have the names of the properties.
pub(super) fn same<const N: usize>(item: &Node, names: [&'static str; N]) -> [Property; N] {
    names.map(|name| (name, item.find(name).cloned()))
}

/// The same, in a command that writes them with a small first letter.
pub(super) fn uncapitalized<const N: usize>(item: &Node, names: [&'static str; N]) -> [Property; N] {
    names.map(|name| (name, item.find(&casing::uncapitalized(name)).cloned()))
}

/// A property, and its value if the item has one.
pub(super) type Property = (&'static str, Option<Node>);

/// The properties that are set. For one that is not, AWS leaves out the member, or writes `null` or an empty text.
pub(super) fn properties(all: impl IntoIterator<Item = Property>) -> Map {
    let is_set = |node: &Node| !node.is_null() && node.text() != Some("");
    Map::of(all.into_iter().filter_map(|(name, node)| Some((name, node.filter(is_set)?))))
}

/// The same map with one more entry.
fn with(map: &Map, key: &'static str, value: Node) -> Map {
    let entries = map.unread().iter().map(|entry| (entry.key.text.to_string(), entry.value.clone()));
    Map::of(entries.chain([(key.to_owned(), value)]))
}

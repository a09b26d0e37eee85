//! Cloud assemblies of the CDK: the folder `cdk.out`, by its `manifest.json`.

mod assets;
mod choice;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::{Template, TemplateReader},
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Map, Node},
};

use assets::Assets;

/// Stages are assemblies in assemblies. Deeper ones would include each other.
const DEEPEST: usize = 8;
/// The most assemblies of an import: a stage for each account and region of a large organization.
const MOST: usize = 256;

/// A stack of an assembly.
#[derive(Debug)]
struct Stack {
    /// Its id in the manifest.
    id: String,
    /// The name that it is deployed under.
    name: String,
    /// Its path in the application, such as `Prod/Orders`.
    path: String,
    /// The index of the assembly that it is in.
    assembly: usize,
    /// The name of its template, if the manifest has it.
    template: Node,
    region: Option<String>,
    /// The ids of the stacks of the same assembly that it depends on.
    dependencies: Vec<String>,
    /// The construct paths of its resources, by logical id.
    constructs: BTreeMap<String, String>,
    span: Span,
}

/// The stacks of an assembly and those in it.
#[derive(Debug, Default)]
struct Assembly {
    stacks: Vec<Stack>,
    /// The files of the assets of each assembly.
    assets: Vec<Assets>,
    /// The names of the stages that the assemblies are.
    stages: Vec<Vec<String>>,
}

/// Whether the file is the manifest of an assembly.
pub(crate) fn is_manifest(root: &Node) -> bool {
    let artifacts = root.map_at("artifacts");
    let is_artifact = |kind: &str| kind.starts_with("aws:cloudformation:") || kind.starts_with("cdk:");
    root.find("version").is_some()
        && artifacts.is_some_and(|artifacts| {
            let kinds = artifacts.unread().iter().filter_map(|entry| entry.value.text_at("type"));
            artifacts.keys().next().is_none() || kinds.into_iter().any(is_artifact)
        })
}

/// Whether the file lies beside a manifest and is read by it: the tree of constructs, or a list of assets.
pub(crate) fn is_companion(root: &Node) -> bool {
    let is_tree = root.find("tree").is_some() && root.find("version").is_some();
    let is_assets = root.find("files").is_some() && root.find("dockerImages").is_some();
    is_tree || is_assets
}

/// The error for such a file without its manifest.
pub(crate) fn without_manifest(root: &Node) -> Problem {
    error!(CDK_001, "this file of a cloud assembly has no stacks")
        .at(root.span.beginning(), "its manifest has them")
        .help("give the folder `cdk.out`, or its `manifest.json`")
}

/// The templates of an assembly.
pub(crate) fn templates(root: &Node, session: &Session<'_>, read: TemplateReader) -> Vec<Template> {
    let mut assembly = Assembly::default();
    assembly.read(root, &mut Vec::new(), session);
    let chosen = choice::stacks(&assembly, root, session);
    let stacks = assembly.stacks.iter().enumerate().filter(|(index, _)| chosen.contains(index));
    stacks.filter_map(|(_, stack)| assembly.template(stack, session, read)).collect()
}

/// The files that the manifests of these roots read, so that they are not read again if they are given as well.
pub(crate) fn files(templates: &[Template]) -> BTreeSet<String> {
    templates.iter().filter_map(|template| crate::sources::normalise(&template.file)).collect()
}

impl Assembly {
    /// Adds the stacks of a manifest, and of the assemblies that it contains.
    fn read(&mut self, root: &Node, stages: &mut Vec<String>, session: &Session<'_>) {
        if let Some(missing) =
            root.find("missing").filter(|node| node.items().is_some_and(|items| !items.is_empty()))
        {
            error!(CDK_001, "values that the CDK looks up in the account are missing")
                .at(missing.span, "these")
                .help("run `cdk synth` with access to the account, and give `cdk.out` again")
                .report(session);
        }
        let index = self.assets.len();
        self.assets.push(Assets::default());
        self.stages.push(stages.clone());
        for entry in root.entries_at("artifacts") {
            let artifact = &entry.value;
            let properties = artifact.find("properties");
            let property = |key: &str| properties.and_then(|properties| properties.find(key));
            match artifact.text_at("type") {
                Some("aws:cloudformation:stack") => match stack(&entry.key.text, artifact, index) {
                    Some(stack) => self.stacks.push(Stack { span: entry.key.span, ..stack }),
                    None => incomplete("a stack without a template", entry.key.span).report(session),
                },
                Some("cdk:asset-manifest") => {
                    if let Some(file) = property("file")
                        && let Some(read) = include(file, file.text(), session)
                        && let Some(assets) = self.assets.get_mut(index)
                    {
                        assets.add(&read);
                    }
                }
                Some("cdk:cloud-assembly") => {
                    let Some(folder) = property("directoryName") else { continue };
                    if stages.len() >= DEEPEST {
                        incomplete("assemblies that are nested too deep", folder.span).report(session);
                        continue;
                    }
                    // Assemblies that include each other multiply with each level.
                    if self.assets.len() >= MOST {
                        error!(FILE_001, "more than {MOST} assemblies")
                            .at(folder.span, "too many here")
                            .report(session);
                        return;
                    }
                    let name = property("displayName").and_then(Node::text).unwrap_or(&entry.key.text);
                    let manifest = folder.text().map(|folder| format!("{folder}/manifest.json"));
                    if let Some(inner) = include(folder, manifest.as_deref(), session) {
                        stages.push(name.to_owned());
                        self.read(&inner, stages, session);
                        stages.pop();
                    }
                }
                _ => {}
            }
        }
    }

    /// The template of a stack, with what only the assembly knows.
    fn template(&self, stack: &Stack, session: &Session<'_>, read: TemplateReader) -> Option<Template> {
        let root = include(&stack.template, stack.template.text(), session)?;
        let resources = root.map_at("Resources");
        for entry in resources.into_iter().flat_map(Map::unread) {
            if let Some(path) = stack.constructs.get(&*entry.key.text) {
                let span = Span { end: entry.value.span.end, ..entry.key.span };
                session.name_element(span, path);
            }
        }
        let mut template = read(&root, session)?;
        template.region.clone_from(&stack.region);
        template.stack_name = Some(stack.name.clone());
        if let Some(assets) = self.assets.get(stack.assembly) {
            assets.complete(&mut template, session);
        }
        Some(template)
    }
}

/// A stack by its artifact.
fn stack(id: &str, artifact: &Node, assembly: usize) -> Option<Stack> {
    let properties = artifact.find("properties")?;
    let template = properties.find("templateFile")?.clone();
    let text = |node: Option<&Node>| node.and_then(Node::text).map(String::from);
    let name = text(properties.find("stackName")).unwrap_or_else(|| id.to_owned());
    let path = text(artifact.find("displayName")).unwrap_or_else(|| id.to_owned());
    // `aws://account/region`, where either may be unknown.
    let environment = artifact.text_at("environment").unwrap_or_default();
    let region =
        environment.rsplit('/').next().filter(|region| *region != "unknown-region" && !region.is_empty());
    let dependencies = artifact.items_at("dependencies").unwrap_or_default();
    let dependencies = dependencies.iter().filter_map(Node::text).map(String::from).collect();
    Some(Stack {
        id: id.to_owned(),
        name,
        path,
        assembly,
        template,
        region: region.map(String::from),
        dependencies,
        constructs: constructs(artifact),
        span: artifact.span,
    })
}

/// The construct paths of the resources: templates may be written without them.
fn constructs(artifact: &Node) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let metadata = artifact.map_at("metadata");
    for entry in metadata.into_iter().flat_map(Map::unread) {
        for item in entry.value.items().unwrap_or_default() {
            if item.text_at("type") == Some("aws:cdk:logicalId")
                && let Some(id) = item.text_at("data")
            {
                found.insert(id.to_owned(), entry.key.text.trim_start_matches('/').to_owned());
            }
        }
    }
    found
}

/// A file of the assembly, which must be there.
fn include(named: &Node, path: Option<&str>, session: &Session<'_>) -> Option<Node> {
    let included = match path {
        Some(path) => session.include(path, named.span),
        None => Ok(None),
    };
    match included {
        Ok(Some(root)) => Some(root),
        Ok(None) => {
            let message = format!("`{}` is not there", path.unwrap_or_default());
            incomplete(&message, named.span).report(session);
            None
        }
        Err(problem) => {
            problem.report(session);
            None
        }
    }
}

fn incomplete(message: &str, span: Span) -> Problem {
    error!(CDK_001, "the cloud assembly is not complete: {message}")
        .at(span, "named here")
        .help("give the whole folder that `cdk synth` writes")
}

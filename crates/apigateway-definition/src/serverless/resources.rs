//! `resources`: the user's additions to the generated template, and overrides of it.

use crate::{
    cloudformation::{Resource, Template, by_aws, macros},
    code::Code,
    problem::Problem,
    serverless::{
        keys, merge, naming,
        service::{Service, shape},
    },
    tree::{Entry, Map, Node},
};

/// Merges the user's resources over the generated ones, and then the extensions, as the framework does
/// ("AWS infrastructure resources", guides of the Serverless Framework).
pub(super) fn add(service: &Service<'_>, template: &mut Template) -> Result<(), Problem> {
    let Some(node) = service.configuration.root.find("resources") else { return Ok(()) };
    let mut sections = Map::default();
    for part in service.parts(node, "resources")? {
        let part = resolved_sections(service, &part)?;
        sections = merge::maps(&sections, &part, service.session)?;
    }
    let section = |name: &str| sections.find(name).and_then(Node::map).cloned().unwrap_or_default();
    template.parameters = section("Parameters");
    template.mappings = section("Mappings");
    template.conditions = section("Conditions");
    template.outputs = section("Outputs");
    if let Some(transform) = sections.entry("Transform")
        && macros(&transform.value).next().is_some()
    {
        return Err(Problem::error(Code::CFN_020, "`Transform` runs a macro in AWS")
            .at(transform.key.span, "here")
            .help(
                "read the output of `aws cloudformation get-template --template-stage Processed` instead",
            ));
    }
    for entry in section("Resources").entries() {
        resource(service, entry, template);
    }
    for resource in template.resources().iter().filter(|resource| resource.kind.starts_with(SAM)) {
        let message = format!("`{}` is a resource of SAM, which may make routes", resource.id);
        service.session.report(
            Problem::error(Code::CFN_020, message)
                .at(resource.span, "SAM's transform compiles this, after the framework")
                .help(keys::PACKAGE),
        );
    }
    for entry in section("extensions").entries() {
        if let Err(problem) = extension(service, entry, template) {
            service.session.report(problem);
        }
    }
    Ok(())
}

/// The beginning of the types that SAM compiles.
const SAM: &str = "AWS::Serverless::";

/// The sections with their values resolved. They are merged, and their content is read later.
fn resolved_sections(service: &Service<'_>, part: &Map) -> Result<Map, Problem> {
    let mut sections = Vec::new();
    for section in part.entries() {
        if !keys::list("resources").contains(&&*section.key.text) {
            return Err(keys::misspelt(&section.key, keys::list("resources"), "`resources`"));
        }
        let value = service.value(&section.value)?;
        let value = match value.map() {
            Some(map) => {
                let mut entries = Vec::with_capacity(map.entries().len());
                for entry in map.entries() {
                    let value = service.value(&entry.value);
                    // An unresolved value in another section matters only where something refers to it.
                    let is_lazy = !matches!(&*section.key.text, "Resources" | "extensions");
                    let value = if is_lazy { value.unwrap_or_else(|_| entry.value.clone()) } else { value? };
                    entries.push(Entry { key: entry.key.clone(), value });
                }
                Node::from_map(Map::new(entries).0, value.span)
            }
            None if value.is_null() => continue,
            None if is_map(&section.key.text) => {
                let message = format!("`{}` is {}, not a map", section.key.text, value.describe());
                return Err(shape(message, value.span));
            }
            None => value,
        };
        sections.push(Entry { key: section.key.clone(), value });
    }
    Ok(Map::new(sections).0)
}

fn is_map(section: &str) -> bool {
    matches!(section, "Resources" | "Outputs" | "Parameters" | "Mappings" | "Conditions" | "extensions")
}

/// A resource of the user's own, or one that overrides a generated one.
fn resource(service: &Service<'_>, entry: &Entry, template: &mut Template) {
    if entry.key.text.starts_with("Fn::") {
        return service.session.report(by_aws(&entry.key));
    }
    let found = declared(service, &entry.value);
    let result = match (found, template.resource(&entry.key.text).is_some()) {
        (Ok(node), true) => override_generated(service, entry, &node, template),
        (Ok(node), false) => {
            let has_kind = node.find("Type").is_some();
            if has_kind {
                template.read_resource(&entry.key, &node, service.session);
                Ok(())
            } else if naming::decides_nothing(&entry.key.text) {
                Ok(())
            } else {
                Err(Problem::error(
                    Code::SLS_021,
                    format!("`{}` is generated by no event, and has no `Type`", entry.key.text),
                )
                .at(entry.key.span, "what this overrides is not known")
                .help("name a resource that the framework generates, or give it a `Type`"))
            }
        }
        (Err(problem), _) => Err(problem),
    };
    if let Err(problem) = result {
        service.session.report(problem);
    }
}

/// The resource with its type, condition and properties resolved, which are needed to read it.
fn declared(service: &Service<'_>, node: &Node) -> Result<Node, Problem> {
    let Some(map) = node.map() else {
        return Err(shape(format!("a resource that is {}, not a map", node.describe()), node.span));
    };
    let kind = match map.find("Type") {
        Some(kind) => Some(service.value(kind)?),
        None => None,
    };
    let decides = kind.as_ref().and_then(Node::text).is_none_or(|kind| {
        kind.starts_with("AWS::ApiGateway")
            || kind.starts_with("AWS::Cognito")
            || kind == "AWS::CloudFormation::Stack"
    });
    // If a resource has no effect on routes, read only its type.
    if !decides && map.find("Type").and_then(Node::text) == kind.as_ref().and_then(Node::text) {
        return Ok(node.clone());
    }
    let mut entries = Vec::with_capacity(map.entries().len());
    for entry in map.entries() {
        let value = match &*entry.key.text {
            "Type" | "Condition" => service.value(&entry.value)?,
            "Properties" if decides => {
                let properties = service.value(&entry.value)?;
                if properties.is_null() {
                    continue;
                }
                properties
            }
            _ => entry.value.clone(),
        };
        entries.push(Entry { key: entry.key.clone(), value });
    }
    Ok(Node::from_map(Map::new(entries).0, node.span))
}

/// `resources.Resources.<generated id>`: merged key by key over what is generated.
fn override_generated(
    service: &Service<'_>,
    entry: &Entry,
    node: &Node,
    template: &mut Template,
) -> Result<(), Problem> {
    let Some(generated) = template.resource_mut(&entry.key.text) else { return Ok(()) };
    if let Some(kind) = node.find("Type")
        && kind.text() != Some(&*generated.kind)
    {
        let message = format!("`{}` is generated as `{}`", entry.key.text, generated.kind);
        return Err(Problem::error(Code::SLS_021, message).at(kind.span, "this makes something else of it"));
    }
    let entries = node.map().map_or(&[][..], Map::entries);
    if let Some(unknown) = entries.iter().find(|entry| !keys::list("resource").contains(&&*entry.key.text)) {
        return Err(
            keys::misspelt(&unknown.key, keys::list("resource"), "a resource").with_code(Code::SLS_021)
        );
    }
    if let Some(condition) = node.find("Condition") {
        generated.condition = Some(condition.clone());
    }
    if let Some(properties) = properties(node)? {
        let properties = resolved(service, properties);
        generated.properties = merge::maps(&generated.properties, &properties, service.session)?;
        told(generated, entry);
    }
    Ok(())
}

/// `resources.extensions.<id>`: its properties replace existing ones.
fn extension(service: &Service<'_>, entry: &Entry, template: &mut Template) -> Result<(), Problem> {
    let id = &*entry.key.text;
    let Some(extended) = template.resource_mut(id) else {
        return if naming::decides_nothing(id) {
            Ok(())
        } else {
            Err(Problem::error(Code::SLS_021, format!("`{id}` is generated by no event"))
                .at(entry.key.span, "what this extends is not known")
                .help("name a resource that the framework generates"))
        };
    };
    let node = service.value(&entry.value)?;
    let Some(map) = node.map() else {
        return Err(shape(format!("an extension that is {}, not a map", node.describe()), node.span));
    };
    for part in map.entries() {
        match &*part.key.text {
            "Condition" => extended.condition = Some(service.value(&part.value)?),
            "Properties" => {
                let value = service.value(&part.value)?;
                let over = value.map().ok_or_else(|| {
                    shape(format!("`Properties` is {}, not a map", value.describe()), value.span)
                })?;
                let kept = extended.properties.entries().iter();
                let kept = kept.filter(|entry| over.entry(&entry.key.text).is_none());
                extended.properties = Map::new(kept.chain(over.entries()).cloned()).0;
                told(extended, entry);
            }
            "CreationPolicy"
            | "DeletionPolicy"
            | "UpdatePolicy"
            | "UpdateReplacePolicy"
            | "DependsOn"
            | "Metadata" => {}
            other => {
                return Err(Problem::error(Code::SLS_021, format!("`{other}` cannot be extended"))
                    .at(part.key.span, "the framework refuses this")
                    .help(keys::PACKAGE));
            }
        }
    }
    Ok(())
}

fn properties(node: &Node) -> Result<Option<&Map>, Problem> {
    let Some(properties) = node.find("Properties") else { return Ok(None) };
    let message = || format!("`Properties` is {}, not a map", properties.describe());
    properties.map().map(Some).ok_or_else(|| shape(message(), properties.span))
}

/// The properties with their own variables replaced, so that their values can be merged. One that cannot be resolved stays as
/// written: the code that needs its value reports the problem.
fn resolved(service: &Service<'_>, properties: &Map) -> Map {
    let resolved = |entry: &Entry| Entry {
        key: entry.key.clone(),
        value: service.value(&entry.value).unwrap_or_else(|_| entry.value.clone()),
    };
    Map::new(properties.entries().iter().map(resolved)).0
}

/// The span of the override, which takes precedence and is where problems are reported.
fn told(resource: &mut Resource, entry: &Entry) {
    resource.span = entry.key.span;
    resource.open_reason = None;
}

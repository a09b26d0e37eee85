//! Pulumi, and SST, which is built on it: `pulumi stack export`, and the checkpoint that self-managed backends keep.

use std::collections::BTreeSet;

use crate::{
    casing::camel,
    cloudformation::unavailable,
    code::Code,
    entries::{Entries, find},
    json::{Document, Raw},
    problem::{Problem, error},
    provider::{Collected, Provided, Type},
    secrets::PULUMI_SIGNATURE,
    session::Session,
    source::Span,
    tree::{Content, Key, Map, Node},
};

/// The text that previews have for a value that is not known.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Whether the entries are those of an exported stack or a checkpoint.
pub(crate) fn is_stack(document: Document<'_>, entries: &Entries) -> bool {
    deployment(document, entries).is_some()
}

/// The entries of the deployment: `deployment` of an export, `checkpoint.latest` of a checkpoint.
fn deployment(document: Document<'_>, entries: &Entries) -> Option<Vec<(Key, Raw)>> {
    find(entries, "version")?;
    let deployment = match (find(entries, "deployment"), find(entries, "checkpoint")) {
        (Some(deployment), _) => deployment,
        (None, Some(checkpoint)) => find(&document.entries(checkpoint).ok()??, "latest")?,
        (None, None) => return None,
    };
    document.entries(deployment).ok()?
}

/// Adds the resources of a stack.
pub(crate) fn collect(
    document: Document<'_>,
    entries: &Entries,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    check_version(document, entries)?;
    let deployment = deployment(document, entries).unwrap_or_default();
    if let Some(pending) = find(&deployment, "pending_operations")
        && document.items(pending)?.is_some_and(|pending| !pending.is_empty())
    {
        return Err(error!(STATE_001, "the last update of the stack did not finish")
            .at(document.span(pending), "these operations are pending")
            .help("run `pulumi refresh`, and then `pulumi stack export > stack.json`"));
    }
    let Some(list) = find(&deployment, "resources") else { return Ok(()) };
    let mut names = BTreeSet::new();
    for value in document.items(list)?.unwrap_or_default() {
        resource(document, value, &mut names, resources, session)?;
    }
    Ok(())
}

fn check_version(document: Document<'_>, entries: &Entries) -> Result<(), Problem> {
    let Some(version) = find(entries, "version") else { return Ok(()) };
    let text = document.text(entries, "version")?.unwrap_or_default();
    if text == "3" {
        return Ok(());
    }
    Err(error!(STATE_001, "the format of this file has the version `{text}`, and version 3 is read")
        .at(document.span(version), "here")
        .help("write it with a current version: `pulumi stack export > stack.json`"))
}

fn resource(
    document: Document<'_>,
    value: Raw,
    names: &mut BTreeSet<String>,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    let span = document.span(value);
    let damaged = |message: &str| {
        Problem::error(Code::STATE_001, message)
            .at(span.beginning(), "here")
            .help("read what `pulumi stack export > stack.json` writes")
    };
    let entries = document.entries(value)?.ok_or_else(|| damaged("expected an object"))?;
    let text = |key: &str| document.text(&entries, key);
    let kind = text("type")?.ok_or_else(|| damaged("a resource without `type`"))?;
    let urn = text("urn")?.ok_or_else(|| damaged("a resource without `urn`"))?;
    let Some(known) = Type::of_pulumi(&kind) else {
        // The stack itself, and the providers.
        return if kind.starts_with("pulumi:") { Ok(()) } else { resources.add_other(&kind, span) };
    };
    let is_true = |key: &str| text(key).map(|text| text.as_deref() == Some("true"));
    if is_true("delete")? || is_true("pendingReplacement")? {
        let what = format!("`{}`, which is to be deleted", name_of(&urn));
        session.leave_out(what, "Pulumi has replaced it, or deletes it in its next update", span);
        return Ok(());
    }
    let attributes = match find(&entries, "outputs") {
        Some(outputs) => attributes(document, outputs, known, &urn)?,
        None => Map::default(),
    };
    let attributes = with_id(attributes, text("id")?, span, known);
    let address = address(&urn, &kind, names);
    resources.add(
        Provided { kind: known, address, name: Some(urn), is_data: is_true("external")?, span, attributes },
        session,
    )
}

/// The name of a resource at the end of its URN.
fn name_of(urn: &str) -> &str {
    urn.rsplit("::").next().unwrap_or(urn)
}

/// The name of the resource, with its type if another has the same name.
fn address(urn: &str, kind: &str, names: &mut BTreeSet<String>) -> String {
    let name = name_of(urn);
    if names.insert(name.to_owned()) {
        return name.to_owned();
    }
    let kind = kind.rsplit(':').next().unwrap_or(kind);
    format!("{kind}::{name}")
}

/// The id is beside the outputs as well.
fn with_id(attributes: Map, id: Option<String>, span: Span, kind: &Type) -> Map {
    let Some(id) = id.filter(|_| kind.attributes.contains(&"id") && attributes.find("id").is_none()) else {
        return attributes;
    };
    let entries = attributes.unread().iter().map(|entry| (entry.key.text.to_string(), entry.value.clone()));
    Map::of(entries.chain([("id".to_owned(), Node::string(id, span))]))
}

/// The outputs that are looked at, under the names that Terraform has for them.
fn attributes(document: Document<'_>, outputs: Raw, kind: &Type, urn: &str) -> Result<Map, Problem> {
    let mut picked: Vec<(&'static str, Node)> = Vec::new();
    for (key, value) in document.entries(outputs)?.unwrap_or_default() {
        let Some(name) = kind.attributes.iter().find(|name| is_called(name, &key.text)) else { continue };
        let node = without_secrets(&document.tree(value)?, &format!("{}.{}", name_of(urn), key.text));
        picked.push((name, renamed(name, &node)));
    }
    Ok(Map::of(picked))
}

/// Whether Pulumi has this name for the attribute: in camel case, lists in the plural, and ids of APIs without `Id`.
fn is_called(attribute: &str, output: &str) -> bool {
    match (attribute, output) {
        ("rest_api_id", "restApi") | ("scope", "scopes") => true,
        _ => camel(attribute) == output,
    }
}

/// The value with the keys inside of it as Terraform has them.
fn renamed(attribute: &str, node: &Node) -> Node {
    let keys: &[(&str, &str)] = match attribute {
        "jwt_configuration" => &[("audiences", "audience"), ("issuer", "issuer")],
        "cors_configuration" => &[
            ("allowCredentials", "allow_credentials"),
            ("allowHeaders", "allow_headers"),
            ("allowMethods", "allow_methods"),
            ("allowOrigins", "allow_origins"),
            ("exposeHeaders", "expose_headers"),
            ("maxAge", "max_age"),
        ],
        "scope" => &[("scopeName", "scope_name"), ("scopeDescription", "scope_description")],
        _ => return node.clone(),
    };
    match &node.content {
        Content::List(items) => {
            Node::list(items.iter().map(|item| renamed(attribute, item)).collect::<Vec<_>>(), node.span)
        }
        Content::Map(map) => {
            let entries = map.entries().iter().map(|entry| {
                let name = keys.iter().find(|(pulumi, _)| *pulumi == &*entry.key.text);
                (name.map_or(&*entry.key.text, |(_, name)| *name).to_owned(), entry.value.clone())
            });
            Node::from_map(Map::of(entries), node.span)
        }
        Content::Scalar(_) => node.clone(),
    }
}

/// The value without the parts that are encrypted or not known.
fn without_secrets(node: &Node, name: &str) -> Node {
    match &node.content {
        Content::Scalar(scalar) if &*scalar.text == UNKNOWN => {
            let message = format!("`{name}` is known only after the stack is updated");
            let help = "run `pulumi up`, and then `pulumi stack export > stack.json`";
            unavailable(Code::STATE_002, &message, help, node.span)
        }
        Content::Scalar(_) => node.clone(),
        Content::List(items) => {
            Node::list(items.iter().map(|item| without_secrets(item, name)).collect::<Vec<_>>(), node.span)
        }
        Content::Map(map) if map.find(PULUMI_SIGNATURE).is_some() => {
            let message = format!("`{name}` is a secret, so it is not read");
            let help = "a setting that decides what a request needs is not a secret: do not make it one, or read the deployed API with \
                        the AWS CLI";
            unavailable(Code::STATE_003, &message, help, node.span)
        }
        Content::Map(map) => {
            let entries = map.entries().iter();
            let entries =
                entries.map(|entry| (entry.key.text.to_string(), without_secrets(&entry.value, name)));
            Node::from_map(Map::of(entries), node.span)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_the_names_of_pulumi() {
        for (attribute, output) in [
            ("rest_api_id", "restApi"),
            ("rest_api_id", "restApiId"),
            ("api_key_required", "apiKeyRequired"),
            ("provider_arns", "providerArns"),
            ("allowed_oauth_scopes", "allowedOauthScopes"),
            ("scope", "scopes"),
            ("id", "id"),
        ] {
            assert!(is_called(attribute, output), "{attribute} {output}");
        }
        assert!(!is_called("name", "nameX"));
    }

    #[test]
    fn a_resource_is_named_by_its_urn() {
        let mut names = BTreeSet::new();
        let urn = "urn:pulumi:dev::shop::aws:apigateway/restApi:RestApi::api";
        assert_eq!(address(urn, "aws:apigateway/restApi:RestApi", &mut names), "api");
        assert_eq!(address(urn, "aws:apigateway/stage:Stage", &mut names), "Stage::api");
    }
}

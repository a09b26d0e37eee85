//! State files of version 4: `resources[].instances[].attributes`.

use crate::{
    entries::{Entries, find},
    json::{Document, Raw},
    problem::{Problem, error},
    provider::{Collected, Provided, Type},
    session::Session,
    terraform::{address, damaged, list, mask, object, show::picked, word},
    tree::{Key, Map, Node},
};

pub(super) fn collect(
    document: Document<'_>,
    entries: &Entries,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    check_version(document, entries)?;
    if find(entries, "resources").is_none() {
        let version = find(entries, "version").map(|version| document.span(version));
        return Err(damaged(
            "the state has no `resources`",
            version.unwrap_or(document.span(document.root()?)),
        ));
    }
    for value in list(document, entries, "resources")? {
        resource(document, value, resources, session)?;
    }
    Ok(())
}

fn check_version(document: Document<'_>, entries: &Entries) -> Result<(), Problem> {
    let version = find(entries, "version");
    let text = document.text(entries, "version")?.unwrap_or_default();
    if text == "4" {
        return Ok(());
    }
    let span = version.or_else(|| find(entries, "terraform_version")).map(|value| document.span(value));
    let problem = error!(STATE_001, "this is a state file of version `{text}`, and version 4 is read")
        .help("write it with a current version: `terraform show -json > api.json`");
    Err(match span {
        Some(span) => problem.at(span, "here"),
        None => problem,
    })
}

fn resource(
    document: Document<'_>,
    value: Raw,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    let entries = object(document, value)?;
    let span = document.span(value);
    let Some(name) = word(document, &entries, "type") else {
        return Err(damaged("a resource without `type`", span));
    };
    let is_data = word(document, &entries, "mode") == Some("data");
    let kind = match Type::of_terraform(name) {
        Some(kind) if !is_data || kind.is_read_as_data() => kind,
        _ if is_data => return Ok(()),
        _ => return resources.add_other(name, span),
    };
    let base = base_address(document, &entries, kind, is_data)?;
    if find(&entries, "instances").is_none() {
        return Err(damaged(&format!("`{base}` has no `instances`"), span));
    }
    for instance in list(document, &entries, "instances")? {
        let settings = object(document, instance)?;
        let span = document.span(instance);
        // It is replaced already, and waits to be destroyed.
        if find(&settings, "deposed").is_some() {
            let what = format!("a deposed object of `{base}`");
            session.leave_out(what, "Terraform has replaced it, and will destroy it", span);
            continue;
        }
        let address = format!("{base}{}", address::index(document, find(&settings, "index_key")));
        let Some(values) = find(&settings, "attributes") else {
            let message = format!("`{address}` has no `attributes`: the state was written by an old version");
            return Err(damaged(&message, span));
        };
        let attributes = without_sensitive(document, &settings, picked(document, kind, values)?, &address)?;
        resources.add(Provided { kind, address, name: None, is_data, span, attributes }, session)?;
    }
    Ok(())
}

/// `module.api.aws_api_gateway_method.orders`
fn base_address(
    document: Document<'_>,
    entries: &Entries,
    kind: &Type,
    is_data: bool,
) -> Result<String, Problem> {
    let name = word(document, entries, "name").unwrap_or_default();
    let module = document.text(entries, "module")?.map(|module| format!("{module}.")).unwrap_or_default();
    let data = if is_data { "data." } else { "" };
    Ok(format!("{module}{data}{}.{name}", kind.name))
}

/// Takes out the attributes that a path of `sensitive_attributes` leads into.
fn without_sensitive(
    document: Document<'_>,
    settings: &[(Key, Raw)],
    attributes: Map,
    address: &str,
) -> Result<Map, Problem> {
    let Some(paths) = find(settings, "sensitive_attributes") else { return Ok(attributes) };
    let paths = document.tree(paths)?;
    // A path is a list of steps, of which the first names the attribute.
    let first = |path: &Node| -> Option<String> {
        let step = path.items()?.first()?;
        let value = step.find("value")?;
        Some(value.find("value").unwrap_or(value).text()?.to_owned())
    };
    let is_sensitive = |name: &str| {
        paths.items().unwrap_or_default().iter().any(|path| first(path).is_none_or(|first| first == name))
    };
    let entries = attributes.entries().iter().map(|entry| {
        let name = &entry.key.text;
        let value = if is_sensitive(name) {
            mask::hidden(&entry.value, &format!("{address}.{name}"))
        } else {
            entry.value.clone()
        };
        (name.to_string(), value)
    });
    Ok(Map::of(entries))
}

//! `terraform show -json` of a state: `values.root_module` with its child modules.

use crate::{
    entries::{Entries, find},
    json::{Document, Raw},
    problem::Problem,
    provider::{Collected, Provided, Type},
    session::Session,
    source::Span,
    terraform::{damaged, list, mask, object, word},
    tree::{Map, Node},
};

/// Deeper modules would be a generated file, and each level is read again from its start.
pub(super) const DEEPEST_MODULE: usize = 16;

pub(super) fn collect(
    document: Document<'_>,
    entries: &Entries,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    // A state without resources has no values.
    let Some(values) = find(entries, "values") else { return Ok(()) };
    let values = object(document, values)?;
    let Some(root) = find(&values, "root_module") else { return Ok(()) };
    module(document, root, 0, &mut |_, value| {
        let read = resource(document, value)?;
        match read {
            Read::Resource(found) => resources.add(found, session),
            Read::Other(kind, span) => resources.add_other(&kind, span),
            Read::Nothing => Ok(()),
        }
    })
}

/// Calls the function with each resource of a module and of those below, and with the address of its module.
pub(super) fn module(
    document: Document<'_>,
    value: Raw,
    depth: usize,
    each: &mut dyn FnMut(&str, Raw) -> Result<(), Problem>,
) -> Result<(), Problem> {
    if depth > DEEPEST_MODULE {
        return Err(damaged("modules that are nested too deep", document.span(value)));
    }
    let entries = object(document, value)?;
    let address = word(document, &entries, "address").unwrap_or_default();
    for resource in list(document, &entries, "resources")? {
        each(address, resource)?;
    }
    for child in list(document, &entries, "child_modules")? {
        module(document, child, depth + 1, each)?;
    }
    Ok(())
}

/// A resource of a module, as far as it is read.
pub(super) enum Read {
    Resource(Provided),
    /// One of a type that is not read.
    Other(String, Span),
    /// A data source.
    Nothing,
}

/// A resource with the attributes that are needed, without sensitive values.
pub(super) fn resource(document: Document<'_>, value: Raw) -> Result<Read, Problem> {
    let entries = object(document, value)?;
    let span = document.span(value);
    let Some(name) = word(document, &entries, "type") else {
        return Err(damaged("a resource without `type`", span));
    };
    let is_data = word(document, &entries, "mode") == Some("data");
    let Some(kind) = Type::of_terraform(name) else {
        return Ok(if is_data { Read::Nothing } else { Read::Other(name.into(), span) });
    };
    if is_data && !kind.is_read_as_data() {
        return Ok(Read::Nothing);
    }
    // Keys of `for_each` have quotes, which are escaped.
    let address = document.text(&entries, "address")?;
    let Some(address) = address else { return Err(damaged("a resource without `address`", span)) };
    let attributes = match find(&entries, "values") {
        Some(values) => picked(document, kind, values)?,
        None => Map::default(),
    };
    let attributes = match find(&entries, "sensitive_values") {
        Some(mask) => masked(&attributes, &picked(document, kind, mask)?, &address),
        None => attributes,
    };
    Ok(Read::Resource(Provided { kind, address, name: None, is_data, span, attributes }))
}

/// The attributes that are looked at.
pub(super) fn picked(document: Document<'_>, kind: &Type, values: Raw) -> Result<Map, Problem> {
    let mut picked: Vec<(String, Node)> = Vec::with_capacity(kind.attributes.len());
    // A mask may be `true` for all of a resource.
    let Some(entries) = document.entries(values)? else {
        let whole = document.tree(values)?;
        return Ok(Map::of(kind.attributes.iter().map(|name| (*name, whole.clone()))));
    };
    for (key, value) in entries {
        if kind.attributes.contains(&&*key.text) {
            picked.push((key.text.to_string(), document.tree(value)?));
        }
    }
    Ok(Map::of(picked))
}

/// The attributes without the parts that the masks mark.
pub(super) fn masked(attributes: &Map, masks: &Map, address: &str) -> Map {
    let entries = attributes.entries().iter().map(|entry| {
        let name = format!("{address}.{}", entry.key.text);
        let masked = masks.find(&entry.key.text).map(|mask| mask::sensitive(&entry.value, mask, &name));
        (entry.key.text.to_string(), masked.unwrap_or_else(|| entry.value.clone()))
    });
    Map::of(entries)
}

//! `terraform show -json` of a plan: the planned values, and the references of the configuration for those that are known only after
//! the plan is applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::unavailable,
    code::Code,
    entries::{Entries, find},
    json::{Document, Raw},
    problem::{Problem, error},
    provider::{Collected, Provided},
    session::Session,
    source::Span,
    terraform::{
        address::{self, Referred},
        damaged, list, object,
        show::{self, Read, picked},
        word,
    },
    tree::{Content, Map, Node},
};

pub(super) fn collect(
    document: Document<'_>,
    entries: &Entries,
    planned: Raw,
    resources: &mut Collected,
    session: &Session<'_>,
) -> Result<(), Problem> {
    check_complete(document, entries)?;
    let planned = object(document, planned)?;
    let Some(root) = find(&planned, "root_module") else { return Ok(()) };
    let changes = changes(document, entries)?;
    let mut configuration = Configuration::new(document, entries)?;
    let mut found: Vec<(String, Provided)> = Vec::new();
    show::module(document, root, 0, &mut |module, value| match show::resource(document, value)? {
        Read::Resource(resource) => {
            found.push((module.to_owned(), resource));
            Ok(())
        }
        Read::Other(kind, span) => resources.add_other(&kind, span),
        Read::Nothing => Ok(()),
    })?;
    let kinds: BTreeMap<String, &'static str> =
        found.iter().map(|(_, resource)| (resource.address.clone(), resource.kind.name)).collect();
    for (module, mut resource) in found {
        let change = changes.get(&resource.address);
        // Without it, unknown values would look unset.
        if change.is_none() && !resource.is_data {
            let message =
                format!("the plan has no change of `{}`: a part of it is missing", resource.address);
            return Err(damaged(&message, resource.span));
        }
        if let Some((unknown, change)) = change {
            session.name_element(*change, &resource.address);
            let unknown = picked(document, resource.kind, *unknown)?;
            let expressions = configuration.expressions(&module, &resource)?;
            let planning = Planning { module: &module, address: &resource.address, kinds: &kinds };
            resource.attributes = planning.completed(&resource, &unknown, expressions.as_ref());
        }
        resources.add(resource, session)?;
    }
    Ok(())
}

/// A plan that failed, or that leaves changes to a later plan, does not have all resources.
fn check_complete(document: Document<'_>, entries: &Entries) -> Result<(), Problem> {
    for (key, bad) in [("errored", "true"), ("complete", "false")] {
        let Some(value) = find(entries, key) else { continue };
        if document.tree(value)?.text() == Some(bad) {
            return Err(error!(STATE_001, "the plan is not complete")
                .at(document.span(value), "the tool says so")
                .help("apply it, and read the output of `terraform show -json` for the state"));
        }
    }
    Ok(())
}

/// `after_unknown` of each change and the place of the change, by the address.
fn changes(document: Document<'_>, entries: &Entries) -> Result<BTreeMap<String, (Raw, Span)>, Problem> {
    let mut changes = BTreeMap::new();
    for value in list(document, entries, "resource_changes")? {
        let entries = object(document, value)?;
        let address = document.text(&entries, "address")?;
        // The old object of a replacement that failed.
        if find(&entries, "deposed").is_some() {
            continue;
        }
        let (Some(address), Some(change)) = (address, find(&entries, "change")) else { continue };
        if let Some(unknown) = find(&object(document, change)?, "after_unknown") {
            changes.insert(address, (unknown, document.span(value)));
        }
    }
    Ok(changes)
}

/// The expressions of the configuration, by module.
struct Configuration<'t> {
    document: Document<'t>,
    root: Option<Raw>,
    /// The resources of each module that was looked into, by type and name.
    modules: BTreeMap<Vec<String>, BTreeMap<(String, String), Raw>>,
}

impl<'t> Configuration<'t> {
    fn new(document: Document<'t>, entries: &Entries) -> Result<Self, Problem> {
        let root = match find(entries, "configuration") {
            Some(configuration) => find(&object(document, configuration)?, "root_module"),
            None => None,
        };
        Ok(Self { document, root, modules: BTreeMap::new() })
    }

    /// The expressions of the attributes of a resource.
    fn expressions(&mut self, module: &str, resource: &Provided) -> Result<Option<Node>, Problem> {
        let calls = calls(module);
        if !self.modules.contains_key(&calls) {
            let resources = self.resources(&calls)?;
            self.modules.insert(calls.clone(), resources);
        }
        let name = name_of(module, &resource.address, resource.kind.name);
        let key = (resource.kind.name.to_owned(), name);
        let found = self.modules.get(&calls).and_then(|resources| resources.get(&key));
        found.map(|expressions| self.document.tree(*expressions)).transpose()
    }

    /// The expressions of the resources of a module.
    fn resources(&self, calls: &[String]) -> Result<BTreeMap<(String, String), Raw>, Problem> {
        let mut found = BTreeMap::new();
        let Some(mut at) = self.root else { return Ok(found) };
        for call in calls {
            let entries = object(self.document, at)?;
            let Some(all) = find(&entries, "module_calls") else { return Ok(found) };
            let Some(called) = find(&object(self.document, all)?, call) else { return Ok(found) };
            let Some(module) = find(&object(self.document, called)?, "module") else { return Ok(found) };
            at = module;
        }
        let entries = object(self.document, at)?;
        for resource in list(self.document, &entries, "resources")? {
            let entries = object(self.document, resource)?;
            let word = |key: &str| word(self.document, &entries, key).unwrap_or_default().to_owned();
            if word("mode") == "data" {
                continue;
            }
            if let Some(expressions) = find(&entries, "expressions") {
                found.insert((word("type"), word("name")), expressions);
            }
        }
        Ok(found)
    }
}

/// The names of the module calls on the way to a module.
fn calls(module: &str) -> Vec<String> {
    let mut calls = Vec::new();
    let mut rest = module;
    while let Some(behind) = rest.strip_prefix("module.") {
        let end = behind.find(['.', '[']).unwrap_or(behind.len());
        let (name, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
        calls.push(name.to_owned());
        // The key of an instance may have any characters; in it, quotes are escaped.
        rest = match behind.strip_prefix('[') {
            Some(inside) => after_index(inside),
            None => behind,
        };
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    calls
}

/// The text after the bracket that ends an index.
fn after_index(inside: &str) -> &str {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ']' if !is_quoted => return inside.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// The name in an address of this type.
fn name_of(module: &str, address: &str, kind: &str) -> String {
    let rest = address.strip_prefix(module).unwrap_or(address);
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let rest = rest.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).unwrap_or(rest);
    rest.split_once('[').map_or(rest, |(name, _)| name).to_owned()
}

/// A planned resource whose unknown attributes are searched.
struct Planning<'p> {
    module: &'p str,
    address: &'p str,
    /// The types of the planned resources, by address.
    kinds: &'p BTreeMap<String, &'static str>,
}

impl Planning<'_> {
    /// The attributes with those that follow from a reference.
    fn completed(&self, resource: &Provided, unknown: &Map, expressions: Option<&Node>) -> Map {
        let mut names: BTreeSet<&str> = resource.attributes.keys().map(|key| &*key.text).collect();
        names.extend(unknown.keys().map(|key| &*key.text));
        let entries = names.into_iter().filter_map(|name| {
            let known = resource.attributes.find(name);
            // Its own id is what others refer to; it is not needed.
            if matches!(name, "id" | "arn" | "root_resource_id" | "path") {
                return Some((name.to_owned(), known?.clone()));
            }
            let expression = expressions.and_then(|expressions| expressions.find(name));
            // The provider looks up the policy of an API that the configuration gives none.
            if name == "policy" && expressions.is_some() && expression.is_none() {
                return Some((name.to_owned(), known?.clone()));
            }
            let value = match unknown.find(name) {
                Some(unknown) => self.value(known, unknown, expression, name)?,
                None => known?.clone(),
            };
            Some((name.to_owned(), value))
        });
        Map::of(entries)
    }

    /// The value, parts of which may be unknown. `unknown` has the shape of the value, with `true` for unknown parts.
    fn value(
        &self,
        known: Option<&Node>,
        unknown: &Node,
        expression: Option<&Node>,
        name: &str,
    ) -> Option<Node> {
        match &unknown.content {
            Content::Scalar(scalar) if scalar.truth() == Some(true) => {
                let value = self.referred(unknown, expression, name);
                let is_list = matches!(name, "provider_arns" | "audience");
                Some(if is_list { Node::list([value], unknown.span) } else { value })
            }
            Content::List(items) if items.iter().any(has_unknown) => {
                Some(self.items(known, items, expression, (name, unknown.span)))
            }
            Content::Scalar(_) | Content::List(_) => known.cloned(),
            Content::Map(map) => {
                let known_map = known.and_then(Node::map);
                let mut names: BTreeSet<&str> = map.keys().map(|key| &*key.text).collect();
                names.extend(known_map.into_iter().flat_map(Map::keys).map(|key| &*key.text));
                let entries = names.into_iter().filter_map(|key| {
                    let known = known_map.and_then(|known| known.find(key));
                    let value = match map.find(key) {
                        Some(unknown) => {
                            let expression = expression.and_then(|expression| expression.find(key));
                            self.value(known, unknown, expression, key)?
                        }
                        None => known?.clone(),
                    };
                    Some((key.to_owned(), value))
                });
                Some(Node::from_map(Map::of(entries), unknown.span))
            }
        }
    }

    /// The items of a list with unknown ones.
    fn items(
        &self,
        known: Option<&Node>,
        unknown: &[Node],
        expression: Option<&Node>,
        (name, span): (&str, Span),
    ) -> Node {
        let known = known.and_then(Node::items).unwrap_or_default();
        // The expressions of a block are a list like the block; the values of a list have one expression together, and which of its
        // references belongs to which value is not said.
        let blocks = expression.and_then(Node::items);
        let is_one = unknown.iter().filter(|item| has_unknown(item)).count() == 1;
        let items = unknown.iter().enumerate().filter_map(|(index, item)| {
            let expression = match blocks {
                Some(blocks) => blocks.get(index),
                None => expression.filter(|_| is_one),
            };
            match item.scalar() {
                Some(scalar) if scalar.truth() == Some(true) => Some(self.referred(item, expression, name)),
                _ => self.value(known.get(index), item, expression, name),
            }
        });
        Node::list(items.collect::<Vec<_>>(), span)
    }

    /// The value of the one resource that the expression refers to.
    fn referred(&self, unknown: &Node, expression: Option<&Node>, name: &str) -> Node {
        self.only_reference(unknown.span, expression, name).unwrap_or_else(|why| {
            let message = format!("`{}.{name}` is known only after the plan is applied{why}", self.address);
            let help = "apply the plan and read the output of `terraform show -json` for the state, or read the deployed API with \
                        the AWS CLI";
            unavailable(Code::STATE_002, &message, help, unknown.span)
        })
    }

    fn only_reference(
        &self,
        span: Span,
        expression: Option<&Node>,
        name: &str,
    ) -> Result<Node, &'static str> {
        let references =
            expression.and_then(|expression| expression.find("references")).and_then(Node::items);
        let references = references.filter(|references| !references.is_empty()).ok_or("")?;
        let mut parsed: Vec<Referred> = Vec::new();
        for reference in references {
            let referred = reference.text().and_then(Referred::parse);
            parsed.push(referred.ok_or(", and comes from a variable, a module, a data source or a loop")?);
        }
        let first = parsed.first().ok_or("")?;
        if parsed.iter().any(|other| other.base() != first.base()) {
            return Err(", and refers to several resources");
        }
        // Terraform lists a reference with its attribute, and then only the resource, with the index and without.
        let with_attribute: BTreeSet<(&str, &str)> =
            parsed.iter().filter_map(|one| Some((&*one.resource, one.attribute.as_deref()?))).collect();
        let mut with_attribute = with_attribute.into_iter();
        let (Some((resource, attribute)), None) = (with_attribute.next(), with_attribute.next()) else {
            return Err(", and does not refer to one attribute");
        };
        let address =
            if self.module.is_empty() { resource.to_owned() } else { format!("{}.{resource}", self.module) };
        let kind = self.kinds.get(&address).ok_or(", and which resource is meant is not said")?;
        address::as_reference(&address, (kind, attribute), name, span)
            .ok_or(", and does not follow from what it refers to")
    }
}

fn has_unknown(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(scalar) => scalar.truth() == Some(true),
        Content::List(items) => items.iter().any(has_unknown),
        Content::Map(map) => map.entries().iter().any(|entry| has_unknown(&entry.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_module_is_in_its_address() {
        for (module, expected) in [
            ("", &[][..]),
            ("module.a", &["a"]),
            ("module.a[0].module.b[\"x].module.y\"].module.c", &["a", "b", "c"]),
        ] {
            assert_eq!(calls(module), expected, "{module}");
        }
    }

    #[test]
    fn the_name_is_in_the_address() {
        for (module, address, name) in [
            ("", "aws_a.b", "b"),
            ("module.m", "module.m.aws_a.b[\"x\"]", "b"),
            ("module.m[0]", "module.m[0].aws_a.b[1]", "b"),
        ] {
            assert_eq!(name_of(module, address, "aws_a"), name);
        }
    }
}

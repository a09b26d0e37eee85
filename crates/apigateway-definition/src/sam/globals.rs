//! `Globals`: settings that every resource of a type has, unless it says otherwise.

use std::collections::BTreeSet;

use crate::{
    cloudformation::misplaced,
    code::Code,
    model::ApiKind,
    problem::{Problem, error},
    sam::values::{is_intrinsic, list, only_known},
    session::Session,
    tree::{Entry, Key, Map, Node},
};

/// The settings of all REST APIs and of all HTTP APIs.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    rest: Map,
    http: Map,
}

impl Globals {
    pub(crate) fn read(root: &Node, session: &Session<'_>) -> Self {
        let Some(node) = root.find("Globals") else { return Self::default() };
        Self::of(node, session).unwrap_or_else(|problem| {
            problem.report(session);
            Self::default()
        })
    }

    fn of(node: &Node, session: &Session<'_>) -> Result<Self, Problem> {
        let mut globals = Self::default();
        let sections = node.needed_map(Code::SAM_005, "`Globals`")?;
        for section in sections.entries() {
            let (settings_of_kind, list) = match &*section.key.text {
                "Api" => (&mut globals.rest, "Globals.Api"),
                "HttpApi" => (&mut globals.http, "Globals.HttpApi"),
                "Function" | "StateMachine" => {
                    let place = format!("`Globals.{}`", section.key.text);
                    let help = "write it as `Auth` of `Globals.Api` or `Globals.HttpApi`, or of an event";
                    misplaced::report(&section.value, &place, Code::SAM_005, help, session);
                    continue;
                }
                other if list("Globals, without routes").contains(&other) => continue,
                other => {
                    return Err(error!(SAM_005, "`Globals` has no section `{other}`")
                        .at(section.key.span, "this section"));
                }
            };
            let settings = section.value.needed_map(Code::SAM_005, &format!("`{}`", section.key.text))?;
            only_known(settings, list, &format!("`{list}`"))?;
            *settings_of_kind = settings.clone();
        }
        Ok(globals)
    }

    /// The properties of an API with the globals under them. `ignored` is its `IgnoreGlobals`.
    pub(crate) fn under(
        &self,
        properties: &Map,
        kind: ApiKind,
        ignored: Option<&Node>,
        session: &Session<'_>,
    ) -> Result<Map, Problem> {
        let globals = match kind {
            ApiKind::Rest => &self.rest,
            ApiKind::Http => &self.http,
        };
        let ignored = match ignored {
            None => BTreeSet::new(),
            Some(node) if node.text() == Some("*") => return Ok(properties.clone()),
            Some(node) => ignored_names(node)?,
        };
        let kept = globals.entries().iter().filter(|entry| !ignored.contains(&*entry.key.text)).cloned();
        merge(&Map::new(kept).0, properties, session)
    }
}

fn ignored_names(node: &Node) -> Result<BTreeSet<&str>, Problem> {
    let names = node.items().and_then(|items| items.iter().map(Node::text).collect());
    names.ok_or_else(|| {
        error!(SAM_005, "`IgnoreGlobals` is neither `\"*\"` nor a list of names").at(node.span, "here")
    })
}

/// Merges maps key by key and concatenates lists. For anything else, the resource's own value replaces the global one.
fn merge(global: &Map, own: &Map, session: &Session<'_>) -> Result<Map, Problem> {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in global.entries() {
        session.step(entry.key.span)?;
        entries.push(match own.entry(&entry.key.text) {
            Some(over) => Entry { key: over.key.clone(), value: merge_values(&entry.value, over, session)? },
            None => entry.clone(),
        });
    }
    let is_new = |key: &Key| global.entry(&key.text).is_none();
    entries.extend(own.entries().iter().filter(|entry| is_new(&entry.key)).cloned());
    Ok(Map::new(entries).0)
}

fn merge_values(global: &Node, own: &Entry, session: &Session<'_>) -> Result<Node, Problem> {
    let value = &own.value;
    if is_intrinsic(global) || is_intrinsic(value) {
        return Ok(value.clone());
    }
    match (global.map(), value.map(), global.items(), value.items()) {
        (Some(global), Some(own), ..) => Ok(Node::from_map(merge(global, own, session)?, value.span)),
        (_, _, Some(global), Some(own)) => {
            for item in global {
                session.step(item.span)?;
            }
            Ok(Node::list(global.iter().chain(own).cloned(), value.span))
        }
        _ => Ok(value.clone()),
    }
}

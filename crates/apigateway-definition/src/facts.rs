//! The JSON that AWS's command line prints, and files of values: what is known about a deployment without asking AWS.

use std::collections::BTreeMap;

use crate::{code::Code, problem::Problem, session::Session, tree::Node};

type Facts = BTreeMap<String, String>;

/// `aws cloudformation list-exports`, or a plain object of names and values.
pub(crate) fn exports(session: &Session<'_>) -> Facts {
    let mut facts = Facts::new();
    for bytes in &session.inputs.exports {
        let Some(root) = session.read("exports", bytes) else { continue };
        match root.find("Exports").and_then(Node::items) {
            Some(items) => pairs(items, "Name", "Value", &mut facts),
            None => plain(session, &root, &mut facts),
        }
    }
    facts
}

/// A plain object such as `{"cf:stack.Output": "…", "ssm:/name": "…"}`.
pub(crate) fn values(session: &Session<'_>) -> Facts {
    let mut facts = Facts::new();
    for bytes in &session.inputs.values {
        if let Some(root) = session.read("values", bytes) {
            plain(session, &root, &mut facts);
        }
    }
    facts
}

/// `aws cloudformation describe-stack-resources` or `list-stack-resources`, and over them what was bound by hand.
pub(crate) fn bindings(session: &Session<'_>) -> Facts {
    let mut facts = Facts::new();
    for bytes in &session.inputs.stack_resources {
        let Some(root) = session.read("stack resources", bytes) else { continue };
        let items = root.find("StackResources").or_else(|| root.find("StackResourceSummaries"));
        match items.and_then(Node::items) {
            Some(items) => pairs(items, "LogicalResourceId", "PhysicalResourceId", &mut facts),
            None => session.report(
                Problem::error(
                    Code::FILE_001,
                    "neither `StackResources` nor `StackResourceSummaries` is here",
                )
                .at(root.span, "in this file")
                .help("give the output of `aws cloudformation describe-stack-resources --stack-name …`"),
            ),
        }
    }
    facts.extend(session.inputs.bindings.clone());
    facts
}

fn pairs(items: &[Node], name: &str, value: &str, facts: &mut Facts) {
    for item in items {
        let text = |key: &str| item.find(key).and_then(Node::text).map(String::from);
        if let (Some(name), Some(value)) = (text(name), text(value)) {
            facts.insert(name, value);
        }
    }
}

fn plain(session: &Session<'_>, root: &Node, facts: &mut Facts) {
    let Some(map) = root.map() else {
        session.report(
            Problem::error(Code::FILE_001, "not an object of names and values").at(root.span, "in this file"),
        );
        return;
    };
    for entry in map.entries() {
        match entry.value.text() {
            Some(value) => {
                facts.insert(entry.key.text.to_string(), value.into());
            }
            None => session.report(
                Problem::error(Code::FILE_001, format!("the value of `{}` is not a string", entry.key.text))
                    .at(entry.value.span, "here"),
            ),
        }
    }
}

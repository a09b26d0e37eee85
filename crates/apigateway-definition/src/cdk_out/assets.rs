//! Assets: files that the CDK uploads. A template names only the location that they are uploaded to.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::Template,
    session::Session,
    tree::{Content, Map, Node},
};

/// The local files of assets by the names of the objects that they become.
#[derive(Debug, Default)]
pub(super) struct Assets {
    by_key: BTreeMap<String, String>,
    /// Names of objects that two files have, so that it is not clear which one is meant.
    ambiguous: BTreeSet<String>,
}

impl Assets {
    /// Adds the files of an asset manifest.
    pub(super) fn add(&mut self, root: &Node) {
        for file in root.entries_at("files") {
            let source = file.value.find("source");
            let source = source.filter(|source| source.text_at("packaging") == Some("file"));
            let Some(path) = source.and_then(|source| source.text_at("path")) else { continue };
            for destination in file.value.entries_at("destinations") {
                if let Some(key) = destination.value.text_at("objectKey")
                    && let Some(other) = self.by_key.insert(key.to_owned(), path.to_owned())
                    && other != path
                {
                    self.ambiguous.insert(key.to_owned());
                }
            }
        }
    }

    /// Replaces the uploaded locations by local files, for templates of nested stacks and bodies of APIs.
    pub(super) fn complete(&self, template: &mut Template, session: &Session<'_>) {
        let ids: Vec<String> = template.resources().iter().map(|resource| resource.id.clone()).collect();
        for id in ids {
            let Some(resource) = template.resource_mut(&id) else { continue };
            if resource.kind == "AWS::CloudFormation::Stack" && resource.asset.is_none() {
                let url = resource.property("TemplateURL").cloned();
                resource.asset = url.and_then(|url| self.file(&url));
            }
            let body = resource.property("BodyS3Location").and_then(|location| self.file(location));
            let Some(body) = body else { continue };
            // If the file is not there, the error is that of an object in S3.
            if let Some(path) = body.text()
                && let Ok(Some(document)) = session.include(path, body.span)
            {
                let others = resource.properties.unread().iter();
                let others = others.filter(|entry| &*entry.key.text != "BodyS3Location");
                let others = others.map(|entry| (entry.key.text.to_string(), entry.value.clone()));
                resource.properties = Map::of(others.chain([("Body".to_owned(), document)]));
            }
        }
    }

    /// The file of the object that a value names.
    fn file(&self, value: &Node) -> Option<Node> {
        let mut found = None;
        texts(value, &mut |text| {
            // A URL ends in the key, which is the hash of the content.
            let key = text.rsplit('/').next().unwrap_or(text);
            if let Some(path) = self.by_key.get(key).filter(|_| !self.ambiguous.contains(key)) {
                found = Some(Node::string(&**path, value.span));
            }
        });
        found
    }
}

/// Calls the function with every text in a value.
fn texts(node: &Node, each: &mut dyn FnMut(&str)) {
    match &node.content {
        Content::Scalar(scalar) => each(&scalar.text),
        Content::List(items) => items.iter().for_each(|item| texts(item, each)),
        Content::Map(map) => map.unread().iter().for_each(|entry| texts(&entry.value, each)),
    }
}

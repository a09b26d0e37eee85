//! The security schemes of a document, with those of the authorizers.

use crate::{
    model::ApiKind,
    problem::{Problem, error},
    sam::{
        api::SamApi,
        auth::Auth,
        edit::{included, unreadable, with, without},
        events::{Owner, SamEvent},
        values::is_intrinsic,
    },
    session::Session,
    tree::{Map, Node},
};

/// The schemes of an OpenAPI 2.0 document.
const DEFINITIONS: &str = "securityDefinitions";

impl SamApi {
    pub(super) fn with_schemes(
        &self,
        root: &Map,
        auth: &Auth,
        events: &[SamEvent],
        session: &Session<'_>,
    ) -> Result<Map, Problem> {
        let read = |map: &Map, name: &str| -> Result<Map, Problem> {
            let Some(node) = map.find(name) else { return Ok(Map::default()) };
            let node = included(node, session)?;
            node.map().filter(|_| !is_intrinsic(&node)).cloned().ok_or_else(|| unreadable(name, &node))
        };
        let merged = |own: &Map| {
            let own = own.entries().iter().cloned();
            let built_in = auth.built_in(events, self.span);
            Node::from_map(Map::new(auth.schemes().chain(own).chain(built_in)).0, self.span)
        };
        let (root, own) = match self.kind {
            ApiKind::Http => (root.clone(), None),
            ApiKind::Rest => {
                let definitions = read(root, DEFINITIONS)?;
                let Some(version) = root.find("openapi") else {
                    return Ok(with(root, DEFINITIONS, merged(&definitions)));
                };
                if self.moves(&definitions, version, auth, events)? {
                    (without(root, DEFINITIONS), Some(definitions))
                } else {
                    (root.clone(), None)
                }
            }
        };
        let components = read(&root, "components")?;
        let own = own.map_or_else(|| read(&components, "securitySchemes"), Ok)?;
        let components = with(&components, "securitySchemes", merged(&own));
        Ok(with(&root, "components", Node::from_map(components, self.span)))
    }

    /// Whether SAM moves `securityDefinitions` to the components of an OpenAPI 3 document, in the place of the schemes there. It adds
    /// its own schemes to `securityDefinitions` before that.
    fn moves(
        &self,
        definitions: &Map,
        version: &Node,
        auth: &Auth,
        events: &[SamEvent],
    ) -> Result<bool, Problem> {
        let overrides = |event: &&SamEvent| {
            event.owner == Owner::Function && event.auth.as_ref().is_some_and(|own| own.overrides)
        };
        let mut added = auth.schemes().chain(auth.built_in(events.iter().filter(overrides), self.span));
        if definitions.entries().is_empty() && added.next().is_none() {
            return Ok(false);
        }
        let version =
            self.properties.find("OpenApiVersion").filter(|node| !node.is_null()).unwrap_or(version);
        if version.text().is_some_and(is_openapi_3) {
            return Ok(true);
        }
        Err(error!(
            SAM_008,
            "SAM leaves the security schemes in `{DEFINITIONS}`, which OpenAPI 3 does not have"
        )
        .at(version.span, "because of this version")
        .help("write the version `3.0.1`"))
    }
}

/// Whether SAM takes the version for OpenAPI 3: `3`, `3.0` or `3.0.1`, with one digit each.
fn is_openapi_3(version: &str) -> bool {
    matches!(
        version.as_bytes(),
        [b'3'] | [b'3', b'.', b'0'..=b'9'] | [b'3', b'.', b'0'..=b'9', b'.', b'0'..=b'9']
    )
}

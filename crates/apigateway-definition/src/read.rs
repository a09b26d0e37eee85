//! From the files to the definition: which format each is, and how they become templates.

use crate::{
    cloudformation::{Stacks, Template},
    code::Code,
    model::ApiDefinition,
    openapi,
    problem::Problem,
    sam, serverless,
    session::Session,
    source::Span,
    tree::Node,
};

/// The formats, told by what only one of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Serverless,
    Sam,
    CloudFormation,
    OpenApi,
}

impl Format {
    fn of(root: &Node) -> Option<Self> {
        let map = root.map()?;
        if map.find("openapi").is_some() || map.find("swagger").is_some() {
            Some(Self::OpenApi)
        } else if map.find("Resources").is_some() {
            let transforms = match map.find("Transform") {
                Some(node) => node.items().unwrap_or(std::slice::from_ref(node)),
                None => &[],
            };
            let is_sam = transforms.iter().any(|node| node.text() == Some("AWS::Serverless-2016-10-31"));
            Some(if is_sam { Self::Sam } else { Self::CloudFormation })
        } else if map.find("service").is_some()
            && (map.find("provider").is_some() || map.find("functions").is_some())
        {
            Some(Self::Serverless)
        } else {
            None
        }
    }
}

/// Reads every file of the import, and lowers them together.
pub(crate) fn definition(session: &Session<'_>) -> ApiDefinition {
    let roots: Vec<Node> =
        session.inputs.files.iter().filter_map(|(name, bytes)| session.read(name, bytes)).collect();
    if session.inputs.files.is_empty() {
        session.report(Problem::error(Code::FILE_001, "there is nothing to read").help("give a definition"));
    }
    let templates = roots.iter().filter_map(|root| template(root, session)).collect();
    let mut definition = Stacks::new(templates, session, template).lower(session);
    choose(session, &mut definition);
    definition
}

/// The template that a file is, or becomes.
fn template(root: &Node, session: &Session<'_>) -> Option<Template> {
    // `aws cloudformation get-template` wraps it.
    let root = root.find("TemplateBody").filter(|body| body.map().is_some()).unwrap_or(root);
    match Format::of(root) {
        Some(Format::CloudFormation) => Some(Template::read(root, session)),
        Some(Format::Serverless) => serverless::lower(root, session),
        Some(Format::Sam) => Some(sam::lower(root, session)),
        Some(Format::OpenApi) => openapi::lower(root, session),
        None => {
            session.report(
                Problem::error(Code::FILE_001, "the file is no definition of an API")
                    .at(Span { end: root.span.start, ..root.span }, "neither serverless.yml, nor SAM, CloudFormation or OpenAPI")
                    .help("a serverless.yml has `service` and `provider`, a template `Resources`, an OpenAPI document `openapi` or `swagger`"),
            );
            None
        }
    }
}

/// Leaves the API that was asked for.
fn choose(session: &Session<'_>, definition: &mut ApiDefinition) {
    let Some(wanted) = &session.inputs.api else { return };
    if definition.api(wanted).is_none() {
        let ids: Vec<&str> = definition.apis.iter().map(|api| &*api.id).collect();
        session.report(
            Problem::error(Code::FILE_001, format!("there is no API `{wanted}`")).help(format!(
                "the APIs are: {}",
                if ids.is_empty() { "none".into() } else { ids.join(", ") }
            )),
        );
    }
    definition.apis.retain(|api| api.id == *wanted);
}

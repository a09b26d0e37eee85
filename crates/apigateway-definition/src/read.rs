//! From the files to the definition: finds the format of each file, and makes templates of them.

use std::collections::BTreeSet;

use crate::{
    cdk_out,
    cloudformation::{Stacks, Template},
    deployed,
    given::UsedNames,
    model::ApiDefinition,
    nearest::did_you_mean,
    openapi,
    problem::{error, warning},
    sam, serverless,
    session::Session,
    sources::normalise,
    state::{self, State},
    tools::Tool,
    tree::{Map, Node},
    values,
};

/// The formats, recognized by keys that only one of them has.
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
            Some(if is_sam || has_sam_resources(map) { Self::Sam } else { Self::CloudFormation })
        } else if map.find("service").is_some()
            && (map.find("provider").is_some() || map.find("functions").is_some())
        {
            Some(Self::Serverless)
        } else {
            None
        }
    }
}

/// Recognizes a SAM template that omits the transform, so that its routes are not missed.
fn has_sam_resources(template: &Map) -> bool {
    let mut kinds = template.entries_at("Resources").iter().filter_map(|entry| entry.value.text_at("Type"));
    kinds.any(|kind| kind.starts_with("AWS::Serverless::"))
}

/// Reads every file of the import, and lowers them together.
pub(crate) fn definition(session: &Session<'_>) -> ApiDefinition {
    let files = session.inputs.files.iter();
    // Opens all files before reading any, because they may include each other.
    let (mut roots, mut states): (Vec<Node>, Vec<State>) = (Vec::new(), Vec::new());
    for opened in files.filter_map(|(name, bytes)| open(name, bytes, session)) {
        match opened {
            Opened::Tree(root) => roots.push(root),
            Opened::State(state) => states.push(state),
        }
    }
    if session.inputs.files.is_empty() {
        error!(FILE_001, "there is nothing to read").help("give a definition").report(session);
    }
    refuse_one_name_twice(session);
    let mut unread = session.inputs.files.len() - roots.len() - states.len();
    let (outputs, roots): (Vec<Node>, Vec<Node>) = roots.into_iter().partition(deployed::is_output);
    let mut names = UsedNames::default();
    let (mut templates, roots) = assemblies(roots, session);
    for template in &templates {
        names.add_template(template);
    }
    for root in &roots {
        if Format::of(root) == Some(Format::Serverless) {
            names.add_service(root);
        }
        match template(root, session) {
            Some(template) => {
                names.add_template(&template);
                templates.push(template);
            }
            None => unread += 1,
        }
    }
    // The names in a file that could not be read are unknown.
    let are_all_read = unread == 0;
    templates.extend(deployed::templates(&outputs, session));
    templates.extend(state::templates(&states, session));
    let definition = Stacks::new(templates, session, template).lower(session);
    if are_all_read {
        names.check(session);
    }
    check_confirmations(session, &definition);
    values::check(session);
    if definition.apis.is_empty() && !session.has_errors() {
        warning!(WARN_015, "the definition has no REST API and no HTTP API")
            .help("give the file that declares the API and its routes")
            .report(session);
    }
    definition
}

/// The templates of cloud assemblies, and the other files. Those that an assembly has read are not read again.
fn assemblies(roots: Vec<Node>, session: &Session<'_>) -> (Vec<Template>, Vec<Node>) {
    let (manifests, others): (Vec<Node>, Vec<Node>) = roots.into_iter().partition(cdk_out::is_manifest);
    let templates: Vec<Template> =
        manifests.iter().flat_map(|root| cdk_out::templates(root, session, template)).collect();
    let read = cdk_out::files(&templates);
    let file = |root: &Node| normalise(session.location(root.span).file());
    let (companions, others): (Vec<Node>, Vec<Node>) =
        others.into_iter().partition(|root| cdk_out::is_companion(root) && Format::of(root).is_none());
    if manifests.is_empty() {
        for root in &companions {
            cdk_out::without_manifest(root).report(session);
        }
        for stack in &session.inputs.stacks {
            let message = format!(
                "the stack `{stack}` was chosen, and the definition has no cloud assembly of the CDK"
            );
            session.report_unmatched(message, Some("give the folder `cdk.out`, or leave it out".into()));
        }
    }
    let others = others.into_iter().filter(|root| !file(root).is_some_and(|file| read.contains(&file)));
    (templates, others.collect())
}

/// File names must be unique, because they distinguish the contents of files.
fn refuse_one_name_twice(session: &Session<'_>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (name, _) in &session.inputs.files {
        if !seen.insert(normalise(name).unwrap_or_else(|| name.clone())) {
            error!(FILE_001, "two definitions have the name `{name}`")
                .help("give each file once, and each a name of its own")
                .report(session);
        }
    }
}

/// An opened definition.
enum Opened {
    Tree(Node),
    State(State),
}

/// Opens a definition. Code is not run.
fn open(name: &str, bytes: &[u8], session: &Session<'_>) -> Option<Opened> {
    if let Some(tool) = Tool::of_file(name, bytes) {
        tool.problem(name).report(session);
        return None;
    }
    match state::open(name, bytes, session) {
        Ok(Some(state)) => Some(Opened::State(state)),
        Ok(None) => session.read_definition(name, bytes).map(Opened::Tree),
        Err(problem) => {
            problem.report(session);
            None
        }
    }
}

/// The template of a file, compiled if necessary.
fn template(root: &Node, session: &Session<'_>) -> Option<Template> {
    let mut template = compiled(root, session)?;
    session.location(root.span).file().clone_into(&mut template.file);
    Some(template)
}

fn compiled(root: &Node, session: &Session<'_>) -> Option<Template> {
    // `aws cloudformation get-template` wraps the template: JSON as an object, YAML as a string.
    let unwrapped = match root.find("TemplateBody").map(|body| (body, body.text())) {
        None => root.clone(),
        Some((body, None)) => body.clone(),
        Some((_, Some(text))) => session.read("TemplateBody", text.as_bytes())?,
    };
    let root = &unwrapped;
    match Format::of(root) {
        Some(Format::CloudFormation) => Some(Template::read(root, session)),
        Some(Format::Serverless) => serverless::lower(root, session),
        Some(Format::Sam) => Some(sam::lower(root, session)),
        Some(Format::OpenApi) => openapi::lower(root, session),
        None => {
            if let Some(tool) = Tool::of_document(root) {
                tool.problem(session.location(root.span).file()).report(session);
                return None;
            }
            error!(FILE_001, "the file is not a definition of an API")
                    .at(
                        root.span.beginning(),
                        "neither serverless.yml, nor SAM, CloudFormation or OpenAPI",
                    )
                    .help(
                        "a serverless.yml has `service` and `provider`, a template `Resources`, an OpenAPI document \
                         `openapi` or `swagger`; instead of any other, read what `aws apigateway get-export` or \
                         `aws apigatewayv2 export-api` prints",
                    ).report(session);
            None
        }
    }
}

/// Confirming a route that does not exist is a mistake. Confirming a route that is not open may be left over from an old version.
fn check_confirmations(session: &Session<'_>, definition: &ApiDefinition) {
    let keys: BTreeSet<String> = definition.routes().map(|route| route.key.to_string()).collect();
    for confirmed in &session.inputs.allowed_open {
        if definition.open_routes().any(|route| route.key.to_string() == *confirmed) {
            continue;
        }
        if keys.contains(confirmed) || session.is_absent(confirmed) {
            warning!(
                WARN_011,
                "`{confirmed}` is confirmed to be open, but there is no open route with this key"
            )
            .help("drop the confirmation, or correct it")
            .report(session);
        } else if !session.has_errors() {
            // After an error, the routes are not known.
            let help = did_you_mean(confirmed, keys.iter().map(|key| (&**key, &**key)));
            session.report_unmatched(
                format!("`{confirmed}` is confirmed to be open, and the definition has no such route"),
                Some(
                    help.unwrap_or_else(|| {
                        "write it as the list of routes does, such as `GET /health`".into()
                    }),
                ),
            );
        }
    }
}

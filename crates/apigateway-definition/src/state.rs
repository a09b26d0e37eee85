//! State files of Terraform, OpenTofu and Pulumi, which can be large and contain secrets.

use std::sync::Arc;

use crate::{
    cloudformation::Template,
    json::Document,
    problem::{Problem, error},
    provider::Collected,
    pulumi,
    secrets::{SECRET_MARKS, may_have_secrets},
    session::Session,
    source::SourceFile,
    terraform,
};

/// A state that is not read yet.
#[derive(Debug)]
pub(crate) struct State {
    tool: StateTool,
    file: usize,
    source: Arc<SourceFile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StateTool {
    Terraform,
    Plan,
    Pulumi,
}

/// The state that the file is; `None` if it is something else.
///
/// # Errors
///
/// If it is too large, or no JSON.
pub(crate) fn open(name: &str, bytes: &[u8], session: &Session<'_>) -> Result<Option<State>, Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(None) };
    let is_object = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let has_mark =
        || SECRET_MARKS.iter().chain(&["\"deployment\"", "\"checkpoint\""]).any(|mark| text.contains(mark));
    if !is_object || !has_mark() {
        return Ok(None);
    }
    let tool = |file: usize, text: &str| -> Result<Option<StateTool>, Problem> {
        let document = Document::new(text, file);
        let entries = document.entries(document.root()?)?.unwrap_or_default();
        let has = |key: &str| entries.iter().any(|(found, _)| &*found.text == key);
        Ok(if terraform::is_state(&entries) {
            Some(if has("planned_values") { StateTool::Plan } else { StateTool::Terraform })
        } else if pulumi::is_stack(document, &entries) {
            Some(StateTool::Pulumi)
        } else {
            None
        })
    };
    // For a file that is not JSON, the YAML parser reports the error, unless it would print a line of a state.
    match tool(0, text) {
        Ok(None) => Ok(None),
        Err(_) if !may_have_secrets(text) => Ok(None),
        Err(_) | Ok(Some(_)) => {
            let (file, source) = session.open_state(name, bytes)?;
            Ok(tool(file, &source.text)?.map(|tool| State { tool, file, source }))
        }
    }
}

/// The templates of the states: those of one tool make one together.
pub(crate) fn templates(states: &[State], session: &Session<'_>) -> Vec<Template> {
    let of_terraform = |state: &&State| state.tool != StateTool::Pulumi;
    let terraform: Vec<&State> = states.iter().filter(of_terraform).collect();
    let pulumi: Vec<&State> = states.iter().filter(|state| !of_terraform(state)).collect();
    if let Some(plan) =
        terraform.iter().find(|state| state.tool == StateTool::Plan).filter(|_| terraform.len() > 1)
    {
        error!(STATE_001, "a plan is read alone: it has what the state has")
            .at(crate::source::Span::top_of(plan.file), "this is a plan")
            .help("give the plan, or the states")
            .report(session);
        return Vec::new();
    }
    [terraform, pulumi].into_iter().filter_map(|states| template(&states, session)).collect()
}

fn template(states: &[&State], session: &Session<'_>) -> Option<Template> {
    let mut resources = Collected::default();
    for state in states {
        let document = Document::new(&state.source.text, state.file);
        let collected = document.root().and_then(|root| {
            let entries = document.entries(root)?.unwrap_or_default();
            match state.tool {
                StateTool::Terraform | StateTool::Plan => {
                    terraform::collect(document, &entries, &mut resources, session)
                }
                StateTool::Pulumi => pulumi::collect(document, &entries, &mut resources, session),
            }
        });
        collected.unwrap_or_else(|problem| problem.report(session));
    }
    resources.template(session)
}

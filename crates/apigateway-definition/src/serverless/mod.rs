//! serverless.yml, lowered to CloudFormation as the framework's own compiler does, as far as it
//! decides about requests.

mod features;
mod foreign;
mod http_api;
mod keys;
mod merge;
mod misplaced;
mod naming;
mod resources;
mod rest;
mod service;
mod variables;

use std::rc::Rc;

use service::Service;
pub(crate) use variables::names_of_values;

use crate::{cloudformation::Template, problem::Problem, session::Session, tree::Node};

/// The template that the file compiles to. Problems are reported to the session.
pub(crate) fn lower(root: &Node, session: &Session<'_>) -> Option<Template> {
    compile(root, session).map_err(|problem| problem.report(session)).ok()
}

/// Generates resources, and then merges the user's over them, in the order of the framework.
fn compile(root: &Node, session: &Session<'_>) -> Result<Template, Problem> {
    let configuration = features::configuration(root, session)?;
    let service = Service::read(&configuration, session)?;
    misplaced::check(&service);
    features::check(&service)?;
    let mut template = Template::new();
    template.region = service.region();
    template.stack_name = service.stack_name();
    rest::generate(&service, &mut template)?;
    http_api::generate(&service, &mut template)?;
    resources::add(&service, &mut template)?;
    foreign::check(&service, &template);
    template.variables = Some(Rc::new(configuration));
    Ok(template)
}

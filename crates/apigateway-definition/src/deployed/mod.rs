//! Deployed APIs, from the output of commands of the AWS CLI, in any mix of files.
//!
//! The files name neither their command nor, usually, the API. [`output`] recognises the command by the members. [`rest`] and [`http`]
//! combine the files of one API by the ids that they share, or by their folder if they share none.

mod api;
mod authorizers;
mod cognito;
mod http;
mod output;
mod parts;
mod rest;

use crate::{cloudformation::Template, session::Session, tree::Node};

use output::Output;
use parts::Parts;

/// Whether the file is the output of a command of the AWS CLI about an API or a user pool.
pub(crate) fn is_output(root: &Node) -> bool {
    Output::of(root).is_some()
}

/// The templates that these outputs make together: one for each API, and one for the user pools.
pub(crate) fn templates(roots: &[Node], session: &Session<'_>) -> Vec<Template> {
    for root in roots {
        // `describe-user-pool-client` prints the secret of the client.
        session.hide(root.span.file);
        session.name_elements(root);
    }
    let outputs: Vec<Output<'_>> = roots.iter().filter_map(Output::of).collect();
    let complete: Vec<Output<'_>> =
        outputs.into_iter().filter(|output| output.check(session).is_ok()).collect();
    let parts = Parts::new(&complete, session);
    let mut templates = rest::templates(&parts);
    templates.extend(http::templates(&parts));
    templates.extend(cognito::template(&parts));
    parts.leave_out_unused();
    templates
}

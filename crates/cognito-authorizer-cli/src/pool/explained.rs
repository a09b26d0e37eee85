//! Lets the pool's page explain tokens, with the code of `explain`.

use std::sync::Arc;

use cognito_local_pool::LocalPool;

use crate::{
    error::{CommandError, InputError},
    explain::Console,
    pool::{options::Pool, settings::Settings},
};

/// Lets the page explain tokens: for the routes of `--definition`, or of the template if it has an API, and for the pool without routes.
pub(super) fn mount(
    options: &Pool,
    bindings: &[(String, String)],
    settings: &Settings,
    pool: &LocalPool,
) -> Result<(), CommandError> {
    let unusable =
        |what: &str| InputError::Served(format!("tokens cannot be explained with the {what} of the pool"));
    let is_named = !options.definitions.is_empty();
    // The pool knows which resources of its template are its own.
    let bindings = bindings.iter().filter(|_| !is_named);
    let console = Console {
        pool: pool.id().parse().map_err(|_| unusable("id"))?,
        issuer: pool.issuer().parse().map_err(|_| unusable("issuer"))?,
        clients: settings.app_client.iter().map(|client| client.id.clone()).collect(),
        definitions: if is_named { options.definitions.clone() } else { options.templates.clone() },
        facts: bindings.fold(options.facts.inputs().clone(), |facts, (name, id)| facts.bound(name, id)),
    };
    let (console, routes) = match console.routes() {
        Ok(routes) => (console, routes),
        Err(error) if is_named => return Err(error.into()),
        // The template has no API.
        Err(_) => (Console { definitions: Vec::new(), ..console }, Vec::new()),
    };
    let console = Arc::new(console);
    pool.explain_with(routes, move |request| Arc::clone(&console).explain(request));
    Ok(())
}

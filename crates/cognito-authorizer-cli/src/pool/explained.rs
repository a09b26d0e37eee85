//! The explanation of tokens on the page of the pool, by the code of `explain`.

use std::sync::Arc;

use cognito_local_pool::LocalPool;

use crate::{
    error::{CommandError, InputError},
    explain::Console,
    pool::{Pool, settings::Settings},
};

/// Lets the page explain tokens: for the routes of the definition that was named, or of the template if it has an API,
/// and for the pool alone.
pub(super) fn mount(
    options: &Pool,
    bindings: &[(String, String)],
    settings: &Settings,
    pool: &LocalPool,
) -> Result<(), CommandError> {
    let unusable =
        |what: &str| InputError::Served(format!("the {what} of the pool cannot be explained with"));
    let is_named = !options.definitions.is_empty();
    // Of its template, the pool knows which resources are its own.
    let bindings = bindings.iter().filter(|_| !is_named);
    let console = Console {
        pool: pool.id().parse().map_err(|_| unusable("id"))?,
        issuer: pool.issuer().parse().map_err(|_| unusable("issuer"))?,
        clients: settings.app_client.iter().map(|client| client.id.clone()).collect(),
        definitions: if is_named { options.definitions.clone() } else { options.templates.clone() },
        facts: bindings.fold(options.facts.clone(), |facts, (name, id)| facts.bound(name, id)),
    };
    let (console, routes) = match console.routes() {
        Ok(routes) => (console, routes),
        Err(error) if is_named => return Err(error.into()),
        // A template with users and clients alone.
        Err(_) => (Console { definitions: Vec::new(), ..console }, Vec::new()),
    };
    let console = Arc::new(console);
    pool.explain_with(routes, move |request| Arc::clone(&console).explain(request));
    Ok(())
}

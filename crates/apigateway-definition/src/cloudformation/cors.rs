//! The CORS configuration of an HTTP API, from a resource or a body.

use crate::{
    cloudformation::{scope::Scope, text::Text},
    model::Cors,
    problem::Problem,
    tree::Node,
};

/// How the names of the settings begin: `AllowOrigins` in a template, `allowOrigins` in an OpenAPI document.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    Capital,
    Small,
}

pub(crate) fn read(scope: Scope<'_>, node: &Node, names: Names) -> Result<Option<Cors>, Problem> {
    // Preflights carry no token whatever they are answered: no value here decides about a request.
    let scope = scope.informing();
    let Some(map) = scope.map(node)? else { return Ok(None) };
    let find = |name: &str| match names {
        Names::Capital => map.find(name),
        Names::Small => {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_lowercase());
            map.find(&first.into_iter().chain(letters).collect::<String>())
        }
    };
    let list = |name: &str| -> Result<Vec<String>, Problem> {
        let Some(node) = find(name) else { return Ok(Vec::new()) };
        Ok(scope.texts(node)?.unwrap_or_default().iter().map(Text::display).collect())
    };
    let max_age = match find("MaxAge") {
        Some(node) => scope.known_text(node)?.and_then(|text| text.parse().ok()),
        None => None,
    };
    let allow_credentials = match find("AllowCredentials") {
        Some(node) => scope.truth(node)?.unwrap_or_default(),
        None => false,
    };
    Ok(Some(Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        allow_credentials,
        max_age,
    }))
}

//! The CORS configuration of an HTTP API, from a resource or a body.

use crate::{
    casing::uncapitalized,
    cloudformation::{scope::Scope, text::Text},
    code::Code,
    model::Cors,
    problem::Problem,
    tree::Node,
};

/// How the names of the settings begin: `AllowOrigins` in a template, `allowOrigins` in an OpenAPI document.
#[derive(Clone, Copy)]
pub(crate) enum KeyCase {
    Capital,
    Small,
}

pub(crate) fn read(scope: Scope<'_>, node: &Node, names: KeyCase) -> Result<Option<Cors>, Problem> {
    // Whether preflights pass without a token affects decisions; how they are answered does not.
    is_there(scope, node)?;
    let scope = scope.informing();
    let Some(map) = scope.map(node)? else { return Ok(None) };
    let find = |name: &str| match names {
        KeyCase::Capital => map.find(name),
        KeyCase::Small => map.find(&uncapitalized(name)),
    };
    let list = |name: &str| -> Vec<String> {
        let texts = find(name).and_then(|node| or_left_out(scope, name, scope.texts(node)));
        texts.unwrap_or_default().iter().map(Text::display).collect()
    };
    let max_age = find("MaxAge").and_then(|node| or_left_out(scope, "MaxAge", scope.known_text(node)));
    let credentials = "AllowCredentials";
    let allow_credentials =
        find(credentials).and_then(|node| or_left_out(scope, credentials, scope.truth(node)));
    Ok(Some(Cors {
        allow_origins: list("AllowOrigins"),
        allow_methods: list("AllowMethods"),
        allow_headers: list("AllowHeaders"),
        expose_headers: list("ExposeHeaders"),
        allow_credentials: allow_credentials.unwrap_or_default(),
        max_age: max_age.and_then(|text| text.parse().ok()),
    }))
}

/// Whether there is a configuration, which is also known if both branches of an `Fn::If` are one.
fn is_there(scope: Scope<'_>, node: &Node) -> Result<bool, Problem> {
    let problem = match scope.map(node) {
        Ok(map) => return Ok(map.is_some()),
        Err(problem) => problem,
    };
    match node.items_at("Fn::If") {
        Some([_, yes, no]) if problem.code == Code::CFN_011 => {
            let is_there = is_there(scope, yes)?;
            if is_there == self::is_there(scope, no)? { Ok(is_there) } else { Err(problem) }
        }
        _ => Err(problem),
    }
}

/// The value of a setting, or a report of why it is left out.
fn or_left_out<T>(scope: Scope<'_>, name: &str, value: Result<Option<T>, Problem>) -> Option<T> {
    value.unwrap_or_else(|problem| {
        problem.of_setting(&format!("`{name}` of the CORS configuration")).report(scope.session);
        None
    })
}

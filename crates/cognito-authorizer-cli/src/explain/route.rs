//! The route of a definition that takes a request, and what it asks for.

use std::path::PathBuf;

use apigateway_definition::{Api, ApiDefinition, ApiKind, OpenReason, Route, Rule};
use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, DefinesRoutes, DefinitionError, Profile};
use http::Method;

use crate::{definition::Facts, error::InputError, explain::options::Explain};

/// What a definition says of a request.
#[derive(Debug)]
pub(super) struct Ruling {
    /// The API, without its other routes where a token is asked for.
    pub(super) api: Api,
    pub(super) method: Method,
    /// A path that the route matches.
    pub(super) path: String,
    pub(super) outcome: Outcome,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// This route asks for a token.
    Asked(Box<Route>),
    /// This route is open.
    Open(String),
    /// This route is open to CORS preflights, and takes no other request.
    Preflights(String),
    /// This route lets nothing through.
    Refused(String),
    /// No route takes it: none has its path.
    Unmatched,
    /// No route takes it: those of its path have other methods.
    NoMethod,
}

impl Ruling {
    /// Reads the definition, and finds the route of the request.
    pub(super) fn read(options: &Explain) -> Result<Self, InputError> {
        let api = api(&options.facts, &options.definitions)?;
        let (method, path) = request(options)?;
        let key = format!("{method} {path}");
        let table = api.route_table().map_err(served)?;
        // A route's own key names it, whatever its variables match.
        let named = api.routes.iter().find(|route| [&key, &path].contains(&&route.key.to_string())).cloned();
        let path = path.replace('{', "").replace("+}", "").replace('}', "");
        let mut ruling = table.rule(&method, &path);
        // `OPTIONS` is asked about for its preflights, where no route is for other requests.
        if method == Method::OPTIONS && ruling.place().is_none() {
            ruling = table.preflight(&path);
        }
        let found = named.or_else(|| api.routes.get(ruling.place()?).cloned());
        let outcome = match found {
            Some(route) => match &route.rule {
                Rule::Open(OpenReason::Preflight) => Outcome::Preflights(route.key.to_string()),
                Rule::Open(_) => Outcome::Open(route.key.to_string()),
                Rule::Cognito { .. } | Rule::Jwt { .. } => Outcome::Asked(Box::new(route)),
                _ => Outcome::Refused(route.key.to_string()),
            },
            // The table opens what the gateway answers itself, beyond the definition's routes.
            None if ruling.place().is_some() => Outcome::Preflights(format!("OPTIONS {path}")),
            None if ruling.lacks_method() => Outcome::NoMethod,
            None => Outcome::Unmatched,
        };
        let mut api = api;
        if let Outcome::Asked(route) = &outcome {
            // The others may have authorizers that no one layer can have together with this one's.
            api.routes = vec![(**route).clone()];
            let _: CognitoAuthBuilder = CognitoAuthLayer::builder_from_api(&api).map_err(served)?;
        }
        Ok(Self { api, method, path, outcome })
    }

    /// The rules of the API's kind.
    pub(super) fn profile(&self) -> Profile {
        if self.api.kind == ApiKind::Http { Profile::HttpApi } else { Profile::RestApi }
    }
}

/// The one API of a definition.
pub(super) fn api(facts: &Facts, definitions: &[PathBuf]) -> Result<Api, InputError> {
    let imported = facts.import(definitions)?.read();
    let definition = imported.map_err(|problems| InputError::Problems(Box::new(problems)))?.definition;
    only_api(definition)
}

fn only_api(definition: ApiDefinition) -> Result<Api, InputError> {
    let mut apis = definition.apis;
    match (apis.pop(), apis.is_empty()) {
        (Some(api), true) => Ok(api),
        (last, _) => Err(InputError::Apis { ids: apis.into_iter().chain(last).map(|api| api.id).collect() }),
    }
}

fn request(options: &Explain) -> Result<(Method, String), InputError> {
    let (method, path) = match (&options.route, &options.path) {
        (Some(route), _) => route.split_once(' ').unwrap_or(("GET", route)),
        (None, path) => (options.method.as_deref().unwrap_or("GET"), path.as_deref().unwrap_or("/")),
    };
    let method = method.to_ascii_uppercase();
    // `ANY` is no method of a request; any that a route of that name takes will do.
    let method = if method == "ANY" { Ok(Method::GET) } else { method.parse() };
    let unusable = |_| InputError::Request { method: options.method.clone().unwrap_or_default() };
    Ok((method.map_err(unusable)?, path.to_owned()))
}

/// The errors of the library name its methods; here the same settings are options.
pub(super) fn served(error: DefinitionError) -> InputError {
    InputError::Served(match error {
        DefinitionError::Unbound { symbol } => {
            format!("`{symbol}` is not known before it is deployed; give its id with `--bind NAME=ID`")
        }
        other => other.to_string(),
    })
}

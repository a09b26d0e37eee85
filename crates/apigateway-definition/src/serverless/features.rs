//! Plugins and sections that add or change routes: they are supported, reported, or stop the import.

use crate::{
    problem::{Problem, error, warning},
    serverless::{
        keys,
        service::{Service, ServiceEvent, is_truthy},
        variables::{PseudoParameters, ServiceConfiguration, VariableResolver},
    },
    session::Session,
    source::Span,
    tree::Node,
};

/// Plugins that create routes, or protect them by settings of their own.
const STOPPING: [(&str, &str); 3] = [
    ("serverless-apigateway-service-proxy", "it makes routes of `custom.apiGatewayServiceProxies`"),
    ("serverless-import-apigateway", "it puts the routes into an API that it finds in AWS"),
    ("serverless-plugin-cfauthorizer", "it protects routes by `cfAuthorizer`"),
];

/// The configuration, with the effects of its plugins.
pub(super) fn configuration(root: &Node, session: &Session<'_>) -> Result<ServiceConfiguration, Problem> {
    let mut configuration =
        ServiceConfiguration { root: root.clone(), pseudo_parameters: PseudoParameters::None };
    let names = plugins(VariableResolver { configuration: &configuration, session })?;
    for (name, span) in &names {
        if let Some((_, why)) = STOPPING.iter().find(|(plugin, _)| plugin == name) {
            error!(SLS_030, "the plugin {name} is not reproduced: {why}")
                .at(*span, "this plugin")
                .help(keys::PACKAGE)
                .report(session);
        } else if !keys::list("plugins without an effect on routes").contains(&&**name) {
            session.leave_out(format!("plugin {name}"), "what a plugin adds or alters is not seen", *span);
        }
    }
    if names.iter().any(|(name, _)| name == "serverless-pseudo-parameters") {
        configuration.pseudo_parameters = PseudoParameters::Plugin;
    }
    Ok(configuration)
}

/// The names of the plugins: a list, or the `modules` of a map.
fn plugins(resolver: VariableResolver<'_>) -> Result<Vec<(String, Span)>, Problem> {
    let Some(node) = resolver.configuration.root.find("plugins") else { return Ok(Vec::new()) };
    let mut list = resolver.value(node)?;
    if let Some(modules) = list.find("modules") {
        list = resolver.value(modules)?;
    }
    let mut names = Vec::new();
    for item in list.items().unwrap_or_default() {
        let item = resolver.value(item)?;
        if let Some(name) = item.text() {
            names.push((name.to_owned(), item.span));
        }
    }
    Ok(names)
}

/// An error for a misspelt section, which would leave out functions or overrides.
fn sections(service: &Service<'_>) -> Result<(), Problem> {
    let known = keys::list("file");
    let entries = service.configuration.root.entries();
    for entry in entries.iter().filter(|entry| !known.contains(&&*entry.key.text)) {
        if keys::nearest(&entry.key.text, known.iter().copied()).is_some() {
            return Err(keys::misspelt(&entry.key, known, "the file"));
        }
        let why = "no part of the framework reads it";
        service.session.leave_out(format!("`{}`", entry.key.text), why, entry.key.span);
    }
    Ok(())
}

/// Returns an error for features whose routes are not read here, and records what is not a route of an API with tokens.
pub(super) fn check(service: &Service<'_>) -> Result<(), Problem> {
    let root = &service.configuration.root;
    sections(service)?;
    if let Some(mcp) = root.map().and_then(|map| map.entry("mcp")) {
        return Err(error!(SLS_030, "`mcp` makes routes that are not read here")
            .at(mcp.key.span, "here")
            .help(keys::PACKAGE));
    }
    if let Some(step_functions) = service.find(root, "stepFunctions")? {
        state_machines(service, &step_functions)?;
    }
    for function in &service.functions {
        if let Some(url) = function.node.find("url") {
            let what = format!("the URL of the function `{}`", function.key.text);
            service.session.leave_out(what, "a function URL is not part of API Gateway", url.span);
        }
    }
    if let Some(event) = service.events("alb").next() {
        let why = "the routes of a load balancer are not part of API Gateway";
        service.session.leave_out("`alb` events", why, event.key.span);
    }
    let websocket: Option<&ServiceEvent> = service.events("websocket").next();
    if let Some(event) = websocket {
        warning!(WARN_008, "the WebSocket API of the `websocket` events is left out")
            .at(event.key.span, "the first of them")
            .report(service.session);
        let why = "only Lambda functions and IAM protect WebSocket APIs";
        service.session.leave_out("`websocket` events", why, event.key.span);
    }
    Ok(())
}

/// The plugin serverless-step-functions makes routes of the events of its state machines.
fn state_machines(service: &Service<'_>, step_functions: &Node) -> Result<(), Problem> {
    let Some(machines) = service.find(step_functions, "stateMachines")? else { return Ok(()) };
    for entry in machines.entries() {
        let machine = service.value(&entry.value)?;
        let Some(events) = service.find(&machine, "events")? else { continue };
        for event in events.items().unwrap_or_default() {
            let event = service.value(event)?;
            if event.find("http").is_some_and(is_truthy) {
                return Err(error!(SLS_030, "the state machine `{}` has `http` events", entry.key.text)
                    .at(event.span, "this makes a route that is not read here")
                    .help(keys::PACKAGE));
            }
        }
    }
    Ok(())
}

//! Keys that look like authorization where the framework does not read them: it would deploy the routes open.

use crate::{
    misplaced::looks_like_authorization,
    problem::error,
    serverless::service::Service,
    tree::{Map, Node},
};

const IN_EVENTS: &str = "write it in each event that it is to protect, such as \
                         `- httpApi: {method: GET, path: /orders, authorizer: NAME}`; \
                         JWT authorizers are declared under `provider.httpApi.authorizers`";

/// Reports such keys of the file, of `provider` and of functions.
pub(super) fn check(service: &Service<'_>) {
    let provider = &service.provider;
    // The code that needs the value reports it if it cannot be resolved.
    let section = |name: &str| service.find(provider, name).ok().flatten();
    report(service, &service.configuration.root, "the file", IN_EVENTS);
    report(service, provider, "`provider`", IN_EVENTS);
    if let Some(settings) = section("httpApi") {
        let help = "declare it under `provider.httpApi.authorizers`, and name it in each event that it is to protect: \
                    `- httpApi: {method: GET, path: /orders, authorizer: NAME}`";
        report(service, &settings, "`provider.httpApi`", help);
    }
    if let Some(settings) = section("apiGateway") {
        let help = "write it in each event that it is to protect: \
                    `- http: {method: get, path: orders, authorizer: {name: NAME, type: COGNITO_USER_POOLS, arn: …}}`";
        report(service, &settings, "`provider.apiGateway`", help);
    }
    for function in &service.functions {
        report(service, &function.node, "a function", IN_EVENTS);
    }
}

fn report(service: &Service<'_>, node: &Node, place: &str, help: &str) {
    let is_read = |key: &str| place == "`provider.httpApi`" && key == "authorizers";
    for key in node.map().into_iter().flat_map(Map::keys) {
        if looks_like_authorization(&key.text) && !is_read(&key.text) {
            error!(SLS_010, "{place} has no `{}`", key.text)
                .at(key.span, "the framework does not read this key: the routes would be open")
                .help(help)
                .report(service.session);
        }
    }
}

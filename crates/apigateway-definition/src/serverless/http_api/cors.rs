//! `provider.httpApi.cors`

use std::collections::BTreeSet;

use apigateway_routes::RouteMethod;

use crate::{
    problem::Problem,
    serverless::service::{Service, is_truthy},
    tree::Node,
};

/// `CorsConfiguration`, with the framework's defaults.
pub(super) fn read(
    service: &Service<'_>,
    settings: &Node,
    methods: &BTreeSet<RouteMethod>,
) -> Result<Option<Node>, Problem> {
    let Some(cors) = service.find(settings, "cors")?.filter(is_truthy) else { return Ok(None) };
    let span = cors.span;
    let list = |items: &[&str]| Node::list(items.iter().map(|item| Node::string(*item, span)), span);
    let all = methods.contains(&RouteMethod::Any);
    let used = RouteMethod::OF_API_GATEWAY.into_iter().filter(|method| {
        *method != RouteMethod::Any && (all || *method == RouteMethod::Options || methods.contains(method))
    });
    let used: Vec<&str> = used.map(RouteMethod::as_str).collect();
    // A value that cannot be resolved stays as written, because it affects no decision.
    let written = |key: &str| service.find(&cors, key).unwrap_or_else(|_| cors.find(key).cloned());
    let setting = |key: &str| {
        written(key).map(|node| match node.items() {
            Some(_) => node,
            None => Node::list([node.clone()], node.span),
        })
    };
    let headers = [
        "Content-Type",
        "X-Amz-Date",
        "Authorization",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amz-User-Agent",
        "X-Amzn-Trace-Id",
    ];
    let properties = [
        ("AllowOrigins", Some(setting("allowedOrigins").unwrap_or_else(|| list(&["*"])))),
        ("AllowHeaders", Some(setting("allowedHeaders").unwrap_or_else(|| list(&headers)))),
        ("AllowMethods", Some(setting("allowedMethods").unwrap_or_else(|| list(&used)))),
        ("ExposeHeaders", setting("exposedResponseHeaders")),
        ("AllowCredentials", written("allowCredentials")),
        ("MaxAge", written("maxAge")),
    ];
    let properties = properties.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(Some(Node::map_of(properties, span)))
}

//! OpenAPI documents with the extensions of API Gateway: the body of an API, or a file of its own.

mod placeholders;
mod schemes;
mod security;

use std::sync::Arc;

use apigateway_routes::{PathPattern, RouteKey, RouteMethod};

use crate::{
    cloudformation::{
        cors,
        displaced::Absent,
        draft::ApiDraft,
        properties::list,
        responses::Response,
        routes,
        scope::{Scope, expected},
        template::{by_aws, transform},
    },
    decisions::joined,
    inputs::BasePath,
    model::{ApiKey, ApiKind, DecidingParameter, OpenReason, Origin, Route, Rule},
    problem::{Problem, error, warning},
    session::Session,
    source::Span,
    tree::{Entry, Key, Map, Node},
};
use schemes::Schemes;
use security::{Root, Security};

/// Adds the content of the document to the API: routes, authorizers, CORS, gateway responses.
pub(crate) fn read(scope: Scope<'_>, node: &Node, base_path: Option<&Node>, draft: &mut ApiDraft) {
    let read = scope.map(node).and_then(|map| {
        let root = map.ok_or_else(|| expected("a document", "nothing", node.span))?;
        if let Some(key) = transform(&root) {
            return Err(by_aws(key));
        }
        only_listed_keys(&root, "an OpenAPI document")?;
        check_extensions(scope, &root, "an OpenAPI document", &EXTENSIONS);
        check_version(scope, &root, node.span, draft.api.kind)?;
        let prefix = prefix(scope, &root, base_path)?;
        let schemes = Schemes::read(scope, &root, draft.api.kind)?;
        let root_security = || Root::read(scope, root.find("security"), &schemes);
        let (root_security, decided_by) = scope.session.decisions.watch(root_security);
        Ok(OpenApiDocument { scope, root, prefix, schemes, root_security, decided_by })
    });
    match read {
        Ok(document) => document.add_to(draft),
        Err(problem) => problem.report(scope.session),
    }
}

/// Warns that a resource policy is not reproduced.
pub(crate) fn leave_out_policy(session: &Session<'_>, span: Span) {
    warning!(WARN_009, "the resource policy of the API is not reproduced").at(span, "here").report(session);
    session.leave_out("resource policy", "requests are not matched against policies", span);
}

struct OpenApiDocument<'a> {
    scope: Scope<'a>,
    root: Arc<Map>,
    prefix: PathPattern,
    schemes: Schemes,
    root_security: Root,
    /// The parameters that decided the paths and the `security` of the document.
    decided_by: Vec<DecidingParameter>,
}

impl OpenApiDocument<'_> {
    fn add_to(mut self, draft: &mut ApiDraft) {
        let session = self.scope.session;
        draft.authorizers.extend(self.schemes.authorizers());
        self.schemes.leave_out_unreadable(session);
        if let Some(policy) = self.root.entry("x-amazon-apigateway-policy") {
            leave_out_policy(session, policy.key.span);
        }
        if let Some(node) = self.root.find("x-amazon-apigateway-cors") {
            match cors::read(self.scope, node, cors::KeyCase::Small) {
                Ok(cors) => draft.api.cors = cors,
                // Without it, only preflights are refused.
                Err(problem) => problem.report_route(session),
            }
        }
        self.responses(draft).unwrap_or_else(|problem| problem.report(session));
        let Some(paths) = self.root.find("paths") else { return };
        let (paths, decided_by) = session.decisions.watch(|| self.scope.map(paths));
        self.decided_by = joined(std::mem::take(&mut self.decided_by), decided_by);
        match paths {
            Ok(paths) => {
                for entry in paths.unwrap_or_default().entries() {
                    self.path(entry, draft).unwrap_or_else(|problem| problem.report(session));
                }
            }
            Err(problem) => problem.report(session),
        }
    }

    fn responses(&self, draft: &mut ApiDraft) -> Result<(), Problem> {
        let responses = self.root.find("x-amazon-apigateway-gateway-responses");
        for entry in self.scope.map(responses)?.unwrap_or_default().entries() {
            let settings = self.scope.map(&entry.value)?.unwrap_or_default();
            let response = Response {
                kind: entry.key.text.to_string(),
                span: entry.key.span,
                status: settings.find("statusCode"),
                parameters: settings.find("responseParameters"),
                templates: settings.find("responseTemplates"),
            };
            match response.read(self.scope) {
                Ok(response) => draft.api.gateway_responses.push(response),
                Err(problem) => {
                    let what = format!("the gateway response `{}`", entry.key.text);
                    problem.of_setting(&what).report(self.scope.session);
                }
            }
        }
        Ok(())
    }

    /// The operations of a path. A `$ref` and an unknown method are errors and not left out, because a broader route would take
    /// their requests.
    fn path(&self, entry: &Entry, draft: &mut ApiDraft) -> Result<(), Problem> {
        let text = &*entry.key.text;
        if text.starts_with("x-") {
            return Ok(());
        }
        let decisions = &self.scope.session.decisions;
        let (item, by_path) = decisions.watch(|| self.scope.map(&entry.value));
        let path = match text {
            "/$default" | "$default" => PathPattern::default_route(),
            text if text.starts_with('/') => {
                routes::below(&routes::path(text, entry.key.span)?, &self.prefix, entry.key.span)?
            }
            _ => return Err(expected("a path that starts with `/`", &format!("`{text}`"), entry.key.span)),
        };
        let by_path = joined(self.decided_by.clone(), by_path);
        let Some(item) = item? else {
            draft.absent.push(Absent::path(path, by_path));
            return Ok(());
        };
        check_extensions(self.scope, &item, "a path", &EXTENSIONS);
        for operation in item.entries() {
            let method = match &*operation.key.text {
                "parameters" | "summary" | "description" | "servers" => continue,
                "security" => {
                    return Err(error!(OAS_005, "a path has no `security`")
                        .at(operation.key.span, "nothing reads this key here")
                        .help("write it in each operation of the path"));
                }
                "$ref" => {
                    return Err(error!(CFN_020, "the operations of the path are elsewhere")
                        .at(operation.key.span, "this reference")
                        .help("write them out here"));
                }
                ANY_METHOD => RouteMethod::Any,
                extension if is_extension(extension) => continue,
                name => method(name, operation.key.span)?,
            };
            let key = RouteKey::new(method, path.clone());
            let (route, more) = decisions.watch(|| self.route(operation, &key, draft.api.kind));
            let decided_by = joined(by_path.clone(), more);
            let Some(mut route) = route? else {
                draft.absent.push(Absent::route(&key, decided_by));
                continue;
            };
            if matches!(route.rule, Rule::Open(OpenReason::NoSecurity)) {
                route.rule = Rule::Open(draft.open_reason);
            }
            draft.routes.push((Route { decided_by, ..route }, operation.key.span));
        }
        Ok(())
    }

    fn route(&self, operation: &Entry, key: &RouteKey, kind: ApiKind) -> Result<Option<Route>, Problem> {
        let Some(settings) = self.scope.map(&operation.value)? else {
            self.scope.session.leave_absent(key);
            return Ok(None);
        };
        let [_, of_schemes @ ..] = &EXTENSIONS;
        check_extensions(self.scope, &settings, "an operation", of_schemes);
        let span = operation.key.span;
        let read = self.security(&settings);
        let requires_key = read.as_ref().is_ok_and(|security| security.api_key);
        // HTTP APIs have no API keys.
        let api_key =
            if requires_key && kind == ApiKind::Rest { ApiKey::Required } else { ApiKey::NotRequired };
        let rule = read.and_then(|security| {
            let own = settings.entry("security").map_or(span, |entry| entry.key.span);
            security.rule(self.scope, &self.root_security, key, own)
        });
        let mut rule = routes::or_refused(self.scope, rule);
        if matches!(rule, Rule::Open(_)) && key.method() == RouteMethod::Options && self.is_mock(&settings) {
            rule = Rule::Open(OpenReason::Preflight);
        }
        let route = routes::route(self.scope, key.clone(), rule, Origin::Explicit, span);
        let rule = routes::with_key(self.scope, route.rule, api_key, key, span);
        Ok(Some(Route { rule, api_key, ..route }))
    }

    /// The security of the operation. An unknown key is an error, because it may be a misspelt `security`.
    fn security(&self, settings: &Map) -> Result<Security, Problem> {
        only_listed_keys(settings, "an operation")?;
        Security::read(self.scope, settings, &self.schemes)
    }

    fn is_mock(&self, settings: &Map) -> bool {
        let kind = settings.find("x-amazon-apigateway-integration").and_then(|node| node.find("type"));
        let text = self.scope.known_text(kind).ok().flatten();
        text.is_some_and(|text| text.eq_ignore_ascii_case("mock"))
    }
}

/// The extensions that API Gateway reads: the first of operations, the others of security schemes.
const EXTENSIONS: [&str; 3] =
    ["x-amazon-apigateway-auth", "x-amazon-apigateway-authorizer", "x-amazon-apigateway-authtype"];

/// The key of the operation for all methods that a path does not list.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// Whether a key of a path is an extension that is not an operation.
fn is_extension(key: &str) -> bool {
    key.starts_with("x-") && !key.eq_ignore_ascii_case(ANY_METHOD)
}

/// Reports extensions that API Gateway does not read here.
fn check_extensions(scope: Scope<'_>, map: &Map, place: &str, unread: &[&str]) {
    for key in map.keys().filter(|key| unread.contains(&&*key.text)) {
        let help = match &*key.text {
            "x-amazon-apigateway-auth" => "write it in each operation",
            _ => "write it in a security scheme, and name that in the `security` of each operation",
        };
        error!(OAS_005, "{place} has no `{}`: nothing is protected by it", key.text)
            .at(key.span, "API Gateway does not read this key here")
            .help(help)
            .report(scope.session);
    }
}

/// An error for an unknown key, because it may be a misspelt `security`.
fn only_listed_keys(map: &Map, what: &str) -> Result<(), Problem> {
    let is_unknown = |key: &&Key| !key.text.starts_with("x-") && !list(what).contains(&&*key.text);
    match map.keys().find(is_unknown) {
        None => Ok(()),
        Some(key) => Err(error!(OAS_005, "{what} has no key `{}`", key.text).at(key.span, "this key")),
    }
}

/// The method of an operation. OpenAPI writes it in small letters, and has no key for every method. Whether API Gateway ignores
/// another key or reads it as an operation is not documented, so such a key is an error.
fn method(name: &str, span: Span) -> Result<RouteMethod, Problem> {
    if !name.eq_ignore_ascii_case(ANY_METHOD) {
        let method = routes::method(name, span)?;
        if method != RouteMethod::Any && !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Ok(method);
        }
    }
    Err(error!(OAS_005, "a path of an OpenAPI document has no key `{name}`")
        .at(span, "this key")
        .help(format!("write the method in small letters; every method is `{ANY_METHOD}`")))
}

/// REST APIs are imported from Swagger 2.0 and OpenAPI 3.0, HTTP APIs only from OpenAPI 3.0.
fn check_version(scope: Scope<'_>, root: &Map, span: Span, kind: ApiKind) -> Result<(), Problem> {
    if let (Some(openapi), Some(swagger)) = (root.entry("openapi"), root.entry("swagger")) {
        return Err(error!(
            OAS_005,
            "the document is both OpenAPI 3 and OpenAPI 2.0: it has `openapi` and `swagger`"
        )
        .at(openapi.key.span, "this version")
        .at(swagger.key.span, "and this one")
        .help("keep one"));
    }
    let version = root.find("openapi").or_else(|| root.find("swagger"));
    let text = scope.known_text(version)?;
    let is_swagger = root.find("openapi").is_none();
    let text = text.unwrap_or_default();
    if text.starts_with("3.0") && !is_swagger || text == "2.0" && is_swagger && kind == ApiKind::Rest {
        return Ok(());
    }
    let wanted = match kind {
        ApiKind::Rest => "`swagger: \"2.0\"` or `openapi: 3.0.x`",
        ApiKind::Http => "`openapi: 3.0.x`",
    };
    let found = if text.is_empty() { "no version".into() } else { format!("version `{text}`") };
    Err(error!(OAS_005, "API Gateway imports {wanted}, and this document has {found}")
        .at(version.map_or(span, |node| node.span), "here"))
}

/// The prefix of every path.
fn prefix(scope: Scope<'_>, root: &Map, property: Option<&Node>) -> Result<PathPattern, Problem> {
    let base_path = match (scope.known_text(property)?.as_deref(), property) {
        (None, _) | (_, None) => scope.session.inputs.base_path,
        (Some("ignore"), _) => BasePath::Ignore,
        (Some("prepend"), _) => BasePath::Prepend,
        (Some("split"), _) => BasePath::Split,
        (Some(other), Some(node)) => {
            return Err(expected("`ignore`, `prepend` or `split`", &format!("`{other}`"), node.span));
        }
    };
    let Some((text, span)) = (match base_path {
        BasePath::Ignore => None,
        _ => written_base_path(scope, root)?,
    }) else {
        return Ok(PathPattern::root());
    };
    let whole = routes::path(&text, span)?;
    if base_path != BasePath::Split {
        return Ok(whole);
    }
    let after_first = whole.as_str().trim_start_matches('/').split_once('/');
    routes::path(after_first.map_or("", |(_, rest)| rest), span)
}

/// `basePath` of Swagger 2.0; of OpenAPI 3.0 the variable `basePath` of the first server, or the path of its URL.
fn written_base_path(scope: Scope<'_>, root: &Map) -> Result<Option<(String, Span)>, Problem> {
    if let Some(node) = root.find("basePath") {
        return Ok(scope.known_text(node)?.map(|text| (text, node.span)));
    }
    let Some(server) = scope.list(root.find("servers"))?.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let variable = server.find("variables").and_then(|variables| variables.find("basePath")?.find("default"));
    if let Some(node) = variable {
        return Ok(scope.known_text(node)?.map(|text| (text, node.span)));
    }
    let Some(url) = server.find("url") else { return Ok(None) };
    let text = scope.known_text(url)?.unwrap_or_default();
    let after_scheme = text.split_once("://").map_or(&*text, |(_, rest)| rest);
    Ok(after_scheme.find('/').and_then(|at| after_scheme.get(at..)).map(|path| (path.into(), url.span)))
}

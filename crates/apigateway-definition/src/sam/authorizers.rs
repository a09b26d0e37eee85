//! `Auth.Authorizers`: each becomes the security scheme that SAM writes for it.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    code::Code,
    model::ApiKind,
    problem::{Problem, error, warning},
    sam::{edit::charge, values::only_known},
    session::Session,
    source::Span,
    tree::{Entry, Key, Map, Node},
};

/// The authorizers of an API, by name.
pub(crate) type SamAuthorizers = BTreeMap<Arc<str>, SamAuthorizer>;

#[derive(Debug)]
pub(crate) struct SamAuthorizer {
    /// The scopes of routes that name none.
    pub(crate) scopes: Option<Node>,
    /// Its entry among the security schemes.
    pub(crate) scheme: Entry,
}

/// Names that SAM reserves.
const RESERVED: [&str; 4] = ["NONE", "AWS_IAM", "api_key", "api_key_false"];

pub(crate) fn read(node: &Node, kind: ApiKind, session: &Session<'_>) -> Result<SamAuthorizers, Problem> {
    let map = node.needed_map(Code::SAM_005, "`Authorizers`")?;
    let mut authorizers = SamAuthorizers::new();
    for entry in map.entries() {
        if RESERVED.contains(&&*entry.key.text) || entry.key.text.starts_with("Fn::") {
            return Err(error!(SAM_005, "an authorizer cannot be called `{}`", entry.key.text)
                .at(entry.key.span, "this name"));
        }
        let settings = entry.value.map().ok_or_else(|| {
            let found = entry.value.describe();
            error!(SAM_006, "the authorizer `{}` is {found}, not a map", entry.key.text)
                .at(entry.key.span, "this authorizer")
        })?;
        let declared = AuthorizerReader { name: &entry.key, settings, session };
        let scheme = match kind {
            ApiKind::Rest => declared.rest()?,
            ApiKind::Http => declared.http()?,
        };
        charge(&scheme, session)?;
        let scopes = settings.find("AuthorizationScopes").map(scopes).transpose()?;
        let scheme = Entry { key: entry.key.clone(), value: scheme };
        authorizers.insert(Arc::clone(&entry.key.text), SamAuthorizer { scopes, scheme });
    }
    Ok(authorizers)
}

/// A list of scopes. Its items may be intrinsics, but the list itself must not be one.
pub(crate) fn scopes(node: &Node) -> Result<Node, Problem> {
    if node.items().is_some() {
        return Ok(node.clone());
    }
    Err(error!(SAM_002, "`AuthorizationScopes` is {}, not a list", node.describe()).at(node.span, "here"))
}

/// The scheme of signed requests.
pub(crate) fn iam(span: Span) -> Entry {
    let key = Key { text: "AWS_IAM".into(), span };
    Entry {
        key,
        value: header("Authorization", [("x-amazon-apigateway-authtype", text("awsSigv4", span))], span),
    }
}

/// The scheme of API keys.
pub(crate) fn api_key(span: Span) -> Entry {
    Entry { key: Key { text: "api_key".into(), span }, value: header("x-api-key", [], span) }
}

fn header<const N: usize>(name: &str, more: [(&'static str, Node); N], span: Span) -> Node {
    named_header(text(name, span), more, span)
}

fn named_header<const N: usize>(name: Node, more: [(&'static str, Node); N], span: Span) -> Node {
    let own = [("type", text("apiKey", span)), ("name", name), ("in", text("header", span))];
    Node::map_of(own.into_iter().chain(more), span)
}

fn text(text: &str, span: Span) -> Node {
    Node::string(text, span)
}

/// An authorizer while it is being read.
struct AuthorizerReader<'a> {
    name: &'a Key,
    settings: &'a Map,
    session: &'a Session<'a>,
}

impl AuthorizerReader<'_> {
    /// The value, if it is not empty: SAM treats an empty value as a missing one.
    fn find(&self, key: &str) -> Option<&Node> {
        self.settings
            .find(key)
            .filter(|node| node.scalar().is_none_or(|_| node.text().is_some_and(|text| !text.is_empty())))
    }

    fn without(&self, what: &str) -> Problem {
        error!(SAM_006, "the authorizer `{}` has no {what}", self.name.text)
            .at(self.name.span, "this authorizer")
    }

    /// Warns of a setting that SAM drops.
    fn dropped(&self, entry: &Entry, why: &str) {
        warning!(WARN_007, "SAM drops `{}`: {why}", entry.key.text)
            .at(entry.key.span, "this setting")
            .report(self.session);
    }

    /// `UserPoolArn` makes a Cognito authorizer, everything else a Lambda authorizer.
    fn rest(&self) -> Result<Node, Problem> {
        only_known(self.settings, "authorizer of a REST API", "an authorizer of a REST API")?;
        let Some(pools) = self.find("UserPoolArn") else {
            self.find("FunctionArn").ok_or_else(|| self.without("`UserPoolArn` and no `FunctionArn`"))?;
            return Ok(self.lambda());
        };
        if let Some(entry) = self.settings.entry("FunctionArn") {
            self.dropped(entry, "the authorizer has a `UserPoolArn`");
        }
        let arns = match pools.items() {
            Some(_) => pools.clone(),
            None => Node::list([pools.clone()], pools.span),
        };
        let identity = self.identity()?;
        let span = self.name.span;
        let mut settings = vec![("type", text("cognito_user_pools", span)), ("providerARNs", arns)];
        if let Some(expression) = identity.and_then(|identity| identity.find("ValidationExpression")) {
            settings.push(("identityValidationExpression", expression.clone()));
        }
        let name = identity.and_then(|identity| identity.find("Header")).cloned();
        let more = [
            ("x-amazon-apigateway-authtype", text("cognito_user_pools", span)),
            ("x-amazon-apigateway-authorizer", Node::map_of(settings, span)),
        ];
        Ok(named_header(name.unwrap_or_else(|| text("Authorization", span)), more, span))
    }

    fn identity(&self) -> Result<Option<&Map>, Problem> {
        let Some(node) = self.settings.find("Identity") else { return Ok(None) };
        let identity = node.needed_map(Code::SAM_006, "`Identity`")?;
        only_known(identity, "Identity of a Cognito authorizer", "`Identity` of a Cognito authorizer")?;
        if let Some(entry) = identity.entry("ReauthorizeEvery") {
            self.dropped(entry, "it reaches API Gateway for Lambda authorizers only");
        }
        Ok(Some(identity))
    }

    fn lambda(&self) -> Node {
        let span = self.name.span;
        let settings = Node::map_of([("type", text("request", span))], span);
        header("Unused", [("x-amazon-apigateway-authorizer", settings)], span)
    }

    /// `JwtConfiguration` makes a JWT authorizer, everything else a Lambda authorizer.
    fn http(&self) -> Result<Node, Problem> {
        if let Some(entry) = self.settings.entry("OpenIdConnectUrl") {
            return Err(error!(SAM_006, "SAM does not take `OpenIdConnectUrl` any more")
                .at(entry.key.span, "this key")
                .help("write `JwtConfiguration` with the issuer and the audience"));
        }
        let Some(configuration) = self.find("JwtConfiguration") else {
            only_known(
                self.settings,
                "Lambda authorizer of an HTTP API",
                "a Lambda authorizer of an HTTP API",
            )?;
            self.find("FunctionArn")
                .ok_or_else(|| self.without("`JwtConfiguration` and no `FunctionArn`"))?;
            return Ok(self.lambda());
        };
        only_known(self.settings, "JWT authorizer", "a JWT authorizer")?;
        let source = self.find("IdentitySource").ok_or_else(|| {
            self.without("`IdentitySource`").help("write `IdentitySource: $request.header.Authorization`")
        })?;
        let span = self.name.span;
        let settings = Node::map_of(
            [
                ("type", text("jwt", span)),
                ("identitySource", source.clone()),
                ("jwtConfiguration", small_keys(configuration)?),
            ],
            span,
        );
        Ok(Node::map_of([("type", text("oauth2", span)), ("x-amazon-apigateway-authorizer", settings)], span))
    }
}

/// `Issuer` and `issuer` are the same.
fn small_keys(node: &Node) -> Result<Node, Problem> {
    let map = node.needed_map(Code::SAM_006, "`JwtConfiguration`")?;
    let small = map.entries().iter().map(|entry| Entry {
        key: Key { text: entry.key.text.to_ascii_lowercase().into(), span: entry.key.span },
        value: entry.value.clone(),
    });
    match Map::new(small) {
        (map, repeated) if repeated.is_empty() => Ok(Node::from_map(map, node.span)),
        (_, repeated) => {
            let twice = repeated.first().map_or(node.span, |entry| entry.key.span);
            Err(error!(SAM_006, "a key of `JwtConfiguration` occurs twice, in two cases").at(twice, "here"))
        }
    }
}

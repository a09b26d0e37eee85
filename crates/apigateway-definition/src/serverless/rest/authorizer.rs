//! `authorizer` of an `http` event, in all its forms ("API Gateway", guides of the Serverless Framework).

use crate::{
    cloudformation::Resource,
    code::Code,
    model::OpenReason,
    problem::{Problem, error, warning},
    serverless::{
        keys, merge, naming,
        service::{Service, is_truthy},
    },
    source::Span,
    tree::{Map, Node},
};

/// The authorization of a method, as CloudFormation properties.
pub(super) struct Authorization {
    /// `AuthorizationType`
    pub(super) kind: Node,
    /// `AuthorizerId`
    pub(super) authorizer: Option<Node>,
    /// `AuthorizationScopes`
    pub(super) scopes: Option<Node>,
    /// The authorizer that the event declares.
    pub(super) declares: Option<Resource>,
    pub(super) open_reason: Option<OpenReason>,
}

impl Authorization {
    pub(super) fn open(reason: OpenReason, span: Span) -> Self {
        let kind = Node::string("NONE", span);
        Self { kind, authorizer: None, scopes: None, declares: None, open_reason: Some(reason) }
    }

    fn of(kind: &str, span: Span) -> Self {
        let kind = Node::string(kind, span);
        Self { kind, authorizer: None, scopes: None, declares: None, open_reason: None }
    }
}

/// The framework's default, the only identity source that API Gateway documents for Cognito.
const IDENTITY_SOURCE: &str = "method.request.header.Authorization";

/// Reads the value of `authorizer`. `api` is the `RestApiId` of the methods.
pub(super) fn read(service: &Service<'_>, written: &Node, api: &Node) -> Result<Authorization, Problem> {
    let node = service.value(written)?;
    if !is_truthy(&node) {
        return Err(comes_to_nothing(written, &node));
    }
    match (node.map(), node.text()) {
        (Some(map), _) => object(service, &node, map, api),
        (None, Some(text)) => by_name(service, &node, text, api),
        (None, None) => Err(nameless(&node)),
    }
}

/// An error for a value with which the framework deploys the route open.
pub(in crate::serverless) fn comes_to_nothing(written: &Node, node: &Node) -> Problem {
    let found = match node.scalar() {
        Some(scalar) if scalar.is_null() => "null".to_owned(),
        Some(scalar) if scalar.text.is_empty() => "an empty text".to_owned(),
        Some(scalar) => format!("`{}`", scalar.text),
        None => node.describe().into(),
    };
    let problem = error!(SLS_012, "`authorizer` is {found}: the framework deploys the route open")
        .at(written.span, "the authorizer is written here");
    if node.span == written.span { problem } else { problem.at(node.span, "its value") }
}

/// `aws_iam`, an ARN, or a function of the service.
fn by_name(service: &Service<'_>, node: &Node, text: &str, api: &Node) -> Result<Authorization, Problem> {
    if text.eq_ignore_ascii_case("aws_iam") {
        return Ok(Authorization::of("AWS_IAM", node.span));
    }
    let (name, kind) = if text.contains(':') {
        (naming::authorizer_of_arn(text), None)
    } else {
        function(service, text, node)?;
        (text, Some("TOKEN"))
    };
    let settings = Node::map_of::<&str>([], node.span);
    let declared = ArnAuthorizer { name, arn: node, kind, settings, span: node.span };
    Ok(declared.authorization(api, None))
}

fn function(service: &Service<'_>, name: &str, node: &Node) -> Result<(), Problem> {
    if service.has_function(name) {
        return Ok(());
    }
    let problem = error!(SLS_011, "`{name}` is neither `aws_iam`, nor an ARN, nor a function of the service")
        .at(node.span, "it is named here");
    let functions = service.functions.iter().map(|function| &*function.key.text);
    Err(match keys::nearest(name, functions) {
        Some(nearest) => problem.help(format!("did you mean the function `{nearest}`?")),
        None => problem.help(
            "an authorizer of `resources` is named by `{type: COGNITO_USER_POOLS, authorizerId: !Ref …}`",
        ),
    })
}

fn object(service: &Service<'_>, node: &Node, map: &Map, api: &Node) -> Result<Authorization, Problem> {
    if let Some(intrinsic) = map.only().filter(|only| is_intrinsic(&only.key.text)) {
        return Err(error!(SLS_011, "`authorizer` cannot be `{}`", intrinsic.key.text)
            .at(node.span, "the framework does not look into it")
            .help("write `{type: COGNITO_USER_POOLS, authorizerId: !Ref …}`"));
    }
    keys::only_known(map, "http authorizer", &[], "an authorizer")?;
    for key in ["type", "authorizerId", "arn", "name"] {
        if let Some(written) = map.find(key)
            && !is_truthy(&service.value(written)?)
        {
            return Err(error!(SLS_013, "`{key}` of the authorizer is empty")
                .at(written.span, "here")
                .help("give it a value, or leave it out"));
        }
    }
    let kind = kind(service, node)?;
    let kind = kind.as_deref();
    let scopes = scopes(service, node)?;
    if let (Some(kind), Some(id)) = (kind, map.find("authorizerId")) {
        return Ok(by_id(service, node, kind, id, scopes));
    }
    if kind == Some("AWS_IAM") {
        return Ok(Authorization::of("AWS_IAM", node.span));
    }
    let name = service.find(node, "name")?;
    let name = match &name {
        Some(name) => Some(name.text().ok_or_else(|| {
            error!(SLS_013, "the name of an authorizer is a text").at(name.span, "this is none")
        })?),
        None => None,
    };
    match (service.find(node, "arn")?, name) {
        (Some(arn), name) => {
            let name = name.or_else(|| arn.text().map(naming::authorizer_of_arn)).ok_or_else(|| {
                error!(SLS_013, "an authorizer whose `arn` is a function needs a `name`")
                    .at(arn.span, "what its name would be is not known here")
                    .help("give it a `name`")
            })?;
            let declared = ArnAuthorizer { name, arn: &arn, kind, settings: node.clone(), span: node.span };
            Ok(declared.authorization(api, scopes))
        }
        (None, Some(name)) if kind == Some("COGNITO_USER_POOLS") => {
            Err(error!(SLS_013, "the Cognito authorizer `{name}` has no `arn`")
                .at(node.span, "a name without an ARN is that of a function")
                .help("give it the `arn` of the user pool, or the `authorizerId` of an authorizer"))
        }
        (None, Some(name)) => {
            function(service, name, node)?;
            let kind = kind.or(Some("TOKEN"));
            let declared = ArnAuthorizer { name, arn: node, kind, settings: node.clone(), span: node.span };
            Ok(declared.authorization(api, scopes))
        }
        (None, None) => Err(nameless(node)),
    }
}

fn is_intrinsic(key: &str) -> bool {
    key == "Ref" || key == "Condition" || key.starts_with("Fn::") || key.starts_with('!')
}

fn nameless(node: &Node) -> Problem {
    error!(SLS_013, "an authorizer needs a name, an ARN, or a type and the id of an authorizer")
        .at(node.span, format!("this is {}", node.describe()))
}

/// The type in capitals. With an unknown type, such as `NONE`, the framework would set that of the method.
fn kind(service: &Service<'_>, node: &Node) -> Result<Option<String>, Problem> {
    const KINDS: [&str; 5] = ["AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "REQUEST", "TOKEN"];
    let Some(node) = service.find(node, "type")? else { return Ok(None) };
    let kind = node.text().unwrap_or_default().to_ascii_uppercase();
    if KINDS.contains(&kind.as_str()) {
        return Ok(Some(kind));
    }
    let code = if kind == "NONE" { Code::SLS_012 } else { Code::SLS_013 };
    let found = node.text().map_or_else(|| node.describe().to_owned(), |text| format!("`{text}`"));
    let problem = Problem::error(code, format!("{found} is not a type of authorizer")).at(node.span, "here");
    Err(match keys::nearest(&kind, KINDS) {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem.help(format!("the types are {}", KINDS.join(", "))),
    })
}

/// The scopes, if there are any: an empty list requires none.
fn scopes(service: &Service<'_>, node: &Node) -> Result<Option<Node>, Problem> {
    let scopes = service.find(node, "scopes")?;
    Ok(scopes.filter(|scopes| scopes.items().is_none_or(|items| !items.is_empty())))
}

/// An authorizer that is declared elsewhere, with its own settings.
fn by_id(service: &Service<'_>, node: &Node, kind: &str, id: &Node, scopes: Option<Node>) -> Authorization {
    const IGNORED: [&str; 4] =
        ["arn", "identitySource", "identityValidationExpression", "resultTtlInSeconds"];
    for entry in node.entries() {
        if IGNORED.contains(&&*entry.key.text) {
            warning!(WARN_007, "`{}` has no effect with `authorizerId`", entry.key.text)
                .at(entry.key.span, "the framework drops this")
                .report(service.session);
        }
    }
    let kind = if matches!(kind, "TOKEN" | "REQUEST") { "CUSTOM" } else { kind };
    Authorization {
        authorizer: Some(id.clone()),
        scopes: scopes.filter(|_| kind == "COGNITO_USER_POOLS"),
        ..Authorization::of(kind, node.span)
    }
}

/// An authorizer that an event declares by its ARN or function.
struct ArnAuthorizer<'d> {
    name: &'d str,
    arn: &'d Node,
    /// In capitals.
    kind: Option<&'d str>,
    /// The other settings that the event has for it; none for the text form.
    settings: Node,
    span: Span,
}

impl ArnAuthorizer<'_> {
    fn authorization(&self, api: &Node, scopes: Option<Node>) -> Authorization {
        let id = naming::rest_authorizer(self.name);
        let kind = if self.is_cognito() { "COGNITO_USER_POOLS" } else { "CUSTOM" };
        Authorization {
            authorizer: Some(Node::reference(&id, self.span)),
            scopes: scopes.filter(|_| self.is_cognito()),
            declares: Some(self.resource(&id, api)),
            ..Authorization::of(kind, self.span)
        }
    }

    fn is_cognito(&self) -> bool {
        self.kind == Some("COGNITO_USER_POOLS") || self.arn.text().is_some_and(is_user_pool)
    }

    fn resource(&self, id: &str, api: &Node) -> Resource {
        let span = self.span;
        let setting = |key: &str| self.settings.find(key).cloned();
        let identity_source = setting("identitySource").filter(is_truthy);
        let identity_source = identity_source.unwrap_or_else(|| Node::string(IDENTITY_SOURCE, span));
        let mut properties = vec![
            ("IdentitySource", identity_source),
            ("Name", Node::string(self.name, span)),
            ("RestApiId", api.clone()),
        ];
        // The object form writes API Gateway's default; the text form leaves it out.
        let is_object = self.settings.map().is_some_and(|map| !map.entries().is_empty());
        let ttl = setting("resultTtlInSeconds").filter(|node| !node.is_null());
        let ttl = ttl.or_else(|| is_object.then(|| Node::plain("300", span)));
        properties.extend(ttl.map(|ttl| ("AuthorizerResultTtlInSeconds", ttl)));
        if self.is_cognito() {
            properties.push(("Type", Node::string("COGNITO_USER_POOLS", span)));
            properties.push(("ProviderARNs", Node::list([self.arn.clone()], span)));
            let expression = setting("identityValidationExpression").filter(|node| !node.is_null());
            properties.extend(expression.map(|node| ("IdentityValidationExpression", node)));
        } else {
            let kind = if self.kind == Some("REQUEST") { "REQUEST" } else { "TOKEN" };
            properties.push(("Type", Node::string(kind, span)));
        }
        Resource::new(id, "AWS::ApiGateway::Authorizer", merge::properties(properties, span), span)
    }
}

/// `arn:aws:cognito-idp:…`, in any partition.
fn is_user_pool(arn: &str) -> bool {
    let mut parts = arn.split(':');
    let partition = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    parts.next() == Some("arn")
        && parts.next().is_some_and(partition)
        && parts.next().is_some_and(|service| service.starts_with("cognito-idp"))
}

//! Security schemes, and what they mean to API Gateway.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    cloudformation::{
        authorizers::Cognito,
        body::placeholders,
        jwt::{Jwt, is_header},
        properties::{only_known, only_listed},
        rest_jwt::RestJwt,
        scope::Scope,
    },
    model::{ApiKind, Authorizer},
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Entry, Map, Node},
};

/// The schemes of a document: each is read, or has the problem that prevents it.
pub(crate) struct Schemes {
    by_name: BTreeMap<String, (Result<Scheme, Problem>, Span)>,
}

#[derive(Clone)]
pub(crate) enum Scheme {
    Authorizer(Authorizer),
    Iam,
    ApiKey,
}

impl Schemes {
    /// `securityDefinitions` of OpenAPI 2.0, `components.securitySchemes` of OpenAPI 3. What API Gateway makes of those of the
    /// other version is not documented, so they are an error.
    pub(crate) fn read(scope: Scope<'_>, root: &Map, kind: ApiKind) -> Result<Self, Problem> {
        let components = scope.map(root.find("components"))?.unwrap_or_default();
        let of_2 = root.entry("securityDefinitions");
        let of_3 = components.entry("securitySchemes");
        let found = if root.find("openapi").is_some() {
            if let Some(entry) = of_2 {
                return Err(error!(OAS_005, "an OpenAPI 3 document has no `securityDefinitions`")
                    .at(entry.key.span, "this key is of OpenAPI 2.0")
                    .help("move the schemes to `components.securitySchemes`"));
            }
            of_3
        } else {
            if let Some(entry) = of_3 {
                return Err(error!(OAS_005, "an OpenAPI 2.0 document has no `components.securitySchemes`")
                    .at(entry.key.span, "this key is of OpenAPI 3")
                    .help("move the schemes to `securityDefinitions`"));
            }
            of_2
        };
        let schemes = scope.map(found.map(|entry| &entry.value))?.unwrap_or_default();
        let read = |entry: &Entry| {
            let scheme = SchemeReader::new(scope, entry).and_then(|declared| declared.read(kind));
            (entry.key.text.to_string(), (scheme, entry.key.span))
        };
        Ok(Self { by_name: schemes.entries().iter().map(read).collect() })
    }

    /// The scheme with this name, if it is declared.
    pub(crate) fn find(&self, name: &str) -> Option<&Result<Scheme, Problem>> {
        self.by_name.get(name).map(|(scheme, _)| scheme)
    }

    /// Records schemes that could not be read, even if no operation uses them. An operation that uses one is refused.
    pub(crate) fn leave_out_unreadable(&self, session: &Session<'_>) {
        for (name, (scheme, span)) in &self.by_name {
            if let Err(problem) = scheme {
                session.leave_out(format!("the security scheme `{name}`"), problem.message.clone(), *span);
            }
        }
    }

    /// The authorizers among the schemes.
    pub(crate) fn authorizers(&self) -> Vec<(Authorizer, Span)> {
        let authorizer = |(scheme, span): &(Result<Scheme, Problem>, Span)| match scheme {
            Ok(Scheme::Authorizer(authorizer)) => Some((authorizer.clone(), *span)),
            _ => None,
        };
        self.by_name.values().filter_map(authorizer).collect()
    }
}

/// Reads a scheme.
struct SchemeReader<'a> {
    scope: Scope<'a>,
    name: &'a str,
    span: Span,
    settings: Arc<Map>,
    extension: Option<Arc<Map>>,
}

impl<'a> SchemeReader<'a> {
    fn new(scope: Scope<'a>, entry: &'a Entry) -> Result<Self, Problem> {
        let (name, span) = (&*entry.key.text, entry.key.span);
        let expanded = placeholders::expand(scope, &entry.value)?;
        let settings = scope.map(&expanded)?.unwrap_or_default();
        let extension = scope.map(settings.find("x-amazon-apigateway-authorizer"))?;
        Ok(Self { scope, name, span, settings, extension })
    }

    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        self.scope.known_text(self.settings.find(key))
    }

    fn read(&self, kind: ApiKind) -> Result<Scheme, Problem> {
        let Some(extension) = &self.extension else { return self.without_authorizer() };
        let authorizer_type = self.scope.known_text(extension.find("type"))?;
        let authorizer_type = authorizer_type.unwrap_or_default().to_ascii_lowercase();
        match (&*authorizer_type, kind) {
            ("token" | "request", _) => Ok(Scheme::Authorizer(Authorizer::Lambda {
                name: self.name.into(),
                source: self.scope.session.location(self.span),
            })),
            ("cognito_user_pools", ApiKind::Rest) => self.cognito(extension),
            ("jwt", ApiKind::Http) => self.jwt(extension),
            ("jwt", ApiKind::Rest) => self.rest_jwt(extension),
            ("cognito_user_pools", ApiKind::Http) => {
                Err(self.meaningless("is for REST APIs, and this is an HTTP API"))
            }
            (other, _) => Err(self.meaningless(&format!("has the type `{other}`, which no authorizer has"))),
        }
    }

    fn meaningless(&self, why: &str) -> Problem {
        error!(OAS_001, "the security scheme `{}` {why}", self.name)
            .at(self.span, "this scheme")
            .help("API Gateway needs `x-amazon-apigateway-authorizer` with the type cognito_user_pools, jwt, token or request")
    }

    /// IAM and API keys. API Gateway ignores other schemes without the extension, which would leave their routes open.
    fn without_authorizer(&self) -> Result<Scheme, Problem> {
        let authtype = self.text("x-amazon-apigateway-authtype")?;
        if authtype.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("awsSigv4")) {
            return Ok(Scheme::Iam);
        }
        let is_key = self.text("type")?.as_deref() == Some("apiKey")
            && self.text("in")?.as_deref() == Some("header")
            && self.text("name")?.is_some_and(|name| name.eq_ignore_ascii_case("x-api-key"));
        match authtype {
            None if is_key => Ok(Scheme::ApiKey),
            _ => Err(self.meaningless("means nothing to API Gateway: it has no authorizer")),
        }
    }

    /// The header is the scheme's `name`; `identitySource` of the extension is for other types.
    fn cognito(&self, extension: &Map) -> Result<Scheme, Problem> {
        only_listed(extension, "a Cognito authorizer")?;
        let header = self.text("name")?.filter(|name| is_header(name));
        let in_header =
            self.text("in")?.as_deref() == Some("header") && self.text("type")?.as_deref() == Some("apiKey");
        let Some(header) = header.filter(|_| in_header) else {
            return Err(error!(CFN_004, "the security scheme `{}` names no header", self.name)
                .at(self.span, "this scheme")
                .help(
                    "a Cognito authorizer needs `type: apiKey`, `in: header` and the `name` of the header",
                ));
        };
        let source = format!("method.request.header.{header}");
        if let Some(node) = extension.find("identitySource")
            && self.scope.known_text(node)?.is_some_and(|text| text != source)
        {
            return Err(error!(
                CFN_004,
                "`identitySource` is not the header `{header}` that the scheme names"
            )
            .at(node.span, "here"));
        }
        let settings = Cognito {
            name: self.name.into(),
            span: self.span,
            arns: extension.find("providerARNs").cloned(),
            identity_source: Some(Node::string(source, self.span)),
            result_ttl: extension.find("authorizerResultTtlInSeconds").cloned(),
            validation_expression: extension.find("identityValidationExpression").cloned(),
        };
        Ok(Scheme::Authorizer(Authorizer::Cognito(Arc::new(settings.read(self.scope)?))))
    }

    /// The header is the scheme's `name`, as that of a Cognito authorizer, or the identity source.
    fn rest_jwt(&self, extension: &Map) -> Result<Scheme, Problem> {
        const KNOWN: [&str; 4] =
            ["authorizerResultTtlInSeconds", "identitySource", "jwtConfiguration", "type"];
        only_known(extension, &KNOWN, "a JWT authorizer of a REST API")?;
        // A configuration with one issuer by itself is that of an HTTP API.
        if extension.find("jwtConfiguration").is_some_and(|node| node.find("issuer").is_some()) {
            return Err(self.meaningless("is for HTTP APIs, and this is a REST API"));
        }
        let is_header =
            self.text("type")?.as_deref() == Some("apiKey") && self.text("in")?.as_deref() == Some("header");
        let header = self.text("name")?.filter(|_| is_header);
        let of_header = |name| Node::string(format!("method.request.header.{name}"), self.span);
        let settings = RestJwt {
            name: self.name.into(),
            span: self.span,
            configuration: extension.find("jwtConfiguration").cloned(),
            identity_source: extension.find("identitySource").cloned().or_else(|| header.map(of_header)),
        };
        Ok(Scheme::Authorizer(Authorizer::RestJwt(Arc::new(settings.read(self.scope)?))))
    }

    fn jwt(&self, extension: &Map) -> Result<Scheme, Problem> {
        only_known(extension, &["identitySource", "jwtConfiguration", "type"], "a JWT authorizer")?;
        let configuration = self.scope.map(extension.find("jwtConfiguration"))?;
        let configuration = configuration.unwrap_or_default();
        only_known(&configuration, &["audience", "issuer"], "`jwtConfiguration`")?;
        let settings = Jwt {
            name: self.name.into(),
            span: self.span,
            issuer: match configuration.find("issuer") {
                Some(node) => Some(node.clone()),
                None => self.discovered_issuer()?,
            },
            audience: configuration.find("audience").cloned(),
            identity_source: extension.find("identitySource").cloned(),
        };
        Ok(Scheme::Authorizer(Authorizer::Jwt(Arc::new(settings.read(self.scope)?))))
    }

    /// `openIdConnectUrl` without the suffix that discovery appends to the issuer.
    fn discovered_issuer(&self) -> Result<Option<Node>, Problem> {
        let Some(node) = self.settings.find("openIdConnectUrl") else { return Ok(None) };
        let text = self.scope.known_text(node)?;
        let issuer = text.as_deref().and_then(|text| text.strip_suffix("/.well-known/openid-configuration"));
        Ok(issuer.map(|issuer| Node::string(issuer, node.span)))
    }
}

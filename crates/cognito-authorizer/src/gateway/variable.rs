//! The variables of templates, and their values for a request.

use std::{borrow::Cow, collections::BTreeMap};

use http::{
    HeaderMap, HeaderName, Method, Uri,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION},
};

use super::{error::ResponseProblem, response_type::ResponseType};

/// The most bytes of a client's value that are used for one variable.
const LONGEST: usize = 1024;

/// A variable of a template or of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Message,
    MessageString,
    ResponseType,
    RequestId,
    ExtendedRequestId,
    HttpMethod,
    Path,
    ResourcePath,
    Header(HeaderName),
    Query(Box<str>),
    PathParameter(Box<str>),
    /// Known when the layer is built: the stage and its variables.
    Constant(Box<str>),
    /// Never has a value: validation errors of bodies, and credentials.
    Nothing,
}

/// The settings that variables are looked up in when the layer is built.
#[derive(Debug)]
pub(super) struct Settings<'s> {
    pub(super) stage: Option<&'s str>,
    pub(super) stage_variables: BTreeMap<&'s str, &'s str>,
    pub(super) secrets: TokenPlaces<'s>,
}

/// Where the token is taken from.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenPlaces<'s> {
    pub(crate) headers: Vec<&'s HeaderName>,
    pub(crate) parameters: Vec<&'s str>,
}

/// The facts about a refused request that a response can contain.
#[derive(Clone, Copy)]
pub(crate) struct RequestFacts<'r> {
    /// In profiles that have one.
    pub(crate) request_id: Option<&'r str>,
    pub(crate) extended_request_id: Option<&'r str>,
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    /// The pattern of the route, such as `/orders/{id}`.
    pub(crate) resource_path: Option<&'r str>,
    /// The names and values of the pattern's variables.
    pub(crate) path_parameters: &'r [(&'r str, &'r str)],
}

/// One response that is being rendered.
#[derive(Clone, Copy)]
pub(super) struct Occasion<'r> {
    pub(super) response_type: ResponseType,
    pub(super) message: Option<&'r str>,
    pub(super) facts: &'r RequestFacts<'r>,
}

impl Variable {
    /// The variable with this name, written without `$`.
    pub(super) fn parse(name: &str, settings: &Settings<'_>) -> Result<Self, ResponseProblem> {
        let unknown = || ResponseProblem::UnknownVariable { name: name.to_owned() };
        if let Some(stage_variable) = name.strip_prefix("stageVariables.") {
            let value = settings.stage_variables.get(stage_variable);
            let unset = || ResponseProblem::StageVariableUnset { name: stage_variable.to_owned() };
            return value.map(|&value| Self::Constant(value.into())).ok_or_else(unset);
        }
        if let Some(parameter) = name.strip_prefix("method.request.") {
            return Self::parameter(parameter, settings).ok_or_else(unknown);
        }
        Ok(match name.strip_prefix("context.").ok_or_else(unknown)? {
            "error.message" => Self::Message,
            "error.messageString" => Self::MessageString,
            "error.responseType" => Self::ResponseType,
            "error.validationErrorString" => Self::Nothing,
            "requestId" => Self::RequestId,
            "extendedRequestId" => Self::ExtendedRequestId,
            "httpMethod" => Self::HttpMethod,
            "path" => Self::Path,
            "resourcePath" => Self::ResourcePath,
            "stage" => Self::Constant(settings.stage.ok_or(ResponseProblem::StageUnset)?.into()),
            _ => return Err(unknown()),
        })
    }

    fn parameter(text: &str, settings: &Settings<'_>) -> Option<Self> {
        let (place, name) = text.split_once('.')?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-$".contains(&b)) {
            return None;
        }
        match place {
            "header" => HeaderName::try_from(name).ok().map(|name| {
                let secret = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&name)
                    || settings.secrets.headers.contains(&&name);
                if secret { Self::Nothing } else { Self::Header(name) }
            }),
            "querystring" if settings.secrets.parameters.contains(&name) => Some(Self::Nothing),
            "querystring" => Some(Self::Query(name.into())),
            "path" => Some(Self::PathParameter(name.into())),
            _ => None,
        }
    }

    /// Whether a client chooses the value. Request ids do not count: a client's id is used only if it is a UUID.
    pub(super) fn is_the_clients(&self) -> bool {
        match self {
            Self::HttpMethod | Self::Path | Self::Header(_) | Self::Query(_) | Self::PathParameter(_) => true,
            Self::Message
            | Self::MessageString
            | Self::ResponseType
            | Self::RequestId
            | Self::ExtendedRequestId
            | Self::ResourcePath
            | Self::Constant(_)
            | Self::Nothing => false,
        }
    }

    /// The value, not escaped.
    pub(super) fn value<'r>(&'r self, occasion: &Occasion<'r>) -> Option<Cow<'r, str>> {
        let facts = occasion.facts;
        let value = match self {
            Self::Message => return occasion.message.map(Cow::from),
            Self::MessageString => return serde_json::to_string(&occasion.message).ok().map(Cow::from),
            Self::ResponseType => return Some(occasion.response_type.name().into()),
            Self::Constant(value) => return Some((&**value).into()),
            Self::Nothing => return None,
            Self::RequestId => Cow::from(facts.request_id?),
            Self::ExtendedRequestId => facts.extended_request_id?.into(),
            Self::HttpMethod => facts.method.as_str().into(),
            Self::Path => facts.uri.path().into(),
            Self::ResourcePath => facts.resource_path?.into(),
            Self::Header(name) => std::str::from_utf8(facts.headers.get(name)?.as_bytes()).ok()?.into(),
            Self::Query(name) => {
                let mut pairs = form_urlencoded::parse(facts.uri.query()?.as_bytes());
                pairs.find(|(found, _)| **found == **name)?.1
            }
            Self::PathParameter(name) => {
                facts.path_parameters.iter().find(|(found, _)| *found == &**name)?.1.into()
            }
        };
        (value.len() <= LONGEST).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<Variable, ResponseProblem> {
        let secret_header = HeaderName::from_static("x-token");
        let stage_variables = BTreeMap::from([("tier", "gold")]);
        let secrets = TokenPlaces { headers: vec![&secret_header], parameters: vec!["token"] };
        Variable::parse(name, &Settings { stage: None, stage_variables, secrets })
    }

    #[test]
    fn unknown_variables_are_named() {
        for name in [
            "",
            "context",
            "context.",
            "context.error",
            "context.error.messagestring",
            "context.identity.sourceIp",
            "context.authorizer.claims.sub",
            "input.body",
            "util.escapeJavaScript",
            "method.request.body",
            "method.request.header",
            "method.request.header.",
            "method.request.header.a b",
            "method.request.header.ä",
            "method.request.multivalueheader.accept",
            "method.input.params.petId",
            "stageVariables",
        ] {
            assert_eq!(parse(name), Err(ResponseProblem::UnknownVariable { name: name.into() }), "{name}");
        }
        assert_eq!(parse("context.stage"), Err(ResponseProblem::StageUnset));
        assert_eq!(
            parse("stageVariables.other"),
            Err(ResponseProblem::StageVariableUnset { name: "other".into() })
        );
        assert_eq!(parse("stageVariables.tier"), Ok(Variable::Constant("gold".into())));
    }

    #[test]
    fn credentials_have_no_value() {
        for header in ["Authorization", "authorization", "Proxy-Authorization", "COOKIE", "X-Token"] {
            assert_eq!(parse(&format!("method.request.header.{header}")), Ok(Variable::Nothing), "{header}");
        }
        assert_eq!(parse("method.request.querystring.token"), Ok(Variable::Nothing));
        assert_eq!(parse("method.request.querystring.Token"), Ok(Variable::Query("Token".into())));
        let other = HeaderName::from_static("x-token-id");
        assert_eq!(parse("method.request.header.X-Token-Id"), Ok(Variable::Header(other)));
    }

    #[test]
    fn values_are_those_of_the_request() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", "one".parse().unwrap());
        headers.append("x-a", "two".parse().unwrap());
        headers.insert("x-long", "a".repeat(LONGEST + 1).parse().unwrap());
        headers.insert("x-full", "a".repeat(LONGEST).parse().unwrap());
        headers.insert("x-bytes", http::HeaderValue::from_bytes(b"a\xff").unwrap());
        let facts = RequestFacts {
            request_id: Some("id"),
            extended_request_id: Some("ext="),
            method: &Method::PATCH,
            uri: &Uri::from_static("/orders/7%20a?q=a%20b+c&q=2&e=&n"),
            headers: &headers,
            resource_path: Some("/orders/{id}"),
            path_parameters: &[("id", "7 a")],
        };
        let full = "a".repeat(LONGEST);
        for (name, value) in [
            ("context.error.message", Some("Say \"no\"")),
            ("context.error.messageString", Some(r#""Say \"no\"""#)),
            ("context.error.responseType", Some("ACCESS_DENIED")),
            ("context.error.validationErrorString", None),
            ("context.requestId", Some("id")),
            ("context.extendedRequestId", Some("ext=")),
            ("context.httpMethod", Some("PATCH")),
            ("context.path", Some("/orders/7%20a")),
            ("context.resourcePath", Some("/orders/{id}")),
            ("stageVariables.tier", Some("gold")),
            ("method.request.header.X-A", Some("one")),
            ("method.request.header.x-b", None),
            ("method.request.header.x-long", None),
            ("method.request.header.x-full", Some(&*full)),
            ("method.request.header.x-bytes", None),
            ("method.request.querystring.q", Some("a b c")),
            ("method.request.querystring.e", Some("")),
            ("method.request.querystring.n", Some("")),
            ("method.request.querystring.Q", None),
            ("method.request.path.id", Some("7 a")),
            ("method.request.path.other", None),
        ] {
            let occasion = Occasion {
                response_type: ResponseType::AccessDenied,
                message: Some("Say \"no\""),
                facts: &facts,
            };
            assert_eq!(parse(name).unwrap().value(&occasion).as_deref(), value, "{name}");
        }
    }
}

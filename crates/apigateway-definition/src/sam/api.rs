//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`: what SAM makes of one and of its events.

use crate::{
    cloudformation::Resource,
    model::{ApiKind, OpenReason},
    problem::{Problem, error, warning},
    sam::{
        auth::Auth,
        document::{Found, SamDocument},
        edit::charge,
        events::{Owner, SamEvent, not_a_method},
        responses,
        values::{declared_kind, is_intrinsic, only_known, truth_of},
    },
    session::Session,
    source::Span,
    tree::{Map, Node, Style},
};

/// An API of the template, merged with the globals.
#[derive(Debug)]
pub(crate) struct SamApi {
    pub(crate) id: String,
    pub(crate) kind: ApiKind,
    pub(crate) properties: Map,
    pub(crate) condition: Option<Node>,
    pub(crate) span: Span,
}

/// The document of an API.
enum ApiDocument<'a> {
    /// SAM writes it.
    Managed,
    Written(&'a Node),
    /// A file next to the template, which SAM does not read.
    File(Node),
    /// S3.
    Elsewhere(&'a Node),
}

impl SamApi {
    /// The resource of API Gateway that SAM makes of it.
    pub(crate) fn lower(&self, events: &[SamEvent], session: &Session<'_>) -> Result<Resource, Problem> {
        self.check_keys()?;
        self.properties.unread().iter().try_for_each(|entry| charge(&entry.value, session))?;
        let source = self.source(session)?;
        let mut properties: Vec<(&str, Node)> = Vec::new();
        let policy = self.find("Auth").and_then(|auth| auth.find("ResourcePolicy"));
        properties.extend(self.find("Policy").or(policy).map(|node| ("Policy", node.clone())));
        properties.extend(self.find("Name").map(|node| ("Name", node.clone())));
        properties.extend(self.cors_configuration()?.map(|node| ("CorsConfiguration", node)));
        self.tell_of_policies(events, session);
        let mut open_reason = None;
        match source {
            ApiDocument::Elsewhere(node) => properties.push(("BodyS3Location", node.clone())),
            ApiDocument::File(node) => {
                self.refuse_changes()?;
                self.leave_out(events, session);
                properties.push(("Body", node));
            }
            ApiDocument::Managed => {
                open_reason = Some(OpenReason::SamNone);
                let document = SamDocument::empty(self.kind, self.span, session);
                properties.push(("Body", self.body(document, true, events, session)?));
            }
            ApiDocument::Written(node) => {
                let document = SamDocument::written(node, self.kind, session)?;
                properties.push(("Body", self.body(document, false, events, session)?));
            }
        }
        let kind = match self.kind {
            ApiKind::Rest => "AWS::ApiGateway::RestApi",
            ApiKind::Http => "AWS::ApiGatewayV2::Api",
        };
        let mut resource = Resource::new(self.id.clone(), kind, Map::of(properties), self.span);
        resource.condition.clone_from(&self.condition);
        resource.open_reason = open_reason;
        Ok(resource)
    }

    fn find(&self, name: &str) -> Option<&Node> {
        self.properties.find(name)
    }

    fn check_keys(&self) -> Result<(), Problem> {
        let kind = declared_kind(self.kind);
        only_known(&self.properties, kind, &format!("`{kind}`"))
    }

    fn source(&self, session: &Session<'_>) -> Result<ApiDocument<'_>, Problem> {
        let written = |name: &str| self.find(name).filter(|node| !node.is_null());
        match (written("DefinitionBody"), written("DefinitionUri")) {
            (None, None) => Ok(ApiDocument::Managed),
            (Some(body), None) => Ok(ApiDocument::Written(body)),
            (Some(body), Some(uri)) => {
                Err(error!(SAM_008, "`DefinitionBody` and `DefinitionUri` on one API")
                    .at(body.span, "this one")
                    .at(uri.span, "and this one"))
            }
            (None, Some(uri)) => match uri.text().filter(|path| !path.contains("://")) {
                None => Ok(ApiDocument::Elsewhere(uri)),
                Some(path) => match session.include(path, uri.span)? {
                    Some(node) => {
                        charge(&node, session)?;
                        Ok(ApiDocument::File(node))
                    }
                    None => Err(error!(CFN_020, "there is no file `{path}`")
                        .at(uri.span, "the routes are there")
                        .help("put the definition next to the template, under this name")),
                },
            },
        }
    }

    /// An error for settings that change a document, which cannot be used with a file.
    fn refuse_changes(&self) -> Result<(), Problem> {
        let changes = ["Auth", "Cors", "CorsConfiguration", "GatewayResponses", "MergeDefinitions"];
        match changes.iter().find_map(|name| self.properties.entry(name)) {
            None => Ok(()),
            Some(entry) => {
                Err(error!(SAM_008, "SAM does not accept `{}` with `DefinitionUri`", entry.key.text)
                    .at(entry.key.span, "here")
                    .help("put the document under `DefinitionBody`, by `Fn::Transform` with `AWS::Include`"))
            }
        }
    }

    /// The document with the additions of the events and the API.
    fn body(
        &self,
        mut document: SamDocument<'_>,
        is_managed: bool,
        events: &[SamEvent],
        session: &Session<'_>,
    ) -> Result<Node, Problem> {
        let declared = self.find("Auth").map(|node| Auth::read(node, self.kind, session)).transpose()?;
        let auth = declared.unwrap_or_else(|| Auth::nothing(self.kind));
        let merges = self.find("MergeDefinitions").map(|node| truth_of(node, "MergeDefinitions"));
        let merges = merges.transpose()?.unwrap_or_default();
        for event in events {
            let found = match (self.kind, is_managed) {
                (_, true) | (ApiKind::Http, false) => Some(Found::Joined),
                (ApiKind::Rest, false) => {
                    (merges && event.owner == Owner::Function).then_some(Found::Replaced)
                }
            };
            add(&mut document, event, found, &auth, session)
                .unwrap_or_else(|problem| problem.report(session));
        }
        let span = document.span();
        let mut root = document.finish(&auth, self.cors()?)?;
        root = self.with_schemes(&root, &auth, events, session)?;
        if let Some(node) = self.find("GatewayResponses") {
            root = responses::add(&root, node)?;
        }
        Ok(Node::from_map(root, span))
    }

    /// The location of `Cors` of a REST API, if SAM answers preflights.
    fn cors(&self) -> Result<Option<Span>, Problem> {
        let Some(entry) = self.properties.entry("Cors") else { return Ok(None) };
        let is_text = entry
            .value
            .scalar()
            .is_some_and(|scalar| scalar.style == Style::Quoted || scalar.truth().is_none());
        match entry.value.map() {
            Some(_) if is_intrinsic(&entry.value) => {}
            // To SAM, an empty value is a missing one.
            Some(map) if map.entries().is_empty() => return Ok(None),
            Some(map) => only_known(map, "Cors", "`Cors`")?,
            None if is_text && entry.value.text() == Some("") => return Ok(None),
            None if is_text && !entry.value.is_null() => {}
            None => {
                return Err(error!(
                    SAM_005,
                    "`Cors` is {}, neither a text nor a map",
                    entry.value.describe()
                )
                .at(entry.value.span, "here"));
            }
        }
        Ok(Some(entry.key.span))
    }

    /// `CorsConfiguration` of an HTTP API, as API Gateway has it.
    fn cors_configuration(&self) -> Result<Option<Node>, Problem> {
        let Some(node) = self.find("CorsConfiguration") else { return Ok(None) };
        let origins = match node.map() {
            // To SAM, an empty value is a missing one.
            Some(map) if map.entries().is_empty() => return Ok(None),
            Some(map) if !is_intrinsic(node) => {
                only_known(map, "CorsConfiguration", "`CorsConfiguration`")?;
                return Ok(Some(node.clone()));
            }
            Some(_) => node.clone(),
            None if truth_of(node, "CorsConfiguration")? => {
                Node::list([Node::string("*", node.span)], node.span)
            }
            None => return Ok(None),
        };
        Ok(Some(Node::map_of([("AllowOrigins", origins)], node.span)))
    }

    /// Warns of protection that is not reproduced.
    fn tell_of_policies(&self, events: &[SamEvent], session: &Session<'_>) {
        let policies = events.iter().filter_map(|event| event.auth.as_ref()?.policy);
        let certificates = self.find("Domain").and_then(|domain| domain.find("MutualTlsAuthentication"));
        let policies = policies.map(|span| ("resource policy", span));
        for (what, span) in policies.chain(certificates.map(|node| ("client certificates", node.span))) {
            warning!(WARN_009, "protection is not reproduced: {what}").at(span, "here").report(session);
            session.leave_out(what, "only tokens are looked at", span);
        }
    }

    /// Records events on an API whose document SAM does not read.
    fn leave_out(&self, events: &[SamEvent], session: &Session<'_>) {
        for event in events {
            let what = format!("`{} {}` on `{}`", event.method, event.path, self.id);
            session.leave_out(what, "the definition says which routes there are", event.span);
        }
    }
}

/// Adds the event to the document, as far as SAM does.
fn add(
    document: &mut SamDocument<'_>,
    event: &SamEvent,
    found: Option<Found>,
    auth: &Auth,
    session: &Session<'_>,
) -> Result<(), Problem> {
    let security = |event: &SamEvent| match &event.auth {
        Some(own) => auth.of_event(own, session),
        None => Ok(Vec::new()),
    };
    if let Some(problem) = found.and_then(|_| not_a_method(event)) {
        return Err(problem);
    }
    // SAM merges an event under its own method, in small letters.
    if found == Some(Found::Replaced) && event.is_any {
        return Err(error!(SAM_007, "SAM merges this event as `any`, which OpenAPI does not have")
            .at(event.method_span, "every method")
            .help("write an event for each method, or write the route into the `DefinitionBody`"));
    }
    match (found, &event.auth) {
        (Some(found), _) => document.add(event, security(event)?, found),
        (None, Some(own)) if own.overrides && event.owner == Owner::Function => {
            document.override_security(event, security(event)?)
        }
        (None, Some(own)) => {
            warning!(WARN_007, "SAM ignores `Auth` of an event on an API with a `DefinitionBody`")
                .at(own.span, "this has no effect")
                .help("write `OverrideApiAuth: true` next to it")
                .report(session);
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

//! The REST API of `http` events.

use crate::{
    cloudformation::{Resource, Template},
    problem::Problem,
    serverless::{
        merge, naming,
        service::{Service, shape},
    },
    source::Span,
    tree::Node,
};

const API: &str = "ApiGatewayRestApi";

/// The API that the events belong to.
pub(super) struct RestApi {
    /// `RestApiId` of everything in it.
    pub(super) id: Node,
    /// The resource that paths start from.
    pub(super) root: Node,
    pub(super) is_elsewhere: bool,
}

impl RestApi {
    /// Reads the API of the service, or the one that it shares.
    pub(super) fn read(service: &Service<'_>, template: &mut Template) -> Result<Self, Problem> {
        let settings = service.find(&service.provider, "apiGateway")?;
        let settings = settings.unwrap_or_else(|| Node::map_of::<&str>([], service.provider.span));
        if let Some(id) = service.find(&settings, "restApiId")? {
            // With `restApiResources`, the framework adds resources below those; their paths are the same.
            let root = service.find(&settings, "restApiRootResourceId")?.ok_or_else(|| {
                shape(
                    "`restApiId` without `restApiRootResourceId`: the start of its paths is unknown",
                    id.span,
                )
            })?;
            return Ok(Self { id, root, is_elsewhere: true });
        }
        let span = service.configuration.root.span.beginning();
        // Policies are not reproduced; only their presence matters.
        let policy = |section: &Node| match service.find(section, "resourcePolicy") {
            Ok(policy) => policy,
            Err(_) => section.find("resourcePolicy").cloned(),
        };
        let policy = policy(&settings).or_else(|| policy(&service.provider));
        let properties = merge::properties(policy.map(|policy| ("Policy", policy)), span);
        template.insert(Resource::new(API, "AWS::ApiGateway::RestApi", properties, span));
        let (id, root) = (Node::reference(API, span), Node::attribute(API, "RootResourceId", span));
        Ok(Self { id, root, is_elsewhere: false })
    }

    /// The `ResourceId` for the path.
    pub(super) fn resource(&self, path: &str, span: Span) -> Node {
        if path.is_empty() { self.root.clone() } else { Node::reference(&naming::rest_resource(path), span) }
    }
}

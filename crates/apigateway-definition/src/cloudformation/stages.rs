//! The stages of APIs.

use crate::cloudformation::{
    draft::{self, ApiDraft},
    scope::Scope,
};

/// Sets the stage of each API that has exactly one. It affects no decision, so one that cannot be resolved is skipped.
pub(crate) fn name(scopes: &[Scope<'_>], drafts: &mut [ApiDraft]) {
    const REST: &str = "AWS::ApiGateway::RestApi";
    const HTTP: &str = "AWS::ApiGatewayV2::Api";
    let kinds = [
        ("AWS::ApiGateway::Stage", "RestApiId", REST),
        ("AWS::ApiGateway::Deployment", "RestApiId", REST),
        ("AWS::ApiGatewayV2::Stage", "ApiId", HTTP),
    ];
    let mut found = Vec::new();
    for (kind, property, api) in kinds {
        for (scope, resource) in scopes.iter().flat_map(|scope| scope.informing().of_kind(kind)) {
            let stage = resource.property("StageName").and_then(|node| scope.known_text(node).ok().flatten());
            let api = draft::api_of(scope, resource, property, api);
            found.extend(stage.zip(api.ok()).filter(|_| matches!(scope.exists(resource), Ok(true))));
        }
    }
    for draft in drafts {
        let mut stages = found.iter().filter(|(_, api)| *api == draft.id).map(|(stage, _)| stage);
        let first = stages.next();
        draft.api.stage = first.filter(|first| stages.all(|other| other == *first)).cloned();
    }
}

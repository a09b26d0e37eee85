//! Documents of `aide`: the extractors describe themselves.

use std::iter;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        Components, OAuth2Flow, OAuth2Flows, OpenApi, Operation, PathItem, ReferenceOr, Response,
        SecurityRequirement, SecurityScheme,
    },
};
use cognito_verify::{Requirement, TokenUse, acr_at_least, any_group, any_scope, token_use};

use super::{
    GROUPS, OpenApiSecurity, REQUIREMENT, SCHEME,
    operation::{OperationSecurity, standard_refusals},
};
use crate::extract::{
    AccessClaims, Claims, IdClaims, RequireAcr, RequireGroup, RequireScope, RequiredAcr, RequiredGroups,
    RequiredScopes,
};

impl OpenApiSecurity {
    /// Adds the security scheme to an `aide` document. The operations get their requirements from the extractors of their
    /// handlers. To `aide`, `Option<AccessClaims>` looks like `AccessClaims`: if the layer lets in requests without a token to such
    /// an operation, an empty security requirement is added, which says that the token is optional.
    ///
    /// ```no_run
    /// use aide::{axum::{ApiRouter, routing::get}, openapi::OpenApi};
    /// use cognito_authorizer::{CognitoAuthLayer, RequireScope, scopes};
    ///
    /// scopes! { pub ReadOrders = "orders/read"; }
    ///
    /// async fn orders(_: RequireScope<ReadOrders>) -> &'static str { "[]" }
    ///
    /// # async fn example() -> Result<(), cognito_authorizer::ConfigError> {
    /// let auth = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789").connect().await?;
    /// let mut document = OpenApi::default();
    /// let router = ApiRouter::new().api_route("/orders", get(orders)).finish_api(&mut document);
    /// auth.openapi().managed_login("https://auth.example.com").describe(&mut document);
    /// let router: axum::Router = router.layer(auth);
    /// # Ok(()) }
    /// ```
    pub fn describe(&self, document: &mut OpenApi) {
        let mut scopes = self.scopes();
        scopes.extend(scopes_of(document));
        scopes.sort();
        scopes.dedup();
        let scheme = match &self.managed_login {
            None => SecurityScheme::OpenIdConnect {
                open_id_connect_url: self.discovery(),
                description: None,
                extensions: iter::empty().collect(),
            },
            Some(base_url) => SecurityScheme::OAuth2 {
                flows: OAuth2Flows {
                    authorization_code: Some(OAuth2Flow::AuthorizationCode {
                        authorization_url: format!("{base_url}/oauth2/authorize"),
                        token_url: format!("{base_url}/oauth2/token"),
                        refresh_url: None,
                        scopes: scopes.into_iter().map(|scope| (scope, String::new())).collect(),
                    }),
                    ..OAuth2Flows::default()
                },
                description: None,
                extensions: iter::empty().collect(),
            },
        };
        self.make_optional(document);
        let components = document.components.get_or_insert_with(Components::default);
        components.security_schemes.insert(SCHEME.to_owned(), ReferenceOr::Item(scheme));
    }
}

impl OpenApiSecurity {
    /// Marks the token as optional in operations that require no more than some token, where the layer lets in requests without.
    fn make_optional(&self, document: &mut OpenApi) {
        let any_token = SecurityRequirement::from_iter([(SCHEME.to_owned(), Vec::new())]);
        let items = document.paths.iter_mut().flat_map(|paths| paths.paths.iter_mut());
        for (path, item) in items.filter_map(|(path, item)| Some((path, item.as_item_mut()?))) {
            for (method, operation) in operations(item) {
                let is_any_token =
                    operation.security == [any_token.clone()] && !operation.extensions.contains_key(GROUPS);
                let route = format!("{method} {path}");
                if is_any_token && self.engine.routing.is_optional_route(&route) {
                    operation.security.insert(0, SecurityRequirement::default());
                }
            }
        }
    }
}

/// The operations of a path, with their methods as in a route key.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    let named = [
        ("GET", get),
        ("PUT", put),
        ("POST", post),
        ("DELETE", delete),
        ("OPTIONS", options),
        ("HEAD", head),
        ("PATCH", patch),
        ("TRACE", trace),
    ];
    named.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The scopes in the document's security requirements for the scheme.
fn scopes_of(document: &OpenApi) -> Vec<String> {
    let items = document.paths.iter().flat_map(|paths| paths.paths.values()).filter_map(ReferenceOr::as_item);
    let operations = items.flat_map(|item| item.iter().map(|(_, operation)| operation));
    let required = operations.flat_map(|operation| &operation.security);
    required.filter_map(|required| required.get(SCHEME)).flatten().cloned().collect()
}

/// Adds what the extractor requires to the requirements of the handler's other extractors: a request must meet all of them.
fn require(requirement: &Requirement, operation: &mut Operation) {
    let security = OperationSecurity::new(requirement);
    let mut before: Vec<Vec<String>> =
        operation.security.iter().filter_map(|required| required.get(SCHEME)).cloned().collect();
    if before.is_empty() {
        before.push(Vec::new());
    }
    let both = |before: &Vec<String>, more: &Vec<String>| {
        let mut scopes = before.clone();
        scopes.extend(more.iter().filter(|scope| !before.contains(scope)).cloned());
        SecurityRequirement::from_iter([(SCHEME.to_owned(), scopes)])
    };
    operation.security = before
        .iter()
        .flat_map(|before| security.alternatives.iter().map(move |more| both(before, more)))
        .collect();
    if *requirement != Requirement::nothing() {
        operation.description = Some(security.description(operation.description.as_deref()));
    }
    if !security.groups.is_empty() {
        operation.extensions.insert(GROUPS.to_owned(), security.groups.into());
    }
    if let Some(requirement) = security.beyond_scopes {
        operation.extensions.insert(REQUIREMENT.to_owned(), requirement.into());
    }
}

fn refused() -> Vec<(Option<u16>, Response)> {
    let response = |description| Response { description, ..Response::default() };
    standard_refusals().into_iter().map(|(status, text)| (Some(status), response(text))).collect()
}

macro_rules! described {
    ($(impl<$($parameter:ident $(: $bound:path)?)?> $name:ty => $requirement:expr;)*) => {$(
        impl<$($parameter $(: $bound)?)?> OperationInput for $name {
            fn operation_input(_: &mut GenContext, operation: &mut Operation) {
                require(&$requirement, operation);
            }

            fn inferred_early_responses(
                _: &mut GenContext,
                _: &mut Operation,
            ) -> Vec<(Option<u16>, Response)> {
                refused()
            }
        }
    )*};
}

described! {
    impl<S: RequiredScopes> RequireScope<S> => any_scope(S::ANY_OF.iter().copied());
    impl<G: RequiredGroups> RequireGroup<G> => any_group(G::ANY_OF.iter().copied());
    impl<A: RequiredAcr> RequireAcr<A> => acr_at_least(A::AT_LEAST, A::LEVELS.iter().copied());
    impl<> AccessClaims => token_use(TokenUse::Access);
    impl<> IdClaims => token_use(TokenUse::Id);
    impl<T> Claims<T> => Requirement::nothing();
}

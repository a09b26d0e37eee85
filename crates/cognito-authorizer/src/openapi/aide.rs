//! Documents of `aide`: the extractors describe themselves.

use std::iter;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        Components, HeaderStyle, OAuth2Flow, OAuth2Flows, OpenApi, Operation, Parameter, ParameterData,
        ParameterSchemaOrContent, PathItem, ReferenceOr, Response, SchemaObject, SecurityRequirement,
        SecurityScheme, StatusCode,
    },
};
use cognito_verify::{Requirement, TokenUse, acr_at_least, any_group, any_scope, token_use};
use serde_json::Value;

use super::{
    GROUPS, OpenApiSecurity, REQUIREMENT, SCHEME,
    operation::{OperationSecurity, TOKEN_IS_OPTIONAL, refusals, standard_refusals, with_paragraph},
};
use crate::extract::{
    AccessClaims, Claims, IdClaims, RequireAcr, RequireGroup, RequireScope, RequiredAcr, RequiredGroups,
    RequiredScopes,
};

impl OpenApiSecurity {
    /// Adds the security scheme to an `aide` document. The operations get their requirements from the extractors of their
    /// handlers. Where the layer lets in requests without a token and the handler's extractors are all optional, such as
    /// `Option<AccessClaims>`, an empty security requirement is added, which says that the token is optional.
    ///
    /// Call it after `finish_api`. Before, each operation whose claims might be optional has a header parameter `AUTHORIZATION`,
    /// which readers of OpenAPI ignore.
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
        self.resolve(document);
        let components = document.components.get_or_insert_with(Components::default);
        components.security_schemes.insert(SCHEME.to_owned(), ReferenceOr::Item(scheme));
    }

    /// Replaces each marker by what it says: an empty security requirement where the layer lets in requests without a token, and
    /// the responses, which `aide` leaves out for `Option`.
    fn resolve(&self, document: &mut OpenApi) {
        let refusals = refusals(&self.engine);
        let items = document.paths.iter_mut().flat_map(|paths| paths.paths.iter_mut());
        for (path, item) in items.filter_map(|(path, item)| Some((path, item.as_item_mut()?))) {
            for (method, operation) in operations(item) {
                if take_need(operation) != Need::Optional {
                    continue;
                }
                if self.engine.routing.is_optional_route(&format!("{method} {path}")) {
                    make_token_optional(operation);
                    describe(operation, TOKEN_IS_OPTIONAL, None);
                }
                let responses = &mut operation.responses.get_or_insert_default().responses;
                for (status, text) in &refusals {
                    let response = || ReferenceOr::Item(response(text.clone()));
                    responses.entry(StatusCode::Code(*status)).or_insert_with(response);
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

/// What the extractors of an operation need so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// No extractor of this crate.
    Nothing,
    /// Each of them is in an `Option`.
    Optional,
    /// At least one of them refuses a request without a token.
    Token,
}

/// The name of the parameter by which an operation remembers that its last extractor might be optional. `aide` describes `Option<T>` like
/// `T`, except that parameters of `T` are not required. OpenAPI 3.1 has readers ignore a header parameter `Authorization`; in
/// capitals, it is not the one of another extractor.
const MARKER: &str = "AUTHORIZATION";

fn is_marker(parameter: &ReferenceOr<Parameter>) -> bool {
    matches!(parameter, ReferenceOr::Item(Parameter::Header { parameter_data, .. }) if parameter_data.name == MARKER)
}

/// The marker's extension where an earlier extractor already requires a token.
const TOKEN_IS_REQUIRED: &str = "x-cognito-token-required";

/// Removes the marker, and says what it means. If its extractor is not optional, what the marker says is moved to the operation.
/// Without a marker, an operation that has the security scheme requires a token: another extractor has removed the marker.
fn take_need(operation: &mut Operation) -> Need {
    let has_scheme = operation.security.iter().any(|required| required.contains_key(SCHEME));
    let marker =
        operation.parameters.iter().position(is_marker).map(|index| operation.parameters.remove(index));
    match marker.as_ref().and_then(ReferenceOr::as_item).map(Parameter::parameter_data_ref) {
        Some(marker) if marker.required => {
            let beyond_scopes = marker.extensions.get(REQUIREMENT).and_then(Value::as_str);
            describe(operation, marker.description.as_deref().unwrap_or_default(), beyond_scopes);
            Need::Token
        }
        Some(marker) if !marker.extensions.contains_key(TOKEN_IS_REQUIRED) => Need::Optional,
        None if !has_scheme => Need::Nothing,
        Some(_) | None => Need::Token,
    }
}

/// Adds a paragraph to the operation's description, and what scopes do not state to that of other extractors.
fn describe(operation: &mut Operation, text: &str, beyond_scopes: Option<&str>) {
    if !text.is_empty() {
        operation.description = Some(with_paragraph(operation.description.as_deref(), text));
    }
    if let Some(requirement) = beyond_scopes {
        let all = match operation.extensions.get(REQUIREMENT).and_then(Value::as_str) {
            Some(before) => format!("{before}, and {requirement}"),
            None => requirement.to_owned(),
        };
        operation.extensions.insert(REQUIREMENT.to_owned(), all.into());
    }
}

/// The extractor requires a token that meets this.
fn require(requirement: &Requirement, operation: &mut Operation) {
    take_need(operation);
    let security = OperationSecurity::new(requirement);
    add_alternatives(&security.alternatives, operation);
    describe(operation, &security.text, security.beyond_scopes.as_deref());
    if !security.groups.is_empty() {
        let groups =
            operation.extensions.entry(GROUPS.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(groups) = groups.as_array_mut() {
            let more: Vec<Value> = security.groups.into_iter().map(Value::from).collect();
            groups.extend(more.into_iter().filter(|group| !groups.contains(group)).collect::<Vec<_>>());
        }
    }
}

/// The extractor requires a token of this use, or of any, unless it is in an `Option`, which only the marker learns.
fn require_unless_optional(required: Option<TokenUse>, context: &mut GenContext, operation: &mut Operation) {
    let security = required.map(|required| OperationSecurity::new(&token_use(required)));
    let text = security.as_ref().map(|security| security.text.clone());
    let beyond_scopes = security.and_then(|security| security.beyond_scopes);
    let is_required = take_need(operation) == Need::Token;
    add_alternatives(&[Vec::new()], operation);
    let is_required = is_required.then(|| (TOKEN_IS_REQUIRED.to_owned(), true.into()));
    let beyond_scopes = beyond_scopes.map(|text| (REQUIREMENT.to_owned(), text.into()));
    let parameter_data = ParameterData {
        name: MARKER.to_owned(),
        description: text,
        required: true,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: context.schema.subschema_for::<String>(),
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: iter::empty().collect(),
        explode: None,
        extensions: is_required.into_iter().chain(beyond_scopes).collect(),
    };
    let marker = Parameter::Header { parameter_data, style: HeaderStyle::Simple };
    operation.parameters.push(ReferenceOr::Item(marker));
}

/// Combines the alternatives with what other extractors require: a request must meet all extractors.
fn add_alternatives(alternatives: &[Vec<String>], operation: &mut Operation) {
    if operation.security.is_empty() {
        operation.security.push(SecurityRequirement::default());
    }
    let both = |before: &SecurityRequirement, more: &[String]| {
        let mut both = before.clone();
        let scopes = both.entry(SCHEME.to_owned()).or_default();
        for scope in more {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        both
    };
    operation.security = operation
        .security
        .iter()
        .flat_map(|before| alternatives.iter().map(move |more| both(before, more)))
        .collect();
}

/// Adds, before the security requirements, the same without a token.
fn make_token_optional(operation: &mut Operation) {
    let mut without = operation.security.clone();
    for requirement in &mut without {
        requirement.shift_remove(SCHEME);
    }
    without.dedup();
    operation.security.splice(0..0, without);
}

fn response(description: String) -> Response {
    Response { description, ..Response::default() }
}

macro_rules! described {
    ($(impl<$($parameter:ident $(: $bound:path)?)?> $name:ty => $describe:expr;)*) => {$(
        impl<$($parameter $(: $bound)?)?> OperationInput for $name {
            fn operation_input(context: &mut GenContext, operation: &mut Operation) {
                $describe(context, operation);
            }

            fn inferred_early_responses(
                _: &mut GenContext,
                _: &mut Operation,
            ) -> Vec<(Option<u16>, Response)> {
                standard_refusals().into_iter().map(|(status, text)| (Some(status), response(text))).collect()
            }
        }
    )*};
}

described! {
    impl<S: RequiredScopes> RequireScope<S> => |_, operation| require(&any_scope(S::ANY_OF.iter().copied()), operation);
    impl<G: RequiredGroups> RequireGroup<G> => |_, operation| require(&any_group(G::ANY_OF.iter().copied()), operation);
    impl<A: RequiredAcr> RequireAcr<A> =>
        |_, operation| require(&acr_at_least(A::AT_LEAST, A::LEVELS.iter().copied()), operation);
    impl<> AccessClaims => |context, operation| require_unless_optional(Some(TokenUse::Access), context, operation);
    impl<> IdClaims => |context, operation| require_unless_optional(Some(TokenUse::Id), context, operation);
    impl<T> Claims<T> => |context, operation| require_unless_optional(None, context, operation);
}

//! The tools. Each checks the scope that it needs.

use std::sync::Arc;

use axum::http::request::Parts;
use cognito_authorizer::Verified;
use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{common::Extension, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars, tool, tool_handler, tool_router,
};

/// The scope that each tool needs.
pub(crate) const SCOPES: [(&str, &str); 2] =
    [("list_orders", "orders/read"), ("create_order", "orders/write")];

/// The scope that every request needs.
pub(crate) const FIRST_SCOPE: &str = "orders/read";

/// The scope of a tool; `None` if there is no such tool.
pub(crate) fn scope_of(tool: &str) -> Option<&'static str> {
    SCOPES.into_iter().find(|(name, _)| *name == tool).map(|(_, scope)| scope)
}

/// The arguments of `create_order`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct NewOrder {
    /// What to order
    article: String,
}

/// A server for one session.
#[derive(Clone, Copy)]
pub(crate) struct Orders;

#[tool_router]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "the macro calls tools as methods, and these need no state"
)]
impl Orders {
    #[tool(description = "Lists the orders of the user")]
    fn list_orders(&self, Extension(request): Extension<Parts>) -> Result<String, ErrorData> {
        let caller = allowed(&request, "list_orders")?;
        Ok(format!("the orders of {}", caller.username().unwrap_or_else(|| caller.subject())))
    }

    #[tool(description = "Creates an order for the user")]
    fn create_order(
        &self,
        Parameters(order): Parameters<NewOrder>,
        Extension(request): Extension<Parts>,
    ) -> Result<String, ErrorData> {
        let caller = allowed(&request, "create_order")?;
        Ok(format!("{} for {}", order.article, caller.username().unwrap_or_else(|| caller.subject())))
    }
}

#[tool_handler]
impl ServerHandler for Orders {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// The caller, if the token of this request has the scope of the tool.
///
/// [`tool_scopes`](crate::tool_scopes) refuses other calls with 403 before they come here. This check is a second one, which does
/// not depend on how the body was parsed there.
fn allowed(request: &Parts, tool: &str) -> Result<Arc<Verified>, ErrorData> {
    let verified = request.extensions.get::<Arc<Verified>>();
    let permitted =
        verified.filter(|caller| scope_of(tool).is_some_and(|scope| caller.scopes().contains(scope)));
    permitted
        .cloned()
        .ok_or_else(|| ErrorData::invalid_request("the token lacks the scope of this tool", None))
}

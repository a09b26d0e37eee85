//! API Gateway's gateway responses: customised responses to refused requests.
//!
//! [`ResponseType`] names the kinds of responses, [`GatewayResponses`] customises them.

mod accept;
mod error;
mod markup;
mod markup_names;
#[cfg(test)]
mod markup_properties;
mod media_type;
#[cfg(test)]
mod properties;
mod render;
mod response_type;
mod responses;
mod template;
mod variable;

pub use error::{GatewayResponseError, ResponseProblem};
pub(crate) use render::PreparedResponses;
pub use response_type::{ResponseType, ResponseTypeError};
pub use responses::{GatewayResponse, GatewayResponses};
pub(crate) use variable::{RequestFacts, TokenPlaces};

//! Which row of a route table judges a request: the table held against axum's own routing, against a second matcher that is as
//! plain as can be, and against a back end that reads paths in every lenient way; and the same through the layer.

mod agreement;
mod handlers;
mod hostile;
mod plain;
mod properties;
mod replaced;
mod routers;
mod scale;
mod unmatched;

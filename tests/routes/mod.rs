//! Which row of a route table decides about a request: the table compared with axum's own routing, with a second matcher that is as
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

//! Which row of a route table decides about a request. The table is compared with axum's routing, with a second, simple matcher,
//! and with a back end that interprets paths leniently; the same is tested through the layer.

mod agreement;
mod handlers;
mod hostile;
mod plain;
mod properties;
mod replaced;
mod routers;
mod scale;
mod unmatched;

//! Route tables through the layer, in front of axum's own routing.

mod hostile;
mod replaced;
mod unmatched;

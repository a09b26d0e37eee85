//! Envoy's external authorization over gRPC: `envoy.service.auth.v3.Authorization`.

mod answer;
mod request;
mod service;
mod wire;

pub use answer::Metadata;
pub use service::{ExtAuthz, GrpcFuture};
pub use wire::GrpcBody;

//! Envoy's external authorization over gRPC: `envoy.service.auth.v3.Authorization`.

mod answer;
mod request;
mod service;

pub use answer::Metadata;
pub use service::{ExtAuthz, GrpcBody, GrpcFuture};

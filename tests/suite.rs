//! Requests in, responses out, across the crates: one binary with a module for each concern.

#![expect(
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that cannot go on stops, and says where; no test runs long enough to mind an allocation"
)]

mod support;

mod access;
mod allocations;
mod authorizer;
mod backend;
mod cache;
mod callers;
mod compile_errors;
mod configuration;
mod cors;
mod documents;
mod explain;
mod extractors;
mod faults;
mod freshness;
mod from_definition;
mod gateway_responses;
mod gateway_templates;
mod grpc;
mod held;
mod hostile;
mod identity_sources;
mod imported;
mod imported_routes;
#[path = "json-features/decisions.rs"]
mod json_features;
mod layer;
mod load_balancer;
mod logs;
mod metrics;
mod mistakes;
mod named_host;
mod nested;
mod one_engine;
mod openapi;
mod openapi_aide;
mod optional;
mod printed;
mod probes;
mod profiles;
mod protected_resource;
#[cfg(feature = "real-servers")]
mod real;
mod refusals;
mod requirements;
mod revocation;
mod routes;
mod sensitive_headers;
#[cfg(feature = "soak")]
mod soak;
mod user_pools;

//! Checks in, answers out. One binary, a module for each concern.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that cannot go on stops and says where"
)]

mod suite {
    #[cfg(feature = "grpc")]
    mod agreement;
    #[cfg(feature = "grpc")]
    mod grpc;
    mod grpc_calls;
    #[cfg(feature = "grpc")]
    mod grpc_wire;
    mod http;
    mod support;
    mod unavailable;
}

#![doc = include_str!("../README.md")]
// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod carrier;
mod check;
mod form;
#[cfg(feature = "grpc")]
mod grpc;
mod identity;
mod limiter;
mod proxy;
mod recent;
mod service;
mod unavailable;
mod within;

pub use body::AnswerBody;
pub use check::ForwardAuth;
#[cfg(feature = "grpc")]
pub use grpc::{ExtAuthz, GrpcBody, GrpcFuture, Metadata};
pub use identity::{ClaimsHeader, IDENTITY_HEADERS};
pub use proxy::{Proxy, UnknownProxy};
pub use service::AnswerFuture;
pub use unavailable::WhenUnavailable;

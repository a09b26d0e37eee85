//! Which row of a route table judges a request, held against axum's own routing, against a second matcher that is as plain as
//! can be, and against a back end that reads paths in every lenient way.

mod agreement;
mod plain;
mod properties;
mod scale;

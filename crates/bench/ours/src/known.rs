//! A request with a known token beside the same router without a layer, with a layer that does nothing, and with one that only hands a
//! value to the handler, in one process in turn.

use crate::{
    layer, pool, request_with_body,
    rounds::{self, Entry},
    routers::{bare, no_op, protected, with_value},
    user,
};

/// Prints the nanoseconds per request of each round.
pub fn print(count: usize) {
    let runtime = rounds::runtime();
    let pool = pool();
    let request = request_with_body(&user(&pool).sign());
    let auth = layer(&pool, |builder| builder);
    let entries = vec![
        Entry::new("bare axum", &runtime, bare(), request.clone()),
        Entry::new("no-op layer", &runtime, no_op(), request.clone()),
        Entry::new("prepared value", &runtime, with_value(), request.clone()),
        Entry::new("known token", &runtime, protected(auth), request),
    ];
    rounds::print(entries, count);
}

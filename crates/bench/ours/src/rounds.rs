//! Several services, measured in one process in turn.
//!
//! A shared machine changes its speed within seconds, so two services can only be compared if they are measured at almost the same
//! time: a slice of a few requests to the first is followed by a slice of requests to the second, and so on.

use std::{convert::Infallible, hint::black_box, iter, pin::pin};

use bench_harness::cpu_nanoseconds;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::runtime::{Builder, Runtime};
use tower::{Service, ServiceExt};

/// Slices of each service in a round; the round's figure is their median.
const SLICES: usize = 41;
/// Requests in a slice.
const REQUESTS: usize = 50;

/// A service to be measured.
pub struct Entry<'a> {
    name: &'static str,
    /// Answers the requests of one slice, and returns the CPU time in nanoseconds.
    slice: Box<dyn FnMut() -> u64 + 'a>,
}

impl<'a> Entry<'a> {
    /// The service, and a function that makes its requests, each of which it must answer with 200.
    ///
    /// Requests are made before the clock starts. As a server does, it clones the service for each request, and reads the body of
    /// the response to its end.
    pub fn new<S, B, R>(
        name: &'static str,
        runtime: &'a Runtime,
        service: S,
        mut request: impl FnMut() -> Request<B> + 'a,
    ) -> Self
    where
        S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone + 'a,
        R: BodyExt,
    {
        let slice = move || {
            let requests: Vec<_> = iter::repeat_with(&mut request).take(REQUESTS).collect();
            runtime.block_on(async {
                let before = cpu_nanoseconds();
                for request in requests {
                    let response = service.clone().oneshot(black_box(request)).await.expect("a response");
                    assert_eq!(response.status(), 200, "{name}");
                    let mut body = pin!(response.into_body());
                    while let Some(frame) = body.frame().await {
                        drop(black_box(frame));
                    }
                }
                cpu_nanoseconds() - before
            })
        };
        Self { name, slice: Box::new(slice) }
    }
}

/// The runtime that entries run on.
///
/// # Panics
///
/// If the system refuses its resources.
#[must_use]
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Measures the entries in this many rounds. Prints, for each entry, its name and the nanoseconds per request of each round,
/// separated by tabs.
pub fn print(mut entries: Vec<Entry<'_>>, rounds: usize) {
    // Fills caches.
    for entry in &mut entries {
        (entry.slice)();
    }
    let mut figures = vec![Vec::new(); entries.len()];
    for _ in 0..rounds {
        let mut slices = vec![Vec::with_capacity(SLICES); entries.len()];
        for _ in 0..SLICES {
            for (entry, slices) in entries.iter_mut().zip(&mut slices) {
                slices.push((entry.slice)());
            }
        }
        for (mut slices, figures) in slices.into_iter().zip(&mut figures) {
            slices.sort_unstable();
            figures.push((slices[SLICES / 2] / REQUESTS as u64).to_string());
        }
    }
    for (entry, figures) in entries.iter().zip(figures) {
        println!("{}\t{}", entry.name, figures.join("\t"));
    }
}

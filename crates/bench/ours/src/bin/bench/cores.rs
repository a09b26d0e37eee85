//! Requests per second of one thread and of one thread per core, each thread with its own requests, as a server with many connections
//! has them.

use std::{
    hint::black_box,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use cognito_bench::{
    layer, request_with_body, rounds,
    routers::{no_op, protected},
    user,
};
use http::Request;
use tower::ServiceExt;

/// Requests between two looks at the clock of the round.
const SLICE: usize = 50;

type MakeRequest = Box<dyn Fn() -> Request<Body> + Send + Sync>;

/// Prints, for each case and number of threads, the requests per second of each round.
pub(crate) fn print(milliseconds: usize, rounds: usize) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let pool = cognito_bench::pool();
    let auth = layer(&pool, |builder| builder);
    let tokens: Vec<String> = (0..cores).map(|_| user(&pool).sign()).collect();
    // Each thread has its own copy of the token's text, whether or not the token is the same.
    let requests = |shared: bool| -> Vec<MakeRequest> {
        let of = |index: usize| {
            Box::new(request_with_body(&tokens[if shared { 0 } else { index }])) as MakeRequest
        };
        (0..cores).map(of).collect()
    };
    let cases = [
        ("no-op layer", no_op(), requests(false)),
        ("one token", protected(auth.clone()), requests(true)),
        ("a token per thread", protected(auth), requests(false)),
    ];
    let mut results: Vec<(&str, usize, Vec<String>)> =
        cases.iter().flat_map(|(name, ..)| [(*name, 1, Vec::new()), (*name, cores, Vec::new())]).collect();
    for _ in 0..rounds {
        for (index, (_, threads, figures)) in results.iter_mut().enumerate() {
            let (_, router, requests) = &cases[index / 2];
            let rate = measure(router, &requests[..*threads], Duration::from_millis(milliseconds as u64));
            figures.push(format!("{rate:.0}"));
        }
    }
    for (name, threads, figures) in results {
        println!("{name}\t{threads}\t{}", figures.join("\t"));
    }
}

/// Requests per second of all threads together.
fn measure(router: &Router, requests: &[MakeRequest], time: Duration) -> f64 {
    let (start, stop) = (Barrier::new(requests.len() + 1), AtomicBool::new(false));
    thread::scope(|scope| {
        let work = |request| {
            let (router, start, stop) = (router.clone(), &start, &stop);
            move || {
                let runtime = rounds::runtime();
                runtime.block_on(async {
                    let send = async || {
                        for _ in 0..SLICE {
                            let response = router.clone().oneshot(black_box(MakeRequest::as_ref(request)()));
                            assert_eq!(response.await.expect("a response").status(), 200);
                        }
                    };
                    send().await;
                    start.wait();
                    let (began, mut slices) = (Instant::now(), 0);
                    while !stop.load(Relaxed) {
                        send().await;
                        slices += 1;
                    }
                    (slices * SLICE) as f64 / began.elapsed().as_secs_f64()
                })
            }
        };
        let threads: Vec<_> = requests.iter().map(|request| scope.spawn(work(request))).collect();
        start.wait();
        thread::sleep(time);
        stop.store(true, Relaxed);
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    })
}

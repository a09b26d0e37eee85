//! Callers that send requests without pause, and the answers that they get.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use tokio::task::JoinSet;

use super::until;
use crate::support::{Answer, Api, bearer};

/// How many refusals are kept for the message of a failed test.
const SHOWN: usize = 5;

/// Some callers, each sending one request after the other.
pub(super) struct Traffic {
    callers: JoinSet<()>,
    record: Arc<Record>,
}

#[derive(Default)]
struct Record {
    /// How many answers each caller had.
    answered: Vec<AtomicUsize>,
    refused: AtomicUsize,
    refusals: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl Traffic {
    /// Starts this many callers. `token` makes the token of each request.
    pub(super) fn start(
        callers: usize,
        api: &Arc<Api>,
        token: impl Fn() -> String + Clone + Send + 'static,
    ) -> Self {
        let answered = (0..callers).map(|_| AtomicUsize::new(0)).collect();
        let record = Arc::new(Record { answered, ..Record::default() });
        let mut running = JoinSet::new();
        for caller in 0..callers {
            let (api, record, token) = (api.clone(), record.clone(), token.clone());
            running.spawn(async move {
                while !record.stopped.load(Ordering::Relaxed) {
                    let answer = api.get("/", &bearer(token())).await;
                    record.note(caller, &answer);
                }
            });
        }
        Self { callers: running, record }
    }

    /// Waits until every caller has begun and ended another request.
    pub(super) async fn next_answers(&self) {
        // The request that is under way may have begun earlier; the next one has not.
        let reached: Vec<usize> = self.record.answered().map(|answered| answered + 2).collect();
        until("two more answers for every caller", async || {
            self.record.answered().zip(&reached).all(|(now, &reached)| now >= reached)
        })
        .await;
    }

    /// Stops after the requests that are under way, and returns the number of requests. None may have been refused.
    pub(super) async fn stop_unrefused(mut self) -> usize {
        self.record.stopped.store(true, Ordering::Relaxed);
        let ended = tokio::time::timeout(Duration::from_secs(20), async {
            while let Some(caller) = self.callers.join_next().await {
                caller.expect("a caller gets an answer to every request");
            }
        });
        ended.await.expect("every request is answered");
        let (refused, served) = (self.record.refused.load(Ordering::Relaxed), self.record.answered().sum());
        let refusals = self.record.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(refused, 0, "of {served} requests; the first: {refusals:?}");
        served
    }
}

impl Record {
    fn note(&self, caller: usize, answer: &Answer) {
        if answer.status != StatusCode::OK {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            if refusals.len() < SHOWN {
                refusals.push(answer.to_string());
            }
        }
        if let Some(answered) = self.answered.get(caller) {
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn answered(&self) -> impl Iterator<Item = usize> {
        self.answered.iter().map(|answered| answered.load(Ordering::Relaxed))
    }
}

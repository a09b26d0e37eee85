//! Replacing the table while requests are under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use cognito_authorizer::{CognitoAuthLayer, ConfigError, RouteTable, TokenUse, group, scope};
use tokio::{task::JoinSet, time::timeout};

use crate::support::{Answer, Api, bearer, builder, clock, keys, pool};

const CALLERS: usize = 4;
const REQUESTS: usize = 200;

/// The table with this number: it shows in every refusal.
fn table(number: usize) -> RouteTable {
    let table = RouteTable::builder().require("GET /orders", scope(format!("orders/{number}")));
    table.build().expect("the row holds")
}

/// The table that decided about the request.
fn table_of(answer: &Answer) -> usize {
    let text = answer.to_string();
    let number = text
        .strip_prefix(r#"403 Bearer error="insufficient_scope", scope="orders/"#)
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("by no table: {text}"))
}

async fn serve(auth: CognitoAuthLayer) -> Api {
    Api::serve(Router::new().route("/orders", get(async || "orders")).layer(auth)).await
}

/// Several callers send requests while the table is replaced again and again. Each answer is that of a table that was in force
/// at some moment between the request and the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_is_decided_by_a_table_in_force_and_after_the_call_only_by_the_new_one() {
    let pool = pool(&clock());
    let auth = builder(&clock()).routes(table(0)).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Arc::new(serve(auth.clone()).await);
    let token = bearer(pool.access_token("ada").sign());
    let (started, returned) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let asking = Arc::new(AtomicBool::new(true));

    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (api, token) = (api.clone(), token.clone());
        let (started, returned) = (started.clone(), returned.clone());
        callers.spawn(async move {
            let mut tables = 0;
            let mut last = 0;
            for _ in 0..REQUESTS {
                let least = returned.load(SeqCst);
                let number = table_of(&api.get("/orders", &token).await);
                let most = started.load(SeqCst);
                assert!((least..=most).contains(&number), "{number} is not in {least}..={most}");
                tables += usize::from(number != last);
                last = number;
            }
            tables
        });
    }
    let replacing = {
        let (started, returned, asking) = (started.clone(), returned.clone(), asking.clone());
        let (api, auth, token) = (api.clone(), auth.clone(), token.clone());
        tokio::spawn(async move {
            for number in 1.. {
                started.store(number, SeqCst);
                auth.set_routes(table(number)).expect("a table that holds");
                returned.store(number, SeqCst);
                assert_eq!(table_of(&api.get("/orders", &token).await), number);
                if !asking.load(SeqCst) {
                    return number;
                }
            }
            0
        })
    };
    let (tables, replaced) = timeout(Duration::from_secs(60), async {
        let mut tables = 0;
        while let Some(seen) = callers.join_next().await {
            tables += seen.expect("each request was answered by a table in force");
        }
        asking.store(false, SeqCst);
        (tables, replacing.await.expect("the new table is in force when it is set"))
    })
    .await
    .expect("no request waits for a table");
    assert!(replaced > 10 && tables > 10, "{replaced} tables, of which {tables} decided");
}

#[tokio::test]
async fn a_table_with_an_error_leaves_the_old_one_in_force() {
    let pool = pool(&clock());
    let old = RouteTable::builder().require("GET /orders", group("ops")).build().expect("it holds");
    let auth = builder(&clock())
        .accept(TokenUse::Id)
        .routes(old)
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let api = serve(auth.clone()).await;
    let token = bearer(pool.id_token("ada").sign());
    assert_eq!(api.get("/orders", &token).await.to_string(), "200 orders");

    let error = auth.set_routes(table(1)).expect_err("an ID token has no scopes");
    assert!(matches!(error, ConfigError::Row { .. }), "{error:?}");
    assert_eq!(api.get("/orders", &token).await.to_string(), "200 orders");

    let closed = RouteTable::builder().build().expect("a table without rows");
    auth.set_routes(closed).expect("it holds");
    assert_eq!(api.get("/orders", &token).await.status, 404);
}

/// A stricter clone shares the table with its original.
#[tokio::test]
async fn a_new_table_applies_to_every_clone() {
    let pool = pool(&clock());
    let auth = builder(&clock()).routes(table(0)).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let stricter = auth.clone().require(group("ops")).expect("it holds");
    let apis = [serve(auth.clone()).await, serve(stricter.clone()).await];
    let token = bearer(pool.access_token("bob").scope("orders/1").sign());
    for (of, number, statuses) in [(&stricter, 1, [200, 403]), (&auth, 2, [403, 403])] {
        of.set_routes(table(number)).expect("it holds");
        let answers = [apis[0].get("/orders", &token).await, apis[1].get("/orders", &token).await];
        assert_eq!(answers.map(|answer| answer.status.as_u16()), statuses, "{number}");
    }
}

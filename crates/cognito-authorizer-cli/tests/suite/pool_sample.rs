//! The sample pool of `pool` without options, as the guide's first chapter uses it.

use axum::{Router, routing::get};
use cognito_authorizer::{CognitoAuthLayer, RouteTable, UserPool, any_of, scope};
use cognito_authorizer_cli::system_time;

use crate::{
    pool::{LAST, Running, words},
    support::run_by,
};

/// The blocks of the guide's first chapter that contain this text, as one list of lines without those that are continued.
fn lines_of_getting_started(text: &str) -> Vec<String> {
    let chapter = include_str!("../../../cognito-authorizer/docs/getting-started.md");
    let blocks = chapter.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let lines: Vec<String> = blocks
        .map(|(block, _)| block.replace(" \\\n ", ""))
        .filter(|block| block.contains(text))
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(!lines.is_empty(), "the chapter has no `{text}`");
    lines
}

/// The chapter's service, as far as its layer is concerned: the extractors of its handlers require the same scopes.
async fn service_of_getting_started(pool: &str) -> String {
    let rows = RouteTable::builder()
        .require("GET /orders", scope("orders/read"))
        .require("POST /orders", any_of(["orders/write", "orders/admin"]))
        .build();
    let settings = UserPool::new("ap-south-1_LocalPool").issuer(format!("{pool}/ap-south-1_LocalPool"));
    let auth = CognitoAuthLayer::builder(settings.client("4example23456789").client("7machine23456789"));
    let auth = auth.routes(rows.unwrap()).connect().await.unwrap();
    let router = Router::new().route("/orders", get(async || "orders").post(async || "an order")).layer(auth);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The lines that a newcomer types are run against the sample, with the ports of this test: the token has the scope without a
/// warning, each request gets the status in its comment, and `explain` names the missing scope.
#[tokio::test]
async fn the_commands_of_the_guide_work_with_the_sample() {
    let running = Running::start(&[], LAST);
    let command = |line: &str| -> Vec<String> {
        let line = line.replace("http://127.0.0.1:9229", &running.url);
        words(line.split_once("cognito-authorizer ").unwrap().1.trim_end_matches(')'))
    };
    let run_line = async |line: &str, input: &str| {
        let arguments = command(line);
        run_by(&system_time, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), input).await
    };
    let mut lines = lines_of_getting_started("token=$(").into_iter();
    let minted = run_line(&lines.next().unwrap(), "").await;
    assert_eq!((minted.exit, minted.messages.as_str()), (0, ""), "{minted:?}");
    let token = minted.out.trim();

    let api = service_of_getting_started(&running.url).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut statuses = Vec::new();
    for line in lines {
        let (request, comment) = line.split_once('#').unwrap();
        let method = if request.contains("-X POST") { "POST" } else { "GET" };
        let url = request.split_whitespace().last().unwrap().replace("http://127.0.0.1:3000", &api);
        let mut request_to_send = client.request(method.parse().unwrap(), url);
        if request.contains("Authorization: Bearer $token") {
            request_to_send = request_to_send.bearer_auth(token);
        }
        let status = request_to_send.send().await.unwrap().status().as_u16();
        assert_eq!(comment.trim().split(':').next().unwrap(), status.to_string(), "{line}");
        statuses.push(status);
    }
    assert_eq!(statuses, [200, 403, 401]);

    let [explain] = lines_of_getting_started("cognito-authorizer explain").try_into().unwrap();
    let explained = run_line(&explain, token).await;
    assert!(explained.exit == 1 && explained.out.contains("scope orders/write is required"), "{explained:?}");
}

//! The profiles: their decisions, and their answers as captured from API Gateway.

mod http_api;
mod rest_api;
mod standard;
mod wire;

use cognito_authorizer::{CognitoAuthBuilder, ProfileSettings, RouteTable, clock::ManualClock, scope};
use cognito_local_pool::LocalPool;

use crate::support::{self, Answer, Api, clock, keys, pool};

/// An API with the routes of [`table`].
pub(super) struct World {
    pub(super) clock: ManualClock,
    pub(super) pool: LocalPool,
    pub(super) api: Api,
}

impl World {
    pub(super) async fn new(
        profile: impl Into<ProfileSettings>,
        change: impl FnOnce(CognitoAuthBuilder) -> CognitoAuthBuilder,
    ) -> Self {
        let clock = clock();
        let pool = pool(&clock);
        let builder = change(support::builder(&clock).profile(profile).routes(table()));
        let auth = builder.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let router = axum::Router::new().fallback(async || "let in").layer(auth);
        Self { clock, pool, api: Api::serve(router).await }
    }
}

/// `/open` needs no token, `/plain` no scope, `/scoped` one of two scopes, `/group` a group, and `/closed` refuses.
fn table() -> RouteTable {
    let table = RouteTable::builder()
        .open("GET /open")
        .require("GET /plain", cognito_authorizer::Requirement::nothing())
        .require("GET /scoped", scope("orders/read").or(scope("orders/write")))
        .require("GET /group", cognito_authorizer::group("ops"))
        .refuse("ANY /closed");
    table.build().expect("the rows hold")
}

/// An answer as text: status, headers sorted by name without `date`, body. Ids are shown by their form.
pub(super) fn full(answer: &Answer) -> String {
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| {
            let value = value.to_str().expect("visible ASCII");
            match name.as_str() {
                "x-amzn-requestid" if is_uuid(value) => format!("{name}: <uuid>"),
                "apigw-requestid" | "x-amz-apigw-id" if is_extended_id(value) => format!("{name}: <id>"),
                _ => format!("{name}: {value}"),
            }
        })
        .collect();
    lines.sort();
    format!("{}\n{}\n\n{}", answer.status.as_u16(), lines.join("\n"), answer.body)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_extended_id(text: &str) -> bool {
    text.len() == 16 && text.strip_suffix('=').is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

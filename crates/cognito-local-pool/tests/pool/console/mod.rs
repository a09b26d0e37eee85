//! The page of the pool, and tokens on demand.

mod events;
mod mint;
mod origins;
mod page;

use cognito_local_pool::PoolServer;
use serde_json::Value;

use crate::login::{Browser, form, hidden_fields};
use crate::support::{Response, send};

/// Mints as a program does.
async fn mint(server: &PoolServer, order: &Value) -> Response {
    send(server, "POST /console/token", &["Content-Type: application/json"], &order.to_string()).await
}

/// Sends a form of the page with these fields, as a browser does.
async fn submit(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Response {
    let page = browser.open("/").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let csrf = hidden_fields(&page.body).remove(0);
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let body = form(&[csrf].into_iter().chain(fields).collect::<Vec<_>>());
    let origin = format!("Origin: http://{}", browser.host);
    browser.post(path, &[&origin, "Sec-Fetch-Site: same-origin"], &body).await
}

/// The token that a page shows.
fn token_on(page: &Response) -> String {
    let (_, rest) = page.body.split_once("<pre class=\"token\"").unwrap_or_else(|| panic!("{}", page.body));
    let (_, text) = rest.split_once('>').unwrap();
    text.split("</pre>").next().unwrap().to_owned()
}

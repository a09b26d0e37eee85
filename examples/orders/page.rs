//! The page at `/`: it signs in at the local pool, calls each route, and shows the answers.

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};

use crate::local_pool::{SCOPES, ServedPool, WEB_APP};

/// Method, path, and what the route requires.
const ROUTES: [(&str, &str, &str); 6] = [
    ("GET", "/health", "nothing"),
    ("GET", "/orders", "access token, scope <code>orders/read</code>"),
    ("POST", "/orders", "access token, scope <code>orders/write</code>"),
    ("POST", "/my_path", "access token, scope <code>user_management_lambdas/api</code>"),
    ("GET", "/ops", "access token, group <code>ops</code>"),
    ("GET", "/me", "ID token"),
];

/// The page, its script and its style sheet. They are open; only the requests of the page need tokens.
pub(crate) fn router(served: &ServedPool) -> Router {
    let (page, policy) = (html(&served.url), policy(&served.url));
    Router::new()
        .route("/", get(async move || file("text/html; charset=utf-8", &policy, page)))
        .route("/page.js", get(async || file("text/javascript", "", include_str!("page/page.js"))))
        .route("/page.css", get(async || file("text/css", "", include_str!("page/page.css"))))
}

fn html(pool: &str) -> String {
    let scopes = SCOPES.map(|scope| {
        format!("<label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked> <code>{scope}</code></label>")
    });
    let routes = ROUTES.map(|(method, path, requires)| {
        format!(
            "          <tr data-method=\"{method}\" data-path=\"{path}\"><td><button type=\"button\">{method} {path}</button></td>\
             <td>{requires}</td><td><output></output></td></tr>"
        )
    });
    // Neither the address of a socket nor the constants above need escaping in HTML.
    include_str!("page/index.html")
        .replace("{pool}", pool)
        .replace("{client}", WEB_APP)
        .replace("{scopes}", &scopes.join("\n            "))
        .replace("{routes}", &routes.join("\n"))
}

/// Only the page's own script runs, and it sends requests only to this API and to the pool.
fn policy(pool: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' {pool}; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

fn file(content_type: &'static str, policy: &str, body: impl Into<String>) -> Response {
    let mut response = body.into().into_response();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        // Replaces the default content type, beside which `extend` would add a second one.
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = HeaderValue::from_str(policy).ok().filter(|policy| !policy.is_empty()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;
    use crate::{api, local_pool, settings};

    #[tokio::test]
    async fn every_route_that_the_page_offers_is_served() {
        let pool = local_pool::start(&settings::Address::for_test("127.0.0.1:0"), "http://127.0.0.1:3000")
            .await
            .unwrap();
        let app = api::router(pool.authorizer().connect().await.unwrap()).unwrap();
        for (method, path, _) in ROUTES {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let status = app.clone().oneshot(request).await.unwrap().status().as_u16();
            assert!([200, 401].contains(&status), "{method} {path}: {status}");
        }
    }

    #[tokio::test]
    async fn the_page_has_no_placeholder_left_and_runs_no_foreign_script() {
        let pool = local_pool::start(&settings::Address::for_test("127.0.0.1:0"), "http://127.0.0.1:3000")
            .await
            .unwrap();
        for (path, content_type) in
            [("/", "text/html; charset=utf-8"), ("/page.js", "text/javascript"), ("/page.css", "text/css")]
        {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = router(&pool).oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), 200, "{path}");
            let types: Vec<_> = response.headers().get_all(CONTENT_TYPE).iter().collect();
            assert_eq!(types, [content_type], "{path}");
        }
        let html = html(&pool.url);
        let left: BTreeSet<&str> = ["{pool}", "{client}", "{scopes}", "{routes}"].into();
        assert!(left.iter().all(|placeholder| !html.contains(placeholder)), "{html}");
        assert!(html.contains(&format!("data-pool=\"{}\"", pool.url)), "{html}");
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert!(policy(&pool.url).contains("script-src 'self';"));
    }
}

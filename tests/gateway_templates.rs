//! Templates of pages: a client's value in them is always text; a template where it could be code is an error.

use axum::Router;
use cognito_authorizer::Standard;
use cognito_authorizer::gateway::{GatewayResponse, GatewayResponses, ResponseType};

use crate::support::{Api, POOL, builder, clock, keys, pool};

#[tokio::test]
async fn a_clients_value_in_a_page_is_escaped() {
    let page = "<!DOCTYPE html><html><head><title>$context.error.message</title><style>p > b { color: red }</style></head>\
                <body><p title=\"$context.path\">No $method.request.querystring.q</p><a href=\"/login\">in</a></body></html>";
    let response = GatewayResponse::new().template("text/html; charset=utf-8", page);
    let responses = GatewayResponses::new().response(ResponseType::Unauthorized, response);
    let auth = builder(&clock())
        .profile(Standard::new().gateway_responses(responses))
        .with_keys([(POOL, keys(&pool(&clock())))])
        .expect("a layer");
    let api = Api::serve(Router::new().fallback(async || "let in").layer(auth)).await;
    let answer = api.get("/plain?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%00", "").await;
    let expected = page
        .replace("$context.error.message", "Unauthorized")
        .replace("$context.path", "/plain")
        .replace("$method.request.querystring.q", "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_eq!((answer.status.as_u16(), answer.body), (401, expected));
}

#[tokio::test]
async fn a_template_in_which_a_value_could_be_code_is_an_error_at_the_start() {
    let with = |media_type: &str, template: &str| {
        let response = GatewayResponse::new().template(media_type, template);
        let responses = GatewayResponses::new().response(ResponseType::Unauthorized, response);
        let pool = pool(&clock());
        builder(&clock())
            .profile(Standard::new().gateway_responses(responses))
            .with_keys([(pool.id(), keys(&pool))])
    };
    for (media_type, template) in [
        ("text/javascript", "var q = \"$method.request.querystring.q\";"),
        ("application/ecmascript", ""),
        ("text/css", "p::after { content: \"$method.request.header.x-a\" }"),
        ("text/xsl", "<a/>"),
        ("text/html", "<p title=$method.request.querystring.q>"),
        ("text/html", "<script>var q = '$method.request.querystring.q'</script>"),
        ("text/html", "<style>$method.request.querystring.q</style>"),
        ("text/html", "<p onclick=\"a('$method.request.querystring.q')\">"),
        ("text/html", "<a href=\"$method.request.querystring.q\">"),
        ("application/xhtml+xml", "<a xmlns=\"http://www.w3.org/1999/xhtml\" href=\"$context.path\"/>"),
        ("image/svg+xml", "<svg><script>$context.path</script></svg>"),
        ("text/html;charset=utf-7", "<p>$context.path</p>"),
        ("text/csv", "$context.path,1"),
    ] {
        let error = with(media_type, template).expect_err("it could be code").to_string();
        assert!(
            error.starts_with(&format!("gateway response UNAUTHORIZED, template for `{media_type}`: ")),
            "{error}"
        );
    }
    for (media_type, template) in [
        ("text/html", "<p title='$method.request.querystring.q'>$context.path</p>"),
        ("application/xml", "<error path=\"$context.path\">$context.error.message</error>"),
        ("text/csv", "error,$context.error.responseType"),
        ("text/plain", "$context.path"),
    ] {
        assert!(with(media_type, template).is_ok(), "{media_type}: {template}");
    }
}

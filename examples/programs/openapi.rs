//! The example `openapi`: its document describes the API as it is, and its Swagger UI can sign in.

use serde_json::{Value, json};

use crate::{Program, curl, words};

async fn document(program: &Program) -> Value {
    let document = curl("curl $API/openapi.json", &program.variables()).await;
    serde_json::from_str(&document.text().await.expect("text")).expect("JSON")
}

#[tokio::test]
async fn every_line_of_openapi_gets_its_status_which_its_document_names() {
    let program = Program::start("openapi", &[]);
    assert_eq!(program.try_all().await, 11);
    let (document, variables) = (document(&program).await, program.variables());
    let paths = document["paths"].as_object().expect("paths");
    let mut tried = 0;
    for (status, line) in program.trials() {
        let words = words(line, &variables);
        let Some(method) = words.windows(2).find(|pair| pair[0] == "-X").map(|pair| pair[1].to_lowercase())
        else {
            continue;
        };
        let path = words.last().and_then(|url| url.strip_prefix(variables["API"])).expect("a path");
        let path = path.replace("/1", "/{id}");
        let responses = &paths[&path][&method]["responses"];
        assert!(responses.get(status.to_string()).is_some(), "{line}: {status} is not in {responses}");
        tried += 1;
    }
    assert_eq!(tried, 9);
    assert_eq!(paths.values().map(|item| item.as_object().expect("operations").len()).sum::<usize>(), 5);
}

#[tokio::test]
async fn the_document_of_openapi_says_what_each_operation_requires_and_where_to_sign_in() {
    let program = Program::start("openapi", &[]);
    let document = document(&program).await;
    let variables = program.variables();
    let pool = variables["POOL"];
    assert_eq!(
        document["components"]["securitySchemes"],
        json!({"cognito": {"type": "oauth2", "flows": {"authorizationCode": {
            "authorizationUrl": format!("{pool}/oauth2/authorize"),
            "tokenUrl": format!("{pool}/oauth2/token"),
            "scopes": {"orders/read": "", "orders/write": ""},
        }}}})
    );
    for (method, path, security) in [
        ("get", "/orders", json!([{"cognito": ["orders/read"]}])),
        ("post", "/orders", json!([{"cognito": ["orders/write"]}])),
        ("delete", "/orders/{id}", json!([{"cognito": ["orders/write"]}])),
        ("get", "/feed", json!([{}, {"cognito": []}])),
        ("get", "/health", Value::Null),
    ] {
        assert_eq!(document["paths"][path][method]["security"], security, "{method} {path}");
    }
    let cancel = &document["paths"]["/orders/{id}"]["delete"];
    assert_eq!(cancel["x-cognito-groups"], json!(["ops"]));
    assert!(
        cancel["description"]
            .as_str()
            .expect("text")
            .ends_with("Requires scope orders/write, and group ops.")
    );
}

#[tokio::test]
async fn the_swagger_ui_of_openapi_signs_in_by_pkce_and_runs_no_foreign_script() {
    let program = Program::start("openapi", &[]);
    let variables = program.variables();
    let initializer =
        curl("curl $API/docs/swagger-initializer.js", &variables).await.text().await.expect("text");
    for part in ["/openapi.json", "5swaggerui23456789", r#""usePkceWithAuthorizationCodeGrant": true"#] {
        assert!(initializer.contains(part), "{part} is not in\n{initializer}");
    }
    assert!(!initializer.contains("eyJ") && !initializer.contains("secret"), "{initializer}");
    for page in ["curl $API/docs/", "curl $API/docs/oauth2-redirect.html"] {
        let response = curl(page, &variables).await;
        let policies: Vec<_> = response.headers().get_all("content-security-policy").iter().collect();
        let [policy] = policies[..] else { panic!("{page}: {policies:?}") };
        let policy = policy.to_str().expect("text");
        assert!(policy.contains("script-src 'self';") && policy.contains(variables["POOL"]), "{policy}");
    }
    // The page at `/docs` refers to its files by relative paths.
    assert_eq!(curl("curl $API/docs", &variables).await.url().path(), "/docs/");
}

//! A browser as far as managed login needs one: cookies, redirects that it looks at, and forms.

use std::collections::BTreeMap;

use cognito_local_pool::PoolServer;

use crate::support::{Response, send};

pub(crate) struct Browser<'s> {
    pub(crate) server: &'s PoolServer,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) host: &'static str,
}

impl<'s> Browser<'s> {
    pub(crate) fn new(server: &'s PoolServer) -> Self {
        Self { server, cookies: BTreeMap::new(), host: "localhost:9229" }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    /// As a person goes to a page.
    pub(crate) async fn open(&mut self, path: &str) -> Response {
        let headers = ["Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Site: none"];
        self.ask(&format!("GET {path}"), &headers, "").await
    }

    /// Sends the form of `page` with these fields beside the hidden ones, as a browser does.
    pub(crate) async fn submit(&mut self, page: &Response, fields: &[(&str, &str)]) -> Response {
        let action = attribute(&page.body, "<form method=\"post\"", "action");
        let mut pairs = hidden_fields(&page.body);
        pairs.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let origin = format!("Origin: http://{}", self.host);
        self.post(&action, &[&origin], &form(&pairs)).await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &[&str], body: &str) -> Response {
        let mut headers = headers.to_vec();
        headers.push("Content-Type: application/x-www-form-urlencoded");
        self.ask(&format!("POST {path}"), &headers, body).await
    }

    /// Signs in as ada, and returns where the browser is sent.
    pub(crate) async fn sign_in(&mut self, query: &str) -> String {
        let page = self.get(&format!("/login?{query}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let response = self.submit(&page, &[("username", "ada"), ("password", "her-password")]).await;
        location(&response)
    }

    async fn ask(&mut self, request: &str, headers: &[&str], body: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = format!("Cookie: {}", cookies.join("; "));
        let host = format!("Host: {}", self.host);
        let mut headers = headers.to_vec();
        headers.push(&host);
        if !self.cookies.is_empty() {
            headers.push(&cookies);
        }
        let response = send(self.server, request, &headers, body).await;
        for line in response.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (pair, attributes) = line.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
                assert!(attributes.split("; ").any(|found| found == attribute), "{line}");
            }
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// The id of the session that the browser is in.
    pub(crate) fn session(&self) -> Option<&str> {
        self.cookies.get("cognito-ap-south-1_abcdefghi").map(String::as_str)
    }
}

/// Where a redirect leads.
pub(crate) fn location(response: &Response) -> String {
    assert_eq!(response.status, 302, "{}", response.body);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    response.header("location").unwrap().to_owned()
}

/// The parameters of a URL behind `?` or `#`.
pub(crate) fn parameters(url: &str, separator: char) -> BTreeMap<String, String> {
    let (_, encoded) = url.split_once(separator).unwrap_or_else(|| panic!("{url} has no {separator}"));
    form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

/// One parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    parameters(url, '?').remove(name).unwrap_or_else(|| panic!("{url} has no {name}"))
}

pub(crate) fn form(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let fields = page.split("<input type=\"hidden\"").skip(1);
    fields
        .map(|field| {
            let field = format!("<input {}", field.split('>').next().unwrap());
            (attribute(&field, "<input", "name"), attribute(&field, "<input", "value"))
        })
        .collect()
}

/// The value of an attribute of the first element that begins so.
pub(crate) fn attribute(page: &str, element: &str, name: &str) -> String {
    let (_, from) = page.split_once(element).unwrap_or_else(|| panic!("{element} is not in {page}"));
    let (_, rest) = from.split_once(&format!("{name}=\"")).unwrap();
    let value = rest.split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The text of the message on a page.
pub(crate) fn problem(page: &Response) -> String {
    let (_, rest) = page.body.split_once("role=\"alert\"").unwrap_or_else(|| panic!("{}", page.body));
    let (_, text) = rest.split_once('>').unwrap();
    text.split("</p>").next().unwrap().to_owned()
}

//! Property tests: whatever the template and the client's value, browsers and XML parsers treat the value as text.
//!
//! The oracle is a real parser. A template is filled in twice, with a harmless word and with a hostile value. Both documents must be
//! the same except for that word, which may be only in text and in attributes that browsers display.

use std::sync::LazyLock;

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use http::{HeaderMap, Method, StatusCode, Uri};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{GatewayResponse, GatewayResponses, PreparedResponses, RequestFacts, ResponseType, TokenPlaces};

/// A harmless value.
const HARMLESS: &str = "zQ7";

/// The prepared responses, if the template is accepted.
fn prepare(media_type: &str, template: &str) -> Option<PreparedResponses> {
    let response = GatewayResponse::new().template(media_type, template);
    GatewayResponses::new()
        .response(ResponseType::Unauthorized, response)
        .prepare(TokenPlaces::default())
        .ok()
}

/// The body if everything that a client chooses has this value.
fn render(prepared: &PreparedResponses, value: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", value).finish();
    let facts = RequestFacts {
        request_id: None,
        extended_request_id: None,
        method: &Method::GET,
        uri: &format!("/?{query}").parse::<Uri>().unwrap(),
        headers: &HeaderMap::new(),
        resource_path: None,
        path_parameters: &[("id", value)],
    };
    let response = prepared.render(ResponseType::Unauthorized, StatusCode::UNAUTHORIZED, Some("No"), &facts);
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// A document, with one line for each node. Text and attributes follow their node's path, so that a value cannot look like structure.
#[derive(Debug, Default, PartialEq)]
struct Tree {
    nodes: Vec<String>,
    /// The text of elements and the values of attributes, with what they belong to.
    words: Vec<(String, String)>,
}

impl Tree {
    /// The document with the value instead of the harmless word.
    fn with(mut self, value: &str, is_xml: bool) -> Self {
        for (owner, text) in &mut self.words {
            // XML 1.0 §3.3.3: white space in an attribute is parsed as spaces.
            let is_normalised = is_xml && owner.contains('@');
            let value = if is_normalised { value.replace('\t', " ") } else { value.to_owned() };
            *text = text.replace(HARMLESS, &value);
        }
        self
    }

    /// The attributes and elements that contain the harmless word.
    fn owners(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter(|(_, text)| text.contains(HARMLESS)).map(|(owner, _)| &**owner)
    }
}

/// The document as a browser reads it.
fn html(text: &str, scripting_enabled: bool) -> Tree {
    fn walk(node: &Handle, parent: &str, tree: &mut Tree) {
        let mut name = parent.to_owned();
        match &node.data {
            NodeData::Element { name: element, attrs, template_contents, .. } => {
                name = element.local.to_string();
                let attrs = attrs.borrow();
                let names: Vec<String> =
                    attrs.iter().map(|attribute| attribute.name.local.to_string()).collect();
                tree.nodes.push(format!("{parent}/{}:{name} {}", element.ns, names.join(" ")));
                for attribute in attrs.iter() {
                    let owner = format!("{name}@{}", attribute.name.local);
                    tree.words.push((owner, attribute.value.to_string()));
                }
                template_contents.borrow().iter().for_each(|contents| walk(contents, &name, tree));
            }
            NodeData::Text { contents } => {
                tree.nodes.push(format!("{parent}/text"));
                tree.words.push((parent.to_owned(), contents.borrow().to_string()));
            }
            // No value may be in one of these.
            NodeData::Comment { contents } => tree.nodes.push(format!("{parent}/comment {contents}")),
            NodeData::Doctype { name, public_id, system_id } => {
                tree.nodes.push(format!("{parent}/doctype {name} {public_id} {system_id}"));
            }
            NodeData::ProcessingInstruction { target, contents } => {
                tree.nodes.push(format!("{parent}/instruction {target} {contents}"));
            }
            NodeData::Document => {}
        }
        node.children.borrow().iter().for_each(|child| walk(child, &name, tree));
    }
    let tree_builder = TreeBuilderOpts { scripting_enabled, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    let dom = parse_document(RcDom::default(), options).one(text);
    let mut tree = Tree::default();
    walk(&dom.document, "", &mut tree);
    tree
}

/// The document as XML, if it is XML.
fn xml(text: &str) -> Option<Tree> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text, options).ok()?;
    let mut tree = Tree::default();
    for node in document.descendants() {
        let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
        let (namespace, name) = (node.tag_name().namespace().unwrap_or_default(), node.tag_name().name());
        if node.is_text() {
            let of =
                node.parent_element().and_then(|parent| parent.tag_name().namespace()).unwrap_or_default();
            tree.nodes.push(format!("{parent}/text"));
            tree.words.push((format!("{of}|{parent}"), node.text().unwrap_or_default().to_owned()));
        } else {
            let names: Vec<_> = node.attributes().map(|attribute| attribute.name()).collect();
            let other = if node.is_element() { "" } else { node.text().unwrap_or_default() };
            tree.nodes.push(format!("{parent}/{namespace}:{name} {} {other}", names.join(" ")));
            for attribute in node.attributes() {
                tree.words
                    .push((format!("{namespace}|{name}@{}", attribute.name()), attribute.value().to_owned()));
            }
        }
    }
    Some(tree)
}

/// Whether browsers only display the value and do not act on it.
fn is_shown(owner: &str) -> bool {
    let runs = ["script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"];
    let shown = ["alt", "label", "placeholder", "title", "value"];
    match owner.split_once('@') {
        Some((_, attribute)) => shown.contains(&attribute) || attribute.starts_with("aria-"),
        None => !runs.contains(&owner.rsplit('|').next().unwrap_or_default()),
    }
}

const VALUES: [&str; 3] =
    ["$method.request.querystring.q", "method.request.querystring.q", "$method.request.path.id"];

static HTML: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "<p>¦</p>¦<p¦>¦<¦/¦/>¦=¦\"¦'¦ ¦\n¦a¦&¦&#¦;¦-¦--¦!¦?¦]]>¦`¦<!--¦-->¦--!>¦<!-->¦<!--->¦<![CDATA[¦<?php¦?>¦\
     <!doctype html>¦<!¦<div title=\"¦<div title='¦<div title=¦<a href=\"¦<a onclick=\"¦ title=\"¦ title='¦\
     \x20title=¦ style=\"¦</div>¦<script>¦</script>¦<script src=\"¦</script ¦<style>¦</style>¦<STYLE>¦<title>¦\
     </title>¦</title¦<textarea>¦</textarea>¦<noscript>¦</noscript>¦<noscript><p title=\"¦<xmp>¦</xmp>¦\
     <iframe>¦</iframe>¦<plaintext>¦<svg>¦</svg>¦<svg/>¦<math>¦</math>¦<svg><style>¦<svg><title>¦<mi>¦\
     <mglyph>¦<foreignObject>¦<desc>¦<select>¦<option>¦</select>¦<table>¦<tr><td>¦</table>¦<caption>¦\
     <template>¦</template>¦<frameset>¦<body>¦</body>¦<head>¦</head>¦<html>¦</html>¦<br/>¦<input value=\"¦<b¦\
     </b¦<a/title=\"¦<p\u{c}title=\""
    .split('¦').collect()
});

static XML: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "<a>¦</a>¦<a¦>¦<¦/¦/>¦=¦\"¦'¦ ¦\n¦a¦&¦&#¦;¦-¦--¦!¦?¦]¦]]>¦<!--¦-->¦<![CDATA[¦<?xml version=\"1.0\"?>¦\
     <?x ¦?>¦<!DOCTYPE a>¦<!DOCTYPE a [¦]>¦<b c=\"¦<b c='¦ c=\"¦ d='¦</b>¦<b/>¦<script>¦</script>¦\
     <a xmlns=\"¦<a xmlns:x=\"u\">¦<a xmlns=\"http://www.w3.org/1999/xhtml\">¦<text>¦</text>¦ title=\"¦\
     \x20href=\"¦ü¦<ü ü=\""
        .split('¦')
        .collect()
});

fn piece(pieces: &[&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => select(pieces.to_vec()), 1 => select(&VALUES[..])]
}

/// An element that is correct or nearly correct.
fn element(pieces: &[&'static str]) -> impl Strategy<Value = String> {
    const TAGS: [&str; 12] = [
        "p", "a", "svg", "title", "textarea", "style", "script", "x:script", "td", "option", "select", "text",
    ];
    const ATTRIBUTES: [&str; 11] = [
        "title",
        "alt",
        "value",
        "aria-label",
        "href",
        "onclick",
        "style",
        "xlink:title",
        "c",
        "xmlns",
        "TITLE",
    ];
    const QUOTES: [&str; 6] = ["\"", "\"", "'", "'", "", " "];
    let content = vec(piece(pieces), 0..4).prop_map(|pieces| pieces.concat());
    let parts =
        (select(&TAGS[..]), select(&ATTRIBUTES[..]), select(&QUOTES[..]), select(&VALUES[..]), content);
    (parts, any::<[bool; 2]>()).prop_map(
        |((tag, attribute, quote, value, content), [has_value, is_closed])| {
            let value = if has_value { value } else { "x" };
            let end = if is_closed { format!("</{tag}>") } else { String::new() };
            format!("<{tag} {attribute}={quote}{value}{quote}>{content}{end}")
        },
    )
}

fn template(pieces: &[&'static str]) -> impl Strategy<Value = String> {
    let part = prop_oneof![2 => piece(pieces).prop_map(str::to_owned), 1 => element(pieces)];
    vec(part, 0..10).prop_map(|parts| parts.concat())
}

/// Text that begins with a character other than white space, because parsers remove some white space.
fn value() -> impl Strategy<Value = String> {
    const HOSTILE: [&str; 44] = [
        "<",
        ">",
        "\"",
        "'",
        "&",
        "=",
        "/",
        "`",
        ";",
        "!",
        "?",
        "-",
        "--",
        "]",
        "]]",
        "]]>",
        " ",
        "\t",
        "#",
        "%",
        "\\",
        "x",
        "lt;",
        "&lt;",
        "&#60;",
        "<script>",
        "</script>",
        "</title>",
        "</textarea>",
        "</style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "?>",
        " onclick=alert(1)",
        "javascript:alert(1)",
        "\" onclick=\"",
        "' onclick='",
        "<svg/onload=x>",
        "<?x?>",
        "ä",
        "\u{2028}",
        "\u{202e}",
        "xmlns=",
    ];
    let rest = prop_oneof![
        vec(select(&HOSTILE[..]), 0..5).prop_map(|parts| parts.concat()),
        "[ -~\u{a0}-\u{ffff}]{0,9}"
    ];
    (
        prop_oneof![
            Just("x"),
            Just("<"),
            Just("\""),
            Just("'"),
            Just("&"),
            Just("-"),
            Just(">"),
            Just("]"),
            Just("/")
        ],
        rest,
    )
        .prop_map(|(first, rest)| format!("{first}{}", rest.replace(['\u{fffe}', '\u{ffff}'], "")))
}

/// The two documents as HTML, if the template is accepted.
fn check_html(template: &str, value: &str) -> Result<bool, TestCaseError> {
    let Some(prepared) = prepare("text/html", template) else { return Ok(false) };
    let (harmless, hostile) = (render(&prepared, HARMLESS), render(&prepared, value));
    for scripting in [true, false] {
        let tree = html(&harmless, scripting);
        prop_assert!(tree.owners().all(is_shown), "{}: {:?}", template, tree);
        prop_assert_eq!(html(&hostile, scripting), tree.with(value, false), "{}: {}", template, hostile);
    }
    Ok(true)
}

/// The two documents as XML, if the template is accepted and makes XML at all.
fn check_xml(media_type: &str, template: &str, value: &str) -> Result<bool, TestCaseError> {
    let Some(prepared) = prepare(media_type, template) else { return Ok(false) };
    let Some(tree) = xml(&render(&prepared, HARMLESS)) else { return Ok(false) };
    let active = [
        "http://www.w3.org/1999/xhtml|",
        "http://www.w3.org/2000/svg|",
        "http://www.w3.org/1998/Math/MathML|",
    ];
    let is_inert = |owner: &str| {
        media_type == "application/xml" && !active.iter().any(|namespace| owner.starts_with(namespace))
    };
    prop_assert!(tree.owners().all(|owner| is_inert(owner) || is_shown(owner)), "{}: {:?}", template, tree);
    let hostile = render(&prepared, value);
    prop_assert_eq!(xml(&hostile), Some(tree.with(value, true)), "{}: {}", template, hostile);
    Ok(true)
}

proptest! {
    #[test]
    fn a_clients_value_is_text_to_a_browser(template in template(&HTML), value in value()) {
        check_html(&template, &value)?;
    }

    #[test]
    fn a_clients_value_is_text_to_a_reader_of_xml(template in template(&XML), value in value()) {
        check_xml("application/xml", &template, &value)?;
        check_xml("image/svg+xml", &template, &value)?;
    }

    #[test]
    fn a_clients_value_is_text_in_what_error_pages_are_made_of(
        start in select(&["<!doctype html><html><head><title>", "<title>", "<!-- a page --><title lang=\"en\">"][..]),
        between in vec(element(&["a", " ", "&amp;", "<br>", "<hr/>", "<b>c</b>"]), 0..5),
        value in value(),
    ) {
        let template = format!("{start}$method.request.path.id</title></head><body>{}</body></html>", between.concat());
        check_html(&template, &value)?;
        let template = format!("<?xml version='1.0' encoding='UTF-8'?><a b=\"$method.request.path.id\">{}</a>", between.concat());
        check_xml("application/xml", &template, &value)?;
    }
}

/// Enough of the random templates are accepted for the properties to mean something.
#[test]
fn what_error_pages_are_made_of_is_accepted_and_every_value_in_it_is_text() {
    let v = "$method.request.path.id";
    for template in [
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>No {v}</title>\n<style>p > b {{ color: red }}</style>\
                 <script>if (1 < 2) go();</script></head><body class=a onload='go()'><!-- a page --><p>{v}: a < b & c</p></body></html>"
        ),
        format!(
            "<p title=\"{v}\" aria-label='{v}'>{v}<br/>{v}</p><input placeholder=\"{v}\" value = \"{v}\"><textarea>{v}</textarea>"
        ),
        format!(
            "<svg viewBox=\"0 0 1 1\"><title>Icon</title><style>path{{fill:red}}</style><path d='M0'/></svg><p>{v}</p>"
        ),
        format!("<table><tr><td>{v}</td></tr></table><a href=\"/login\">{v}</a>"),
        v.to_owned(),
    ] {
        for value in
            ["<script>alert(1)</script>", "\" onclick=\"alert(1)", "' x='", "&lt;", "</title><b>", "-->"]
        {
            assert!(check_html(&template, value).unwrap(), "{template}");
        }
    }
    for (media_type, template) in [
        (
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error code='1' path=\"{v}\"><!-- a --><message>{v}</message><e/></error>"
            ),
        ),
        (
            "application/xml",
            format!(
                "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body href='{v}'>{v}</s:Body></s:Envelope>"
            ),
        ),
        (
            "application/xml",
            format!("<html xmlns=\"http://www.w3.org/1999/xhtml\"><p title='{v}'>{v}</p></html>"),
        ),
        ("application/xml", format!("<a>{v}></a>")),
        (
            "image/svg+xml",
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><style>a{{}}</style><text>{v}</text></svg>"),
        ),
    ] {
        for value in ["<b/>", "\" c=\"", "' x='", "&lt;", "]]>", "]]", "-->", "<![CDATA["] {
            assert!(check_xml(media_type, &template, value).unwrap(), "{template}");
        }
    }
}

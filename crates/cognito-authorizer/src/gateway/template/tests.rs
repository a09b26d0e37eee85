use std::collections::BTreeMap;

use http::{HeaderMap, Method, Uri};

use super::*;
use crate::gateway::{RequestFacts, ResponseType, TokenPlaces};

const HOSTILE: &str = "\",\"admin\":true,\"<b>&'\\\r\u{1}\t\u{7f}ä";

fn parse(media_type: &str, text: &str) -> Result<Template, ResponseProblem> {
    let stage_variables = BTreeMap::from([("tier", "gold"), ("limit", "3"), ("open", "true")]);
    let settings = Settings { stage: Some("prod"), stage_variables, secrets: TokenPlaces::default() };
    Template::parse(media_type, text, &settings)
}

fn fill(media_type: &str, text: &str, message: Option<&str>) -> String {
    let template = parse(media_type, text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    let facts = RequestFacts {
        request_id: Some("id"),
        extended_request_id: Some("extended="),
        method: &Method::GET,
        uri: &Uri::from_static("/orders"),
        headers: &HeaderMap::new(),
        resource_path: None,
        path_parameters: &[("id", HOSTILE)],
    };
    template.fill(&Occasion { response_type: ResponseType::Unauthorized, message, facts: &facts })
}

#[test]
fn the_default_template_is_the_built_in_body() {
    for (message, body) in [
        (Some("Unauthorized"), r#"{"message":"Unauthorized"}"#),
        (Some("The incoming token has expired"), r#"{"message":"The incoming token has expired"}"#),
        (None, r#"{"message":null}"#),
    ] {
        assert_eq!(fill("application/json", r#"{"message":$context.error.messageString}"#, message), body);
    }
}

#[test]
fn in_json_a_variable_is_a_string_or_the_content_of_one() {
    for (template, body) in [
        (r#"{"m":"$context.error.message"}"#, r#"{"m":"No \"x\""}"#),
        (r#"{"m":"$context.error.messageString"}"#, r#"{"m":"No \"x\""}"#),
        (r#"{"m":$context.error.message}"#, r#"{"m":"No \"x\""}"#),
        (r#"{"m":$context.error.messageString}"#, r#"{"m":"No \"x\""}"#),
        (r#"{"t":$context.error.responseType}"#, r#"{"t":"UNAUTHORIZED"}"#),
        (r#"{"t":"$context.error.responseType!"}"#, r#"{"t":"UNAUTHORIZED!"}"#),
        (r#"{"v":$context.error.validationErrorString}"#, r#"{"v":null}"#),
        (r#"{"v":"$context.error.validationErrorString"}"#, r#"{"v":""}"#),
        (r#"{"s":"a \" $context.stage"}"#, r#"{"s":"a \" prod"}"#),
        (r#"{"s":"\\$context.stage"}"#, r#"{"s":"\\prod"}"#),
        (r#"{"s":$context.stage}"#, r#"{"s":"prod"}"#),
        (r#"{"n":$stageVariables.limit,"b":$stageVariables.open}"#, r#"{"n":3,"b":true}"#),
        (r#"{"n":"$stageVariables.limit"}"#, r#"{"n":"3"}"#),
        (r#"["$context.requestId.","$context.requestId-$context.stage"]"#, r#"["id.","id-prod"]"#),
        (r#"{"stageVariables.a":"'404'"}"#, r#"{"stageVariables.a":"'404'"}"#),
        (r#"{"$context.stage":1}"#, r#"{"prod":1}"#),
        (r#""costs $5, $ and #4""#, r#""costs $5, $ and #4""#),
        (r#""method.request.path.none method.request""#, r#"" method.request""#),
        (r#""xmethod.request.path.id""#, r#""xmethod.request.path.id""#),
    ] {
        assert_eq!(fill("application/json", template, Some("No \"x\"")), body, "{template}");
    }
}

#[test]
fn a_value_is_escaped_for_its_place() {
    let json = r#"{"a":"$method.request.path.id","b":$method.request.path.id}"#;
    let content = r#"\",\"admin\":true,\"<b>&'\\\r\u0001\t"#;
    for media_type in ["application/json", "Text/JSON; charset=utf-8", "application/problem+json"] {
        let expected = format!("{{\"a\":\"{content}\u{7f}ä\",\"b\":\"{content}\u{7f}ä\"}}");
        assert_eq!(fill(media_type, json, None), expected, "{media_type}");
    }
    let markup = "&quot;,&quot;admin&quot;:true,&quot;&lt;b&gt;&amp;&#39;\\\tä";
    for media_type in
        ["text/html", "text/xml", "application/xml", "image/svg+xml", "application/xhtml+XML ;q=1"]
    {
        let filled = fill(media_type, "<a>$method.request.path.id</a>", None);
        assert_eq!(filled, format!("<a>{markup}</a>"), "{media_type}");
    }
    let filled = fill("text/plain", "$method.request.path.id", None);
    assert_eq!(filled, "\",\"admin\":true,\"<b>&'\\\tä");
    for media_type in ["application/x-json", "text/csv", "application/yaml", "unknown/unknown"] {
        let problem = parse(media_type, "$method.request.path.id").unwrap_err();
        assert_eq!(problem, ResponseProblem::ClientValue { name: "method.request.path.id".into() });
        assert_eq!(fill(media_type, "$context.error.message, $context.stage", Some("No")), "No, prod");
    }
}

#[test]
fn text_has_the_message_bare_or_in_quotes() {
    let template = "$context.error.message / $context.error.messageString";
    assert_eq!(fill("text/plain", template, Some("Unauthorized")), "Unauthorized / \"Unauthorized\"");
    assert_eq!(fill("text/plain", template, None), " / null");
    assert_eq!(fill("text/xml", template, Some("No")), "No / &quot;No&quot;");
    assert_eq!(fill("text/plain", "", None), "");
}

#[test]
fn velocity_is_refused() {
    for (template, found) in [
        ("${context.requestId}", "${"),
        ("$!context.requestId", "$!"),
        ("#set($a = 1)", "#set"),
        ("#if ($context.stage)x#end", "#if"),
        ("a #foreach(b", "#foreach"),
    ] {
        let problem = ResponseProblem::Velocity { found: found.into() };
        assert_eq!(parse("text/plain", template).unwrap_err(), problem, "{template}");
    }
    for name in
        ["input.json", "input", "util.escapeJavaScript", "context.authorizer.claims.sub", "foo", "context"]
    {
        let problem = ResponseProblem::UnknownVariable { name: name.into() };
        assert_eq!(parse("text/plain", &format!("a ${name}('b')")).unwrap_err(), problem, "{name}");
    }
    for good in ["<a href=\"#end\">#</a>", "#settled", "#set", "$$", "US$ 5"] {
        assert_eq!(fill("text/html", good, None), good);
    }
}

#[test]
fn a_template_for_json_makes_json() {
    for template in [
        "",
        "{",
        "{'message':$context.error.messageString}",
        r#"{"message":Access denied}"#,
        "{$context.stage:1}",
        r#"{"a":1$context.requestId}"#,
        r#"{"a":$context.requestId$context.requestId}"#,
        r#"{"a":"$context.requestId}"#,
        r#"{"a":"\$context.requestId"}"#,
        r#"{"a":"\u00$context.requestId"}"#,
        r#"{"a":"\u00$context.requestId 41"}"#,
        "\"a\nb\"",
    ] {
        let problem = parse("application/json", template).unwrap_err();
        assert!(matches!(problem, ResponseProblem::NotJson { .. }), "{template}: {problem}");
        assert!(parse("text/plain", template).is_ok(), "{template}");
    }
}

#[test]
fn the_number_of_variables_in_a_template_is_bounded() {
    assert!(parse("text/plain", &"$context.path ".repeat(MOST_VARIABLES)).is_ok());
    let problem = ResponseProblem::TooManyVariables { most: MOST_VARIABLES };
    assert_eq!(parse("text/plain", &"$context.path ".repeat(MOST_VARIABLES + 1)).unwrap_err(), problem);
}

const SCRIPT: &str = "a script or a style sheet";
const TAG: &str = "a tag, outside its attributes";
const UNQUOTED: &str = "an attribute without quotes";
const ACTS: &str = "an attribute that is a script, a style or a document";
const MALFORMED: &str = "or after markup that is not well-formed";
const RAW: &str = "or after an element whose content browsers read in more than one way, such as `noscript`";
const REFERENCE: &str = "a character reference, directly behind `&`";

/// The context of the client's value, written as `@`: `text` if it is accepted.
fn place(media_type: &str, template: &str) -> String {
    match parse(media_type, &template.replace('@', "$method.request.querystring.q")) {
        Ok(_) => "text".to_owned(),
        Err(ResponseProblem::UnsafePlace { place, .. }) => place.to_owned(),
        Err(ResponseProblem::ClientAttribute { attribute, .. }) => format!("attribute {attribute}"),
        Err(problem) => panic!("{template}: {problem}"),
    }
}

/// Each differs from a good template in the one thing that makes its value unsafe.
#[test]
fn in_html_a_client_s_value_is_refused_wherever_browsers_could_act_on_it() {
    for (template, found) in [
        ("<p>@</p>", "text"),
        ("<p title=\"@\">", "text"),
        ("<p TITLE = '@'>", "text"),
        ("<p class=a title=\"a@b\">", "text"),
        ("<p>a < b @</p>", "text"),
        ("<title>@</title><textarea>@</textarea>", "text"),
        ("<style>p > a {}</style><script>if (a < b && c) d(\"</p>\")</script>@", "text"),
        ("<!-- a > b --><!doctype html>@", "text"),
        ("<p>a & b @ &lt; @</p>", "text"),
        ("<svg><title>a</title><style>a{}</style></svg>@", "text"),
        ("<p title=@>", UNQUOTED),
        ("<p title= @>", UNQUOTED),
        ("<p title=a@>", UNQUOTED),
        ("<script>@</script>", SCRIPT),
        ("<SCRIPT async>a@</SCRIPT>", SCRIPT),
        ("<script>a < b; @</script>", SCRIPT),
        ("<script/>@", SCRIPT),
        ("<script>\"</scripted>@\"</script>", SCRIPT),
        ("<style>@</style>", SCRIPT),
        ("<svg><style>@</style></svg>", SCRIPT),
        ("<p onclick=\"@\">", ACTS),
        ("<p oNcLiCk='a(@)'>", ACTS),
        ("<p style=\"color: @\">", ACTS),
        ("<iframe srcdoc=\"@\">", ACTS),
        ("<a href=\"@\">", "attribute href"),
        ("<a href='https://a.example/?@'>", "attribute href"),
        ("<img src=\"@\">", "attribute src"),
        ("<form action=\"@\">", "attribute action"),
        ("<meta http-equiv=refresh content=\"0; url=@\">", "attribute content"),
        ("<p data-a=\"@\">", "attribute data-a"),
        ("<svg><a xlink:href=\"@\">", "attribute xlink:href"),
        ("<@>", TAG),
        ("<p@>", TAG),
        ("<p @>", TAG),
        ("<p @=\"a\">", TAG),
        ("<p a@>", TAG),
        ("<p a @>", TAG),
        ("<p title=\"a\"@>", TAG),
        ("</@>", TAG),
        ("</p @>", TAG),
        ("<title>a</tit@le>", TAG),
        ("<title>a<@/title>", TAG),
        ("</p title=\"@\">", "an end tag"),
        ("<!-- @ -->", "a comment"),
        ("<!-- a --@>", "a comment"),
        ("<!doctype @>", "a declaration"),
        ("<!@>", "a declaration"),
        ("&@;", REFERENCE),
        ("&#x@;", REFERENCE),
        ("<p title=\"&@\">", REFERENCE),
        ("<p title=\"a>@", "text"),
        ("<p class=a\"b>@", MALFORMED),
        ("<p \"a>@", MALFORMED),
        ("<p class=>@", MALFORMED),
        ("<p <b>@", MALFORMED),
        ("<?php ?>@", MALFORMED),
        ("<![CDATA[a]]>@", MALFORMED),
        ("<!--> @ -->", MALFORMED),
        ("<!-- a --!> @ -->", MALFORMED),
        ("</ p>@", MALFORMED),
        ("\0@", MALFORMED),
        ("<noscript>@</noscript>", RAW),
        ("<noscript><p title=\"</noscript>\">@", RAW),
        ("<iframe></iframe>@", RAW),
        ("<xmp>@</xmp>", RAW),
        ("<plaintext>@", RAW),
        ("<frameset>@", RAW),
        ("<script><!--<script></script>@", RAW),
        ("<svg><style><a title=\"</style>\">@", RAW),
        ("<select><title><a title=\"</title>\">@", RAW),
        ("<math><title/><a onclick=\"</title>@\">", RAW),
    ] {
        assert_eq!(place("text/html", template), found, "{template}");
    }
}

#[test]
fn in_xml_a_client_s_value_is_refused_wherever_browsers_could_act_on_it() {
    for (template, found) in [
        ("<?xml version='1.0' encoding=\"utf-8\"?><a b=\"@\" href='@'>@<c/></a>", "text"),
        ("<!DOCTYPE a SYSTEM 'b'><a>@<!-- b --></a>", "text"),
        ("<s:a xmlns:s=\"urn:a\"><s:b c=\"@\"/></s:a>", "text"),
        ("<a b=@>", UNQUOTED),
        ("<a b=c@>", MALFORMED),
        ("<a>&@;</a>", REFERENCE),
        ("<a><![CDATA[@]]></a>", "a CDATA section"),
        ("<a><!-- @ --></a>", "a comment"),
        ("<a><!-- b -- c -->@</a>", MALFORMED),
        ("<?xml @?><a/>", "a declaration"),
        ("<?xml version='1.0' encoding='utf-7'?><a>@</a>", "or behind a processing instruction"),
        ("<?xml-stylesheet href='a.xsl'?><a>@</a>", "or behind a processing instruction"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>@</a>", MALFORMED),
        ("<!DOCTYPE a SYSTEM 'b>@'>", MALFORMED),
        ("<a>b < c @</a>", MALFORMED),
        ("<a><b></a>@", MALFORMED),
        ("<a b=\"<\">@", MALFORMED),
        ("<a xmlns=\"@\"/>", "the name of a namespace"),
        ("<a xmlns:b='@'/>", "the name of a namespace"),
        ("<b:script xmlns:b='urn:b'>@</b:script>", SCRIPT),
        ("<a href=\"@\" xmlns=\"http://www.w3.org/1999/xhtml\"/>", "attribute href"),
        ("<a href=\"@\" xmlns=\"http&#58;//www.w3.org/1999/xhtml\"/>", "attribute href"),
        ("<a title=\"@\" xmlns=\"http://www.w3.org/1999/xhtml\">@</a>", "text"),
    ] {
        assert_eq!(place("application/xml", template), found, "{template}");
    }
    for (template, found) in [
        ("<svg><text>@</text></svg>", "text"),
        ("<svg><script>@</script></svg>", SCRIPT),
        ("<svg><script><b/>@</script></svg>", SCRIPT),
        ("<svg><x:style>@</x:style></svg>", SCRIPT),
        ("<svg><set to=\"@\"/></svg>", "attribute to"),
        ("<svg><a xlink:href=\"@\"/></svg>", "attribute xlink:href"),
        ("<svg onload=\"@\"/>", ACTS),
    ] {
        for media_type in ["image/svg+xml", "application/xhtml+xml"] {
            assert_eq!(place(media_type, template), found, "{template}");
        }
    }
}

/// Values that clients do not choose are allowed where browsers act, and constants of the author remain unchanged.
#[test]
fn values_that_clients_do_not_choose_are_allowed_in_more_places() {
    for (template, body) in [
        ("<a href=\"/help#$context.error.responseType\">", "<a href=\"/help#UNAUTHORIZED\">"),
        ("<a href='/$context.stage/$stageVariables.tier'>", "<a href='/prod/gold'>"),
        ("<p data-id=\"$context.requestId\">", "<p data-id=\"id\">"),
        (
            "<script>go('$stageVariables.tier', $stageVariables.limit)</script>",
            "<script>go('gold', 3)</script>",
        ),
        ("<a href=/$context.stage>", "<a href=/prod>"),
    ] {
        assert_eq!(fill("text/html", template, Some("No")), body);
    }
    for template in [
        "<script>$context.error.messageString</script>",
        "<p title=$context.error.message>",
        "<p onclick=\"$context.requestId\">",
        "<!-- $context.requestId -->",
    ] {
        let problem = parse("text/html", template).unwrap_err();
        assert!(matches!(problem, ResponseProblem::UnsafePlace { .. }), "{template}: {problem}");
    }
}

//! The media type of a template, and how values are escaped in such a body.

use http::HeaderValue;

use super::error::ResponseProblem;

/// A media type without wildcards that is neither a script nor a style sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MediaType {
    /// As it was given, with its parameters.
    pub(super) content_type: HeaderValue,
    /// `type/subtype` in lower case.
    pub(super) essence: Box<str>,
    pub(super) syntax: Syntax,
}

/// The syntax of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Html,
    /// XML that browsers do not act on, unless it names a namespace that they do act on, such as XHTML's.
    Xml,
    /// XHTML, SVG or `MathML`.
    ActiveXml,
    /// Plain text, in which no character has a meaning.
    Text,
    /// Anything else. How to escape a value is not known.
    Other,
}

impl MediaType {
    pub(super) fn parse(given: &str) -> Result<Self, ResponseProblem> {
        let content_type = HeaderValue::from_str(given).map_err(|_| ResponseProblem::MediaType)?;
        let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
        let essence = essence.trim_end().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/').ok_or(ResponseProblem::MediaType)?;
        if !is_token(kind) || !is_token(subtype) {
            return Err(ResponseProblem::MediaType);
        }
        check_parameters(parameters)?;
        if is_script_or_style_sheet(subtype) {
            return Err(ResponseProblem::ActiveMediaType);
        }
        let syntax = syntax(kind, subtype);
        Ok(Self { content_type, syntax, essence: essence.into() })
    }
}

/// RFC 9110 §5.6.2, without the wildcard of ranges.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&b))
}

/// RFC 9110 §5.6.6. A comma would start a second media type, and the Fetch standard takes the last one ("extract a MIME type").
fn check_parameters(parameters: &str) -> Result<(), ResponseProblem> {
    let mut has_charset = false;
    for parameter in parameters.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or(ResponseProblem::MediaType)?;
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let is_quotable = |text: &str| !text.contains(['"', '\\', ',']);
        if !is_token(name) || !quoted.map_or_else(|| is_token(value), is_quotable) {
            return Err(ResponseProblem::MediaType);
        }
        if name.eq_ignore_ascii_case("charset") {
            // In another encoding, such as UTF-7, an escaped value may be markup again.
            let is_utf8 = quoted.unwrap_or(value).eq_ignore_ascii_case("utf-8");
            if !is_utf8 || std::mem::replace(&mut has_charset, true) {
                return Err(ResponseProblem::Charset { given: value.to_owned() });
            }
        }
    }
    Ok(())
}

/// Whether browsers or other programs run it: JavaScript by all its names, other scripts, CSS and XSLT.
fn is_script_or_style_sheet(subtype: &str) -> bool {
    subtype.contains("script")
        || ["css", "xsl", "xslt"].iter().any(|style| {
            let bare = subtype.strip_prefix("x-").unwrap_or(subtype);
            bare == *style || bare.strip_prefix(style).is_some_and(|rest| rest.starts_with('+'))
        })
}

fn syntax(kind: &str, subtype: &str) -> Syntax {
    match subtype {
        "json" if matches!(kind, "application" | "text") => Syntax::Json,
        _ if subtype.ends_with("+json") => Syntax::Json,
        "html" if kind == "text" => Syntax::Html,
        "plain" if kind == "text" => Syntax::Text,
        "xml" => Syntax::Xml,
        // Programs that read these treat the text of an element as HTML, or act on it.
        "atom+xml" | "rss+xml" | "smil+xml" | "vnd.mozilla.xul+xml" => Syntax::Other,
        _ if subtype.ends_with("+xml") => {
            let is_active = ["html", "svg", "mathml"].iter().any(|active| subtype.contains(active));
            if is_active { Syntax::ActiveXml } else { Syntax::Xml }
        }
        _ => Syntax::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_one() {
        for bad in [
            "",
            "json",
            "application/",
            "/json",
            "*/*",
            "text/*",
            "a b/c",
            "a/b c",
            "text/html\n",
            "ä/b",
            ";a/b",
            "text/plain;a",
            "text/plain;a=",
            "text/plain;a=b c",
            "text/plain;a=\"b",
            "text/plain;a=\"b\\\"\"",
            "text/plain;a=b, text/html",
            "text/plain;a=\"b, text/html\"",
            "text/plain, text/html",
        ] {
            assert_eq!(MediaType::parse(bad), Err(ResponseProblem::MediaType), "{bad:?}");
        }
        for good in [
            "Application/JSON ; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/json;;q=1 ;",
        ] {
            let media_type = MediaType::parse(good).unwrap();
            assert_eq!(
                (&*media_type.essence, media_type.content_type),
                ("application/json", good.parse().unwrap())
            );
        }
    }

    #[test]
    fn the_body_is_utf_8_whatever_its_type() {
        for kind in ["text/html", "application/json", "text/plain", "image/svg+xml"] {
            for charset in ["utf-7", "iso-2022-jp", "utf-16", "\"utf-7\"", "x", "utf-8\";b=\"c"] {
                let given = format!("{kind};CharSet={charset}");
                let problem = MediaType::parse(&given).unwrap_err();
                assert!(
                    matches!(problem, ResponseProblem::Charset { .. } | ResponseProblem::MediaType),
                    "{given}"
                );
            }
            let twice = format!("{kind}; charset=utf-8; charset=utf-8");
            assert!(matches!(MediaType::parse(&twice), Err(ResponseProblem::Charset { .. })), "{twice}");
            assert!(MediaType::parse(&format!("{kind}; charset=Utf-8")).is_ok());
        }
    }

    #[test]
    fn scripts_and_style_sheets_are_refused_by_all_their_names() {
        for active in [
            "application/javascript",
            "application/x-javascript",
            "Text/JavaScript; charset=utf-8",
            "text/javascript1.5",
            "application/ecmascript",
            "text/x-ecmascript",
            "text/jscript",
            "text/livescript",
            "text/vbscript",
            "application/typescript",
            "application/postscript",
            "text/css",
            "text/x-css",
            "text/xsl",
            "application/xslt+xml",
            "application/x-xslt+xml",
            "application/xsl+xml",
        ] {
            assert_eq!(MediaType::parse(active), Err(ResponseProblem::ActiveMediaType), "{active}");
        }
    }

    #[test]
    fn each_media_type_has_its_syntax() {
        for (given, syntax) in [
            ("application/json", Syntax::Json),
            ("text/json", Syntax::Json),
            ("application/problem+json", Syntax::Json),
            ("application/x-json", Syntax::Other),
            ("image/json", Syntax::Other),
            ("text/html", Syntax::Html),
            ("application/html", Syntax::Other),
            ("application/xhtml+xml", Syntax::ActiveXml),
            ("application/vnd.wap.xhtml+xml", Syntax::ActiveXml),
            ("image/svg+xml", Syntax::ActiveXml),
            ("application/mathml+xml", Syntax::ActiveXml),
            ("application/xml", Syntax::Xml),
            ("text/xml", Syntax::Xml),
            ("application/problem+xml", Syntax::Xml),
            ("application/rss+xml", Syntax::Other),
            ("application/atom+xml", Syntax::Other),
            ("text/plain", Syntax::Text),
            ("image/plain", Syntax::Other),
            ("text/csv", Syntax::Other),
            ("application/yaml", Syntax::Other),
            ("unknown/unknown", Syntax::Other),
            ("multipart/x-mixed-replace", Syntax::Other),
            ("message/rfc822", Syntax::Other),
            ("application/pdf", Syntax::Other),
        ] {
            assert_eq!(MediaType::parse(given).unwrap().syntax, syntax, "{given}");
        }
    }
}

//! Which names of HTML and XML browsers act on.

/// The language of the markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Html,
    /// XHTML, SVG and similar.
    ActiveXml,
    /// XML whose element names have no meaning to a browser.
    Xml,
}

/// Which values are safe at one point of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safe {
    /// All values, escaped.
    All,
    /// Values that the client does not choose, escaped: a browser may act on the attribute, such as one with a URL.
    NotTheClients,
    /// No values, because of this context.
    None(&'static str),
}

/// Attributes whose values are shown, and on which no browser acts.
const SHOWN: [&str; 9] = [
    "alt",
    "aria-description",
    "aria-label",
    "aria-placeholder",
    "aria-valuetext",
    "label",
    "placeholder",
    "title",
    "value",
];
/// The namespaces of what browsers act on.
const ACTIVE_NAMESPACES: [&str; 5] = [
    "www.w3.org/1999/xhtml",
    "www.w3.org/2000/svg",
    "www.w3.org/1998/Math/MathML",
    "www.w3.org/1999/XSL/Transform",
    "www.mozilla.org/keymaster",
];
/// Which values are safe in the quoted value of this attribute.
pub(super) fn safe_in_attribute(dialect: Dialect, name: &str) -> Safe {
    const NAMESPACE: Safe = Safe::None("the name of a namespace");
    if dialect == Dialect::Xml {
        return if name == "xmlns" || name.starts_with("xmlns:") { NAMESPACE } else { Safe::All };
    }
    if SHOWN.contains(&name) {
        return Safe::All;
    }
    // In whatever case: in XML these are other attributes, and no loss.
    match name.to_ascii_lowercase() {
        name if name.starts_with("on") || ["style", "srcdoc"].contains(&&*name) => {
            Safe::None("an attribute that is a script, a style or a document")
        }
        name if name.starts_with("xmlns") => NAMESPACE,
        _ => Safe::NotTheClients,
    }
}

pub(super) fn is_script_or_style(name: &str) -> bool {
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    ["script", "style"].iter().any(|raw| local.eq_ignore_ascii_case(raw))
}

/// Whether XML may have elements on which browsers act: if it names their namespaces, or a namespace that cannot be read here.
pub(super) fn names_active_namespace(text: &str) -> bool {
    let is_readable = |declaration: &str| {
        let value = declaration.split_once('=').map(|(_, value)| value.trim_start());
        let quoted = value.and_then(|value| {
            ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split_once(*quote))
        });
        quoted.is_some_and(|(value, _)| !value.contains(['&', '$']))
    };
    ACTIVE_NAMESPACES.iter().any(|namespace| text.contains(namespace))
        || text.split("xmlns").skip(1).any(|declaration| !is_readable(declaration))
}

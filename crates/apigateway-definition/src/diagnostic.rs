//! Diagnostics: what is wrong with a definition, where, and how to fix it.

use std::{fmt, ops::Range, sync::Arc};

use crate::{
    code::Code,
    source::{Location, SourceFile},
};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The definition was read, and no route became more open because of this.
    Warning,
    /// The definition was not read, or, in a partial import, the route is refused.
    Error,
}

/// One problem of a definition, with its locations and the fix.
///
/// `Display` prints it with file, line, column and the source line:
///
/// ```
/// use apigateway_definition::Import;
///
/// let template = "
/// Resources:
///   Api: {Type: AWS::ApiGateway::RestApi}
///   Get: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET}}
/// ";
/// let problems = Import::new().file("template.yaml", template).read().unwrap_err();
/// let text = problems.to_string();
/// assert!(text.starts_with("error[APIGW-CFN-001]: "), "{text}");
/// assert!(text.contains("--> template.yaml:4:3"), "{text}");
/// ```
#[derive(Clone)]
pub struct Diagnostic {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) labels: Vec<Label>,
    pub(crate) help: Option<String>,
}

/// A location in a file, and how it relates to the diagnostic.
#[derive(Clone)]
pub struct Label {
    pub(crate) source: Arc<SourceFile>,
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
    /// The name of the element at this location.
    pub(crate) element: Option<Arc<str>>,
    /// Whether the lines of the file may have secrets and are never printed.
    pub(crate) is_hidden: bool,
}

impl Diagnostic {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Whether it stops an import.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The same diagnostic with this severity, for programs that know more about the problem.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The locations: first that of the problem, then those that lead to it.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// How to fix the problem.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl Label {
    /// The name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The range of bytes in the file.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What is at this location.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the element at this location, if the file is the output of a program: a Terraform address, the construct path of
    /// the CDK, or the way to it in the document, such as `items[3].resourceMethods.GET`.
    #[must_use]
    pub fn element(&self) -> Option<&str> {
        self.element.as_deref()
    }

    /// Whether the lines of the file may have secrets. `Display` prints the element instead of the line.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.is_hidden
    }

    /// The file, line and column of the start of the range.
    #[must_use]
    pub fn location(&self) -> Location {
        self.source.location(self.range.start)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        for (index, label) in self.labels.iter().enumerate() {
            write!(f, "\n{}", Excerpt { label, arrow: if index == 0 { "-->" } else { ":::" } })?;
        }
        match &self.help {
            Some(help) => write!(f, "\n     = help: {help}"),
            None => Ok(()),
        }
    }
}

/// Omits the source lines, which may be long.
impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        self.labels.iter().try_for_each(|label| write!(f, "; {label:?}"))
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.location(), self.text)
    }
}

impl std::error::Error for Diagnostic {}

/// The source line of a label, with its range underlined.
///
/// Not rendered by `annotate-snippets` or `miette`: these lay out whole lines, and a template that a program wrote is one line of
/// several megabytes, for each of up to 500 diagnostics. This cuts the line around the range first.
struct Excerpt<'l> {
    label: &'l Label,
    arrow: &'static str,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BEFORE: usize = 60;
        const WIDEST: usize = 140;
        let Label { source, range, text, element, is_hidden } = self.label;
        let location = self.label.location();
        writeln!(f, "    {} {location}", self.arrow)?;
        let element = element.as_deref().map(|element| element.replace(char::is_control, " "));
        if *is_hidden {
            writeln!(f, "     |")?;
            if let Some(element) = element {
                writeln!(f, "     | {element}")?;
            }
            return write!(f, "     | {text}");
        }
        if let Some(element) = element {
            writeln!(f, "     | in {element}")?;
        }
        let line = source.line_around(range.start);
        let before = source.text.get(line.start..range.start).unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(BEFORE);
        let shown: String = source
            .text
            .get(line.clone())
            .unwrap_or_default()
            .chars()
            .skip(skipped)
            .take(WIDEST)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let marked =
            source.text.get(range.start..range.end.min(line.end)).unwrap_or_default().chars().count();
        let indent = before.chars().count() - skipped;
        let marked = marked.clamp(1, WIDEST.saturating_sub(indent).max(1));
        writeln!(f, "     |")?;
        writeln!(f, "{:>4} | {}", location.line(), shown.trim_end())?;
        write!(f, "     | {}{} {text}", " ".repeat(indent), "^".repeat(marked))
    }
}

/// All problems of a definition, found in one run. At least one is an error.
///
/// `Display` prints each as [`Diagnostic`] does.
#[derive(Clone)]
pub struct Problems {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) only_routes: bool,
}

impl Problems {
    /// The diagnostics: errors and warnings, in the order of the files.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether each error concerns only single routes, so that a [partial](crate::Import::partial) import reads the
    /// definition and refuses those routes.
    #[must_use]
    pub fn only_routes(&self) -> bool {
        self.only_routes
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{diagnostic}\n")?;
        }
        let count = |severity| self.diagnostics.iter().filter(|one| one.severity == severity).count();
        write!(
            f,
            "{} and {}",
            plural(count(Severity::Error), "error"),
            plural(count(Severity::Warning), "warning")
        )
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.diagnostics).finish()
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(text: &str, range: Range<usize>) -> Diagnostic {
        let source = Arc::new(SourceFile::new("api.yml", text));
        Diagnostic {
            code: Code::SLS_012,
            severity: Severity::Error,
            message: "no authorizer".into(),
            labels: vec![Label {
                source,
                range,
                text: "resolves to nothing".into(),
                element: None,
                is_hidden: false,
            }],
            help: Some("name one".into()),
        }
    }

    #[test]
    fn the_source_line_is_shown_with_the_place() {
        expect_test::expect![[r#"
            error[APIGW-SLS-012]: no authorizer
                --> api.yml:2:8
                 |
               2 |  auth: ""
                 |        ^^ resolves to nothing
                 = help: name one"#]]
        .assert_eq(&diagnostic("a: b\n auth: \"\"\n", 12..14).to_string());
    }

    #[test]
    fn an_element_is_named_and_a_hidden_line_is_not_printed() {
        let mut problem = diagnostic("{\"secret\": \"x\"}", 1..9);
        problem.labels[0].element = Some("aws_api_gateway_method.orders[\"get\"]".into());
        assert!(
            problem.to_string().contains("     | in aws_api_gateway_method.orders[\"get\"]\n"),
            "{problem}"
        );
        problem.labels[0].is_hidden = true;
        expect_test::expect![[r#"
            error[APIGW-SLS-012]: no authorizer
                --> api.yml:1:2
                 |
                 | aws_api_gateway_method.orders["get"]
                 | resolves to nothing
                 = help: name one"#]]
        .assert_eq(&problem.to_string());
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = format!("{}X{}", "a".repeat(10_000), "b".repeat(10_000));
        let text = diagnostic(&line, 10_000..10_001).to_string();
        assert!(text.contains("aX b".trim_end()) || text.contains("aXb"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 160), "{text}");
    }

    #[test]
    fn any_range_can_be_printed() {
        for (text, range) in [("", 0..0), ("ä", 1..2), ("a\nb", 0..3), ("a", 7..9), ("a\r\n", 3..3)] {
            assert!(!diagnostic(text, range).to_string().is_empty());
        }
    }
}

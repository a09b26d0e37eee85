//! The diagnostics as [`miette`](https://docs.rs/miette) takes them.

use std::{fmt::Display, sync::Arc};

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::{
    diagnostic::{Diagnostic, Label, Problems, Severity},
    source::SourceFile,
};

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    /// miette shows one file; what lies in another is told here, and so are the places in a file whose lines may have secrets.
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let elsewhere = self.labels.iter().filter(|label| label.is_hidden || !self.in_first_file(label));
        let lines: Vec<String> = self
            .help
            .iter()
            .cloned()
            .chain(elsewhere.map(|label| match label.element() {
                Some(element) => format!("{}: {element}: {}", label.location(), label.text),
                None => format!("{}: {}", label.location(), label.text),
            }))
            .collect();
        if lines.is_empty() { None } else { Some(Box::new(lines.join("\n"))) }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let shown = self.labels.first().filter(|label| !label.is_hidden)?;
        Some(&*shown.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.first().is_none_or(|label| label.is_hidden) {
            return None;
        }
        let here = self.labels.iter().filter(|label| self.in_first_file(label));
        Some(Box::new(here.enumerate().map(|(place, label)| {
            let span = SourceSpan::from(label.range.clone());
            let text = Some(label.text.clone());
            if place == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}

impl Diagnostic {
    fn in_first_file(&self, label: &Label) -> bool {
        self.labels.first().is_some_and(|first| Arc::ptr_eq(&first.source, &label.source))
    }
}

impl miette::Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.diagnostics.iter().map(|one| one as &dyn miette::Diagnostic)))
    }
}

impl SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_string(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic as _;

    use crate::Import;

    #[test]
    fn miette_gets_code_place_and_help() {
        let template = "Resources:\n  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: f}}\n";
        let problems = Import::new().file("a.yaml", template).read().unwrap_err();
        let diagnostic = problems.related().unwrap().next().unwrap();
        assert_eq!(diagnostic.code().unwrap().to_string(), "APIGW-CFN-022");
        assert!(diagnostic.help().unwrap().to_string().contains("confirm"));
        let label = diagnostic.labels().unwrap().next().unwrap();
        let contents = diagnostic.source_code().unwrap().read_span(label.inner(), 0, 0).unwrap();
        assert_eq!((contents.name(), contents.line()), (Some("a.yaml"), 1));
    }
}

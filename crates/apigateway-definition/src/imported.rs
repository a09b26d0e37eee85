//! The result of an import.

use crate::{diagnostic::Diagnostic, model::ApiDefinition};

/// The result of an import: the definition, and warnings about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The definition.
    pub definition: ApiDefinition,
    /// Warnings, in the order of the files. After a [partial](crate::Import::partial) import, also the errors because of which routes are
    /// refused.
    pub diagnostics: Vec<Diagnostic>,
}

//! One run of an import: its files, its inputs, and the problems found so far.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
    io,
    sync::Arc,
};

use apigateway_routes::RouteKey;

use crate::{
    code::Code,
    decisions::Decisions,
    diagnostic::{Diagnostic, Label, Severity},
    elements::Elements,
    facts::Facts,
    help::{Help, ImportInput},
    inputs::Inputs,
    line_ends,
    model::NotCarriedOver,
    problem::{Problem, error},
    refusals::Refusals,
    repeated::RepeatedKey,
    secrets::may_have_secrets,
    source::{Location, SourceFile, Span},
    sources::{Sources, normalise},
    tree::Node,
    yaml,
};

/// The largest number of values to resolve: far more than any definition needs, and resolved within a second.
const MOST_STEPS: u32 = 2_000_000;
/// Further problems are not recorded.
const MOST_PROBLEMS: usize = 500;

#[derive(Debug)]
pub(crate) struct Session<'i> {
    pub(crate) inputs: &'i Inputs,
    sources: Sources,
    included: RefCell<HashMap<String, Option<Node>>>,
    steps: Cell<u32>,
    exhausted: Cell<bool>,
    problems: RefCell<Vec<Problem>>,
    repeated: RefCell<Vec<RepeatedKey>>,
    blocked: Cell<Blocked>,
    left_out: RefCell<Vec<NotCarriedOver>>,
    /// The routes whose conditions are false.
    absent: RefCell<BTreeSet<String>>,
    /// The names of elements, and the files whose lines are never printed.
    elements: RefCell<Elements>,
    /// The parameters that decide.
    pub(crate) decisions: Decisions,
    /// The routes whose protection cannot be reproduced.
    pub(crate) refusals: Refusals,
    pub(crate) facts: Facts,
    /// The number of sources that are files of facts; they come first.
    facts_files: usize,
}

/// The effect of a problem on the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocks {
    /// The import fails.
    Import,
    /// The problem concerns one route, which a partial import refuses.
    Route,
}

/// What blocks an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Blocked {
    #[default]
    Nothing,
    /// Problems of routes, which a partial import would refuse.
    Routes,
    Import,
}

/// The results of a session.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) left_out: Vec<NotCarriedOver>,
    pub(crate) blocked: Blocked,
}

impl<'i> Session<'i> {
    pub(crate) fn new(inputs: &'i Inputs) -> Self {
        Self {
            inputs,
            sources: Sources::default(),
            included: RefCell::default(),
            steps: Cell::new(0),
            exhausted: Cell::new(false),
            problems: RefCell::default(),
            repeated: RefCell::default(),
            blocked: Cell::default(),
            left_out: RefCell::default(),
            absent: RefCell::default(),
            elements: RefCell::default(),
            decisions: Decisions::default(),
            refusals: Refusals::default(),
            facts: Facts::default(),
            facts_files: 0,
        }
    }

    /// Adds the facts that the function reads from files, before any definition is read.
    pub(crate) fn add_facts(&mut self, read: fn(&Self) -> Facts) {
        self.facts = read(self);
        self.facts_files = self.sources.texts().len();
    }

    /// Reads a definition that the caller gave. One that is included as well is not read again.
    pub(crate) fn read_definition(&self, name: &str, bytes: &[u8]) -> Option<Node> {
        let root = self.read(name, bytes);
        if let Some(path) = normalise(name).filter(|_| root.is_some()) {
            self.included.borrow_mut().insert(path, root.clone());
        }
        root
    }

    /// Reads bytes that the caller gave; problems with them are recorded.
    pub(crate) fn read(&self, name: &str, bytes: &[u8]) -> Option<Node> {
        self.add_and_parse(name, bytes).unwrap_or_else(|problem| {
            problem.report(self);
            None
        })
    }

    /// The same for a file with secrets: problems contain the location, but not the source line.
    pub(crate) fn read_secret(&self, name: &str, bytes: &[u8]) -> Option<Node> {
        let known = self.repeated.borrow().len();
        let read = self.add_and_parse(name, bytes);
        // Here a repeated key is always an error, because two values of one name are an error.
        let repeated: Vec<_> = self.repeated.borrow_mut().drain(known..).collect();
        let problems = repeated.iter().map(RepeatedKey::as_error).chain(read.as_ref().err().cloned());
        for problem in problems {
            let place = problem.labels.first().map(|(span, _)| self.location(*span));
            let place = place.map_or_else(|| name.to_owned(), |place| place.to_string());
            Problem::error(problem.code, format!("{place}: {}", problem.message)).report(self);
        }
        read.ok().flatten()
    }

    fn add_and_parse(&self, name: &str, bytes: &[u8]) -> Result<Option<Node>, Problem> {
        let file = self.add(name, bytes)?;
        self.sources.get(file).map(|source| self.parse(file, &source)).transpose()
    }

    /// Parses the text. Repeated keys are reported at the end, because their severity depends on whether they are read.
    fn parse(&self, file: usize, source: &SourceFile) -> Result<Node, Problem> {
        line_ends::check(file, source)?;
        let parsed = yaml::parse(file, source)?;
        self.repeated.borrow_mut().extend(parsed.repeated);
        Ok(parsed.root)
    }

    /// The content of a file that a definition names, or `None` if there is no such file. YAML and JSON become a
    /// tree, everything else one string. The path is relative to the folder of the file that `from` lies in.
    pub(crate) fn include(&self, path: &str, from: Span) -> Result<Option<Node>, Problem> {
        let path = self.path_from(path, from)?;
        if let Some(node) = self.included.borrow().get(&path) {
            return Ok(node.clone());
        }
        let node = self.load(&path, from)?;
        self.included.borrow_mut().insert(path, node.clone());
        Ok(node)
    }

    fn load(&self, path: &str, from: Span) -> Result<Option<Node>, Problem> {
        let Some(resolver) = &self.inputs.resolver else { return Ok(None) };
        let bytes = match resolver(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error!(FILE_001, "`{path}` cannot be read: {error}").at(from, "it is named here"));
            }
        };
        let file = self.add(path, &bytes).map_err(|problem| problem.at(from, "it is named here"))?;
        let Some(source) = self.sources.get(file) else { return Ok(None) };
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !matches!(extension, "yml" | "yaml" | "json" | "tfstate" | "template") {
            let span = Span { file, start: 0, end: source.text.len() };
            return Ok(Some(Node::string(Arc::clone(&source.text), span)));
        }
        self.parse(file, &source).map(Some).map_err(|problem| problem.at(from, "it is named here"))
    }

    /// The name of a file beside the one that the span lies in, unless it leads out of the root.
    pub(crate) fn beside(&self, path: &str, from: Span) -> Option<String> {
        let here = self.sources.get(from.file).map(|source| Arc::clone(&source.name)).unwrap_or_default();
        let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
        let outside = path.starts_with('/') || path.contains(['\\', '\0']) || path.contains("://");
        if outside { None } else { normalise(&format!("{folder}/{path}")) }
    }

    /// The name of a file beside the one that names it. What leads out of the root is refused.
    fn path_from(&self, path: &str, from: Span) -> Result<String, Problem> {
        self.beside(path, from).ok_or_else(|| {
            error!(FILE_001, "`{path}` leads out of the folder of the definition")
                .at(from, "it is named here")
                .help(Help::from("name a folder that has both files with ").input(ImportInput::Root))
        })
    }

    /// Adds a state file, whose lines are never printed.
    pub(crate) fn open_state(&self, name: &str, bytes: &[u8]) -> Result<(usize, Arc<SourceFile>), Problem> {
        let file = self.sources.add_state(name, bytes)?;
        self.hide(file);
        let nothing = || Arc::new(SourceFile::new(name, ""));
        Ok((file, self.sources.get(file).unwrap_or_else(nothing)))
    }

    fn add(&self, name: &str, bytes: &[u8]) -> Result<usize, Problem> {
        let file = self.sources.add(name, bytes)?;
        if self.sources.get(file).is_some_and(|source| may_have_secrets(&source.text)) {
            self.hide(file);
        }
        Ok(file)
    }

    /// The location at which the span starts, for the model.
    pub(crate) fn location(&self, span: Span) -> Location {
        self.sources.location(span)
    }

    /// Prints no lines of the file in diagnostics, because they may contain secrets.
    pub(crate) fn hide(&self, file: usize) {
        self.elements.borrow_mut().hide(file);
    }

    /// Names the elements of a document in diagnostics by their path from its root.
    pub(crate) fn name_elements(&self, root: &Node) {
        self.elements.borrow_mut().add_tree(root);
    }

    /// Gives an element its name in diagnostics.
    pub(crate) fn name_element(&self, span: Span, name: &str) {
        self.elements.borrow_mut().add(span, name);
    }

    /// Counts a step of resolving. Too many steps are an error, because variables can multiply without end.
    pub(crate) fn step(&self, span: Span) -> Result<(), Problem> {
        let steps = self.steps.get().saturating_add(1);
        self.steps.set(steps);
        if steps <= MOST_STEPS {
            return Ok(());
        }
        let problem = error!(YAML_001, "more than {MOST_STEPS} values to resolve")
            .at(span, "the limit is reached here");
        if !self.exhausted.replace(true) {
            problem.clone().report(self);
        }
        Err(problem)
    }

    /// Whether a recorded error blocks the import.
    pub(crate) fn has_errors(&self) -> bool {
        self.blocked.get() != Blocked::Nothing || self.repeated.borrow().iter().any(RepeatedKey::is_read)
    }

    fn record(&self, problem: Problem, blocks: Blocks) {
        if problem.severity == Severity::Error {
            let blocked = match blocks {
                Blocks::Import => Blocked::Import,
                Blocks::Route if self.inputs.partial => Blocked::Nothing,
                Blocks::Route => Blocked::Routes,
            };
            self.blocked.set(self.blocked.get().max(blocked));
        }
        let mut problems = self.problems.borrow_mut();
        // Each route of an authorizer that cannot be resolved has the same problem; report it once.
        let place = |problem: &Problem| problem.labels.first().map(|(span, _)| *span);
        let known = |other: &Problem| {
            other.code == problem.code && other.message == problem.message && place(other) == place(&problem)
        };
        if problems.len() < MOST_PROBLEMS && !problems.iter().any(known) {
            problems.push(problem);
        }
    }

    /// Records something that is not in the model.
    pub(crate) fn leave_out(&self, what: impl Into<String>, why: impl Into<String>, span: Span) {
        let left_out = NotCarriedOver { what: what.into(), why: why.into(), source: self.location(span) };
        self.left_out.borrow_mut().push(left_out);
    }

    /// The texts of the definitions, and of what they include.
    pub(crate) fn texts(&self) -> Vec<Arc<str>> {
        self.sources.texts().split_off(self.facts_files)
    }

    /// Records that a name matches nothing; several imports may share the names.
    pub(crate) fn report_unmatched(&self, message: impl Into<String>, help: Option<String>) {
        let severity = self.inputs.unused.unwrap_or(Severity::Error);
        let help = help.map(Help::from);
        Problem { severity, help, ..Problem::error(Code::BIND_002, message) }.report(self);
    }

    /// Records a route whose condition is false.
    pub(crate) fn leave_absent(&self, key: &RouteKey) {
        self.absent.borrow_mut().insert(key.to_string());
    }

    /// Whether the definition has the route, with a false condition.
    pub(crate) fn is_absent(&self, key: &str) -> bool {
        self.absent.borrow().contains(key)
    }

    /// Whether the caller confirmed that this route may be open.
    pub(crate) fn allows_open(&self, key: &RouteKey) -> bool {
        self.inputs.allowed_open.contains(&key.to_string())
    }

    /// The text of a file that a definition refers to, without parsing it; problems of the file do not matter here.
    pub(crate) fn peek(&self, path: &str, from: Span) -> Option<String> {
        let path = self.path_from(path, from).ok()?;
        let bytes = self.inputs.resolver.as_ref()?(&path).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Returns the diagnostics, what was left out, and what is blocked.
    pub(crate) fn finish(self) -> Finished {
        for repeated in self.repeated.take() {
            repeated.problem().report(&self);
        }
        let sources = self.sources;
        let elements = self.elements.into_inner();
        let mut problems = self.problems.into_inner();
        problems.extend(self.refusals.into_problems());
        problems.sort_by_key(|problem| {
            problem.labels.first().map_or((usize::MAX, 0), |(span, _)| (span.file, span.start))
        });
        let label = |(span, text): (Span, String)| {
            let source = sources.get(span.file)?;
            let (element, is_hidden) = (elements.name(span), elements.is_hidden(span.file));
            Some(Label { source, range: span.start..span.end, text, element, is_hidden })
        };
        let diagnostics = problems.into_iter().map(|problem| Diagnostic {
            code: problem.code,
            severity: problem.severity,
            message: problem.message,
            labels: problem.labels.into_iter().filter_map(label).collect(),
            help: problem.help.map(|help| help.render(self.inputs.input_name)),
        });
        Finished {
            diagnostics: diagnostics.collect(),
            left_out: self.left_out.into_inner(),
            blocked: self.blocked.get(),
        }
    }
}

impl Problem {
    /// Records the problem; an error stops the import.
    pub(crate) fn report(self, session: &Session<'_>) {
        session.record(self, Blocks::Import);
    }

    /// Records a problem of one route, which a partial import refuses.
    pub(crate) fn report_route(self, session: &Session<'_>) {
        session.record(self, Blocks::Route);
    }
}

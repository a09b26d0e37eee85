//! The outputs of an import, and which of them belong together.

use std::{cell::RefCell, collections::BTreeSet};

use crate::{
    code::Code,
    deployed::output::{Kind, Output},
    problem::Problem,
    session::Session,
};

/// The complete outputs of an import.
pub(super) struct Parts<'o, 'n, 's> {
    pub(super) session: &'s Session<'s>,
    outputs: &'o [Output<'n>],
    /// The indices of the outputs that belong to an API.
    used: RefCell<BTreeSet<usize>>,
}

impl<'o, 'n, 's> Parts<'o, 'n, 's> {
    pub(super) fn new(outputs: &'o [Output<'n>], session: &'s Session<'s>) -> Self {
        Self { session, outputs, used: RefCell::default() }
    }

    /// The outputs of one kind, with their indices.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (usize, &'o Output<'n>)> {
        self.outputs.iter().enumerate().filter(move |(_, output)| output.kind == kind)
    }

    pub(super) fn set_used(&self, output: usize) {
        self.used.borrow_mut().insert(output);
    }

    pub(super) fn is_used(&self, output: usize) -> bool {
        self.used.borrow().contains(&output)
    }

    /// The file of an output.
    pub(super) fn file(&self, output: &Output<'_>) -> String {
        self.session.location(output.root.span).file().to_owned()
    }

    fn folder(&self, output: &Output<'_>) -> String {
        let file = self.file(output);
        file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    }

    /// The name of an API if no file has its id: that of the file with its routes.
    pub(super) fn stem(&self, output: &Output<'_>) -> String {
        let file = self.file(output);
        let name = file.rsplit('/').next().unwrap_or_default();
        name.split_once('.').map_or(name, |(stem, _)| stem).to_owned()
    }

    /// The main file that an output without ids belongs to: the only one of its folder, or the only one of all.
    pub(super) fn main_of(
        &self,
        output: &Output<'_>,
        mains: &[(usize, &Output<'n>)],
    ) -> Result<usize, Problem> {
        if let [(main, _)] = mains {
            return Ok(*main);
        }
        let folder = self.folder(output);
        let beside: Vec<usize> =
            mains.iter().filter(|(_, main)| self.folder(main) == folder).map(|(main, _)| *main).collect();
        match beside.as_slice() {
            [main] => Ok(*main),
            _ => Err(ambiguous(output, mains)),
        }
    }

    /// Reports outputs that were given but are not used.
    pub(super) fn leave_out_unused(&self) {
        for (index, output) in self.outputs.iter().enumerate() {
            if !self.is_used(index) && !matches!(output.kind, Kind::Nothing) {
                let what = format!("the output of {}", output.kind.command());
                let why = match output.kind {
                    Kind::Other(_) => "it affects no route",
                    _ => "its API is not given",
                };
                self.session.leave_out(what, why, output.start());
            }
        }
    }
}

/// The error for an output that may belong to several APIs.
fn ambiguous(output: &Output<'_>, mains: &[(usize, &Output<'_>)]) -> Problem {
    let message = if mains.is_empty() {
        format!("the API of the output of {} is not given", output.kind.command())
    } else {
        format!("the output of {} may belong to several APIs", output.kind.command())
    };
    let main = if matches!(output.kind, Kind::HttpApi | Kind::HttpAuthorizers | Kind::HttpStages) {
        Kind::Routes
    } else {
        Kind::Resources
    };
    let help = if mains.is_empty() {
        format!("also give the output of {}", main.command())
    } else {
        "put the files of each API into a separate folder".into()
    };
    Problem::error(Code::AWS_002, message).at(output.start(), "this does not name its API").help(help)
}

//! Which stacks of an assembly are read.

use std::collections::BTreeSet;

use crate::{
    cdk_out::{Assembly, Stack},
    listed::listed,
    nearest::did_you_mean,
    problem::{Problem, error},
    session::Session,
    tree::Node,
};

/// The indices of the chosen stacks, and of those that they depend on; all stacks if none is chosen.
pub(super) fn stacks(assembly: &Assembly, root: &Node, session: &Session<'_>) -> BTreeSet<usize> {
    let wanted = &session.inputs.stacks;
    if wanted.is_empty() {
        return (0..assembly.stacks.len()).collect();
    }
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    for name in wanted {
        let all = assembly.stacks.iter().enumerate();
        let matching: Vec<usize> =
            all.filter(|(_, stack)| is_called(assembly, stack, name)).map(|(index, _)| index).collect();
        if matching.is_empty() {
            unknown(assembly, root, name).report(session);
        }
        chosen.extend(matching);
    }
    add_dependencies(assembly, &mut chosen);
    for (index, stack) in assembly.stacks.iter().enumerate() {
        if !chosen.contains(&index) {
            session.leave_out(format!("the stack `{}`", stack.path), "another one was chosen", stack.span);
        }
    }
    chosen
}

/// Whether the name is that of the stack or of a stage that it is in.
fn is_called(assembly: &Assembly, stack: &Stack, name: &str) -> bool {
    // Older versions write the name behind the path: `Prod/Orders (Prod-Orders)`.
    let path = stack.path.split_once(" (").map_or(&*stack.path, |(path, _)| path);
    let stages = assembly.stages.get(stack.assembly).map_or(&[][..], Vec::as_slice);
    stack.id == name || stack.name == name || path == name || stages.iter().any(|stage| stage == name)
}

/// Values come from the stacks that a stack depends on.
fn add_dependencies(assembly: &Assembly, chosen: &mut BTreeSet<usize>) {
    let mut open: Vec<usize> = chosen.iter().copied().collect();
    while let Some(stack) = open.pop().and_then(|index| assembly.stacks.get(index)) {
        for (index, other) in assembly.stacks.iter().enumerate() {
            let is_needed = other.assembly == stack.assembly && stack.dependencies.contains(&other.id);
            if is_needed && chosen.insert(index) {
                open.push(index);
            }
        }
    }
}

fn unknown(assembly: &Assembly, root: &Node, name: &str) -> Problem {
    let paths = || assembly.stacks.iter().map(|stack| &*stack.path);
    let stages = || assembly.stages.iter().flatten().map(String::as_str);
    let meant = did_you_mean(name, paths().chain(stages()).map(|path| (path, path)));
    error!(CDK_001, "the cloud assembly has no stack `{name}`")
        .at(root.span.beginning(), "this assembly")
        .help(meant.unwrap_or_else(|| format!("its stacks are {}", listed(paths()))))
}

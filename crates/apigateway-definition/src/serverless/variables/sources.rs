//! The sources of variables ("Variables", guides of the Serverless Framework).

use crate::{
    code::Code,
    help::{Help, ImportInput},
    problem::{Problem, error},
    serverless::variables::{
        VariableResolver,
        syntax::{Lookup, Variable, VariableSource},
        unresolved,
    },
    source::Span,
    tree::Node,
};

/// The value from a source; `None` if it has none, so that the next source is tried. A source that cannot be read is an
/// error, whatever comes after it: in deployment it may have a value.
pub(super) fn look_up(
    resolver: VariableResolver<'_>,
    lookup: &Lookup,
    span: Span,
    depth: usize,
) -> Result<Option<Node>, Problem> {
    let mut params = Vec::with_capacity(lookup.params.len());
    for param in &lookup.params {
        params.push(resolver.text(param, span, depth)?);
    }
    let address = resolver.text(&lookup.address, span, depth)?;
    let inputs = resolver.session.inputs;
    let text = |text: Option<&String>| text.map(|text| Node::string(text.as_str(), span));
    match lookup.kind.as_str() {
        "self" => resolver.walk(&resolver.configuration.root, &address, span, depth),
        "file" => file(resolver, params.first().map(String::as_str), &address, span, depth),
        "env" => Ok(text(inputs.environment.get(&address))),
        "opt" => match address.as_str() {
            "stage" | "s" => stage(resolver, span).map(|stage| Some(Node::string(stage, span))),
            "region" | "r" => Ok(text(region(resolver))),
            _ => Ok(text(inputs.options.get(&address))),
        },
        "sls" => match address.as_str() {
            "stage" => stage(resolver, span).map(|stage| Some(Node::string(stage, span))),
            _ => Err(unresolved(format!("`sls:{address}` is known only after deployment"), span)),
        },
        "aws" => match address.as_str() {
            "region" => {
                let told = text(region(resolver));
                let written = || resolver.walk(&resolver.configuration.root, "provider.region", span, depth);
                let region = if told.is_some() { told } else { written()? };
                Ok(Some(region.unwrap_or_else(|| Node::string("us-east-1", span))))
            }
            "accountId" => match text(inputs.account.as_ref()) {
                Some(account) => Ok(Some(account)),
                None => Err(unresolved("`aws:accountId` is not known", span)
                    .help(Help::from("give it with ").input(ImportInput::Account))),
            },
            _ => Err(unresolved(format!("`aws:{address}` is not a variable known here"), span)),
        },
        "param" => param(resolver, &address, span, depth),
        "strToBool" => truth(params.first().map_or(&address, |param| param), span).map(Some),
        _ => given(resolver, lookup, &params, &address, span).map(Some),
    }
}

/// No source has a value.
pub(super) fn nowhere(resolver: VariableResolver<'_>, variable: &Variable, span: Span) -> Problem {
    let mut asked = Vec::new();
    let mut help = Help::from("write the value into the file");
    for source in &variable.sources {
        let VariableSource::Lookup(lookup) = source else { continue };
        // Its value was resolved just before.
        let address = resolver.text(&lookup.address, span, 0).unwrap_or_default();
        let param = lookup.params.first().map(|param| resolver.text(param, span, 0).unwrap_or_default());
        if asked.is_empty() {
            let given = |input| Help::from("give it with ").input(input);
            help = match lookup.kind.as_str() {
                "env" => given(ImportInput::Environment(address.clone())),
                "opt" if matches!(&*address, "region" | "r") => given(ImportInput::Region),
                "opt" => given(ImportInput::Option(address.clone())),
                "param" => given(ImportInput::Parameter(address.clone())),
                "file" => "put the file where it is looked for, or write the value out".into(),
                _ => help,
            };
        }
        let param = param.map_or(String::new(), |param| format!("({param})"));
        asked.push(format!("`{}{param}:{address}`", lookup.kind));
    }
    let message = match asked.as_slice() {
        [one] => format!("{one} has no value"),
        several => format!("none of {} has a value", several.join(", ")),
    };
    unresolved(message, span).help(help)
}

/// The stage, as given on the command line. It has no default here: a service may be open in one stage and protected
/// in another.
fn stage(resolver: VariableResolver<'_>, span: Span) -> Result<&str, Problem> {
    told_stage(resolver).ok_or_else(|| {
        unresolved("what a request needs depends on the stage, which was not given", span)
            .help(Help::from("give the stage with ").input(ImportInput::Stage))
    })
}

fn told_stage(resolver: VariableResolver<'_>) -> Option<&str> {
    let inputs = resolver.session.inputs;
    inputs.stage.as_ref().or_else(|| inputs.options.get("stage")).map(String::as_str)
}

fn region(resolver: VariableResolver<'_>) -> Option<&String> {
    let inputs = resolver.session.inputs;
    inputs.region.as_ref().or_else(|| inputs.options.get("region"))
}

/// A file beside serverless.yml, or below its folder, or as far above as the import goes.
fn file(
    resolver: VariableResolver<'_>,
    path: Option<&str>,
    address: &str,
    span: Span,
    depth: usize,
) -> Result<Option<Node>, Problem> {
    let path = path.filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| unresolved("`file` without a path", span))?;
    if is_code(path) {
        return Err(error!(SLS_001, "`{path}` is code, which is not run here")
            .at(span, "a value is made by it")
            .help(
                "run `serverless package` and read `.serverless/cloudformation-template-update-stack.json`",
            ));
    }
    // The path is relative to serverless.yml, even for a variable in another file.
    let root = resolver.configuration.root.span;
    let included = resolver.session.include(path, root).map_err(|mut problem| {
        problem.labels.retain(|(place, _)| *place != root);
        problem.at(span, "it is named here")
    })?;
    match included {
        Some(content) => resolver.walk(&content, address, span, depth),
        None => Ok(None),
    }
}

/// Whether the file is a program.
fn is_code(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["js", "cjs", "mjs", "ts", "cts", "mts"].contains(&extension)
}

/// A parameter: from the command line, of the stage, or of every stage. The stage matters only where a stage has it.
fn param(
    resolver: VariableResolver<'_>,
    name: &str,
    span: Span,
    depth: usize,
) -> Result<Option<Node>, Problem> {
    if let Some(value) = resolver.session.inputs.parameters.get(name) {
        return Ok(Some(Node::string(value.as_str(), span)));
    }
    let (mut of_stage, mut of_all) = (Vec::new(), Vec::new());
    let mut depends = false;
    // The fourth version has them in `stages`.
    for (section, below) in [("params", ""), ("stages", "params")] {
        let Some(stages) = resolver.walk(&resolver.configuration.root, section, span, depth)? else {
            continue;
        };
        let map = stages.needed_map(Code::SLS_002, &format!("`{section}`"))?;
        for entry in map.entries() {
            let is_default = &*entry.key.text == "default";
            let told = told_stage(resolver);
            if !is_default && told.is_some_and(|stage| *stage != *entry.key.text) {
                continue;
            }
            let params = resolver.walk(&entry.value, below, span, depth)?;
            let value = params.and_then(|params| params.find(name).cloned());
            let Some(value) = value.filter(|value| !value.is_null()) else { continue };
            depends |= !is_default && told.is_none();
            if is_default { of_all.push(value) } else { of_stage.push(value) }
        }
    }
    if depends {
        stage(resolver, span)?;
    }
    let mut found = if of_stage.is_empty() { of_all } else { of_stage };
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(unresolved(format!("the parameter `{name}` occurs twice"), span)),
    }
}

fn truth(text: &str, span: Span) -> Result<Node, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Node::plain("true", span)),
        "false" | "0" => Ok(Node::plain("false", span)),
        _ => Err(unresolved("`strToBool` takes true, false, 1 and 0", span)),
    }
}

/// `cf`, `ssm`, `s3` and what plugins add: from the values that were given, under the name that is written here, with
/// the Region if the variable has one.
fn given(
    resolver: VariableResolver<'_>,
    lookup: &Lookup,
    params: &[String],
    address: &str,
    span: Span,
) -> Result<Node, Problem> {
    let name = name_of_value(&lookup.kind, params, address);
    match resolver.session.facts.value(&name) {
        Some(value) => Ok(Node::string(value, span)),
        None => Err(unresolved(format!("`{name}` is known only after deployment"), span)
            .help(Help::from("give its value with ").input(ImportInput::Value(name)))),
    }
}

/// The name of a value among those that were given.
pub(super) fn name_of_value(kind: &str, params: &[String], address: &str) -> String {
    // `cf.eu-west-1:stack.Output` and `ssm:/name~true` are how the first versions wrote it.
    let (kind, legacy) = kind.split_once('.').unwrap_or((kind, ""));
    let address = address.strip_suffix("~true").unwrap_or(address);
    let mut region = params.iter().map(String::as_str).chain([legacy]);
    match region.rfind(|param| !matches!(*param, "" | "raw" | "noDecrypt")) {
        Some(region) => format!("{kind}({region}):{address}"),
        None => format!("{kind}:{address}"),
    }
}

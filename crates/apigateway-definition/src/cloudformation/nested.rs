//! Nested stacks whose templates are files next to the template that nests them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::{
        purpose::Purpose,
        scope::Scope,
        stacks::Stacks,
        template::{Parent, Resource, Template, nests},
    },
    problem::{Problem, error},
    session::Session,
    sources::normalise,
    tree::Node,
};

/// Deeper nesting is a cycle.
const DEEPEST: usize = 8;
/// The largest number of templates of an import.
const MOST_TEMPLATES: usize = 256;

/// The templates without those that others nest, which are read as nested stacks with the parameters that they get there.
/// `cdk synth` writes both kinds into one folder.
pub(crate) fn without_nested(templates: Vec<Template>, session: &Session<'_>) -> Vec<Template> {
    let by_file: BTreeMap<String, usize> = templates
        .iter()
        .enumerate()
        .filter_map(|(index, template)| Some((normalise(&template.file)?, index)))
        .collect();
    let nested_by = |(index, template): (usize, &Template)| {
        let files = template
            .resources()
            .iter()
            .filter_map(|resource| session.beside(file(resource)?.text()?, resource.span));
        files.filter_map(|file| by_file.get(&file).copied()).filter(|nested| *nested != index).collect()
    };
    let nested: Vec<BTreeSet<usize>> = templates.iter().enumerate().map(nested_by).collect();
    let all_nested: BTreeSet<usize> = nested.iter().flatten().copied().collect();
    // Templates that only nest each other stay, and are reported when they are followed.
    let mut open: Vec<usize> = (0..templates.len()).filter(|index| !all_nested.contains(index)).collect();
    let mut below: BTreeSet<usize> = BTreeSet::new();
    while let Some(index) = open.pop() {
        for child in nested.get(index).into_iter().flatten() {
            if below.insert(*child) {
                open.push(*child);
            }
        }
    }
    let kept = templates.into_iter().enumerate().filter(|(index, _)| !below.contains(index));
    kept.map(|(_, template)| template).collect()
}

/// The property that names the template of a nested stack; `None` for other resources.
fn file(resource: &Resource) -> Option<&Node> {
    match &*resource.kind {
        // The CDK uploads the template, and `TemplateURL` is the address.
        "AWS::CloudFormation::Stack" => resource.asset.as_ref().or_else(|| resource.property("TemplateURL")),
        "AWS::Serverless::Application" => resource.property("Location"),
        _ => None,
    }
}

/// Reads a template in any format.
pub(crate) type TemplateReader = fn(&Node, &Session<'_>) -> Option<Template>;

/// Reads the nested templates, those that they nest, and so on.
pub(crate) fn follow(stacks: &mut Stacks, session: &Session<'_>, read: TemplateReader) {
    let mut stack = 0;
    while let Some(template) = stacks.templates.get(stack) {
        let scope = Scope { session, template, stacks, stack, purpose: Purpose::Deciding };
        let mut found: Vec<(String, Template)> = Vec::new();
        for resource in template.resources() {
            if !nests(&resource.kind) {
                continue;
            }
            match open(scope, resource, read) {
                Ok(Some(nested)) => found.push((resource.id.clone(), nested)),
                Ok(None) => {}
                Err(problem) => problem.report(session),
            }
        }
        for (id, nested) in found {
            if stacks.templates.len() >= MOST_TEMPLATES {
                error!(FILE_001, "more than {MOST_TEMPLATES} templates").report(session);
                return;
            }
            stacks.nested.insert((stack, id), stacks.templates.len());
            stacks.templates.push(nested);
        }
        stack += 1;
    }
}

fn open(scope: Scope<'_>, resource: &Resource, read: TemplateReader) -> Result<Option<Template>, Problem> {
    let elsewhere = |what: &str| {
        error!(CFN_020, "the template of the nested stack `{}` is {what}", resource.id)
            .at(resource.span, "its routes are not known")
            .help("put the template next to this one, under this name")
    };
    if !scope.exists(resource)? {
        return Ok(None);
    }
    let location = file(resource).ok_or_else(|| elsewhere("not named"))?;
    let path = match location.map() {
        // `Location` of an application in the AWS Serverless Application Repository.
        Some(map) if map.find("ApplicationId").is_some() => None,
        _ => scope.text(location)?.and_then(|text| text.known().map(String::from)),
    };
    let path = path.filter(|path| !path.contains("://")).ok_or_else(|| elsewhere("not a file"))?;
    let depth = scope.template.parent.as_ref().map_or(1, |parent| parent.depth + 1);
    if depth > DEEPEST {
        return Err(elsewhere("nested too deep"));
    }
    let root = scope.session.include(&path, location.span)?.ok_or_else(|| elsewhere("not there"))?;
    let Some(mut template) = read(&root, scope.session) else { return Ok(None) };
    let parameters =
        scope.map(resource.property("Parameters"))?.map(|map| (*map).clone()).unwrap_or_default();
    template.parent = Some(Parent { stack: scope.stack, id: resource.id.clone(), parameters, depth });
    Ok(Some(template))
}

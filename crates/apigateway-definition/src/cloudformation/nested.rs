//! Nested stacks whose templates lie beside the one that nests them.

use crate::{
    cloudformation::{
        Reader, Stacks,
        purpose::Purpose,
        scope::Scope,
        template::{Parent, Resource, Template},
    },
    code::Code,
    problem::Problem,
    session::Session,
};

/// Nested deeper, templates nest each other.
const DEEPEST: usize = 8;
/// How many templates one import may have.
const MOST_TEMPLATES: usize = 256;

/// Reads the nested templates, those that they nest, and so on.
pub(crate) fn follow(stacks: &mut Stacks, session: &Session<'_>, read: Reader) {
    let mut stack = 0;
    while let Some(template) = stacks.templates.get(stack) {
        let scope = Scope { session, template, stacks, stack, purpose: Purpose::Deciding };
        let mut found: Vec<(String, Template)> = Vec::new();
        for resource in template.resources() {
            let nested = match &*resource.kind {
                "AWS::CloudFormation::Stack" => open(scope, resource, "TemplateURL", read),
                "AWS::Serverless::Application" => open(scope, resource, "Location", read),
                _ => continue,
            };
            match nested {
                Ok(Some(nested)) => found.push((resource.id.clone(), nested)),
                Ok(None) => {}
                Err(problem) => session.report(problem),
            }
        }
        for (id, nested) in found {
            if stacks.templates.len() >= MOST_TEMPLATES {
                session
                    .report(Problem::error(Code::FILE_001, format!("more than {MOST_TEMPLATES} templates")));
                return;
            }
            stacks.nested.insert((stack, id), stacks.templates.len());
            stacks.templates.push(nested);
        }
        stack += 1;
    }
}

fn open(
    scope: Scope<'_>,
    resource: &Resource,
    property: &str,
    read: Reader,
) -> Result<Option<Template>, Problem> {
    let elsewhere = |what: &str| {
        Problem::error(Code::CFN_020, format!("the template of the nested stack `{}` is {what}", resource.id))
            .at(resource.span, "its routes are not known")
            .help("put the template beside this one, under the name that is written here")
    };
    if !scope.exists(resource)? {
        return Ok(None);
    }
    let location = resource.property(property).ok_or_else(|| elsewhere("not named"))?;
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
    let parameters = match resource.property("Parameters") {
        Some(node) => scope.map(node)?.map(|map| (*map).clone()).unwrap_or_default(),
        None => crate::tree::Map::default(),
    };
    template.parent = Some(Parent { stack: scope.stack, parameters, depth });
    Ok(Some(template))
}

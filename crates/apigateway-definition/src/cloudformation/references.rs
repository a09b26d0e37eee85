//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters, resources and their attributes.

use cognito_verify::{PoolError, UserPoolId};

use crate::{
    cloudformation::{
        scope::{Evaluated, Scope, expected},
        text::{Reference, Text},
    },
    code::Code,
    problem::Problem,
    source::Span,
    tree::Node,
};

impl Scope<'_> {
    pub(super) fn reference(self, name: &str, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return Ok(match pseudo {
                "NoValue" => Evaluated::Absent,
                _ => Evaluated::Text(self.pseudo(name, span)?),
            });
        }
        if let Some(parameter) = self.template.parameters.entry(name) {
            return self.parameter(parameter, span, depth);
        }
        let Some(resource) = self.template.resource(name) else {
            return Err(Problem::error(
                Code::CFN_010,
                format!("`{name}` is neither a parameter nor a resource"),
            )
            .at(span, "it is named here"));
        };
        let text = match &*resource.kind {
            // Its `Ref` is its identifier, which stands in the template.
            "AWS::Cognito::UserPoolResourceServer" => match resource.property("Identifier") {
                Some(identifier) => return self.evaluate(identifier, depth),
                None => None,
            },
            "AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient" => self.session.binding(name),
            _ => None,
        };
        Ok(Evaluated::Text(match text {
            Some(text) => Text::of(text, span),
            None => Text::reference(Reference::Resource { stack: self.stack, id: name.into() }, span),
        }))
    }

    /// `AWS::Region` and the like («Pseudo parameters reference», CloudFormation user guide).
    fn pseudo(self, name: &str, span: Span) -> Result<Text, Problem> {
        let inputs = self.session.inputs;
        let region = inputs.region.as_deref().or(self.template.region.as_deref());
        let partition = region.map(partition);
        let text = match name {
            "AWS::Region" => region,
            "AWS::AccountId" => inputs.account.as_deref(),
            "AWS::Partition" => partition.map(|(name, _)| name),
            "AWS::URLSuffix" => partition.map(|(_, suffix)| suffix),
            "AWS::StackName" | "AWS::StackId" | "AWS::NotificationARNs" => None,
            _ => {
                return Err(Problem::error(Code::CFN_010, format!("`{name}` is no pseudo parameter"))
                    .at(span, "it is named here"));
            }
        };
        let text = text.or_else(|| self.session.binding(name));
        Ok(text.map_or_else(
            || Text::reference(Reference::Pseudo(name.into()), span),
            |text| Text::of(text, span),
        ))
    }

    pub(super) fn attribute(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let (id, name) = match argument.items() {
            Some([id, name]) => (self.name_of(id, "Fn::GetAtt", depth)?, self.needed_known(name, depth)?),
            Some(_) => return Err(expected("a resource and an attribute", "a list", argument.span)),
            None => {
                let path = self.name_of(argument, "Fn::GetAtt", depth)?;
                let (id, name) = path
                    .split_once('.')
                    .ok_or_else(|| expected("`Resource.Attribute`", &format!("`{path}`"), argument.span))?;
                (id.into(), name.into())
            }
        };
        self.attribute_of(&id, &name, span, depth)
    }

    pub(super) fn attribute_of(
        self,
        id: &str,
        name: &str,
        span: Span,
        depth: usize,
    ) -> Result<Text, Problem> {
        let Some(resource) = self.template.resource(id) else {
            return Err(Problem::error(Code::CFN_010, format!("`{id}` is not a resource of the template"))
                .at(span, "it is named here"));
        };
        if let Some(value) = self.session.binding(&format!("{id}.{name}")) {
            return Ok(Text::of(value, span));
        }
        if let Some(output) = name.strip_prefix("Outputs.")
            && let Some(nested) = self.stacks.nested.get(&(self.stack, id.into()))
            && let Some(scope) = self.in_stack(*nested)
        {
            return match scope.template.outputs.find(output).and_then(|output| output.find("Value")) {
                Some(node) => scope.needed(node, depth),
                None => Err(Problem::error(
                    Code::CFN_010,
                    format!("the nested stack `{id}` has no output `{output}`"),
                )
                .at(span, "it is named here")),
            };
        }
        let reference = Reference::Attribute { stack: self.stack, id: id.into(), name: name.into() };
        let bound = match (&*resource.kind, self.session.binding(id)) {
            ("AWS::Cognito::UserPool", Some(pool)) => pool_attribute(pool, name, span)?,
            ("AWS::Cognito::UserPoolClient", Some(client)) if name == "ClientId" => Some(client.into()),
            _ => None,
        };
        Ok(bound.map_or_else(|| Text::reference(reference, span), |text| Text::of(text, span)))
    }
}

/// What an attribute of a user pool is, once its id is known («`AWS::Cognito::UserPool`», CloudFormation user guide).
fn pool_attribute(pool: &str, name: &str, span: Span) -> Result<Option<String>, Problem> {
    let id: UserPoolId = pool.parse().map_err(|error: PoolError| {
        Problem::error(Code::BIND_001, error.to_string()).at(span, "this pool is bound to it")
    })?;
    let (partition, suffix) = partition(id.region());
    let provider = format!("cognito-idp.{}.{suffix}/{id}", id.region());
    Ok(match name {
        "UserPoolId" => Some(pool.into()),
        "ProviderName" => Some(provider),
        "ProviderURL" => Some(format!("https://{provider}")),
        // The account is not known and decides nothing.
        "Arn" => Some(format!("arn:{partition}:cognito-idp:{}::userpool/{id}", id.region())),
        _ => None,
    })
}

/// The partition of a Region and the suffix of its host names.
fn partition(region: &str) -> (&'static str, &'static str) {
    match region.split('-').next() {
        Some("cn") => ("aws-cn", "amazonaws.com.cn"),
        Some("eusc") => ("aws-eusc", "amazonaws.eu"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    }
}

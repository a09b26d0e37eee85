//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters, resources and their attributes.

use cognito_verify::{PoolError, UserPoolId};

use crate::{
    cloudformation::{
        mentions::OF_A_STACK,
        scope::{Evaluated, Scope, expected},
        template::is_bound,
        text::{BoundBy, Reference, Text},
    },
    code::Code,
    problem::{Problem, error},
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
            return Err(error!(CFN_010, "`{name}` is neither a parameter nor a resource")
                .at(span, "it is named here"));
        };
        let text = match &*resource.kind {
            // Its `Ref` is its identifier, which the template contains.
            "AWS::Cognito::UserPoolResourceServer" => match resource.property("Identifier") {
                Some(identifier) => return self.evaluate(identifier, depth),
                None => None,
            },
            kind if is_bound(kind) => self.bound(name),
            _ => None,
        };
        Ok(Evaluated::Text(match text {
            Some(text) => Text::of(text, span),
            None => Text::reference(self.to_resource(name), span),
        }))
    }

    /// The value of `AWS::Region` and other pseudo parameters ("Pseudo parameters reference", CloudFormation user guide).
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
                return Err(
                    error!(CFN_010, "`{name}` is not a pseudo parameter").at(span, "it is named here")
                );
            }
        };
        let is_of_stack = OF_A_STACK.contains(&name);
        let bound = || if is_of_stack { self.bound(name) } else { self.bound_elsewhere(name) };
        let text = text.or_else(bound);
        let shown = || if is_of_stack { self.stacks.name(self.stack, name) } else { name.into() };
        Ok(text
            .map_or_else(|| Text::reference(Reference::Pseudo(shown()), span), |text| Text::of(text, span)))
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
            return Err(
                error!(CFN_010, "`{id}` is not a resource of the template").at(span, "it is named here")
            );
        };
        let path = format!("{id}.{name}");
        if let Some(value) = self.bound(&path) {
            return Ok(Text::of(value, span));
        }
        if let Some(output) = name.strip_prefix("Outputs.")
            && let Some(nested) = self.stacks.nested.get(&(self.stack, id.into()))
            && let Some(scope) = self.in_stack(*nested)
        {
            return match scope.template.outputs.find(output).and_then(|output| output.find("Value")) {
                Some(node) => scope.needed(node, depth),
                None => Err(error!(CFN_010, "the nested stack `{id}` has no output `{output}`")
                    .at(span, "it is named here")),
            };
        }
        let is_told_by_id = match &*resource.kind {
            "AWS::Cognito::UserPool" => POOL_ATTRIBUTES.contains(&name),
            "AWS::Cognito::UserPoolClient" => name == "ClientId",
            _ => false,
        };
        let bound_by = if !is_told_by_id {
            BoundBy::Attribute(self.stacks.name(self.stack, &path))
        } else if let Some(bound) = self.bound(id) {
            let is_pool = resource.kind == "AWS::Cognito::UserPool";
            let value = if is_pool { pool_attribute(bound, name, span)? } else { bound.into() };
            return Ok(Text::of(value, span));
        } else {
            BoundBy::Resource(self.stacks.name(self.stack, id))
        };
        let (stack, id, name) = (self.stack, id.into(), name.into());
        Ok(Text::reference(Reference::Attribute { stack, id, name, bound_by }, span))
    }
}

/// The attributes of a user pool that follow from its id ("`AWS::Cognito::UserPool`", CloudFormation user guide).
const POOL_ATTRIBUTES: [&str; 4] = ["Arn", "ProviderName", "ProviderURL", "UserPoolId"];

/// The value of such an attribute, given the id.
fn pool_attribute(pool: &str, name: &str, span: Span) -> Result<String, Problem> {
    let id: UserPoolId = pool.parse().map_err(|error: PoolError| {
        Problem::error(Code::BIND_001, error.to_string()).at(span, "this pool is bound to it")
    })?;
    let (partition, suffix) = partition(id.region());
    let provider = format!("cognito-idp.{}.{suffix}/{id}", id.region());
    Ok(match name {
        "ProviderName" => provider,
        "ProviderURL" => format!("https://{provider}"),
        // The account is not known, and affects no decision.
        "Arn" => format!("arn:{partition}:cognito-idp:{}::userpool/{id}", id.region()),
        _ => pool.into(),
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

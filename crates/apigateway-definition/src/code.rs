//! The stable codes of the diagnostics.

use std::fmt;

/// The stable code of a [`Diagnostic`](crate::Diagnostic), such as `APIGW-SLS-012`.
///
/// A code keeps its meaning from version to version; the message beside it may be reworded. [`Code::ALL`] explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        impl Code {
            $(#[doc = $meaning] pub const $name: Self = Self($code);)*

            /// Every code with its meaning, in order.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $meaning)),*];
        }
    };
}

codes! {
    FILE_001 = "APIGW-FILE-001", "A file that is not a known definition, is too large, or does not exist.";
    FILE_002 = "APIGW-FILE-002", "A parameter, option, environment variable or stage was given that the definition does not use.";
    YAML_001 = "APIGW-YAML-001", "A syntax error, a key that occurs twice where it is read, an endless alias, or a limit that is exceeded.";

    SLS_001 = "APIGW-SLS-001", "The configuration, or a value that decides about authorization, is code.";
    SLS_002 = "APIGW-SLS-002", "A variable without a value.";
    SLS_003 = "APIGW-SLS-003", "A `${X}` that is not a Serverless variable, outside of `Fn::Sub`.";
    SLS_010 = "APIGW-SLS-010", "A key that an event, an authorizer or the file does not have, or one in the wrong place.";
    SLS_011 = "APIGW-SLS-011", "An authorizer that is neither `aws_iam`, nor an ARN, nor a function of the service.";
    SLS_012 = "APIGW-SLS-012", "An authorizer that resolves to nothing: the framework would deploy the route open.";
    SLS_013 = "APIGW-SLS-013", "A Cognito authorizer by an intrinsic without a name, or a name without an ARN.";
    SLS_014 = "APIGW-SLS-014", "An `httpApi` authorizer that is not declared or not complete.";
    SLS_020 = "APIGW-SLS-020", "Two routes, resources or authorizers that become one.";
    SLS_021 = "APIGW-SLS-021", "A generated resource is overridden in a way that is not supported.";
    SLS_030 = "APIGW-SLS-030", "A plugin or a feature of the framework adds or changes routes.";
    SLS_031 = "APIGW-SLS-031", "`#{…}` without the plugin that replaces it.";

    CFN_001 = "APIGW-CFN-001", "The authorization type is missing, unknown or cannot be resolved.";
    CFN_002 = "APIGW-CFN-002", "The authorizer is missing, of another API or of another type, or cannot be resolved.";
    CFN_003 = "APIGW-CFN-003", "The user pools of an authorizer are missing, empty, or cannot be resolved.";
    CFN_004 = "APIGW-CFN-004", "The identity source is not one supported expression.";
    CFN_005 = "APIGW-CFN-005", "A property that a resource does not have, or a value that a property does not accept.";
    CFN_006 = "APIGW-CFN-006", "A JWT authorizer without an issuer or an audience.";
    CFN_010 = "APIGW-CFN-010", "A condition, parameter or function cannot be evaluated.";
    CFN_011 = "APIGW-CFN-011", "What a request needs depends on a parameter that was not given.";
    CFN_020 = "APIGW-CFN-020", "Part of the definition is elsewhere: S3, a macro, `Fn::ForEach`, a cloned API.";
    CFN_021 = "APIGW-CFN-021", "The path of a route starts outside the definition.";
    CFN_022 = "APIGW-CFN-022", "A quick-create API whose default route does not declare its authorization.";
    CFN_023 = "APIGW-CFN-023", "Two routes with the same method and path, or a method or path that no route can have.";
    CFN_024 = "APIGW-CFN-024", "A HEAD route that lets in requests that the GET or ANY route of its path refuses.";

    SAM_001 = "APIGW-SAM-001", "`Authorizer: NONE` where there is no default authorizer.";
    SAM_002 = "APIGW-SAM-002", "Scopes without an authorizer, or scopes that are not a list.";
    SAM_003 = "APIGW-SAM-003", "An authorizer that is not among the API's `Authorizers`.";
    SAM_004 = "APIGW-SAM-004", "A default authorizer that is not a literal name.";
    SAM_005 = "APIGW-SAM-005", "A key or a value that SAM does not accept in `Auth`.";
    SAM_006 = "APIGW-SAM-006", "An authorizer without a setting that its kind requires.";
    SAM_007 = "APIGW-SAM-007", "An event whose API, path or method cannot be resolved, or that occurs twice.";
    SAM_008 = "APIGW-SAM-008", "`Auth` on an API whose definition SAM does not manage.";

    OAS_001 = "APIGW-OAS-001", "A security scheme that is undefined or means nothing to API Gateway.";
    OAS_002 = "APIGW-OAS-002", "Several authorizers on one operation, or an optional one.";
    OAS_003 = "APIGW-OAS-003", "`security: []` under a `security` of the whole document.";
    OAS_004 = "APIGW-OAS-004", "A placeholder of another tool in a value that affects authorization.";
    OAS_005 = "APIGW-OAS-005", "A document that API Gateway does not import, or that does not say its kind of API.";

    AWS_001 = "APIGW-AWS-001", "An output of the AWS CLI that is not complete: one page, or without `--embed methods`.";
    AWS_002 = "APIGW-AWS-002", "An output of the AWS CLI that lacks another one, or whose API is not clear.";

    STATE_001 = "APIGW-STATE-001", "A state or plan of an unknown format, or one that is not complete.";
    STATE_002 = "APIGW-STATE-002", "A value of a plan that is known only after it is applied, and does not follow from one reference.";
    STATE_003 = "APIGW-STATE-003", "A sensitive value that decides what a request needs.";
    STATE_004 = "APIGW-STATE-004", "A resource of a state refers to one that is not in the files.";

    CDK_001 = "APIGW-CDK-001", "A cloud assembly of the CDK that is not complete, or a stack that it does not have.";

    TOOL_001 = "APIGW-TOOL-001", "A file that another tool turns into one that can be read.";

    KEY_001 = "APIGW-KEY-001", "A route that requires only an API key; API keys are not reproduced.";
    BIND_001 = "APIGW-BIND-001", "A user pool, client or issuer that must be bound before the API can be served.";
    BIND_002 = "APIGW-BIND-002", "A name was given, by `bind`, `values` or `allow_open`, that matches nothing in the definition.";
    BIND_003 = "APIGW-BIND-003", "A name, or a deployed stack, that matches more than one thing in the definition.";
    BIND_004 = "APIGW-BIND-004", "One name was given two different values.";

    DENY_001 = "APIGW-DENY-001", "A route protected by AWS IAM: refused.";
    DENY_002 = "APIGW-DENY-002", "A route protected by a Lambda authorizer: refused.";

    WARN_001 = "APIGW-WARN-001", "An authorizer that no route uses.";
    WARN_002 = "APIGW-WARN-002", "An API without routes.";
    WARN_003 = "APIGW-WARN-003", "Settings that API Gateway ignores because the route is open.";
    WARN_004 = "APIGW-WARN-004", "The `security` of the whole document was applied.";
    WARN_005 = "APIGW-WARN-005", "A scope that no resource server of the definition has.";
    WARN_006 = "APIGW-WARN-006", "The issuer of a user pool ends in a slash: no token has this issuer.";
    WARN_007 = "APIGW-WARN-007", "A setting that the framework drops before it reaches API Gateway.";
    WARN_008 = "APIGW-WARN-008", "A WebSocket API was left out.";
    WARN_009 = "APIGW-WARN-009", "Protection that is not reproduced: resource policies, WAF, mutual TLS.";
    WARN_010 = "APIGW-WARN-010", "An authorizer that is declared elsewhere.";
    WARN_011 = "APIGW-WARN-011", "A confirmation for a route that is not open or does not exist.";
    WARN_012 = "APIGW-WARN-012", "A key that occurs twice in a part that affects no route.";
    WARN_013 = "APIGW-WARN-013", "An issuer of one Region with a user pool of another: no token has this issuer.";
    WARN_014 = "APIGW-WARN-014", "A gateway response or a CORS setting that cannot be resolved was left out.";
    WARN_015 = "APIGW-WARN-015", "The definition has no REST API and no HTTP API.";
    WARN_016 = "APIGW-WARN-016", "The files show the API as it is edited; what is deployed to a stage may differ.";
    WARN_017 = "APIGW-WARN-017", "A setting of an authorizer that is applied more strictly here than by API Gateway.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = Code::ALL.iter().map(|(code, _)| code.as_str()).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}

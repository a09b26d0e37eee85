//! The resource types of the AWS provider that are read, with the attributes that are looked at. No other attribute enters the
//! import: a state has secrets.

/// A type and its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) attributes: &'static [&'static str],
    /// The same type of the Pulumi provider.
    pub(crate) pulumi: &'static str,
}

const fn of(name: &'static str, pulumi: &'static str, attributes: &'static [&'static str]) -> Type {
    Type { name, attributes, pulumi }
}

/// Every type that decides about a route, protects an API, or belongs to a user pool.
pub(crate) const TYPES: [Type; 29] = [
    of(
        "aws_api_gateway_rest_api",
        "aws:apigateway/restApi:RestApi",
        &["id", "name", "root_resource_id", "body", "put_rest_api_mode", "parameters", "policy"],
    ),
    of(
        "aws_api_gateway_resource",
        "aws:apigateway/resource:Resource",
        &["id", "rest_api_id", "parent_id", "path_part", "path"],
    ),
    of(
        "aws_api_gateway_method",
        "aws:apigateway/method:Method",
        &[
            "rest_api_id",
            "resource_id",
            "http_method",
            "authorization",
            "authorizer_id",
            "authorization_scopes",
            "api_key_required",
        ],
    ),
    of(
        "aws_api_gateway_integration",
        "aws:apigateway/integration:Integration",
        &["rest_api_id", "resource_id", "http_method", "type"],
    ),
    of(
        "aws_api_gateway_authorizer",
        "aws:apigateway/authorizer:Authorizer",
        &[
            "id",
            "rest_api_id",
            "name",
            "type",
            "identity_source",
            "identity_validation_expression",
            "authorizer_result_ttl_in_seconds",
            "provider_arns",
            "jwt_configuration",
        ],
    ),
    of(
        "aws_api_gateway_gateway_response",
        "aws:apigateway/response:Response",
        &["rest_api_id", "response_type", "status_code", "response_parameters", "response_templates"],
    ),
    of("aws_api_gateway_stage", "aws:apigateway/stage:Stage", &["rest_api_id", "stage_name"]),
    of("aws_api_gateway_deployment", "aws:apigateway/deployment:Deployment", &["rest_api_id", "stage_name"]),
    of("aws_api_gateway_rest_api_policy", "aws:apigateway/restApiPolicy:RestApiPolicy", &["rest_api_id"]),
    of("aws_api_gateway_rest_api_put", "aws:apigateway/restApiPut:RestApiPut", &["rest_api_id"]),
    of("aws_api_gateway_usage_plan", "aws:apigateway/usagePlan:UsagePlan", &["name"]),
    of("aws_api_gateway_api_key", "aws:apigateway/apiKey:ApiKey", &["name"]),
    of("aws_api_gateway_domain_name", "aws:apigateway/domainName:DomainName", &["mutual_tls_authentication"]),
    of(
        "aws_apigatewayv2_api",
        "aws:apigatewayv2/api:Api",
        &["id", "name", "protocol_type", "cors_configuration", "body", "route_key", "target"],
    ),
    of(
        "aws_apigatewayv2_authorizer",
        "aws:apigatewayv2/authorizer:Authorizer",
        &["id", "api_id", "name", "authorizer_type", "identity_sources", "jwt_configuration"],
    ),
    of(
        "aws_apigatewayv2_route",
        "aws:apigatewayv2/route:Route",
        &[
            "api_id",
            "route_key",
            "authorization_type",
            "authorizer_id",
            "authorization_scopes",
            "api_key_required",
        ],
    ),
    of("aws_apigatewayv2_stage", "aws:apigatewayv2/stage:Stage", &["api_id", "name"]),
    of(
        "aws_apigatewayv2_domain_name",
        "aws:apigatewayv2/domainName:DomainName",
        &["mutual_tls_authentication"],
    ),
    of("aws_wafv2_web_acl_association", "aws:wafv2/webAclAssociation:WebAclAssociation", &["resource_arn"]),
    of(
        "aws_wafregional_web_acl_association",
        "aws:wafregional/webAclAssociation:WebAclAssociation",
        &["resource_arn"],
    ),
    of(
        "aws_cognito_user_pool",
        "aws:cognito/userPool:UserPool",
        &["id", "arn", "name", "username_attributes", "alias_attributes"],
    ),
    of(
        "aws_cognito_user_pool_client",
        "aws:cognito/userPoolClient:UserPoolClient",
        &[
            "id",
            "name",
            "user_pool_id",
            "allowed_oauth_flows",
            "allowed_oauth_scopes",
            "explicit_auth_flows",
            "callback_urls",
            "logout_urls",
            "generate_secret",
        ],
    ),
    of(
        "aws_cognito_managed_user_pool_client",
        "aws:cognito/managedUserPoolClient:ManagedUserPoolClient",
        &[
            "id",
            "name",
            "user_pool_id",
            "allowed_oauth_flows",
            "allowed_oauth_scopes",
            "explicit_auth_flows",
            "callback_urls",
            "logout_urls",
        ],
    ),
    of(
        "aws_cognito_resource_server",
        "aws:cognito/resourceServer:ResourceServer",
        &["identifier", "name", "user_pool_id", "scope"],
    ),
    of("aws_cognito_user_pool_domain", "aws:cognito/userPoolDomain:UserPoolDomain", &["user_pool_id"]),
    of("aws_cognito_user_group", "aws:cognito/userGroup:UserGroup", &["name", "user_pool_id"]),
    of("aws_cognito_user", "aws:cognito/user:User", &["username", "user_pool_id"]),
    of("aws_cognito_identity_provider", "aws:cognito/identityProvider:IdentityProvider", &["user_pool_id"]),
    of("aws_cognito_identity_pool", "aws:cognito/identityPool:IdentityPool", &["id"]),
];

impl Type {
    /// The type with this name, in Terraform or OpenTofu.
    pub(crate) fn of_terraform(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    /// The type with this name in Pulumi.
    pub(crate) fn of_pulumi(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.pulumi == name)
    }

    /// Whether data sources of the type are read: they are deployed resources, and routes may refer to them.
    pub(crate) fn is_read_as_data(&self) -> bool {
        matches!(self.name, "aws_api_gateway_rest_api" | "aws_api_gateway_resource" | "aws_apigatewayv2_api")
    }
}

/// The start of the names of types of another provider that make APIs and are not read.
pub(crate) const UNREAD: [&str; 4] =
    ["awscc_apigateway_", "awscc_apigatewayv2_", "aws-native:apigateway:", "aws-native:apigatewayv2:"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_both_of_its_names() {
        for known in &TYPES {
            assert_eq!(Type::of_terraform(known.name), Some(known));
            assert_eq!(Type::of_pulumi(known.pulumi), Some(known));
        }
    }

    #[test]
    fn no_attribute_is_a_secret() {
        let secrets = ["client_secret", "password", "temporary_password", "value", "secret"];
        for known in &TYPES {
            assert!(!known.attributes.iter().any(|name| secrets.contains(name)), "{}", known.name);
        }
    }
}

//! The logical ids of the resources that the framework generates. Users override resources by them.

use crate::serverless::keys;

/// `users/{id}` to `UsersIdVar`.
pub(super) fn path(path: &str) -> String {
    path.split('/').map(path_part).collect()
}

/// `my-pool` to `MyDashpool`.
pub(super) fn resource(name: &str) -> String {
    capitalized(&name.replace('-', "Dash").replace('_', "Underscore"))
}

pub(super) fn rest_resource(path: &str) -> String {
    format!("ApiGatewayResource{}", self::path(path))
}

pub(super) fn rest_method(path: &str, method: &str) -> String {
    format!("ApiGatewayMethod{}{}", self::path(path), capitalized(&method.to_lowercase()))
}

pub(super) fn rest_authorizer(name: &str) -> String {
    format!("{}ApiGatewayAuthorizer", resource(name))
}

/// The logical id for a route key such as `GET /users/{id}`.
pub(super) fn http_route(key: &str) -> String {
    if key == "$default" { "HttpApiRouteDefault".into() } else { format!("HttpApiRoute{}", path(key)) }
}

pub(super) fn http_authorizer(name: &str) -> String {
    format!("HttpApiAuthorizer{}", resource(name))
}

/// Whether the id may be that of a generated resource without an effect on requests: a function, its logs and permissions, a
/// deployment.
pub(super) fn decides_nothing(id: &str) -> bool {
    let any = |list: &str, fits: fn(&str, &str) -> bool| keys::list(list).iter().any(|part| fits(id, part));
    any("starts of ids that decide nothing", |id, start| id.starts_with(start))
        || any("ends of ids that decide nothing", |id, end| id.ends_with(end))
        || any("parts of ids that decide nothing", |id, part| id.contains(part))
}

/// The name of a Cognito or Lambda authorizer that is given by its ARN.
pub(super) fn authorizer_of_arn(arn: &str) -> &str {
    let last = arn.rsplit_once(':').map_or(arn, |(_, last)| last);
    last.rsplit_once('-').map_or(last, |(_, last)| last)
}

fn path_part(part: &str) -> String {
    let lower = capitalized(&part.to_lowercase()).replace('-', "Dash");
    let braces = lower.find('{').and_then(|open| Some((open, lower.rfind('}')?)));
    let named = match braces {
        Some((open, close)) if open < close => {
            let (before, rest) = lower.split_at_checked(open).unwrap_or_default();
            let (inside, after) = rest.split_at_checked(close - open).unwrap_or_default();
            format!("{before}{inside}Var{after}")
        }
        _ => lower,
    };
    capitalized(&named.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As serverless 3.40 and osls 4.3 name them.
    #[test]
    fn ids_are_those_of_the_framework() {
        for (found, id) in [
            (rest_method("", "get"), "ApiGatewayMethodGet"),
            (rest_method("foo_bar/{userId}", "POST"), "ApiGatewayMethodFoobarUseridVarPost"),
            (rest_resource("{proxy+}"), "ApiGatewayResourceProxyVar"),
            (rest_resource("a-b/cD"), "ApiGatewayResourceADashbCd"),
            (rest_authorizer("1_ZZZ"), "1UnderscoreZZZApiGatewayAuthorizer"),
            (rest_authorizer("my-pool"), "MyDashpoolApiGatewayAuthorizer"),
            (http_route("GET /a/{id}"), "HttpApiRouteGetAIdVar"),
            (http_route("$default"), "HttpApiRouteDefault"),
            (http_authorizer("j"), "HttpApiAuthorizerJ"),
        ] {
            assert_eq!(found, id);
        }
        assert_eq!(authorizer_of_arn("arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_ZZZ"), "1_ZZZ");
        assert_eq!(authorizer_of_arn("arn:aws:lambda:us-east-1:1:function:service-dev-auth"), "auth");
    }
}

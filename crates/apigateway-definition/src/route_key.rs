//! Methods and paths of routes, as definitions write them.

use apigateway_routes::{PathPattern, PathPatternError, RouteMethod};

/// Reads a method in any case, as Serverless and SAM do. Returns the message of the problem if API Gateway has no such method.
pub(crate) fn method(text: &str) -> Result<RouteMethod, String> {
    let mut methods = RouteMethod::OF_API_GATEWAY.into_iter();
    methods.find(|method| method.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
        format!(
            "`{text}` is not a method of API Gateway; the methods are ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT"
        )
    })
}

/// Reads a path. As in API Gateway, one slash at its end makes no difference; Serverless also omits the first slash.
pub(crate) fn path(text: &str) -> Result<PathPattern, PathPatternError> {
    if text == "$default" {
        return Ok(PathPattern::default_route());
    }
    let text = text.strip_prefix('/').unwrap_or(text);
    let text = text.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(text);
    format!("/{text}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (text, expected) in [
            ("", "/"),
            ("/", "/"),
            ("a", "/a"),
            ("/a/", "/a"),
            ("/a/{b}/{c+}", "/a/{b}/{c+}"),
            ("$default", "$default"),
            ("/v1.0/a:b,c_d-e", "/v1.0/a:b,c_d-e"),
        ] {
            assert_eq!(path(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_no_table_takes_is_refused() {
        for text in [
            "//", "/a//b", "/{}", "/{+}", "/{a}b", "/a b", "/{a+}/b", "/ä", "/{a", "/a}", "/%41", "/a\n",
            "/..", "/{a}/{a}",
        ] {
            assert!(path(text).is_err(), "{text}");
        }
        assert!(path(&"/a".repeat(200)).is_err());
    }

    #[test]
    fn methods_are_those_of_api_gateway_in_any_case() {
        assert_eq!((method("get"), method("Any")), (Ok(RouteMethod::Get), Ok(RouteMethod::Any)));
        assert!(["trace", "CONNECT", "*", ""].into_iter().all(|text| method(text).is_err()));
    }
}

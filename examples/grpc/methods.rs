//! What each method requires of a token. A gRPC method is a route: `POST /package.Service/Method`.

use std::error::Error;

use cognito_authorizer::{RouteTable, scope};
use prost::Message;
use prost_types::FileDescriptorSet;

use crate::proto::DESCRIPTORS;

/// The table, which has a row for each method of the service, or an error at the start. A method that is added to the service later
/// is refused until it has a row.
pub(crate) fn table() -> Result<RouteTable, Box<dyn Error>> {
    let table = RouteTable::builder()
        .require("POST /orders.v1.Orders/Get", scope("orders/read"))
        .require("POST /orders.v1.Orders/Watch", scope("orders/read"))
        .require("POST /orders.v1.Orders/Create", scope("orders/write"))
        // Which methods there are is not a secret of this service. Tools ask before they have a token.
        .open("POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        .build()?;
    table.compare(of_service()?.iter().map(String::as_str)).into_result()?;
    Ok(table)
}

/// Every method in the descriptors, as a route key, and that of reflection.
fn of_service() -> Result<Vec<String>, Box<dyn Error>> {
    let mut routes = vec!["POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned()];
    for file in FileDescriptorSet::decode(DESCRIPTORS)?.file {
        for service in &file.service {
            for method in &service.method {
                routes.push(format!("POST /{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    Ok(routes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_of_the_service_has_a_row() {
        table().unwrap();
        assert_eq!(of_service().unwrap().len(), 4);
    }

    #[test]
    fn a_method_without_a_row_is_an_error_at_the_start() {
        let short = RouteTable::builder()
            .require("POST /orders.v1.Orders/Get", scope("orders/read"))
            .build()
            .unwrap();
        let methods = of_service().unwrap();
        let error = short.compare(methods.iter().map(String::as_str)).into_result().unwrap_err();
        assert!(error.to_string().contains("/orders.v1.Orders/Create"), "{error}");
    }
}

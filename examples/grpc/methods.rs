//! What each method requires of a token. A gRPC method is a route: `POST /package.Service/Method`.

use std::error::Error;

use cognito_authorizer::{RouteTable, scope};
use prost::Message;
use prost_types::FileDescriptorSet;

use crate::proto::DESCRIPTORS;

/// The table. It is an error if a method of the service has no row, so a method that is added later cannot be forgotten.
pub(crate) fn table() -> Result<RouteTable, Box<dyn Error>> {
    let table = RouteTable::builder()
        .require("POST /orders.v1.Orders/Get", scope("orders/read"))
        .require("POST /orders.v1.Orders/Watch", scope("orders/read"))
        .require("POST /orders.v1.Orders/Create", scope("orders/write"))
        // Open, because tools list the methods before they have a token, and the list is not a secret of this service.
        .open("POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        .build()?;
    table.compare(of_service()?.iter().map(String::as_str)).into_result()?;
    Ok(table)
}

/// The route key of every method in the descriptors, and of reflection.
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

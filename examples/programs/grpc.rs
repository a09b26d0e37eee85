//! The example `grpc`: each printed `grpcurl` line gets the printed status, from tonic's client.

use std::collections::HashMap;

use cognito_local_pool::LocalPool;
use serde_json::Value;
use tokio_stream::{StreamExt, once};
use tonic::{
    Code, Request, Status,
    metadata::{MetadataKey, MetadataValue},
    transport::Channel,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use self::proto::{CreateRequest, GetRequest, WatchRequest, orders_client::OrdersClient};
use crate::{Program, words};

#[expect(unreachable_pub, clippy::pedantic, reason = "generated")]
mod proto {
    tonic::include_proto!("orders.v1");
}

/// Makes the call that `grpcurl` makes for this line, and returns the number of messages.
async fn grpcurl(line: &str, variables: &HashMap<&str, &str>) -> Result<usize, Status> {
    let words = words(line, variables);
    let after = |option| words.windows(2).filter(move |pair| pair[0] == option).map(|pair| pair[1].as_str());
    let [.., address, method] = words.as_slice() else { panic!("{line}") };
    let channel = Channel::from_shared(format!("http://{address}")).expect("an address").connect().await;
    let channel = channel.expect("a connection");
    if method == "list" {
        return Ok(services(channel).await.len());
    }
    let message: Value = serde_json::from_str(after("-d").next().expect("a message")).expect("JSON");
    let number = |name: &str| message[name].as_u64().expect("a number");
    let mut client = OrdersClient::new(channel);
    match method.rsplit('/').next() {
        Some("Get") => {
            client.get(with_headers(GetRequest { id: number("id") }, after("-H"))).await.map(|_| 1)
        }
        Some("Create") => {
            let item = message["item"].as_str().expect("text").to_owned();
            client.create(with_headers(CreateRequest { item }, after("-H"))).await.map(|_| 1)
        }
        Some("Watch") => {
            let request = with_headers(WatchRequest { most: number("most") }, after("-H"));
            let stream = client.watch(request).await?.into_inner();
            Ok(stream.collect::<Result<Vec<_>, _>>().await?.len())
        }
        _ => panic!("{line}"),
    }
}

fn with_headers<'a, T>(message: T, headers: impl Iterator<Item = &'a str>) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in headers.map(|header| header.split_once(": ").expect("a header")) {
        let name = MetadataKey::from_bytes(name.as_bytes()).expect("a name");
        request.metadata_mut().insert(name, MetadataValue::try_from(value).expect("a value"));
    }
    request
}

/// The services that reflection lists.
async fn services(channel: Channel) -> Vec<String> {
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut client = ServerReflectionClient::new(channel);
    let answer = client.server_reflection_info(once(request)).await.expect("reflection is open");
    let answer = answer.into_inner().next().await.expect("one answer").expect("a good one");
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}");
    };
    list.service.into_iter().map(|service| service.name).collect()
}

#[tokio::test]
async fn every_line_of_grpc_gets_its_status() {
    let program = Program::start("grpc", &[]);
    let (variables, lines) = (program.variables(), program.commands("grpcurl"));
    assert_eq!(lines.len(), 10);
    for (above, line) in lines {
        let expected = above.strip_prefix("# ").and_then(|text| text.split(':').next()).expect("a status");
        let code = grpcurl(line, &variables).await.map_or_else(
            |status| status.code(),
            |messages| {
                assert_eq!(
                    messages,
                    if line.contains("Watch") {
                        3
                    } else if line.ends_with("list") {
                        2
                    } else {
                        1
                    },
                    "{line}"
                );
                Code::Ok
            },
        );
        let found = if code == Code::Ok { "OK".to_owned() } else { format!("{code:?}") };
        assert!(
            found == expected || line.ends_with("list") && code == Code::Ok,
            "{line}: {found}, not {expected}"
        );
    }
}

#[tokio::test]
async fn a_refusal_keeps_the_challenge_as_metadata() {
    let program = Program::start("grpc", &[]);
    let channel = Channel::from_shared(format!("http://{}", program.variables()["API"])).expect("an address");
    let mut client = OrdersClient::new(channel.connect().await.expect("a connection"));
    let refused = client.get(GetRequest { id: 1 }).await.expect_err("no token");
    let challenge = refused.metadata().get("www-authenticate").expect("a challenge").to_str().expect("text");
    assert_eq!(challenge, "Bearer scope=\"orders/read\"");
}

/// The client keeps its token and tries again.
#[tokio::test]
async fn keys_out_of_reach_are_unavailable() {
    let pool = LocalPool::builder("eu-west-1_Ab12Cd34E").build().expect("a pool");
    let program = Program::start_with(
        "grpc",
        &[],
        &[
            ("COGNITO_USER_POOL_ID", pool.id()),
            ("COGNITO_CLIENT_IDS", "any"),
            ("COGNITO_JWKS_URL", "http://127.0.0.1:1/jwks.json"),
            ("ORDERS_LAZY", "1"),
        ],
    );
    let url = program.printed.lines().last().and_then(|line| line.strip_prefix("listening on "));
    let channel = Channel::from_shared(url.expect("its URL").to_owned()).expect("an address").connect().await;
    let mut client = OrdersClient::new(channel.expect("a connection"));
    let header = format!("authorization: Bearer {}", pool.access_token("ada").scope("orders/read").sign());
    let call = with_headers(GetRequest { id: 1 }, [header.as_str()].into_iter());
    let refused = client.get(call).await.expect_err("no keys");
    assert_eq!((refused.code(), refused.message()), (Code::Unavailable, "tokens cannot be verified now"));
    assert!(refused.metadata().contains_key("retry-after"));
}

#[tokio::test]
async fn a_method_without_a_row_is_unimplemented() {
    let program = Program::start("grpc", &[]);
    let address = program.variables()["API"].to_owned();
    let mut client = tonic::client::Grpc::new(
        Channel::from_shared(format!("http://{address}"))
            .expect("an address")
            .connect()
            .await
            .expect("a connection"),
    );
    client.ready().await.expect("ready");
    let path = "/orders.v1.Orders/Delete".parse().expect("a path");
    let codec = tonic_prost::ProstCodec::<GetRequest, proto::Order>::default();
    let refused = client.unary(Request::new(GetRequest { id: 1 }), path, codec).await.expect_err("no row");
    assert_eq!(refused.code(), Code::Unimplemented);
}

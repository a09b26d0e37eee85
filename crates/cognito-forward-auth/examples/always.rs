//! Allows every request, over HTTP and gRPC, with the same server as `cognito-authorizer serve`. Over gRPC it reads Envoy's message, and
//! its answers have the same frames. `.ci/proxies/measure.mjs` measures the cost of the protocol with it.
//!
//! `always HTTP_ADDRESS GRPC_ADDRESS`

use std::{convert::Infallible, env, error::Error, future::ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use envoy_types::pb::{
    envoy::service::auth::v3::{CheckRequest, CheckResponse, OkHttpResponse, check_response::HttpResponse},
    google::rpc::Status,
};
use http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use prost::Message;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let usage = "usage: always HTTP_ADDRESS GRPC_ADDRESS";
    let http = TcpListener::bind(arguments.next().ok_or(usage)?).await?;
    let grpc = TcpListener::bind(arguments.next().ok_or(usage)?).await?;
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = grpc.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let service = service_fn(check);
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    loop {
        let (stream, _) = http.accept().await?;
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let service = service_fn(async |_: Request<Incoming>| {
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            });
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The bytes before each message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Answers Envoy's check.
async fn check(
    request: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, Box<dyn Error + Send + Sync>> {
    let mut message = request.into_body().collect().await?.to_bytes();
    message.advance(PREFIX.min(message.len()));
    let _request = CheckRequest::decode(message)?;
    let answer = CheckResponse {
        status: Some(Status::default()),
        dynamic_metadata: None,
        http_response: Some(HttpResponse::OkResponse(OkHttpResponse::default())),
    };
    let mut frame = BytesMut::with_capacity(PREFIX + answer.encoded_len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(answer.encoded_len())?);
    answer.encode(&mut frame)?;
    let trailers = HeaderMap::from_iter([("grpc-status".parse()?, HeaderValue::from_static("0"))]);
    let body = Full::new(frame.freeze()).with_trailers(ready(Some(Ok(trailers))));
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

//! Allows every request, over HTTP and gRPC, with the same server as `cognito-authorizer serve`. `.ci/proxies/measure.mjs` measures the
//! cost of the protocol with it.
//!
//! `always HTTP_ADDRESS GRPC_ADDRESS`

use std::{convert::Infallible, env, error::Error};

use bytes::Bytes;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, OkHttpResponse,
    authorization_server::{Authorization, AuthorizationServer},
    check_response::HttpResponse,
};
use envoy_types::pb::google::rpc::Status;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
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
                let service = TowerToHyperService::new(AuthorizationServer::new(Always));
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

struct Always;

#[tonic::async_trait]
impl Authorization for Always {
    async fn check(
        &self,
        _: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        Ok(tonic::Response::new(CheckResponse {
            status: Some(Status::default()),
            dynamic_metadata: None,
            http_response: Some(HttpResponse::OkResponse(OkHttpResponse::default())),
        }))
    }
}

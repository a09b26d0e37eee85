//! The handlers. The layer has put the verified token into the request's extensions.

use std::sync::Arc;

use cognito_authorizer::Verified;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::{
    proto::{CreateRequest, GetRequest, Order, WatchRequest, orders_server::Orders},
    until_expiry::until_expiry,
};

/// The orders, sorted by id. Streams watch them.
#[derive(Debug)]
pub(crate) struct Shop {
    orders: watch::Sender<Vec<Order>>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let order = |id, item: &str| Order { id, item: item.to_owned(), made_by: "the example".to_owned() };
        Self { orders: watch::Sender::new(vec![order(1, "tea"), order(2, "cake")]) }
    }
}

/// The verified token. On a row that requires a token, there is one.
fn caller<T>(request: &Request<T>) -> Result<&Arc<Verified>, Status> {
    let missing = || Status::internal("the method is outside the layer");
    request.extensions().get().ok_or_else(missing)
}

#[tonic::async_trait]
impl Orders for Shop {
    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Order>, Status> {
        let id = request.get_ref().id;
        let order = self.orders.borrow().iter().find(|order| order.id == id).cloned();
        order.map(Response::new).ok_or_else(|| Status::not_found("there is no such order"))
    }

    async fn create(&self, request: Request<CreateRequest>) -> Result<Response<Order>, Status> {
        let caller = caller(&request)?;
        let made_by = caller.username().unwrap_or_else(|| caller.client_id()).to_owned();
        let mut order = Order { id: 0, item: request.into_inner().item, made_by };
        self.orders.send_modify(|orders| {
            order.id = orders.last().map_or(1, |last| last.id + 1);
            orders.push(order.clone());
        });
        Ok(Response::new(order))
    }

    type WatchStream = ReceiverStream<Result<Order, Status>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        // The layer checked the token when the stream began, so the stream must end when the token expires.
        let left = until_expiry(caller(&request)?);
        let most = match request.into_inner().most {
            0 => usize::MAX,
            most => usize::try_from(most).unwrap_or(usize::MAX),
        };
        let (sender, receiver) = mpsc::channel(1);
        let orders = self.orders.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = send_orders(orders, most, &sender) => {}
                () = tokio::time::sleep(left) => {
                    let expired = Status::unauthenticated("the token has expired; begin again with a new one");
                    // The client may be gone by now.
                    let _ = sender.send(Err(expired)).await;
                }
                () = sender.closed() => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// Sends each order once, and waits for new ones until `most` are sent or the client is gone.
async fn send_orders(
    mut orders: watch::Receiver<Vec<Order>>,
    most: usize,
    sender: &mpsc::Sender<Result<Order, Status>>,
) {
    for index in 0..most {
        let Ok(order) =
            orders.wait_for(|orders| orders.len() > index).await.map(|orders| orders.get(index).cloned())
        else {
            return;
        };
        let Some(order) = order else { return };
        if sender.send(Ok(order)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use cognito_authorizer::{CognitoAuthLayer, KeySet};
    use cognito_local_pool::{AppClient, LocalPool};
    use tokio_stream::StreamExt;
    use tonic::Code;
    use tower::{ServiceExt, service_fn};

    use super::*;

    /// A request with the extensions that the layer gives it.
    async fn verified<T>(message: T) -> Request<T> {
        let pool =
            LocalPool::builder("ap-south-1_abcdefghi").app_client(AppClient::public("web")).build().unwrap();
        let keys = KeySet::from_json(pool.jwks().as_bytes()).unwrap();
        let auth = CognitoAuthLayer::builder(pool.id()).client("web").with_keys([(pool.id(), keys)]).unwrap();
        let request = axum::http::Request::builder()
            .header("authorization", format!("Bearer {}", pool.access_token("ada").sign()))
            .body(axum::body::Body::empty())
            .unwrap();
        let keep = service_fn(async |request: axum::http::Request<axum::body::Body>| {
            let mut response = axum::http::Response::new(axum::body::Body::empty());
            *response.extensions_mut() = request.into_parts().0.extensions;
            Ok::<_, std::convert::Infallible>(response)
        });
        let response = tower::Layer::layer(&auth, keep).oneshot(request).await.unwrap();
        let mut request = Request::new(message);
        *request.extensions_mut() = response.into_parts().0.extensions;
        request
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_its_token_expires() {
        let shop = Shop::new();
        let stream = shop.watch(verified(WatchRequest { most: 0 }).await).await.unwrap();
        let sent: Vec<_> = stream.into_inner().collect().await;
        let [Ok(first), Ok(second), Err(last)] = sent.as_slice() else { panic!("{sent:?}") };
        assert_eq!((first.id, second.id, last.code()), (1, 2, Code::Unauthenticated));
    }

    #[tokio::test]
    async fn a_stream_has_new_orders_too() {
        let shop = Shop::new();
        let stream = shop.watch(verified(WatchRequest { most: 3 }).await).await.unwrap();
        let made =
            shop.create(verified(CreateRequest { item: "jam".to_owned() }).await).await.unwrap().into_inner();
        assert_eq!(made.made_by, "ada");
        let sent: Vec<_> = stream.into_inner().collect::<Result<_, _>>().await.unwrap();
        assert_eq!(sent.last(), Some(&made));
    }

    #[tokio::test]
    async fn a_method_outside_the_layer_makes_nothing() {
        let refused = Shop::new().create(Request::new(CreateRequest::default())).await.unwrap_err();
        assert_eq!(refused.code(), Code::Internal);
    }
}

//~ `Option<RequireGroup<Operators>>` would let in callers who do not meet the requirement
//~ take `RequireGroup<Operators>` without `Option`

use axum::{Router, middleware::from_extractor, routing::get};
use cognito_authorizer::{RequireGroup, groups};

groups! { Operators = "ops" }

pub fn app() -> Router {
    Router::new().route("/", get(|| async {})).route_layer(from_extractor::<Option<RequireGroup<Operators>>>())
}

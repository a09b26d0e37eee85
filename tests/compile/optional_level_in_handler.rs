//~ Option<RequireAcr<Strong>>

use axum::{Router, routing::get};
use cognito_authorizer::{RequireAcr, acr_levels};

acr_levels! { Strong = "urn:cognito:loa:3" }

async fn pay(_: Option<RequireAcr<Strong>>) {}

pub fn app() -> Router {
    Router::new().route("/", get(pay))
}

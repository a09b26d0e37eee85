//~ missing generics for struct `RequireAcr`
//~ pub async fn pay(_: RequireAcr<A>) {}

use cognito_authorizer::RequireAcr;

pub async fn pay(_: RequireAcr) {}

//! `/oauth2/revoke`.

use cognito_local_pool::{AppClient, PoolServer};
use serde_json::json;

use super::{CALLBACK, builder_with_login};
use crate::support::{Response, send, token_request};

async fn revoke(server: &PoolServer, headers: &[&str], form: &str) -> Response {
    let mut headers = headers.to_vec();
    headers.push("Content-Type: application/x-www-form-urlencoded");
    send(server, "POST /oauth2/revoke", &headers, form).await
}

#[tokio::test]
async fn a_revoked_token_and_the_tokens_beside_it_are_good_no_more() {
    let pool = builder_with_login().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let signed_in = pool.sign_in("ada").through("spa").issue().unwrap();
    let refresh = signed_in.refresh_token().unwrap();
    let form = format!("client_id=spa&token={refresh}");
    for _ in 0..2 {
        let response = revoke(&server, &[], &form).await;
        assert_eq!((response.status, response.body.as_str()), (200, ""), "the second time as well");
    }
    let again = format!("grant_type=refresh_token&client_id=spa&refresh_token={refresh}");
    assert_eq!(token_request(&server, None, &again).await.json(), json!({"error": "invalid_grant"}));
    let bearer = format!("Authorization: Bearer {}", signed_in.access_token());
    assert_eq!(send(&server, "GET /oauth2/userInfo", &[&bearer], "").await.status, 401);
    // Another sign-in of the same user is its own.
    let other = pool.sign_in("ada").through("spa").issue().unwrap();
    let bearer = format!("Authorization: Bearer {}", other.access_token());
    assert_eq!(send(&server, "GET /oauth2/userInfo", &[&bearer], "").await.status, 200);
}

#[tokio::test]
async fn each_bad_revocation_has_the_error_of_cognito() {
    let pool = builder_with_login()
        .app_client(
            AppClient::public("lasting")
                .without_token_revocation()
                .callback_url(CALLBACK)
                .allow_scope("openid"),
        )
        .build()
        .unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let spa = pool.sign_in("ada").through("spa").issue().unwrap();
    let refresh = spa.refresh_token().unwrap();
    let lasting = pool.sign_in("ada").through("lasting").issue().unwrap();
    let lasting = lasting.refresh_token().unwrap();
    let basic = "Authorization: Basic c2l0ZTpuZXctc2VjcmV0"; // site:new-secret
    let wrong = "Authorization: Basic c2l0ZTp3cm9uZw=="; // site:wrong
    let cases: &[(&[&str], String, u16, &str)] = &[
        (&[], "client_id=spa&token=unknown".into(), 200, ""),
        (&[basic], "token=unknown".into(), 200, ""),
        (&[], "client_id=site&client_secret=old-secret&token=unknown".into(), 200, ""),
        (&[], "client_id=spa".into(), 400, "invalid_request"),
        (&[], format!("token={refresh}"), 400, "invalid_request"),
        (&[], format!("client_id=spa&token={refresh}&token={refresh}"), 400, "invalid_request"),
        (&[], format!("client_id=lasting&token={lasting}"), 400, "invalid_request"),
        (&[], format!("client_id=spa&token={}", spa.access_token()), 400, "unsupported_token_type"),
        (&[], format!("client_id=spa&token={}", spa.id_token().unwrap()), 400, "unsupported_token_type"),
        (&[], format!("client_id=rotating&token={refresh}"), 400, "invalid_request"),
        (&[], format!("client_id=none&token={refresh}"), 401, "invalid_client"),
        (&[], "client_id=site&token=x".into(), 401, "invalid_client"),
        (&[wrong], "token=x".into(), 401, "invalid_client"),
    ];
    for (headers, form, status, error) in cases {
        let response = revoke(&server, headers, form).await;
        assert_eq!(response.status, *status, "{form}: {}", response.body);
        if *status != 200 {
            assert_eq!(response.json(), json!({"error": error}), "{form}");
        }
    }
    let again = format!("grant_type=refresh_token&client_id=spa&refresh_token={refresh}");
    assert_eq!(token_request(&server, None, &again).await.status, 200, "none of them revoked it");
}

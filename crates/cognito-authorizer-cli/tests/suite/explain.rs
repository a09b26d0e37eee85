//! The whole report of `explain`.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};

use crate::support::{KeysFile, POOL, WEB_APP, explain, pool, run_at, without_jti};

async fn check(presented: &str, options: &[&str], exit: u8, expected: Expect) {
    let ran = KeysFile::of(&pool()).explain(presented, options).await;
    expected.assert_eq(&without_jti(&ran.out));
    assert_eq!(ran.exit, exit, "{ran:?}");
}

/// With the keys of the pool that signs.
async fn check_signed(
    sign: impl FnOnce(&cognito_local_pool::LocalPool) -> String,
    options: &[&str],
    exit: u8,
    expected: Expect,
) {
    let pool = pool();
    let ran = KeysFile::of(&pool).explain(&sign(&pool), options).await;
    expected.assert_eq(&without_jti(&ran.out));
    assert_eq!(ran.exit, exit, "{ran:?}");
}

#[tokio::test]
async fn a_good_token_passes_every_step() {
    check_signed(
        |pool| format!("Bearer {}", pool.access_token("ada").scope("orders/read").sign()),
        &["--client", WEB_APP, "--scope", "orders/read", "--group", "ops"],
        0,
        expect![[r#"
            Claims, signed by the user pool
              iss              https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              token_use        access
              client_id        4example23456789
              sub              bfd8d612-b7b2-4b56-bc8f-a8753af23999
              username         ada
              jti              JTI
              scope            orders/read
              cognito:groups   ops
              iat              2023-11-14T22:13:20Z, 0 s ago
              exp              2023-11-14T23:13:20Z, in 60 min

            The check, step by step
              ✓ source       from standard input, after `Bearer`
              ✓ form         3 segments, 988 bytes
              ✓ header       alg RS256, kid local-key
              ✓ key          published by eu-west-1_Ab12Cd34E (1 key, in jwks.json)
              ✓ signature    made with that key
              ✓ claim set    well-formed
              ✓ issuer       https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              ✓ times        issued 0 s ago, expires in 60 min
              ✓ token use    access token, as expected
              ✓ app client   4example23456789, which is accepted
              ✓ subject      the token has one
              ✓ requirement  scope orders/read, and group ops: met

            Accepted: a good access token
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_expired_token_was_signed_all_the_same() {
    check_signed(
        |pool| pool.access_token("ada").expired().sign(),
        &["--any-client"],
        1,
        expect![[r#"
            Claims, signed by the user pool
              iss              https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              token_use        access
              client_id        4example23456789
              sub              bfd8d612-b7b2-4b56-bc8f-a8753af23999
              username         ada
              jti              JTI
              scope            aws.cognito.signin.user.admin
              cognito:groups   ops
              iat              2023-11-14T20:13:20Z, 2 h ago
              exp              2023-11-14T21:13:20Z, 60 min ago

            The check, step by step
              ✓ source       from standard input
              ✓ form         3 segments, 1,012 bytes
              ✓ header       alg RS256, kid local-key
              ✓ key          published by eu-west-1_Ab12Cd34E (1 key, in jwks.json)
              ✓ signature    made with that key
              ✓ claim set    well-formed
              ✓ issuer       https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              ✗ times        expired 60 min ago, at 2023-11-14T21:13:20Z
              · not reached  token use, app client, subject, requirement

            Refused: expired 60 min ago, at 2023-11-14T21:13:20Z
            → Get a fresh token: with the refresh token, by signing in again, or for a
              machine from the token endpoint. Access and ID tokens are valid for an hour
              unless the app client says otherwise.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_id_token_is_not_for_a_route_with_scopes() {
    check_signed(
        |pool| pool.id_token("ada").sign(),
        &["--any-client", "--scope", "orders/read"],
        1,
        expect![[r#"
            Claims, signed by the user pool
              iss              https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              token_use        id
              aud              4example23456789
              sub              bfd8d612-b7b2-4b56-bc8f-a8753af23999
              cognito:username ada
              jti              JTI
              cognito:groups   ops
              iat              2023-11-14T22:13:20Z, 0 s ago
              exp              2023-11-14T23:13:20Z, in 60 min

            The check, step by step
              ✓ source       from standard input
              ✓ form         3 segments, 940 bytes
              ✓ header       alg RS256, kid local-key
              ✓ key          published by eu-west-1_Ab12Cd34E (1 key, in jwks.json)
              ✓ signature    made with that key
              ✓ claim set    well-formed
              ✓ issuer       https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              ✓ times        issued 0 s ago, expires in 60 min
              ✗ token use    expected an access token, got an ID token
              · not reached  app client, subject, requirement

            Refused: expected an access token, got an ID token
            → This is an ID token, and the route requires the scope orders/read, which only
              access tokens have: send the access token (`access_token`, `AccessToken`).
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_claims_of_a_forged_token_are_not_verified() {
    check_signed(
        |pool| pool.access_token("ada").scope("orders/write").forged().sign(),
        &["--any-client"],
        1,
        expect![[r#"
            Claims, NOT VERIFIED: anyone can have written them
              iss              https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
              token_use        access
              client_id        4example23456789
              sub              bfd8d612-b7b2-4b56-bc8f-a8753af23999
              username         ada
              jti              JTI
              scope            orders/write
              cognito:groups   ops
              iat              2023-11-14T22:13:20Z, 0 s ago
              exp              2023-11-14T23:13:20Z, in 60 min

            The check, step by step
              ✓ source       from standard input
              ✓ form         3 segments, 990 bytes
              ✓ header       alg RS256, kid local-key
              ✓ key          published by eu-west-1_Ab12Cd34E (1 key, in jwks.json)
              ✗ signature    signature verification failed
              · not reached  claim set, issuer, times, token use, app client, subject,
                             requirement

            Refused: signature verification failed
            → Something was changed after the pool signed it: a character lost in copying, a
              claim edited in a test tool, or a forgery. Get a fresh token and send it as it
              is.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_report_is_as_wide_as_the_terminal() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let arguments = ["explain", "--pool", POOL, "--jwks", keys.path(), "--scope", "orders/read"];
    for (columns, most) in [(60, 60), (95, 95), (200, 100)] {
        let ran = run_at(columns, &arguments, &token).await;
        let advice = ran.out.split_once('→').unwrap().1;
        let longest = advice.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= most && longest > most - 20, "{columns}: {longest}");
    }
}

#[tokio::test]
async fn a_malformed_header_has_no_claims() {
    check(
        "Bearer Bearer a.b.c",
        &[],
        1,
        expect![[r#"
            The check, step by step
              ✗ source       `Bearer` occurs twice
              · not reached  form, header, key, signature, claim set, issuer, times, token
                             use, app client, subject, requirement

            Refused: `Bearer` occurs twice
            → Something puts `Bearer` in front of a value that already has it: leave it out
              in one of the two places. Clients and test tools with a field for the token
              add it themselves.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn without_a_pool_the_token_s_own_is_proposed_but_not_used() {
    let token = pool().access_token("ada").sign();
    let ran = explain(&token, &["explain"]).await;
    expect![[r#"
        Claims, NOT VERIFIED: anyone can have written them
          iss              https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E
          token_use        access
          client_id        4example23456789
          sub              bfd8d612-b7b2-4b56-bc8f-a8753af23999
          username         ada
          jti              JTI
          scope            aws.cognito.signin.user.admin
          cognito:groups   ops
          iat              2023-11-14T22:13:20Z, 0 s ago
          exp              2023-11-14T23:13:20Z, in 60 min

        The check, step by step
          ✓ source       from standard input
          ✓ form         3 segments, 1,012 bytes
          ✓ header       alg RS256, kid local-key
          ? key          no user pool was given to check the token against
          · not reached  signature, claim set, issuer, times, token use, app client,
                         subject, requirement

        Not checked: no user pool was given
        → The token says that it is of the user pool eu-west-1_Ab12Cd34E. Anyone can
          write that; if the pool is the one that your service trusts, run again with:
            --pool eu-west-1_Ab12Cd34E
    "#]]
    .assert_eq(&without_jti(&ran.out));
    assert_eq!(ran.exit, 2);
}

#[tokio::test]
async fn json_reports_the_same() {
    check_signed(
        |pool| pool.access_token("ada").sign(),
        &["--any-client", "--scope", "orders/read", "--json"],
        1,
        expect![[r#"
            {
              "verdict": "denied",
              "code": "requirement",
              "reason": "scope orders/read is required",
              "checked_at": 1700000000,
              "steps": [
                {
                  "step": "identity_source",
                  "outcome": "passed",
                  "fact": "from standard input"
                },
                {
                  "step": "form",
                  "outcome": "passed",
                  "fact": "3 segments, 1,012 bytes"
                },
                {
                  "step": "header",
                  "outcome": "passed",
                  "fact": "alg RS256, kid local-key"
                },
                {
                  "step": "key",
                  "outcome": "passed",
                  "fact": "published by eu-west-1_Ab12Cd34E (1 key, in jwks.json)"
                },
                {
                  "step": "signature",
                  "outcome": "passed",
                  "fact": "made with that key"
                },
                {
                  "step": "claim_set",
                  "outcome": "passed",
                  "fact": "well-formed"
                },
                {
                  "step": "issuer",
                  "outcome": "passed",
                  "fact": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
                },
                {
                  "step": "times",
                  "outcome": "passed",
                  "fact": "issued 0 s ago, expires in 60 min"
                },
                {
                  "step": "token_use",
                  "outcome": "passed",
                  "fact": "access token, as expected"
                },
                {
                  "step": "client",
                  "outcome": "passed",
                  "fact": "4example23456789; any is accepted"
                },
                {
                  "step": "subject",
                  "outcome": "passed",
                  "fact": "the token has one"
                },
                {
                  "step": "requirement",
                  "outcome": "failed",
                  "fact": "scope orders/read is required"
                }
              ],
              "key_id": "local-key",
              "algorithm": "RS256",
              "claims_are_signed": true,
              "claims": {
                "client_id": "4example23456789",
                "cognito:groups": "ops",
                "exp": 1700003600,
                "iat": 1700000000,
                "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E",
                "jti": "JTI",
                "scope": "aws.cognito.signin.user.admin",
                "sub": "bfd8d612-b7b2-4b56-bc8f-a8753af23999",
                "token_use": "access",
                "username": "ada"
              },
              "advice": [
                {
                  "text": "The scope is only aws.cognito.signin.user.admin: the token is from an API sign-in (InitiateAuth, an SDK, Amplify's signIn), which grants no custom scopes. Sign in through the hosted UI (managed login) and ask for orders/read, or add the scope with a pre token generation trigger (version 2).",
                  "command": null
                }
              ]
            }
        "#]],
    )
    .await;
}

// An app that signs in with AppAuth-JS, as its own Node example does: discovery, code flow with PKCE, refresh, revocation.
import assert from "node:assert/strict";
import {
  AuthorizationNotifier,
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  GRANT_TYPE_AUTHORIZATION_CODE,
  GRANT_TYPE_REFRESH_TOKEN,
  RevokeTokenRequest,
  setFlag,
  TokenRequest,
} from "@openid/appauth";
import { NodeBasedHandler, NodeCrypto, NodeRequestor } from "@openid/appauth/built/src/node_support";

const { env } = process;
const scope = "openid email orders/read";
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

/** Sends the user to the pool. AppAuth opens a browser, and a server of its own gets the code at the redirect URL. */
function authorize(configuration, client_id) {
  const handler = new NodeBasedHandler(Number(new URL(env.REDIRECT_URI).port));
  const notifier = new AuthorizationNotifier();
  handler.setAuthorizationNotifier(notifier);
  const request = { client_id, redirect_uri: env.REDIRECT_URI, scope, response_type: AuthorizationRequest.RESPONSE_TYPE_CODE };
  return new Promise((resolve) => {
    notifier.setAuthorizationListener((request, response, error) => resolve({ request, response, error }));
    handler.performAuthorizationRequest(configuration, new AuthorizationRequest(request, new NodeCrypto()));
  });
}

async function main() {
  setFlag("IS_LOG", false);
  const requestor = new NodeRequestor();
  const configuration = await AuthorizationServiceConfiguration.fetchFromIssuer(`${env.POOL_URL}/${env.POOL_ID}`, requestor);
  const tokens = new BaseTokenRequestHandler(requestor);
  for (const [client_id, secret] of [
    [env.CLIENT_ID, {}],
    [env.CONFIDENTIAL_CLIENT_ID, { client_secret: env.CONFIDENTIAL_CLIENT_SECRET }],
  ]) {
    const base = { client_id, redirect_uri: env.REDIRECT_URI };
    const { request, response, error } = await authorize(configuration, client_id);
    assert.ok(response, error?.errorDescription);
    assert.equal(response.state, request.state);
    const exchange = new TokenRequest({
      ...base,
      grant_type: GRANT_TYPE_AUTHORIZATION_CODE,
      code: response.code,
      extras: { ...secret, code_verifier: request.internal.code_verifier },
    });
    const issued = await tokens.performTokenRequest(configuration, exchange);
    assert.ok(issued.isValid());
    assert.deepEqual(claimsOf(issued.accessToken).scope.split(" ").sort(), scope.split(" ").sort());
    assert.equal(claimsOf(issued.idToken).email, env.POOL_EMAIL);
    // A code works once.
    await assert.rejects(tokens.performTokenRequest(configuration, exchange));

    const headers = { authorization: `Bearer ${issued.accessToken}` };
    const user = await (await fetch(configuration.userInfoEndpoint, { headers })).json();
    assert.equal(user.sub, claimsOf(issued.accessToken).sub);

    const refresh = new TokenRequest({
      ...base,
      grant_type: GRANT_TYPE_REFRESH_TOKEN,
      refresh_token: issued.refreshToken,
      extras: secret,
    });
    const again = await tokens.performTokenRequest(configuration, refresh);
    assert.equal(claimsOf(again.accessToken).origin_jti, claimsOf(issued.accessToken).origin_jti);
    const revoke = new RevokeTokenRequest({ token: issued.refreshToken, client_id, ...secret });
    assert.equal(await tokens.performRevokeTokenRequest(configuration, revoke), true);
    await assert.rejects(tokens.performTokenRequest(configuration, refresh));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

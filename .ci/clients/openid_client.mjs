// Signs in to a local pool with openid-client: discovery, code flow with PKCE, refresh, userinfo, revocation, machines.
//
// Reads the settings that the example `served` prints, and REDIRECT_URI. The script plays the browser. Ends with a status
// other than 0 at the first answer that is not as expected.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { signInAt } from "./login.mjs";
import { versionOf } from "./version.mjs";

const { env } = process;
const issuer = new URL(`${env.POOL_URL}/${env.POOL_ID}`);
const scope = "openid email orders/read";

const discover = (id, authentication) =>
  client.discovery(issuer, id, undefined, authentication, { execute: [client.allowInsecureRequests] });

async function signIn(config) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedNonce: client.randomNonce(),
    expectedState: client.randomState(),
    idTokenExpected: true,
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: env.REDIRECT_URI,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const callback = await signInAt(url, env.POOL_USER, env.POOL_PASSWORD);
  return [await client.authorizationCodeGrant(config, callback, checks), callback, checks];
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const refused = (promise, error) => assert.rejects(promise, { error });

const secret = env.CONFIDENTIAL_CLIENT_SECRET;
for (const [id, authentication] of [
  [env.CLIENT_ID, client.None()],
  [env.CONFIDENTIAL_CLIENT_ID, client.ClientSecretBasic(secret)],
  [env.CONFIDENTIAL_CLIENT_ID, client.ClientSecretPost(secret)],
]) {
  const config = await discover(id, authentication);
  // The signature of the ID token is checked with the pool's keys, too.
  client.enableNonRepudiationChecks(config);
  const [tokens, callback, checks] = await signIn(config);
  assert.deepEqual(claimsOf(tokens.access_token).scope.split(" ").sort(), scope.split(" ").sort());
  const { sub } = tokens.claims();
  assert.equal(claimsOf(tokens.access_token).sub, sub);
  const user = await client.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(user.email, env.POOL_EMAIL);
  // A code works once.
  await refused(client.authorizationCodeGrant(config, callback, checks), "invalid_grant");

  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(again.refresh_token, undefined);
  assert.equal(claimsOf(again.access_token).origin_jti, claimsOf(tokens.access_token).origin_jti);
  await client.tokenRevocation(config, tokens.refresh_token);
  await refused(client.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant");
  const url = client.buildEndSessionUrl(config, { client_id: id, logout_uri: env.REDIRECT_URI });
  const signedOut = await fetch(url, { redirect: "manual" });
  assert.deepEqual([signedOut.status, signedOut.headers.get("location")], [302, env.REDIRECT_URI]);
}

const rotating = await discover(env.ROTATING_CLIENT_ID, client.None());
const [{ refresh_token: first }] = await signIn(rotating);
const { refresh_token: second } = await client.refreshTokenGrant(rotating, first);
assert.notEqual(first, second);
assert.ok((await client.refreshTokenGrant(rotating, second)).access_token);
await refused(client.refreshTokenGrant(rotating, first), "invalid_grant");

const machine = await discover(env.MACHINE_CLIENT_ID, client.ClientSecretBasic(env.MACHINE_CLIENT_SECRET));
const token = await client.clientCredentialsGrant(machine, { scope: "orders/read" });
assert.equal(claimsOf(token.access_token).scope, "orders/read");
const impostor = await discover(env.MACHINE_CLIENT_ID, client.ClientSecretBasic("guess"));
await refused(client.clientCredentialsGrant(impostor, { scope: "orders/read" }), "invalid_client");

console.log(`openid-client ${versionOf("openid-client")}: discovered, signed in by code and PKCE, refreshed, read userinfo, revoked, signed out`);

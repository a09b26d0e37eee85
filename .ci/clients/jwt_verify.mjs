// Verifies every kind of token that a local pool issues with aws-jwt-verify, AWS's own verifier.
//
// Reads the settings that the example `served` prints, and REDIRECT_URI. The pool is the one whose issuer is AWS's, which is the
// only issuer that the verifier takes for a pool id. Ends with a status other than 0 at the first answer that is not as expected.
import assert from "node:assert/strict";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { CognitoJwtInvalidClientIdError, CognitoJwtInvalidTokenUseError, JwtInvalidScopeError } from "aws-jwt-verify/error";
import { signInAt } from "./login.mjs";
import { versionOf } from "./version.mjs";

const { env } = process;
const url = env.AWS_ISSUER_URL;

async function json(response) {
  const body = await response.json();
  assert.ok(response.ok, `${response.status} ${JSON.stringify(body)}`);
  return body;
}

async function call(operation, body) {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
  };
  return json(await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
}

const token = async (fields, headers) =>
  json(await fetch(`${url}/oauth2/token`, { method: "POST", headers, body: new URLSearchParams(fields) }));

async function bySignInApi() {
  const { AuthenticationResult: tokens } = await call("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: env.CLIENT_ID,
    AuthParameters: { USERNAME: env.POOL_USER, PASSWORD: env.POOL_PASSWORD },
  });
  const { AuthenticationResult: refreshed } = await call("GetTokensFromRefreshToken", {
    ClientId: env.CLIENT_ID,
    RefreshToken: tokens.RefreshToken,
  });
  return [tokens, refreshed];
}

async function byManagedLogin() {
  const fields = { client_id: env.CLIENT_ID, redirect_uri: env.REDIRECT_URI };
  const query = new URLSearchParams({ ...fields, response_type: "code", scope: "openid email orders/read" });
  const callback = await signInAt(`${url}/oauth2/authorize?${query}`, env.POOL_USER, env.POOL_PASSWORD);
  const tokens = await token({ ...fields, grant_type: "authorization_code", code: callback.searchParams.get("code") });
  const refreshed = await token({ client_id: env.CLIENT_ID, grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  return [tokens, refreshed];
}

const verifier = CognitoJwtVerifier.create({ userPoolId: env.POOL_ID, tokenUse: null, clientId: null });
verifier.cacheJwks(await json(await fetch(`${url}/${env.POOL_ID}/.well-known/jwks.json`)));

/** The claims of a token that has to be accepted, and only for its own use and client. */
function verified(given, tokenUse, clientId, more = {}) {
  const other = tokenUse === "id" ? "access" : "id";
  assert.throws(() => verifier.verifySync(given, { clientId, tokenUse: other }), CognitoJwtInvalidTokenUseError);
  assert.throws(() => verifier.verifySync(given, { clientId: "another", tokenUse }), CognitoJwtInvalidClientIdError);
  return verifier.verifySync(given, { clientId, tokenUse, ...more });
}

let count = 0;
for (const tokens of await bySignInApi()) {
  const scope = "aws.cognito.signin.user.admin";
  assert.equal(verified(tokens.AccessToken, "access", env.CLIENT_ID, { scope, groups: "ops" }).username, env.POOL_USER);
  assert.equal(verified(tokens.IdToken, "id", env.CLIENT_ID, { groups: "ops" }).email, env.POOL_EMAIL);
  count += 2;
}
for (const tokens of await byManagedLogin()) {
  verified(tokens.access_token, "access", env.CLIENT_ID, { scope: "orders/read", groups: "ops" });
  const wrongScope = { clientId: env.CLIENT_ID, tokenUse: "access", scope: "orders/write" };
  assert.throws(() => verifier.verifySync(tokens.access_token, wrongScope), JwtInvalidScopeError);
  assert.equal(verified(tokens.id_token, "id", env.CLIENT_ID)["cognito:username"], env.POOL_USER);
  count += 2;
}
const basic = Buffer.from(`${env.MACHINE_CLIENT_ID}:${env.MACHINE_CLIENT_SECRET}`).toString("base64");
const machine = await token({ grant_type: "client_credentials", scope: "orders/write" }, { authorization: `Basic ${basic}` });
assert.equal(verified(machine.access_token, "access", env.MACHINE_CLIENT_ID, { scope: "orders/write" }).sub, env.MACHINE_CLIENT_ID);
count += 1;

console.log(`aws-jwt-verify ${versionOf("aws-jwt-verify")}: ${count} tokens verified, of the sign-in API, managed login, refreshes and a machine`);

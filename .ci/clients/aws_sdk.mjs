// Signs in to a local pool with the AWS SDK for JavaScript 3: the sign-in API without a library on top.
//
// Reads POOL_URL, CLIENT_ID, and POOL_USER with POOL_PASSWORD, a confirmed user. Ends with a status other than 0 at the first
// answer that is not as expected.
import assert from "node:assert/strict";
import { CognitoIdentityProvider, NotAuthorizedException } from "@aws-sdk/client-cognito-identity-provider";
import { versionOf } from "./version.mjs";

const { POOL_URL, CLIENT_ID: ClientId, POOL_USER, POOL_PASSWORD } = process.env;
// These calls are not signed, so there are no credentials. A refused call is not tried again.
const client = new CognitoIdentityProvider({ endpoint: POOL_URL, region: "ap-south-1", maxAttempts: 1 });

function signIn(PASSWORD) {
  const AuthParameters = { USERNAME: POOL_USER, PASSWORD };
  return client.initiateAuth({ AuthFlow: "USER_PASSWORD_AUTH", ClientId, AuthParameters });
}

const { AuthenticationResult: tokens } = await signIn(POOL_PASSWORD);
assert.equal(tokens.TokenType, "Bearer");
const { AccessToken } = tokens;
const user = await client.getUser({ AccessToken });
assert.equal(user.Username, POOL_USER);
assert.ok(user.UserAttributes.some(({ Name }) => Name === "sub"));

const refresh = { AuthFlow: "REFRESH_TOKEN_AUTH", ClientId, AuthParameters: { REFRESH_TOKEN: tokens.RefreshToken } };
const { AuthenticationResult: refreshed } = await client.initiateAuth(refresh);
assert.notEqual(refreshed.AccessToken, AccessToken);

// The SDK makes its own errors of what the pool answers.
const refused = (message) => (error) => error instanceof NotAuthorizedException && error.message === message;
await assert.rejects(signIn("guess"), refused("Incorrect username or password."));
await client.globalSignOut({ AccessToken });
await assert.rejects(client.getUser({ AccessToken }), NotAuthorizedException);
await assert.rejects(client.initiateAuth(refresh), NotAuthorizedException);

const name = "@aws-sdk/client-cognito-identity-provider";
console.log(`${name} ${versionOf(name)}: signed in, read the user, refreshed, signed out of all devices`);

// Signs in to a local pool with amazon-cognito-identity-js in Node, by SRP, as its pages did for years.
//
// Reads POOL_URL, POOL_ID, CLIENT_ID, and POOL_USER with POOL_PASSWORD, a confirmed user. Ends with a status other
// than 0 at the first answer that is not as expected.
import assert from "node:assert/strict";
import { promisify } from "node:util";
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from "amazon-cognito-identity-js";
import { versionOf } from "./version.mjs";

const { POOL_URL, POOL_ID, CLIENT_ID, POOL_USER, POOL_PASSWORD } = process.env;
const pool = new CognitoUserPool({ UserPoolId: POOL_ID, ClientId: CLIENT_ID, endpoint: POOL_URL });

const userNamed = (name) => new CognitoUser({ Username: name, Pool: pool });

/** Signs in, and gives the session or fails with the error. */
function authenticate(user, password) {
  const details = new AuthenticationDetails({ Username: user.getUsername(), Password: password });
  return new Promise((onSuccess, onFailure) => {
    const newPasswordRequired = () => onFailure(new Error("a new password is required"));
    user.authenticateUser(details, { onSuccess, onFailure, newPasswordRequired });
  });
}

const user = userNamed(POOL_USER);
const session = await authenticate(user, POOL_PASSWORD);
assert.ok(session.isValid());
assert.equal(session.getAccessToken().payload.username, POOL_USER);
assert.equal(session.getAccessToken().payload.scope, "aws.cognito.signin.user.admin");

const refreshed = await promisify(user.refreshSession.bind(user))(session.getRefreshToken());
assert.equal(
  refreshed.getAccessToken().payload.origin_jti,
  session.getAccessToken().payload.origin_jti,
);

const attributes = await promisify(user.getUserAttributes.bind(user))();
assert.equal(attributes[0].getName(), "sub");

for (const [name, password] of [[POOL_USER, "guess"], ["nobody", POOL_PASSWORD]]) {
  await assert.rejects(authenticate(userNamed(name), password), {
    code: "NotAuthorizedException",
    message: "Incorrect username or password.",
  });
}

// Numbers with and without a leading zero bit are hashed in different ways, so once is not enough.
for (let run = 0; run < 10; run += 1) await authenticate(userNamed(POOL_USER), POOL_PASSWORD);

await new Promise((onSuccess, onFailure) => user.globalSignOut({ onSuccess, onFailure }));
const again = userNamed(POOL_USER);
again.setSignInUserSession(refreshed);
await assert.rejects(promisify(again.getUserAttributes.bind(again))(), { code: "NotAuthorizedException" });
console.log(`amazon-cognito-identity-js ${versionOf("amazon-cognito-identity-js")}: signed in by SRP, refreshed, signed out`);

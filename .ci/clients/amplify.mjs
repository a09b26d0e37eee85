// Signs in to a local pool with aws-amplify 6 in Node: SRP, the other flows, refresh, attributes, sign-out.
//
// Reads POOL_URL, POOL_ID, CLIENT_ID, and POOL_USER with POOL_PASSWORD, a confirmed user. With ROTATING_CLIENT_ID, a
// client with refresh token rotation is tried too. Ends with a status other than 0 at the first answer that is not as
// expected.
import assert from "node:assert/strict";
import { Amplify } from "aws-amplify";
import {
  confirmSignIn,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  signIn,
  signOut,
} from "aws-amplify/auth";
import { versionOf } from "./version.mjs";

const { POOL_URL, POOL_ID, CLIENT_ID, ROTATING_CLIENT_ID, POOL_USER, POOL_PASSWORD } = process.env;
const credentials = { username: POOL_USER, password: POOL_PASSWORD };

function configure(userPoolClientId) {
  Amplify.configure({
    Auth: { Cognito: { userPoolId: POOL_ID, userPoolClientId, userPoolEndpoint: POOL_URL } },
  });
}

async function signedIn(options) {
  const { isSignedIn, nextStep } = await signIn({ ...credentials, options });
  assert.ok(isSignedIn, JSON.stringify(nextStep));
}

configure(CLIENT_ID);
// The default flow is SRP.
await signedIn();
assert.equal((await getCurrentUser()).username, POOL_USER);
assert.ok((await fetchUserAttributes()).sub);
const before = (await fetchAuthSession()).tokens.accessToken;
const after = (await fetchAuthSession({ forceRefresh: true })).tokens.accessToken;
assert.notEqual(String(before), String(after));
assert.equal(before.payload.origin_jti, after.payload.origin_jti);
await signOut();
await assert.rejects(getCurrentUser(), { name: "UserUnAuthenticatedException" });

for (const options of [
  { authFlowType: "USER_PASSWORD_AUTH" },
  { authFlowType: "USER_AUTH", preferredChallenge: "PASSWORD" },
  { authFlowType: "USER_AUTH", preferredChallenge: "PASSWORD_SRP" },
]) {
  await signedIn(options);
  await signOut({ global: true });
}

for (const challenge of ["PASSWORD", "PASSWORD_SRP"]) {
  const { nextStep } = await signIn({ username: POOL_USER, options: { authFlowType: "USER_AUTH" } });
  assert.equal(nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  const chosen = await confirmSignIn({ challengeResponse: challenge });
  assert.equal(chosen.nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_PASSWORD");
  const { isSignedIn } = await confirmSignIn({ challengeResponse: POOL_PASSWORD });
  assert.ok(isSignedIn);
  await signOut();
}

for (const [username, password] of [[POOL_USER, "guess"], ["nobody", POOL_PASSWORD]]) {
  await assert.rejects(signIn({ username, password }), {
    name: "NotAuthorizedException",
    message: "Incorrect username or password.",
  });
}

if (ROTATING_CLIENT_ID) {
  configure(ROTATING_CLIENT_ID);
  await signedIn();
  // The second refresh uses the token that the first one brought.
  for (let run = 0; run < 2; run += 1) assert.ok((await fetchAuthSession({ forceRefresh: true })).tokens);
  await signOut();
}
console.log(`aws-amplify ${versionOf("aws-amplify")}: signed in by SRP and more, refreshed, signed out`);

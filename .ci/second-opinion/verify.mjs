// What AWS's own verifier, aws-jwt-verify, says about the tokens in a file.
//
//   node verify.mjs FILE
//
// FILE holds {"userPoolId", "clientId", "issuer", "jwks": {"keys": […]},
//   "tokens": [{"name", "token", "tokenUse": "access"|"id", "expect": "accept"|"reject"}]}.
// One line a token, never the token itself. 0: it agrees with every expectation; 1: it disagrees; 2: there was nothing to ask.

import { readFileSync } from "node:fs";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { JwtBaseError } from "aws-jwt-verify/error";

/** An opinion that cannot be asked for is not agreement. */
function unusable(why) {
  console.error(`second opinion: ${why}`);
  process.exit(2);
}

const [path] = process.argv.slice(2);
if (path === undefined) unusable("no file is named; usage: node verify.mjs FILE");

const { userPoolId, clientId, issuer, jwks, tokens } = JSON.parse(readFileSync(path, "utf8"));
if (!Array.isArray(tokens) || tokens.length === 0) unusable("the file holds no token");
for (const { name, tokenUse, expect } of tokens) {
  if (!["accept", "reject"].includes(expect)) unusable(`${name}: \`expect\` is ${expect}, expected accept or reject`);
  if (!["access", "id"].includes(tokenUse)) unusable(`${name}: \`tokenUse\` is ${tokenUse}, expected access or id`);
}

const region = userPoolId.split("_")[0];
const issuers = [
  `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
  `https://issuer-cognito-idp.${region}.amazonaws.com/${userPoolId}`,
];
if (!issuers.includes(issuer)) unusable(`issuer ${issuer} is not one that AWS gives the pool: ${issuers.join(" or ")}`);

const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: null });
verifier.cacheJwks(jwks);

/** `verifySync` takes keys from what is cached and never asks the network for an unknown one. */
function verdict(token, tokenUse) {
  try {
    const claims = verifier.verifySync(token, { tokenUse });
    return claims.iss === issuer ? ["accept", ""] : ["reject", "another issuer"];
  } catch (error) {
    if (!(error instanceof JwtBaseError)) throw error; // a fault of ours or of the verifier is no opinion
    return ["reject", error.constructor.name];
  }
}

let disagreements = 0;
for (const { name, token, tokenUse, expect } of tokens) {
  const [found, why] = verdict(token, tokenUse);
  const agrees = found === expect;
  if (!agrees) disagreements += 1;
  console.log(`${agrees ? "agrees  " : "DISAGREES"} ${name}: ${found}${why && ` (${why})`}${agrees ? "" : `, expected ${expect}`}`);
}
console.log(`second opinion: ${tokens.length - disagreements} of ${tokens.length} agree`);
process.exit(disagreements === 0 ? 0 : 1);

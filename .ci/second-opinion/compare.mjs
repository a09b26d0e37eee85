// What AWS's own verifier, aws-jwt-verify, says about thousands of tokens, in one process.
//
//   cd FOLDER-WITH-node_modules && node compare.mjs FILE
//
// FILE holds {"userPoolId", "clientId", "jwks": {"keys": […]}, "now": seconds, "tokens": ["…"]}.
// Prints a JSON array with one word a token: "accept", or the name of the error. Access and ID tokens are let in alike.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// The packages are those of the folder it is run in, so that this file need not be copied there.
const require = createRequire(join(process.cwd(), "package.json"));
const { CognitoJwtVerifier } = require("aws-jwt-verify");

const { userPoolId, clientId, jwks, now, tokens } = JSON.parse(readFileSync(process.argv[2], "utf8"));
// The tokens were made for this moment, and the verifier uses no other clock.
Date.now = () => now * 1000;

const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: null });
verifier.cacheJwks(jwks);

const verdicts = tokens.map((token) => {
  try {
    verifier.verifySync(token);
    return "accept";
  } catch (error) {
    return error.constructor.name;
  }
});
process.stdout.write(JSON.stringify(verdicts));

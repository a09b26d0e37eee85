// A server protected by aws-jwt-verify, AWS's own verifier, in Fastify. Prints its port, as the other servers do.
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import Fastify from "fastify";

// Its own fetcher uses https only, and AWS's URL of the keys.
const fetcher = {
  fetch: async () => {
    const answer = await fetch(process.env.JWKS_URL);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.arrayBuffer();
  },
};
const verifier = CognitoJwtVerifier.create(
  { userPoolId: "eu-west-1_Ab12Cd34E", tokenUse: "access", clientId: "4example23456789" },
  { jwksCache: new SimpleJwksCache({ fetcher }) },
);
await verifier.hydrate();

const app = Fastify({ logger: false });
app.addHook("onRequest", async (request, reply) => {
  try {
    request.caller = await verifier.verify((request.headers.authorization ?? "").replace(/^Bearer /, ""));
  } catch {
    return reply.code(401).send({ message: "Unauthorized" });
  }
});
app.get("/", async (request) => (request.caller.sub === "" ? "nobody" : "let in"));
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);

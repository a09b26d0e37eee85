// A service in another language that verifies the pool's tokens with AWS's own verifier.
import { createServer } from "node:http";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const issuer = process.env.COGNITO_ISSUER;
const clients = process.env.COGNITO_CLIENT_IDS.split(",");

// The verifier's own fetcher supports only https; this one fetches the keys of the local pool over plain http.
const fetcher = {
  async fetch(uri) {
    const response = await fetch(uri);
    if (!response.ok) throw new Error(`${uri}: ${response.status}`);
    return response.arrayBuffer();
  },
};
const verifier = JwtVerifier.create(
  {
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    audience: null, // Cognito's access tokens name their client in `client_id`.
    customJwtCheck({ payload }) {
      if (payload.token_use !== "access") throw new Error("not an access token");
      if (!clients.includes(payload.client_id)) throw new Error("another app client");
      if (!String(payload.scope ?? "").split(" ").includes("orders/read")) throw new Error("no orders/read");
    },
  },
  { jwksCache: new SimpleJwksCache({ fetcher }) },
);

createServer(async (request, response) => {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  try {
    if (scheme.toLowerCase() !== "bearer" || !token) throw new Error("no token");
    const { sub } = await verifier.verify(token);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ stock: 7, sub }));
  } catch {
    response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  }
}).listen(3001);

// The example `mcp` with the official TypeScript SDK as the client: it discovers the pool, the user signs in in Chromium by code and
// PKCE, and the tool whose scope the token lacks is refused.
import assert from "node:assert/strict";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { versionOf } from "../version.mjs";
import { type, withPage } from "./chromium.mjs";

const { MCP_URL, MCP_CLIENT_ID, MCP_CALLBACK, POOL_ISSUER } = process.env;
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

/** What the SDK keeps for one user. The app client is registered at the pool before. */
class Provider {
  constructor(browser) {
    this.browser = browser;
    this.asked = [];
  }
  get redirectUrl() {
    return MCP_CALLBACK;
  }
  get clientMetadata() {
    return { client_name: "test", redirect_uris: [MCP_CALLBACK], token_endpoint_auth_method: "none" };
  }
  clientInformation() {
    return { client_id: MCP_CLIENT_ID, issuer: POOL_ISSUER };
  }
  tokens() {
    return this.kept;
  }
  saveTokens(tokens) {
    this.kept = tokens;
  }
  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }
  codeVerifier() {
    return this.verifier;
  }
  async redirectToAuthorization(url) {
    this.asked.push(url);
    await withPage(this.browser, async (page) => {
      const back = page.waitForRequest((request) => request.url().startsWith(MCP_CALLBACK));
      await page.goto(url.href);
      await type(page, ["ada", "Ada-1815"]);
      this.code = new URL((await back).url()).searchParams.get("code");
    });
    assert.ok(this.code, "the browser brings a code back");
  }
}

/** Runs `step` with a client. If it needs a sign-in, the user signs in once, and `step` runs again. */
async function connected(provider, step) {
  for (const attempt of [1, 2]) {
    const transport = new StreamableHTTPClientTransport(new URL(MCP_URL), { authProvider: provider });
    const client = new Client({ name: "test", version: "1.0.0" });
    try {
      await client.connect(transport);
      return await step(client);
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || attempt === 2) throw error;
      await transport.finishAuth(provider.code);
    } finally {
      await client.close();
    }
  }
}

export async function mcp(browser) {
  const challenge = (response) => response.headers.get("www-authenticate");
  const without = await fetch(MCP_URL, { method: "POST", body: "{}" });
  assert.equal(without.status, 401);
  const [, metadataUrl] = challenge(without).match(/resource_metadata="([^"]+)"/);
  const metadata = await (await fetch(metadataUrl)).json();
  assert.deepEqual([metadata.resource, metadata.authorization_servers], [MCP_URL, [POOL_ISSUER]]);

  const provider = new Provider(browser);
  const tools = await connected(provider, (client) => client.listTools());
  assert.deepEqual(tools.tools.map(({ name }) => name).sort(), ["create_order", "list_orders"]);
  const [asked] = provider.asked;
  assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
  assert.equal(asked.searchParams.get("resource"), MCP_URL);
  const first = claimsOf(provider.kept.access_token);
  assert.deepEqual([first.aud, first.scope], [MCP_URL, "orders/read"]);

  const orders = await connected(provider, (client) => client.callTool({ name: "list_orders", arguments: {} }));
  assert.equal(orders.content[0].text, "the orders of ada");
  assert.equal(provider.asked.length, 1, "one sign-in is enough");

  // The other tool, by hand: the refusal says which scope it needs.
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "create_order", arguments: { article: "tea" } } };
  const refused = await fetch(MCP_URL, {
    method: "POST",
    headers: {
      authorization: `Bearer ${provider.kept.access_token}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
    },
    body: JSON.stringify(call),
  });
  assert.equal(refused.status, 403);
  assert.match(challenge(refused), /error="insufficient_scope", scope="orders\/write", resource_metadata="/);

  // The SDK tries a new access token by its refresh token. As in Cognito, that one has the scopes of the sign-in, so the call stays refused.
  const before = provider.kept.access_token;
  const order = { name: "create_order", arguments: { article: "tea" } };
  await assert.rejects(
    connected(provider, (client) => client.callTool(order)),
    { code: 403 },
  );
  assert.notEqual(provider.kept.access_token, before, "it was refreshed");
  assert.deepEqual([claimsOf(provider.kept.access_token).scope, provider.asked.length], ["orders/read", 1]);
  return `MCP SDK ${versionOf("@modelcontextprotocol/sdk")}: discovered, signed in by code and PKCE, was refused the tool whose scope it lacks`;
}

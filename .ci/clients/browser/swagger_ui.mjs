// Swagger UI of the example `openapi`: signs in by its button *Authorize*, and tries operations whose scope the token has and lacks.
import assert from "node:assert/strict";
import { picture, type, withPage } from "./chromium.mjs";

const { OPENAPI_URL, OPENAPI_POOL } = process.env;

/** Tries an operation, and gives the status of the response, which Swagger UI must show. */
async function tried(page, method, path) {
  const operation = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) });
  const execute = operation.getByRole("button", { name: "Execute", exact: true });
  if (!(await execute.isVisible())) {
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
  }
  const id = operation.getByPlaceholder("id", { exact: true });
  if (await id.isVisible()) await id.fill("1");
  const [response] = await Promise.all([
    page.waitForResponse((answer) => new URL(answer.url()).pathname === path.replace("{id}", "1")),
    execute.click(),
  ]);
  const shown = operation.locator(".live-responses-table .response-col_status").nth(1);
  await shown.filter({ hasText: String(response.status()) }).waitFor();
  return response.status();
}

/** Signs in with these scopes, and gives the authorization request and the form that was sent for the token. */
async function signIn(page, name, password, scopes) {
  await page.locator(".auth-wrapper .authorize").click();
  const dialog = page.locator(".modal-ux");
  for (const scope of scopes) await dialog.locator(".checkbox", { hasText: scope }).locator("label").click();
  const asked = page.waitForEvent("popup").then(async (popup) => {
    await popup.waitForURL("**/login?*");
    await type(popup, [name, password]);
    return new URL(popup.url());
  });
  const redeemed = page.waitForRequest((request) => request.url() === `${OPENAPI_POOL}/oauth2/token` && request.method() === "POST");
  await dialog.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
  const url = await asked;
  const form = new URLSearchParams((await redeemed).postData());
  await dialog.getByRole("button", { name: "Remove authorization" }).waitFor();
  await picture(page, `swagger-ui-${name}`);
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  return [url, form];
}

async function signOut(page) {
  await page.locator(".auth-wrapper .authorize").click();
  const dialog = page.locator(".modal-ux");
  await dialog.getByRole("button", { name: "Remove authorization" }).click();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
}

export async function swaggerUi(browser) {
  let version;
  await withPage(browser, async (page) => {
    await page.goto(`${OPENAPI_URL}/docs/`);
    await page.locator(".opblock").first().waitFor();
    version = await page.evaluate(() => globalThis.versions.swaggerUI.version);
    assert.equal(await tried(page, "get", "/health"), 200);
    assert.equal(await tried(page, "get", "/feed"), 200);
    assert.equal(await tried(page, "get", "/orders"), 401);

    const [url, form] = await signIn(page, "ada", "Ada-1815", ["orders/read"]);
    assert.equal(url.searchParams.get("code_challenge_method"), "S256");
    assert.equal(url.searchParams.get("scope"), "orders/read");
    assert.ok(form.get("code_verifier"), "PKCE");
    assert.ok(!form.get("client_secret"), "the app client has no secret");
    assert.equal(await tried(page, "get", "/orders"), 200);
    assert.equal(await tried(page, "post", "/orders"), 403);
    assert.equal(await tried(page, "delete", "/orders/{id}"), 403);
    await signOut(page);
    assert.equal(await tried(page, "get", "/orders"), 401);
  });
  // In a page of its own, because managed login goes on in the first: it would not ask for another user.
  await withPage(browser, async (page) => {
    await page.goto(`${OPENAPI_URL}/docs/`);
    await signIn(page, "bob", "Bob-1815", ["orders/write"]);
    assert.equal(await tried(page, "post", "/orders"), 201);
    assert.equal(await tried(page, "get", "/orders"), 403);
    assert.equal(await tried(page, "delete", "/orders/{id}"), 403, "bob is not in the group ops");
  });
  return `Swagger UI ${version} of the example \`openapi\`: signed in by code and PKCE, 200 and 201 with the scope, 403 without it, 401 without a token`;
}

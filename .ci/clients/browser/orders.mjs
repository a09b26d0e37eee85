// The page of the example `orders`: sign in, call each route, sign out.
import assert from "node:assert/strict";
import { accessible, picture, type, withPage } from "./chromium.mjs";
import { LOOKS } from "./login_pages.mjs";

const { ORDERS_URL } = process.env;

/** Clicks each route's button with this token, and gives the statuses and challenges by route. */
async function answers(page, token) {
  await page.getByLabel(token, { exact: true }).check();
  const found = {};
  for (const row of await page.locator("tbody tr").all()) {
    const button = row.getByRole("button");
    const path = await row.getAttribute("data-path");
    const [response] = await Promise.all([
      page.waitForResponse((answer) => new URL(answer.url()).pathname === path),
      button.click(),
    ]);
    const challenge = response.headers()["www-authenticate"] ?? "";
    const shown = row.locator("output");
    await page.waitForFunction(
      ([element, status]) => element.textContent.startsWith(status),
      [await shown.elementHandle(), String(response.status())],
    );
    if (challenge) assert.ok((await shown.textContent()).includes(challenge), "the page shows the challenge");
    found[await button.textContent()] = `${response.status()} ${challenge}`.trim();
  }
  return found;
}

async function signIn(page, name, password, without = []) {
  await page.goto(ORDERS_URL);
  for (const scope of without) await page.getByLabel(scope, { exact: true }).uncheck();
  await page.getByRole("button", { name: "Sign in" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/login?*");
  await type(page, [name, password]);
  await page.waitForURL(`${ORDERS_URL}/`);
  await page.locator("#signed-in").waitFor();
  assert.equal(await page.locator("#user").textContent(), name);
}

async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("#signed-out").waitFor();
  await page.waitForURL(`${ORDERS_URL}/`);
}

async function look(page, name) {
  for (const [look_name, { colorScheme, viewport }] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await accessible(page, name);
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    await picture(page, `${name}-${look_name}`);
    assert.ok(content <= window, `${name} is ${content} px wide in a window of ${window} px`);
  }
}

const noToken = '401 Bearer realm="api"';

export async function orders(browser) {
  await withPage(browser, async (page) => {
    await page.goto(ORDERS_URL);
    await look(page, "orders-signed-out");
    assert.deepEqual(await answers(page, "none"), {
      "GET /health": "200",
      "GET /orders": noToken,
      "POST /orders": noToken,
      "POST /my_path": '401 Bearer scope="user_management_lambdas/api"',
      "GET /ops": noToken,
      "GET /me": noToken,
    });

    await signIn(page, "ada", "Ada-1815");
    const ada = await answers(page, "access token");
    assert.match(ada["GET /me"], /^401 Bearer error="invalid_token"/);
    delete ada["GET /me"];
    assert.deepEqual([...new Set(Object.values(ada))], ["200"], JSON.stringify(ada));
    assert.equal((await answers(page, "ID token"))["GET /me"], "200");
    await look(page, "orders-signed-in");
    await signOut(page);

    // The session of managed login is over, too: there is a form again.
    await signIn(page, "bob", "Bob-1815", ["orders/write"]);
    const bob = await answers(page, "access token");
    assert.equal(bob["GET /orders"], "200");
    assert.equal(bob["POST /orders"], '403 Bearer error="insufficient_scope", scope="orders/write"');
    assert.match(bob["GET /ops"], /^403 Bearer error="insufficient_scope"/);
    await look(page, "orders-bob");
    await signOut(page);
  });
  return "the page of the example `orders` in Chromium: signed in as ada and bob, 200, 403 and 401 with the challenge, signed out";
}

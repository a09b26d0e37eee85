// Every page of managed login, by keyboard alone and without scripts, in light and dark, on a desk and on a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { versionOf } from "../version.mjs";
import { accessible, picture, type, withPage } from "./chromium.mjs";

const { env } = process;
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
export const LOOKS = ["light", "dark"].flatMap((colorScheme) =>
  Object.entries(SIZES).map(([size, viewport]) => [`${colorScheme}-${size}`, { colorScheme, viewport }]),
);

const query = new URLSearchParams({
  client_id: env.CLIENT_ID,
  redirect_uri: env.REDIRECT_URI,
  response_type: "code",
  scope: "openid email",
  state: "s-1",
});
const at = (path) => `${env.POOL_URL}${path}?${query}`;

/** Looks at the page that is open, and expects that nothing of it sticks out at the side. */
async function look(page, name) {
  await accessible(page, name);
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${name} is ${content} px wide in a window of ${window} px`);
  await picture(page, name);
}

async function problem(page, expected) {
  assert.equal(await page.getByRole("alert").textContent(), expected);
}

async function signedIn(page) {
  await page.waitForURL(`${env.REDIRECT_URI}?*`);
  const { searchParams } = new URL(page.url());
  assert.equal(searchParams.get("state"), "s-1");
  assert.ok(searchParams.get("code"));
}

/** The code of the last sign-up, which the example prints instead of sending it. */
const sentCode = () => readFileSync(env.SERVED_OUTPUT, "utf8").match(/^SENT_CODE=(\d{6})$/gm).at(-1).split("=")[1];

async function visit(browser, look_name, options) {
  const name = (page) => `${page}-${look_name}`;
  await withPage(browser, async (page) => {
    await page.goto(at("/oauth2/authorize"));
    await look(page, name("login"));
    await type(page, [env.POOL_USER, "guess"]);
    await page.getByRole("alert").waitFor();
    await problem(page, "Incorrect username or password.");
    await look(page, name("login-refused"));
    // The name is still there, and the focus is where the next try begins.
    await type(page, [env.POOL_PASSWORD]);
    await signedIn(page);
  }, options);

  await withPage(browser, async (page) => {
    await page.goto(at("/login"));
    await page.getByRole("link").click();
    await page.waitForURL(`${env.POOL_URL}/signup?*`);
    await look(page, name("signup"));
    const user = `new-${look_name}`;
    await type(page, [user, `${user}@example.com`, "short"]);
    await page.getByRole("alert").waitFor();
    await look(page, name("signup-refused"));
    await page.goto(at("/signup"));
    await type(page, [user, `${user}@example.com`, "Chosen-passw0rd"]);
    await page.locator("#code").waitFor();
    await look(page, name("confirm"));
    await type(page, [sentCode()]);
    await signedIn(page);
  }, options);

  await withPage(browser, async (page) => {
    const unknown = await page.goto(`${env.POOL_URL}/oauth2/authorize?client_id=unknown&redirect_uri=https://a.example/`);
    assert.equal(unknown.status(), 400);
    await look(page, name("error"));
    await page.goto(`${env.POOL_URL}/error?error=redirect_mismatch`);
    await look(page, name("error-by-name"));
    await page.goto(`${env.POOL_URL}/`);
    await look(page, name("console"));
  }, options);
}

/** The page for a new password, which a user sees once. */
async function temporaryPassword(browser) {
  await withPage(browser, async (page) => {
    await page.goto(at("/login"));
    await type(page, [env.INVITED_USER, env.TEMPORARY_PASSWORD]);
    await page.locator("#new_password").waitFor();
    for (const [look_name, { colorScheme, viewport }] of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await look(page, `new-password-${look_name}`);
    }
    await type(page, ["Chosen-passw0rd", "Other-passw0rd"]);
    await page.getByRole("alert").waitFor();
    await problem(page, "The passwords do not match.");
    await type(page, ["Chosen-passw0rd", "Chosen-passw0rd"]);
    await signedIn(page);
  });
}

export async function loginPages(browser) {
  for (const [look_name, options] of LOOKS) await visit(browser, look_name, options);
  await temporaryPassword(browser);
  // The pages need no script; axe-core does, so this is a test of its own.
  await withPage(
    browser,
    async (page) => {
      await page.goto(at("/login"));
      await page.getByLabel("Username").fill(env.POOL_USER);
      await page.getByLabel("Password").fill(env.POOL_PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await signedIn(page);
    },
    { javaScriptEnabled: false },
  );
  return `axe-core ${versionOf("axe-core")} in Chromium: the pages of managed login, by keyboard, in light and dark, wide and on a phone`;
}

// Chromium without a window, as the tests use it: what a page asks of other machines, and what its policy forbids, fails.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { get } from "node:https";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const LOOPBACK = ["localhost", "127.0.0.1"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const { CERTIFICATE, CHROMIUM, SCREENSHOTS } = process.env;

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, trusted()] });
}

/**
 * The flag for the key of the pool's certificate, in place of the machine's trust store, which a test must leave alone. Every other
 * certificate is still checked, as it would not be with `ignoreHTTPSErrors`. For this key Chromium skips the names and the dates,
 * so `certificateIsGood` checks those.
 */
function trusted() {
  const { publicKey } = new X509Certificate(readFileSync(CERTIFICATE));
  const digest = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return `--ignore-certificate-errors-spki-list=${digest}`;
}

/** Fails unless a client that trusts the certificate, and nothing else, reaches `url` by each of its names. */
export async function certificateIsGood(url) {
  const { port } = new URL(url);
  for (const host of LOOPBACK) {
    const request = get({ host, port, ca: readFileSync(CERTIFICATE), agent: false });
    const [response] = await once(request, "response");
    response.resume();
    await once(response, "end");
  }
}

/** Runs `test` with a page of its own: no cookies, no storage. `options` are those of a context. */
export async function withPage(browser, test, options = {}) {
  const context = await browser.newContext(options);
  const problems = [];
  // Of the page, and of the windows that it opens.
  context.on("page", (page) => {
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) problems.push(message.text());
    });
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith("http") && !LOOPBACK.includes(hostname)) problems.push(`asked for ${request.url()}`);
    });
  });
  const page = await context.newPage();
  try {
    await test(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

/** Fails for what axe-core calls a serious or critical obstacle. The page's policy does not apply to the script. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const shown = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(shown, [], what);
}

/** With SCREENSHOTS=FOLDER, keeps a picture of the page for a person to look at. */
export async function picture(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

/** Writes each text into the field that has the focus, in the order of the Tab key, and sends the form by Enter. */
export async function type(page, texts) {
  // The browser sets the focus some time after the page is there.
  await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
  for (const [index, text] of texts.entries()) {
    if (index > 0) await page.keyboard.press("Tab");
    const kind = await page.evaluate(() => document.activeElement?.tagName);
    assert.equal(kind, "INPUT", `field ${index + 1} cannot be reached with the Tab key`);
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
}

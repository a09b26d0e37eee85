// A browser as far as managed login needs one: it follows redirects on the pool, keeps cookies, and sends the form.
import assert from "node:assert/strict";

/** The value of an attribute in a piece of HTML. */
function attribute(html, name) {
  const [, value] = html.match(new RegExp(` ${name}="([^"]*)"`)) ?? [];
  return value?.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Signs in at the authorization URL, and gives the URL outside of the pool that the browser is sent to. */
export async function signInAt(authorizationUrl, username, password) {
  const { origin } = new URL(authorizationUrl);
  const cookies = new Map();

  async function visit(url, options = {}) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const headers = { ...options.headers, ...(cookie && { cookie }) };
    const response = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      cookies.set(name, value);
    }
    if (response.status !== 302) return response;
    const next = new URL(response.headers.get("location"), url);
    return next.origin === origin ? visit(next) : next;
  }

  const page = await visit(authorizationUrl);
  if (page instanceof URL) return page; // An error, because no user is signed in.
  const html = await page.text();
  assert.equal(page.status, 200, html);
  const [form] = html.match(/<form.*?<\/form>/s);
  const fields = [...form.matchAll(/<input type="hidden"[^>]*>/g)];
  const body = new URLSearchParams(fields.map(([field]) => [attribute(field, "name"), attribute(field, "value")]));
  body.set("username", username);
  body.set("password", password);
  const answer = await visit(new URL(attribute(form, "action"), page.url), { method: "POST", body, headers: { origin } });
  assert.ok(answer instanceof URL, `${answer.status} ${await answer.text?.()}`);
  return answer;
}

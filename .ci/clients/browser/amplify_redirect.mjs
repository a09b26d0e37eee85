// Amplify's redirect sign-in in a page of an app: always by `https`, so at the pool that is served with a certificate.
import assert from "node:assert/strict";
import { versionOf } from "../version.mjs";
import { certificateIsGood, type, withPage } from "./chromium.mjs";

const { env } = process;
const { POOL_USER: username, POOL_PASSWORD: password, REDIRECT_URI: app, TLS_URL: pool } = env;
const SCOPES = ["openid", "email", "profile", "aws.cognito.signin.user.admin", "orders/read"];

/** What an app does on each of its pages. The events of the sign-in are kept: the test may ask later than they come. */
function configure(page) {
  const settings = { ...env, scopes: SCOPES, domain: new URL(pool).host };
  return page.evaluate(({ TLS_URL, POOL_ID, CLIENT_ID, REDIRECT_URI, scopes, domain }) => {
    globalThis.events = new Map();
    globalThis.Hub.listen("auth", ({ payload }) => globalThis.events.set(payload.event, payload.data ?? null));
    globalThis.Amplify.configure({
      Auth: {
        Cognito: {
          userPoolId: POOL_ID,
          userPoolClientId: CLIENT_ID,
          userPoolEndpoint: TLS_URL,
          loginWith: {
            oauth: { domain, scopes, redirectSignIn: [REDIRECT_URI], redirectSignOut: [REDIRECT_URI], responseType: "code" },
          },
        },
      },
    });
  }, settings);
}

/** Sends the browser to managed login, and gives the parameters of the request. */
async function leave(page, input) {
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url().startsWith(`${pool}/oauth2/authorize?`)),
    // The promise of the page itself never ends.
    page.evaluate((input) => void globalThis.amplify.signInWithRedirect(input), input),
  ]);
  return new URL(request.url()).searchParams;
}

/** The event, once Amplify has told it. */
async function event(page, name) {
  await page.waitForFunction((name) => globalThis.events.has(name), name);
  return page.evaluate((name) => globalThis.events.get(name), name);
}

/** aws-amplify: the redirect to managed login and back, by https. */
export async function amplifyRedirect(browser) {
  await certificateIsGood(pool);
  await withPage(browser, async (page) => {
    await page.goto(app);
    await configure(page);
    // No user is signed in, and `prompt=none` does not permit a sign-in page.
    await leave(page, { options: { prompt: "NONE" } });
    await page.waitForURL(`${app}?*`);
    await configure(page);
    const { error } = await event(page, "signInWithRedirect_failure");
    assert.match(String(error), /OAuthSignInException: login_required/u);

    await page.goto(app);
    await configure(page);
    const asked = await leave(page, { customState: "basket 7" });
    assert.equal(asked.get("response_type"), "code");
    assert.equal(asked.get("code_challenge_method"), "S256");
    assert.equal(asked.get("redirect_uri"), app);
    await page.waitForURL(`${pool}/login?*`);
    await type(page, [username, password]);
    await page.waitForURL(`${app}?code=*`);
    const cookies = await page.context().cookies(pool);
    assert.ok(cookies.length > 0 && cookies.every(({ secure, httpOnly }) => secure && httpOnly), JSON.stringify(cookies));

    // Amplify exchanges the code by itself.
    await configure(page);
    await event(page, "signInWithRedirect");
    assert.equal(await event(page, "customOAuthState"), "basket 7");
    assert.equal(page.url(), app, "the code is no longer in the address");
    const signedIn = await page.evaluate(async () => {
      const { fetchAuthSession, fetchUserAttributes, getCurrentUser } = globalThis.amplify;
      const { tokens } = await fetchAuthSession();
      const { tokens: refreshed } = await fetchAuthSession({ forceRefresh: true });
      const { iss, scope, origin_jti } = tokens.accessToken.payload;
      return {
        username: (await getCurrentUser()).username,
        email: (await fetchUserAttributes()).email,
        name: tokens.idToken.payload.name,
        iss,
        scopes: scope.split(" ").sort(),
        refreshed: String(refreshed.accessToken) !== String(tokens.accessToken),
        sameSignIn: refreshed.accessToken.payload.origin_jti === origin_jti,
      };
    });
    assert.deepEqual(signedIn, {
      username,
      email: env.POOL_EMAIL,
      name: "Ada",
      iss: `${pool}/${env.POOL_ID}`,
      scopes: [...SCOPES].sort(),
      refreshed: true,
      sameSignIn: true,
    });

    // Signs out of the app and of managed login: the refresh token is revoked, and the form is there again.
    const refreshToken = await page.evaluate(
      () => Object.entries(localStorage).find(([name]) => name.endsWith(".refreshToken"))[1],
    );
    const [logout] = await Promise.all([
      page.waitForResponse((response) => response.url().startsWith(`${pool}/logout?`)),
      page.waitForEvent("load"), // The address of the page is the same before and after.
      page.evaluate(() => void globalThis.amplify.signOut()),
    ]);
    assert.equal(logout.status(), 302);
    assert.equal(page.url(), app);
    await configure(page);
    const left = await page.evaluate(
      async ({ TLS_URL, CLIENT_ID: client_id, refresh_token }) => {
        const name = await globalThis.amplify.getCurrentUser().catch((error) => error.name);
        const body = new URLSearchParams({ grant_type: "refresh_token", client_id, refresh_token });
        const answer = await fetch(`${TLS_URL}/oauth2/token`, { method: "POST", body });
        return [name, answer.status, (await answer.json()).error];
      },
      { ...env, refresh_token: refreshToken },
    );
    assert.deepEqual(left, ["UserUnAuthenticatedException", 400, "invalid_grant"]);
    await leave(page);
    await page.waitForURL(`${pool}/login?*`);
  });
  return `aws-amplify ${versionOf("aws-amplify")} in Chromium: signed in by redirect over TLS, refreshed, signed out`;
}

// Sign-in libraries in a page of an app, whose origin is not the pool's.
import assert from "node:assert/strict";
import { versionOf } from "../version.mjs";
import { type, withPage } from "./chromium.mjs";

const { env } = process;
const { POOL_USER: username, POOL_PASSWORD: password, REDIRECT_URI: app } = env;

/** amazon-cognito-identity-js: SRP. */
export async function identityJs(browser) {
  await withPage(browser, async (page) => {
    await page.goto(app);
    const answer = await page.evaluate(async ({ POOL_URL, POOL_ID, CLIENT_ID, POOL_USER, POOL_PASSWORD }) => {
      const { AuthenticationDetails, CognitoUser, CognitoUserPool } = globalThis.identity;
      const Pool = new CognitoUserPool({ UserPoolId: POOL_ID, ClientId: CLIENT_ID, endpoint: POOL_URL });
      const user = new CognitoUser({ Username: POOL_USER, Pool });
      const details = (Password) => new AuthenticationDetails({ Username: POOL_USER, Password });
      const signIn = (Password) =>
        new Promise((onSuccess, onFailure) => user.authenticateUser(details(Password), { onSuccess, onFailure }));
      const wait = (call) => new Promise((done, fail) => call((error, value) => (error ? fail(error) : done(value))));
      const refused = await signIn("guess").catch((error) => error.code);
      const session = await signIn(POOL_PASSWORD);
      const attributes = await wait((done) => user.getUserAttributes(done));
      const refreshed = await wait((done) => user.refreshSession(session.getRefreshToken(), done));
      await new Promise((onSuccess, onFailure) => user.globalSignOut({ onSuccess, onFailure }));
      return {
        refused,
        username: refreshed.getAccessToken().payload.username,
        attributes: attributes.map((attribute) => attribute.getName()),
        left: Pool.getCurrentUser(),
      };
    }, env);
    assert.equal(answer.refused, "NotAuthorizedException");
    assert.equal(answer.username, username);
    assert.ok(answer.attributes.includes("email"), answer.attributes);
    assert.equal(answer.left, null);
  });
  return `amazon-cognito-identity-js ${versionOf("amazon-cognito-identity-js")} in Chromium: signed in by SRP, refreshed, signed out`;
}

/** aws-amplify: SRP. */
export async function amplify(browser) {
  await withPage(browser, async (page) => {
    await page.goto(app);
    const configure = ({ POOL_URL, POOL_ID, CLIENT_ID }) =>
      globalThis.Amplify.configure({
        Auth: { Cognito: { userPoolId: POOL_ID, userPoolClientId: CLIENT_ID, userPoolEndpoint: POOL_URL } },
      });
    await page.evaluate(configure, env);
    const answer = await page.evaluate(async ({ POOL_USER, POOL_PASSWORD }) => {
      const { fetchAuthSession, fetchUserAttributes, signIn } = globalThis.amplify;
      const refused = await signIn({ username: POOL_USER, password: "guess" }).catch((error) => error.name);
      const { isSignedIn } = await signIn({ username: POOL_USER, password: POOL_PASSWORD });
      const before = String((await fetchAuthSession()).tokens.accessToken);
      const after = String((await fetchAuthSession({ forceRefresh: true })).tokens.accessToken);
      return { refused, isSignedIn, refreshed: before !== after, email: (await fetchUserAttributes()).email };
    }, env);
    assert.deepEqual(answer, { refused: "NotAuthorizedException", isSignedIn: true, refreshed: true, email: env.POOL_EMAIL });

    // The tokens outlive the page, until the user signs out.
    await page.reload();
    await page.evaluate(configure, env);
    const left = await page.evaluate(async () => {
      const { getCurrentUser, signOut } = globalThis.amplify;
      const { username } = await getCurrentUser();
      await signOut({ global: true });
      return [username, await getCurrentUser().catch((error) => error.name)];
    });
    assert.deepEqual(left, [username, "UserUnAuthenticatedException"]);
  });
  return `aws-amplify ${versionOf("aws-amplify")} in Chromium: signed in by SRP, refreshed, signed out of all devices`;
}

/** oidc-client-ts: the redirect to managed login and back. */
export async function oidcClient(browser) {
  await withPage(browser, async (page) => {
    const manager = () =>
      page.evaluate(({ POOL_URL, POOL_ID, CLIENT_ID, REDIRECT_URI }) => {
        globalThis.manager = new globalThis.UserManager({
          authority: `${POOL_URL}/${POOL_ID}`,
          client_id: CLIENT_ID,
          redirect_uri: REDIRECT_URI,
          scope: "openid email profile orders/read",
          loadUserInfo: true,
          automaticSilentRenew: false,
          userStore: new globalThis.WebStorageStateStore({ store: sessionStorage }),
        });
      }, env);
    /** Runs what sends the browser elsewhere: the promise of the page itself never ends. */
    const leave = async (what) => Promise.all([page.waitForURL((url) => String(url) !== app), page.evaluate(what, env)]);

    await page.goto(app);
    await manager();
    await leave(() => void globalThis.manager.signinRedirect());
    await page.waitForURL(`${env.POOL_URL}/login?*`);
    await type(page, [username, password]);
    await page.waitForURL(`${app}?*`);
    await manager();
    const user = await page.evaluate(async () => {
      const { profile, scopes, refresh_token: before } = await globalThis.manager.signinRedirectCallback();
      history.replaceState(null, "", location.pathname);
      const renewed = await globalThis.manager.signinSilent();
      return { profile, scopes, refreshed: Boolean(before && renewed.access_token) };
    });
    assert.equal(user.profile.email, env.POOL_EMAIL);
    assert.equal(user.profile["cognito:username"], username);
    assert.equal(user.profile.name, "Ada"); // Of userinfo and of the ID token.
    assert.deepEqual(user.scopes.sort(), ["email", "openid", "orders/read", "profile"]);
    assert.ok(user.refreshed);

    // The library forgets a token that it has revoked, so the page itself asks whether it is still good.
    const revoked = await page.evaluate(async ({ CLIENT_ID: client_id }) => {
      const { refresh_token } = await globalThis.manager.getUser();
      await globalThis.manager.revokeTokens(["refresh_token"]);
      const endpoint = await globalThis.manager.metadataService.getTokenEndpoint();
      const body = new URLSearchParams({ grant_type: "refresh_token", client_id, refresh_token });
      const answer = await fetch(endpoint, { method: "POST", body });
      return [answer.status, (await answer.json()).error];
    }, env);
    assert.deepEqual(revoked, [400, "invalid_grant"]);

    // The session of managed login is still there: back at once, without a form.
    await leave(() => void globalThis.manager.signinRedirect());
    await page.waitForURL(`${app}?*`);
    await manager();
    await page.evaluate(() => globalThis.manager.signinRedirectCallback());

    // Cognito's `/logout` takes parameters of its own.
    const signOut = ({ CLIENT_ID: client_id, REDIRECT_URI: logout_uri }) =>
      void globalThis.manager.signoutRedirect({ extraQueryParams: { client_id, logout_uri } });
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().startsWith(`${env.POOL_URL}/logout`)),
      page.evaluate(signOut, env),
    ]);
    assert.equal(answer.status(), 302);
    await page.waitForURL(app);
    await manager();
    await leave(() => void globalThis.manager.signinRedirect());
    await page.waitForURL(`${env.POOL_URL}/login?*`);
  });
  return `oidc-client-ts ${versionOf("oidc-client-ts")} in Chromium: signed in by redirect, read userinfo, refreshed, revoked, signed out`;
}

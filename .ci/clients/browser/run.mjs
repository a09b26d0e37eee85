// Everything that needs a browser: sign-in libraries in a page, the pages of managed login, and the pages of the examples.
//
// Reads the settings that the example `served` prints with the file that it prints them to, SERVED_OUTPUT; CERTIFICATE, the file
// that it writes its certificate to; REDIRECT_URI, on whose port this serves an app; ORDERS_URL; OPENAPI_URL and OPENAPI_POOL; and what
// the example `mcp` exports. Ends with a status other than 0 at the first answer that is not as expected.
import { amplifyRedirect } from "./amplify_redirect.mjs";
import { serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { amplify, identityJs, oidcClient } from "./libraries.mjs";
import { loginPages } from "./login_pages.mjs";
import { mcp } from "./mcp.mjs";
import { orders } from "./orders.mjs";
import { swaggerUi } from "./swagger_ui.mjs";

const app = await serve(process.env.REDIRECT_URI);
const browser = await launch();
try {
  console.log(`Chromium ${browser.version()}`);
  const tests = [identityJs, amplify, amplifyRedirect, oidcClient, loginPages, orders, mcp, swaggerUi];
  for (const test of tests) console.log(await test(browser));
} finally {
  await browser.close();
  app.closeAllConnections();
  app.close();
}

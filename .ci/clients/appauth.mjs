// Signs in to a local pool with AppAuth-JS (`@openid/appauth`) in Node: discovery, code flow with PKCE, refresh, revocation.
//
// Reads the settings that the example `served` prints, and REDIRECT_URI. The modules of AppAuth name each other without `.js`,
// which bundlers resolve and Node does not, so the app is bundled first. Ends with a status other than 0 at the first answer
// that is not as expected.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { versionOf } from "./version.mjs";

const file = (name) => fileURLToPath(new URL(`appauth/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "appauth-"));
try {
  const outfile = join(folder, "app.cjs");
  await build({
    entryPoints: [file("sign_in.mjs")],
    bundle: true,
    platform: "node",
    format: "cjs",
    outfile,
    // A browser opens only where a person has a screen.
    alias: { opener: file("browser.mjs") },
    logLevel: "error",
  });
  const { status } = spawnSync(process.execPath, [outfile], { stdio: "inherit", timeout: 60_000 });
  if (status !== 0) throw new Error(status === null ? "the sign-in took longer than a minute" : "see above");
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`AppAuth-JS ${versionOf("@openid/appauth")}: discovered, signed in by code and PKCE, refreshed, read userinfo, revoked`);

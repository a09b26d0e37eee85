// The page of an app: the libraries in one script, on a server of its own origin.
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><script src="/in_page.js"></script>`;

/** Serves the page at every path of `origin`. */
export async function serve(origin) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("in_page.mjs", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    define: { global: "globalThis" },
    logLevel: "error",
  });
  const server = createServer(({ url }, response) => {
    const script = url === "/in_page.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.end(script ? outputFiles[0].contents : PAGE);
  });
  server.listen(Number(new URL(origin).port), "127.0.0.1");
  await once(server, "listening");
  return server;
}

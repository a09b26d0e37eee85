import { readFileSync } from "node:fs";

/** The version of an installed package, also where its `exports` leave out `package.json`. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}

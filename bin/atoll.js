#!/usr/bin/env node
// Starts the command line on a Node that runs TypeScript: the one that started this, or the one installed beside it.
import { spawnSync } from "node:child_process";
import module from "node:module";
import { fileURLToPath } from "node:url";

const main = new URL("../src/cli/main.ts", import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // Halves the start: compiled code is kept in the system's temporary directory, for the server process too.
  const { directory } = module.enableCompileCache();
  if (directory) process.env.NODE_COMPILE_CACHE ??= directory;
  await import(main.href);
} else {
  const node = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  const { status, error } = spawnSync(node, process.argv.slice(1), { stdio: "inherit" });
  if (error) {
    process.stderr.write("atoll: needs Node 22.18 or newer; run `npm install` in its directory, which brings one.\n");
  }
  process.exitCode = status ?? 1;
}

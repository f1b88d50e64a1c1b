// A real kube-apiserver, with etcd and the controllers asked for, on loopback: what `scripts/kubernetes-oracle.sh` has built.
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Answer, sendRequest } from "../support/https-request.ts";

const programs = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".oracle", "bin");

export interface RealKubernetes {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** Why there is no real server here, or false. */
export function oracleMissing(): string | false {
  return existsSync(join(programs, "kube-apiserver")) ? false : "needs a kube-apiserver: scripts/kubernetes-oracle.sh builds one";
}

/** Starts etcd, kube-apiserver and, if any are named, controllers of kube-controller-manager. Everybody with the token may do everything. */
export async function startRealKubernetes(controllers: readonly string[] = []): Promise<RealKubernetes> {
  const folder = mkdtempSync(join(tmpdir(), "atoll-oracle-"));
  const [peer = 0, client = 0, secure = 0] = await freePorts(3);
  const children: ChildProcess[] = [];
  const run = (program: string, args: readonly string[]) => children.push(spawn(program, [...args], { cwd: folder, stdio: "ignore" }));
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  writeFileSync(join(folder, "service-accounts.key"), privateKey);
  writeFileSync(join(folder, "tokens.csv"), 'admin,admin,1,"system:masters"\n');
  const url = (port: number) => `http://127.0.0.1:${port}`;
  run("etcd", [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${url(client)}`,
    `--advertise-client-urls=${url(client)}`,
    `--listen-peer-urls=${url(peer)}`,
    `--initial-advertise-peer-urls=${url(peer)}`,
    `--initial-cluster=default=${url(peer)}`,
    "--unsafe-no-fsync",
  ]);
  run(join(programs, "kube-apiserver"), [
    `--etcd-servers=${url(client)}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${secure}`,
    `--cert-dir=${folder}/certificates`,
    `--token-auth-file=${folder}/tokens.csv`,
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    "--service-cluster-ip-range=10.100.0.0/16",
    "--service-account-issuer=https://oracle.example",
    `--service-account-signing-key-file=${folder}/service-accounts.key`,
    `--service-account-key-file=${folder}/service-accounts.key`,
  ]);
  const certificate = join(folder, "certificates", "apiserver.crt");
  const call: RealKubernetes["call"] = (method, path, body, headers = {}) =>
    sendRequest({ port: secure, ca: readFileSync(certificate) }, method, path, body, { authorization: "Bearer admin", ...headers });
  await until(async () => existsSync(certificate) && (await call("GET", "/readyz")).status === 200);
  await until(async () => (await call("GET", "/api/v1/namespaces/default")).status === 200);
  if (controllers.length > 0) {
    writeFileSync(join(folder, "kubeconfig"), kubeconfig(secure, certificate));
    run(join(programs, "kube-controller-manager"), controllerManagerFlags(join(folder, "kubeconfig"), controllers));
  }
  return {
    call,
    async close() {
      for (const child of children.reverse()) await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a kube-controller-manager as the leader of its kind for the server of a kubeconfig; returns what stops it. */
export function startControllerManager(kubeconfig: string, controllers: readonly string[]): () => Promise<void> {
  const flags = [...controllerManagerFlags(kubeconfig, controllers), "--leader-elect=true", "--leader-elect-resource-lock=leases"];
  const child = spawn(join(programs, "kube-controller-manager"), flags, { stdio: "ignore" });
  return () => stop(child);
}

const controllerManagerFlags = (kubeconfig: string, controllers: readonly string[]) => [
  `--kubeconfig=${kubeconfig}`,
  `--controllers=${controllers.join(",")}`,
  "--leader-elect=false",
  "--port=0",
  "--secure-port=0",
];

function kubeconfig(port: number, certificate: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": certificate } }],
    users: [{ name: "admin", user: { token: "admin" } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "admin" } }],
    "current-context": "c",
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Programs of others tell nobody when they are ready: ask until they are, for a minute. */
export async function until(holds: () => Promise<boolean>, what = "the real server to be ready"): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited a minute for ${what}`);
}

// An API server on a loopback TLS port, with its own authority and keys, for the tests of this folder.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createAuthority, issueClientCertificate, issueServerCertificate, type KeyPair } from "../../src/clusters/pki.ts";
import { generateSigningKey, KeyRing, type SigningKey } from "../../src/clusters/signing-keys.ts";
import type { UserInfo } from "../../src/kubernetes/auth/types.ts";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import type { ApiServerOptions } from "../../src/kubernetes/server/options.ts";
import { type ApiServer, createApiServer } from "../../src/kubernetes/server/server.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { type Answer, sendRequest } from "../support/https-request.ts";

export const admin: UserInfo = { username: "admin", groups: ["system:masters"] };
export const audience = "https://kubernetes.default.svc";

export interface TestServer {
  readonly server: ApiServer;
  readonly client: KubeClient;
  readonly url: string;
  readonly authority: KeyPair;
  readonly ring: KeyRing;
  /** Sends a request as a user: `admin`, `bob` … are accepted as bearer tokens of static users; undefined sends none. */
  call(method: string, path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  callWith(pair: KeyPair, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Runs kubectl as a user; resolves with its output and exit code. */
  kubectl(args: readonly string[], input?: string, user?: string): Promise<{ code: number; out: string; err: string }>;
  /** A kubeconfig with a context for each static user. */
  readonly kubeconfig: string;
  clientCertificate(user: string, groups: readonly string[]): Promise<KeyPair>;
  close(): Promise<void>;
}

export const users: Readonly<Record<string, UserInfo>> = {
  admin,
  bob: { username: "bob", groups: ["developers"] },
  eve: { username: "eve", groups: [] },
  "node-a": { username: "system:node:node-a", groups: ["system:nodes"] },
  "node-b": { username: "system:node:node-b", groups: ["system:nodes"] },
};

/** Starts a server; `before` is one that was closed, whose port and authority it takes over. */
export async function startServer(
  more: Partial<ApiServerOptions> = {},
  clock: Clock = systemClock,
  before?: Pick<TestServer, "url" | "authority">,
): Promise<TestServer> {
  const authority = before?.authority ?? (await createAuthority("kubernetes", Date.now()));
  const serving = await issueServerCertificate(authority, ["127.0.0.1", "localhost"], Date.now());
  let keys: readonly SigningKey[] = [await generateSigningKey(0)];
  const write = (next: readonly SigningKey[]) => {
    keys = next;
  };
  const storage = { read: () => keys, write };
  const ring = new KeyRing(storage, { now: () => 1000, after: () => ({ cancel() {} }) });
  const server = createApiServer({
    store: memoryStore(),
    clock,
    log: silentLog,
    random: systemRandom,
    version: { major: "1", minor: "33", gitVersion: "v1.33.5-eks-3cfe0ce" },
    serviceAccounts: {
      issuer: "https://oidc.example/id/A",
      audiences: [audience],
      sign: (claims) => ring.sign(claims),
      jwks: () => ring.jwks(),
    },
    authenticators: [{ name: "static", authenticate: ({ token }) => (token === undefined ? undefined : users[token]) }],
    clientCa: authority.certificate,
    ...more,
  });
  await server.start();
  const listener: Http2SecureServer = createSecureServer(
    {
      key: serving.privateKey,
      cert: serving.certificate,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
    },
    (incoming, outgoing) => void server.handle(incoming as never, outgoing as never),
  );
  listener.on("upgrade", (incoming, socket, head) => server.upgrade(incoming, socket, head));
  await new Promise<void>((resolve) => listener.listen(before ? Number(new URL(before.url).port) : 0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const sessions = new Set<{ destroy(): void }>();
  listener.on("session", (session) => sessions.add(session));
  listener.on("secureConnection", (socket) => sessions.add(socket));
  const folder = mkdtempSync(join(tmpdir(), "atoll-kube-"));
  writeKubeconfig(folder, port, authority);
  const send = (pair: KeyPair | undefined, method: string, path: string, body: unknown, headers: Record<string, string>) =>
    sendRequest(
      { port, ca: authority.certificate, ...(pair && { cert: pair.certificate, key: pair.privateKey }) },
      method,
      path,
      body,
      headers,
    );
  return {
    server,
    client: server.client(admin),
    url: `https://127.0.0.1:${port}`,
    authority,
    ring,
    call: (method, path, token, body, headers = {}) =>
      send(undefined, method, path, body, { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers }),
    callWith: (pair, method, path, body) => send(pair, method, path, body, {}),
    kubectl: (args, input, user = "admin") => runKubectl(folder, [`--context=${user}`, ...args], input),
    kubeconfig: join(folder, "config"),
    clientCertificate: (user, groups) => issueClientCertificate(authority, user, groups, Date.now()),
    async close() {
      server.close();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => listener.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeKubeconfig(folder: string, port: number, authority: KeyPair): void {
  const names = Object.keys(users);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "c",
        cluster: {
          server: `https://127.0.0.1:${port}`,
          "certificate-authority-data": Buffer.from(authority.certificate).toString("base64"),
        },
      },
    ],
    users: names.map((name) => ({ name, user: { token: name } })),
    contexts: names.map((name) => ({ name, context: { cluster: "c", user: name } })),
    "current-context": "admin",
  };
  writeFileSync(join(folder, "config"), JSON.stringify(config));
}

function runKubectl(folder: string, args: readonly string[], input?: string): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: join(folder, "config"), HOME: folder };
    const child = execFile("kubectl", [...args], { env, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error ? (typeof error.code === "number" ? error.code : 1) : 0, out, err });
    });
    child.stdin?.end(input ?? "");
  });
}

/** Why kubectl cannot be used here, or false. */
export async function kubectlMissing(): Promise<string | false> {
  return new Promise((resolve) => execFile("kubectl", ["version", "--client"], (error) => resolve(error ? "needs kubectl" : false)));
}

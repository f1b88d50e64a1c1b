// A webhook server over HTTPS, for the tests of this folder: each path answers as it is told and remembers what it was asked.
import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { issueServerCertificate } from "../../src/clusters/pki.ts";
import type { TestServer } from "./server-support.ts";

export type Review = { readonly uid: string; readonly object: any; readonly [member: string]: any };
export type Answer = { readonly patch?: readonly object[]; readonly [member: string]: unknown };

const base = "/apis/admissionregistration.k8s.io/v1";

export interface WebhookListener {
  /** What it was asked so far, in order. */
  readonly asked: { path: string; request: Review }[];
  /** Makes a configuration of that name with one webhook, which is answered by `answer`. */
  configure(kind: "Mutating" | "Validating", name: string, more: object, answer: (request: Review) => Answer): Promise<void>;
  /** Removes all configurations and forgets everything. */
  clear(): Promise<void>;
  close(): void;
}

/** Listens on a free port of loopback, with a certificate of the server's authority. */
export async function listenForWebhooks(api: TestServer): Promise<WebhookListener> {
  const hooks = new Map<string, (request: Review) => Answer>();
  const asked: { path: string; request: Review }[] = [];
  const serving = await issueServerCertificate(api.authority, ["127.0.0.1"], Date.now());
  const listener = createServer({ key: serving.privateKey, cert: serving.certificate }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString());
      const path = new URL(incoming.url!, "https://x").pathname;
      asked.push({ path, request });
      const { patch, ...more } = hooks.get(path)?.(request) ?? {};
      const patched = patch && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") };
      outgoing.end(JSON.stringify({ response: { uid: request.uid, allowed: true, ...patched, ...more } }));
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    asked,
    async configure(kind, name, more, answer) {
      hooks.set(`/${name}`, answer);
      const made = await api.call("POST", `${base}/${kind.toLowerCase()}webhookconfigurations`, "admin", {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: `${kind}WebhookConfiguration`,
        metadata: { name },
        webhooks: [
          {
            name: `${name}.example.com`,
            clientConfig: { url: `https://127.0.0.1:${port}/${name}`, caBundle: Buffer.from(api.authority.certificate).toString("base64") },
            rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
            admissionReviewVersions: ["v1"],
            sideEffects: "None",
            ...more,
          },
        ],
      });
      assert.equal(made.status, 201, made.text);
    },
    async clear() {
      for (const kind of ["mutating", "validating"]) await api.call("DELETE", `${base}/${kind}webhookconfigurations`, "admin");
      hooks.clear();
      asked.length = 0;
    },
    close: () => listener.close(),
  };
}

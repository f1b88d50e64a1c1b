// Pods with statuses as a kubelet would write them, for tests of streams.
import assert from "node:assert/strict";
import type { TestServer } from "./server-support.ts";

const base = "/api/v1/namespaces/default";

/** Makes a pod whose containers are in the given states. `nodeName` null: on no node. */
export async function makePod(
  api: TestServer,
  name: string,
  states: Record<string, object>,
  annotations: object = {},
  nodeName: string | null = "n",
): Promise<void> {
  if ((await api.call("GET", `${base}/serviceaccounts/default`, "admin")).status === 404) {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    await api.call("POST", `${base}/serviceaccounts`, "admin", account);
  }
  const containers = Object.keys(states).map((each) => ({ name: each, image: "app" }));
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name, annotations }, spec: { containers, ...(nodeName && { nodeName }) } };
  const made = await api.call("POST", `${base}/pods`, "admin", body);
  assert.equal(made.status, 201, made.text);
  const containerStatuses = Object.entries(states).map(([each, state]) => ({
    name: each,
    image: "app",
    imageID: "",
    ready: true,
    restartCount: 0,
    ...state,
  }));
  const patch = { status: { phase: "Running", containerStatuses } };
  const done = await api.call("PATCH", `${base}/pods/${name}/status`, "admin", patch, { "content-type": "application/merge-patch+json" });
  assert.equal(done.status, 200, done.text);
}

// Audit records: what every request leaves behind.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RequestRecord } from "../../src/kubernetes/server/options.ts";
import { startServer, type TestServer } from "./server-support.ts";

const records: RequestRecord[] = [];
let api: TestServer;
const maps = "/api/v1/namespaces/default/configmaps";

before(async () => {
  api = await startServer({ audit: (record) => records.push(record) });
});
after(() => api?.close());

/** The records made while something runs. */
async function during(body: () => Promise<unknown>): Promise<RequestRecord[]> {
  records.length = 0;
  await body();
  return [...records];
}

const map = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });

test("a write leaves both objects, its decision and its reference", async () => {
  const [record] = await during(() => api.call("POST", `${maps}?fieldManager=x`, "admin", map("a"), { "user-agent": "test/1" }));
  assert.ok(record);
  assert.equal(record.verb, "create");
  assert.equal(record.code, 201);
  assert.equal(record.stage, "ResponseComplete");
  assert.equal(record.uri, `${maps}?fieldManager=x`);
  assert.equal(record.userAgent, "test/1");
  assert.equal(record.user?.username, "admin");
  assert.deepEqual(record.objectRef, { group: "", version: "v1", resource: "configmaps", subresource: "", namespace: "default", name: "" });
  assert.deepEqual(record.annotations, { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" });
  assert.equal((record.requestObject as any).metadata.name, "a");
  assert.ok((record.responseObject as any).metadata.uid);
});

test("a refusal says forbid and carries its Status; RBAC names what allowed", async () => {
  const [refused] = await during(() => api.call("GET", maps, "bob"));
  assert.equal(refused?.annotations["authorization.k8s.io/decision"], "forbid");
  assert.equal(refused?.status?.reason, "Forbidden");
  assert.equal(refused?.code, 403);
  const [allowed] = await during(() => api.call("GET", "/version", "bob"));
  assert.match(
    allowed?.annotations["authorization.k8s.io/reason"] ?? "",
    /^RBAC: allowed by ClusterRoleBinding "system:(discovery|public-info-viewer)" of ClusterRole "system:\w[\w:-]*" to Group "system:authenticated"$/,
  );
});

test("a failed authentication has no user", async () => {
  const [record] = await during(() => api.call("GET", maps, "stranger"));
  assert.equal(record?.code, 401);
  assert.equal(record?.user, undefined);
});

test("an impersonator is recorded with both users", async () => {
  const [record] = await during(() => api.call("GET", maps, "admin", undefined, { "impersonate-user": "bob" }));
  assert.equal(record?.user?.username, "admin");
  assert.equal(record?.impersonatedUser?.username, "bob");
});

test("admission adds its annotations", async () => {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };
  await api.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
  const [record] = await during(() => api.call("POST", "/api/v1/namespaces/default/pods", "admin", pod));
  assert.equal(record?.annotations["pod-security.kubernetes.io/enforce-policy"], "privileged:latest");
});

test("a watch is recorded when it starts and when it ends", async () => {
  const seen = await during(() => api.call("GET", `${maps}?watch=true&timeoutSeconds=1`, "admin"));
  assert.deepEqual(
    seen.map(({ verb, stage }) => `${verb} ${stage}`),
    ["watch ResponseStarted", "watch ResponseComplete"],
  );
  assert.equal(seen[0]?.auditId, seen[1]?.auditId);
});

test("controllers in the process are seen by their service account", async () => {
  const username = "system:serviceaccount:kube-system:root-ca-cert-publisher";
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "root-ca-cert-publisher" } };
  const { metadata } = await api.client.create("serviceaccounts", "kube-system", account);
  const client = api.server.component(username);
  const [made] = await during(() => client.create("configmaps", "default", map("b")));
  assert.deepEqual(
    { ...made?.user },
    {
      username,
      uid: metadata.uid,
      groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    },
  );
  assert.equal(made?.verb, "create");
  assert.equal(made?.uri, maps);
  assert.equal(made?.userAgent, `kube-controller-manager/v1.33.5-eks-3cfe0ce (linux/amd64) kubernetes/3cfe0ce/${username}`);
  assert.equal(made?.annotations["authorization.k8s.io/decision"], "allow");
  assert.match(
    made?.annotations["authorization.k8s.io/reason"] ?? "",
    /^RBAC: allowed by ClusterRoleBinding "system:controller:root-ca-cert-publisher"/,
  );
  const [failed] = await during(() => client.create("configmaps", "default", map("b")).catch(() => {}));
  assert.equal(failed?.code, 409);
  assert.equal(failed?.status?.reason, "AlreadyExists");
  const nobody = api.server.client({ username: "system:serviceaccount:kube-system:nobody", groups: [] });
  const [refused] = await during(() => nobody.delete("configmaps", "default", "b").catch(() => {}));
  assert.equal(refused?.annotations["authorization.k8s.io/decision"], "forbid");
  assert.equal(refused?.uri, `${maps}/b`);
});

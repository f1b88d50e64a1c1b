// The real kubectl against the server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { kubectlMissing, startServer, type TestServer } from "./server-support.ts";

let s: TestServer;
const missing = await kubectlMissing();

before(async () => {
  s = await startServer();
  await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(() => s.close());

async function kubectl(line: string, input?: string, user?: string): Promise<string> {
  const { code, out, err } = await s.kubectl(line.split(" "), input, user);
  assert.equal(code, 0, `kubectl ${line}: ${err}`);
  return out;
}

const manifest = (data: Record<string, string>) => JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data });

test("kubectl: run, get, describe, wait, delete", { skip: missing }, async () => {
  assert.equal(await kubectl("run web --image=nginx"), "pod/web created\n");
  assert.match(
    await kubectl("get pods -o wide"),
    /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nweb +0\/1 +Pending/,
  );
  assert.match(await kubectl("describe pod web"), /Status: +Pending/);
  await kubectl("wait --for=jsonpath={.status.phase}=Pending pod/web --timeout=5s");
  assert.equal(await kubectl("delete pod web"), 'pod "web" deleted\n');
});

test("kubectl: deployments change by every kind of patch", { skip: missing }, async () => {
  await kubectl("create deployment d --image=nginx --replicas=2");
  await kubectl("scale deployment d --replicas=3");
  await kubectl("set image deployment/d nginx=nginx:2");
  await kubectl("label deployment d tier=front");
  await kubectl('patch deployment d --type=json -p=[{"op":"add","path":"/metadata/annotations","value":{"x":"y"}}]');
  const { spec, metadata } = JSON.parse(await kubectl("get deployment d -o json"));
  assert.deepEqual(
    [spec.replicas, spec.template.spec.containers[0].image, metadata.labels.tier, metadata.annotations?.x],
    [3, "nginx:2", "front", "y"],
  );
});

test("kubectl: apply, client-side then server-side, and diff", { skip: missing }, async () => {
  assert.equal(await kubectl("apply -f -", manifest({ a: "1", b: "1" })), "configmap/c created\n");
  assert.equal(await kubectl("apply -f -", manifest({ a: "2" })), "configmap/c configured\n");
  assert.deepEqual(s.client.get("configmaps", "default", "c")?.data, { a: "2" });
  assert.equal(await kubectl("apply --server-side -f -", manifest({ a: "3" })), "configmap/c serverside-applied\n");
  const conflict = await s.kubectl(["apply", "--server-side", "--field-manager=other", "-f", "-"], manifest({ a: "4" }));
  assert.match(conflict.err, /Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/);
  assert.equal((await s.kubectl(["diff", "-f", "-"], manifest({ a: "5" }))).code, 1);
  assert.equal(await kubectl("apply -f -", manifest({ a: "6" })), "configmap/c configured\n", "back to client-side apply");
});

test("kubectl: access as others see it", { skip: missing }, async () => {
  const denied = await s.kubectl(["get", "pods"], undefined, "bob");
  assert.match(denied.err, /User "bob" cannot list resource "pods" in API group "" in the namespace "default"/);
  await kubectl("create clusterrolebinding bob --clusterrole=view --user=bob");
  assert.equal(await kubectl("auth can-i list pods", undefined, "bob"), "yes\n");
  assert.match((await s.kubectl(["auth", "can-i", "get", "secrets"], undefined, "bob")).out, /^no/);
  assert.match(await kubectl("auth can-i --list", undefined, "bob"), /deployments\.apps/);
  assert.match(await kubectl("auth whoami", undefined, "bob"), /Username +bob/);
  assert.equal((await kubectl("create token default")).split(".").length, 3);
});

// Paths that people and monitors read raw: health, version, discovery, kubelets behind the proxy, component statuses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { kubectl } from "../support/kubectl.ts";
import { runningCluster } from "./running-cluster.ts";
import { startServer } from "./server-support.ts";

const asTable = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const version = (minor: string) => ({ version: { major: "1", minor, gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });

test("health: as a whole, listed, one by one, and without some", async (t) => {
  const api = await startServer();
  t.after(() => api.close());
  const get = (path: string) => api.call("GET", path, "admin");
  for (const kind of ["healthz", "livez", "readyz"]) {
    assert.equal((await get(`/${kind}`)).text, "ok");
    assert.match((await get(`/${kind}?verbose`)).text, new RegExp(`^\\[\\+\\]ping ok\\n[\\s\\S]*\\n${kind} check passed\\n$`));
    assert.equal((await get(`/${kind}/poststarthook/rbac/bootstrap-roles`)).text, "ok");
  }
  assert.equal((await get("/readyz/informer-sync")).status, 200);
  assert.equal((await get("/livez/informer-sync")).status, 404);
  assert.equal((await get("/readyz/nothing")).status, 404);
  const some = (await get("/readyz?verbose&exclude=etcd&exclude=nothing")).text;
  assert.match(some, /^\[\+\]etcd excluded: ok$/m);
  assert.match(some, /^warn: some health checks cannot be excluded: no matches for "nothing"$/m);
  assert.match((await get("/metrics/slis")).text, /^kubernetes_healthcheck\{name="ping",type="livez"\} 1$/m);
  const { paths } = (await get("/")).json;
  for (const path of ["/apis/apps/v1", "/livez/ping", "/openapi/v3", "/version"]) assert.ok(paths.includes(path), path);
  for (const path of paths) assert.notEqual((await get(path)).status, 404, path);
});

test("version tells what is emulated from 1.33 on; /api tells the address it was asked at", async (t) => {
  for (const [minor, emulated] of [
    ["32", undefined],
    ["33", "33"],
  ] as const) {
    const api = await startServer(version(minor));
    t.after(() => api.close());
    const { json } = await api.call("GET", "/version", "admin");
    assert.equal(json.minor, minor);
    assert.equal(json.emulationMinor, emulated);
    assert.equal(json.minCompatibilityMinor, emulated && "32");
    const [{ serverAddress }] = (await api.call("GET", "/api", "admin")).json.serverAddressByClientCIDRs;
    assert.equal(`https://${serverAddress}`, api.url);
  }
});

test("a kubelet answers behind the proxy what is known of its node, and names what it lacks", async (t) => {
  const { api, create, until, client } = await runningCluster(t, 2);
  const container = { name: "c", image: "i", resources: { requests: { cpu: "500m", memory: "64Mi" } } };
  await create("pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { nodeName: "n0", containers: [container] } });
  await until("the pod runs", () => client.get("pods", "default", "p")?.status?.phase === "Running");
  const get = (path: string, user = "admin") => api.call("GET", `/api/v1/nodes/${path}`, user);
  assert.equal((await get("n0/proxy/healthz")).text, "ok");
  assert.equal((await get("n0:10250/proxy/healthz")).text, "ok");
  const pods = (await get("n0/proxy/pods")).json;
  assert.equal(pods.kind, "PodList");
  assert.deepEqual(
    pods.items.map(({ metadata }: any) => metadata.name),
    ["p"],
  );
  const { kubeletconfig } = (await get("n0/proxy/configz")).json;
  assert.equal(kubeletconfig.maxPods, 1000);
  const { node, pods: usage } = (await get("n0/proxy/stats/summary")).json;
  assert.equal(node.nodeName, "n0");
  assert.equal(usage[0].podRef.name, "p");
  const [{ cpu, memory }] = usage[0].containers;
  assert.ok(cpu.usageNanoCores > 80e6 && cpu.usageNanoCores < 120e6, "a fifth of the request");
  assert.ok(memory.workingSetBytes > 30 * 2 ** 20);
  assert.ok(node.cpu.usageNanoCores > cpu.usageNanoCores);
  assert.deepEqual((await get("n1/proxy/stats/summary")).json.pods, []);
  for (const path of ["metrics/cadvisor", "metrics/resource", "logs/", "runningpods/"]) {
    const answer = await get(`n0/proxy/${path}`);
    assert.equal(answer.status, 501, path);
    assert.match(answer.json.message, new RegExp(`kubelet of a simulated node does not answer /${path.replace(/\/$/, "")}`));
  }
  assert.equal((await get("absent/proxy/healthz")).status, 404);
  assert.equal((await get("n0/proxy/pods", "bob")).status, 403);
  assert.equal((await api.call("POST", "/api/v1/nodes/n0/proxy/healthz", "admin", {})).status, 501);
  const gone = { type: "Ready", status: "Unknown", lastHeartbeatTime: null, lastTransitionTime: null, reason: "NodeStatusUnknown" };
  await client.patch("nodes", "", "n1", "strategic", { status: { conditions: [gone] } }, { subresource: "status" });
  assert.match((await get("n1/proxy/healthz")).json.message, /dial tcp \S+:10250: connect: connection refused/);
});

test("component statuses and Endpoints are served with the warning that they are deprecated", async (t) => {
  const api = await startServer();
  t.after(() => api.close());
  const shown = await api.call("GET", "/api/v1/componentstatuses", "admin", undefined, asTable);
  assert.deepEqual(
    shown.json.rows.map(({ cells }: any) => cells.slice(0, 3)),
    ["controller-manager", "etcd-0", "scheduler"].map((name) => [name, "Healthy", "ok"]),
  );
  assert.equal(shown.headers.warning, '299 - "v1 ComponentStatus is deprecated in v1.19+"');
  assert.equal((await api.call("GET", "/api/v1/componentstatuses/scheduler", "admin")).json.conditions[0].type, "Healthy");
  assert.equal((await api.call("GET", "/api/v1/componentstatuses/none", "admin")).status, 404);
  assert.equal((await api.call("GET", "/api/v1/componentstatuses?watch=true", "admin")).status, 405);
  const endpoints = await api.call("GET", "/api/v1/endpoints", "admin");
  assert.equal(endpoints.headers.warning, '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"');
  const older = await startServer(version("32"));
  t.after(() => older.close());
  assert.equal((await older.call("GET", "/api/v1/endpoints", "admin")).headers.warning, undefined);
});

test("a scale is printed as a scale", async (t) => {
  const { api, create } = await runningCluster(t, 0);
  const labels = { app: "d" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  await create("deployments.apps", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  });
  const path = "/apis/apps/v1/namespaces/default/deployments/d/scale";
  const { columnDefinitions, rows } = (await api.call("GET", path, "admin", undefined, asTable)).json;
  assert.deepEqual(
    columnDefinitions.map(({ name }: any) => name),
    ["Name", "Desired", "Available", "Age"],
  );
  assert.deepEqual(rows[0].cells.slice(0, 2), ["d", 3]);
});

test("discovery in one document, in the version of the format that is asked for first, with a tag", async (t) => {
  const api = await startServer();
  t.after(() => api.close());
  const form = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  for (const [accept, version] of [
    [`${form("v2")},${form("v2beta1")},application/json`, "v2"],
    [`${form("v2beta1")},application/json`, "v2beta1"],
  ] as const) {
    for (const path of ["/api", "/apis"]) {
      const { status, json, headers } = await api.call("GET", path, "admin", undefined, { accept });
      assert.equal(status, 200);
      assert.equal(json.apiVersion, `apidiscovery.k8s.io/${version}`);
      assert.equal(headers["content-type"], form(version));
      assert.equal(headers.vary, "Accept");
      const again = await api.call("GET", path, "admin", undefined, { accept, "if-none-match": String(headers.etag) });
      assert.equal(again.status, 304);
    }
  }
  assert.equal((await api.call("GET", "/apis", "admin", undefined, { accept: "application/json" })).json.kind, "APIGroupList");
});

const binary = kubectl("33");
test("kubectl proxy", { skip: binary === undefined && "needs kubectl: the packages that carry it are for Linux on x64" }, async (t) => {
  const api = await startServer();
  t.after(() => api.close());
  const child = spawn(binary!, ["proxy", "--port=0"], {
    env: { KUBECONFIG: api.kubeconfig, HOME: "/nonexistent" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill());
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (line) => resolve(`http://${/127\.0\.0\.1:\d+/.exec(String(line))?.[0]}`));
    child.on("exit", (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
  });
  const answer = await fetch(`${address}/api/v1/namespaces/default`);
  assert.equal(((await answer.json()) as { status: { phase: string } }).status.phase, "Active");
  assert.equal((await fetch(`${address}/readyz`)).status, 200);
});

// The built-in admission plugins, each by what it fills in and what it refuses.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Answer } from "../support/https-request.ts";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
const merge = { "content-type": "application/merge-patch+json" };
before(async () => {
  api = await startServer();
});
after(() => api?.close());

/** A namespace with its default service account. */
async function namespace(name: string, labels: object = {}): Promise<string> {
  const made = await api.call("POST", "/api/v1/namespaces", "admin", { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  assert.equal(made.status, 201, made.text);
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await api.call("POST", `/api/v1/namespaces/${name}/serviceaccounts`, "admin", account);
  return `/api/v1/namespaces/${name}`;
}

const container = (resources: object = {}, more: object = {}) => ({ name: "c", image: "app", resources, ...more });
const pod = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
const post = (path: string, object: object): Promise<Answer> => api.call("POST", path, "admin", object);

test("LimitRanger fills in and says so", async () => {
  const at = await namespace("limits");
  const limits = [
    { type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "100m" }, max: { cpu: "1" }, min: { cpu: "50m" } },
    { type: "Pod", max: { cpu: "1500m" } },
    { type: "PersistentVolumeClaim", max: { storage: "10Gi" }, min: { storage: "1Gi" } },
  ];
  await post(`${at}/limitranges`, { apiVersion: "v1", kind: "LimitRange", metadata: { name: "l" }, spec: { limits } });
  const made = await post(`${at}/pods`, pod("a", { containers: [container()] }));
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.spec.containers[0].resources, { limits: { cpu: "500m" }, requests: { cpu: "100m" } });
  assert.equal(
    made.json.metadata.annotations["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu request for container c; cpu limit for container c",
  );
  const refused: [object, string][] = [
    [
      { containers: [container({ limits: { cpu: "2" } })] },
      "[maximum cpu usage per Container is 1, but limit is 2, maximum cpu usage per Pod is 1500m, but limit is 2]",
    ],
    [{ containers: [container({ requests: { cpu: "10m" } })] }, "minimum cpu usage per Container is 50m, but request is 10m"],
  ];
  for (const [spec, message] of refused) {
    const answer = await post(`${at}/pods`, pod("b", spec));
    assert.equal(answer.json.message, `pods "b" is forbidden: ${message}`);
    assert.equal(answer.status, 403);
  }
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "20Gi" } } };
  const claim = await post(`${at}/persistentvolumeclaims`, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "p" },
    spec,
  });
  assert.match(claim.json.message, /maximum storage usage per PersistentVolumeClaim is 10Gi, but limit is 20Gi/);
});

test("ResourceQuota counts what is stored and refuses the one too many, however many come at once", async () => {
  const at = await namespace("quotas");
  const hard = { pods: "3", "requests.cpu": "1", "count/configmaps": "2", "services.nodeports": "1" };
  await post(`${at}/resourcequotas`, { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec: { hard } });
  const open = await post(`${at}/pods`, pod("x", { containers: [container()] }));
  assert.equal(open.json.message, 'pods "x" is forbidden: failed quota: q: must specify requests.cpu for: c');
  const sized = (cpu: string) => ({ containers: [container({ requests: { cpu } })] });
  const answers = await Promise.all([1, 2, 3, 4, 5].map((i) => post(`${at}/pods`, pod(`p${i}`, sized("100m")))));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 403, 403]);
  const late = answers.find(({ status }) => status === 403) as Answer;
  assert.match(late.json.message, /exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3$/);
  await api.call("DELETE", `${at}/pods/p1`, "admin");
  const big = await post(`${at}/pods`, pod("big", sized("900m")));
  assert.match(big.json.message, /requested: requests\.cpu=900m, used: requests\.cpu=200m, limited: requests\.cpu=1$/);
  const maps = await Promise.all(
    ["a", "b", "c"].map((name) => post(`${at}/configmaps`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name } })),
  );
  assert.equal(maps.filter(({ status }) => status === 403).length, 1);
  const dry = await post(`${at}/configmaps?dryRun=All`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "d" } });
  assert.equal(dry.status, 403);
  const service = (ports: number[]) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `s${ports.length}` },
    spec: { type: "NodePort", ports: ports.map((port) => ({ name: `p${port}`, port })) },
  });
  assert.equal((await post(`${at}/services`, service([1, 2]))).status, 403);
  assert.equal((await post(`${at}/services`, service([1]))).status, 201);
  assert.equal((await post(`${at}/pods?dryRun=All`, pod("fits", sized("100m")))).status, 201);
});

test("a quota with scopes counts only its pods", async () => {
  const at = await namespace("scoped");
  const spec = { hard: { pods: "0" }, scopes: ["BestEffort"] };
  await post(`${at}/resourcequotas`, { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec });
  assert.equal((await post(`${at}/pods`, pod("a", { containers: [container()] }))).status, 403);
  assert.equal((await post(`${at}/pods`, pod("a", { containers: [container({ requests: { cpu: "1m" } })] }))).status, 201);
  assert.equal((await post(`${at}/configmaps`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" } })).status, 201);
});

const secure = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [container({}, { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } })],
};
const standards: [string, string, object, string | undefined][] = [
  ["restricted passes", "restricted", secure, undefined],
  [
    "restricted",
    "restricted",
    { containers: [container()] },
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  [
    "root user",
    "restricted",
    { ...secure, securityContext: { ...secure.securityContext, runAsUser: 0 } },
    "runAsUser=0 (pod must not set runAsUser=0)",
  ],
  [
    "volume types",
    "restricted",
    { ...secure, volumes: [{ name: "v", hostPath: { path: "/" } }] },
    'restricted volume types (volume "v" uses restricted volume type "hostPath")',
  ],
  ["baseline passes", "baseline", { containers: [container()] }, undefined],
  [
    "host namespaces",
    "baseline",
    { hostNetwork: true, hostPID: true, containers: [container()] },
    "host namespaces (hostNetwork=true, hostPID=true)",
  ],
  [
    "privileged",
    "baseline",
    { containers: [container({}, { securityContext: { privileged: true } })] },
    'privileged (container "c" must not set securityContext.privileged=true)',
  ],
  [
    "capabilities",
    "baseline",
    { containers: [container({}, { securityContext: { capabilities: { add: ["NET_ADMIN"] } } })] },
    'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    "host ports",
    "baseline",
    { containers: [container({}, { ports: [{ containerPort: 80, hostPort: 80 }] })] },
    'hostPort (container "c" uses hostPort 80)',
  ],
  [
    "host paths",
    "baseline",
    { containers: [container()], volumes: [{ name: "v", hostPath: { path: "/" } }] },
    'hostPath volumes (volume "v")',
  ],
  [
    "sysctls",
    "baseline",
    { containers: [container()], securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
    "forbidden sysctls (kernel.msgmax)",
  ],
  ["privileged level", "privileged", { hostPID: true, containers: [container({}, { securityContext: { privileged: true } })] }, undefined],
];
for (const [index, [title, level, spec, violation]] of standards.entries()) {
  test(`PodSecurity: ${title}`, async () => {
    const at = await namespace(`psa${index}`, { "pod-security.kubernetes.io/enforce": level });
    const answer = await post(`${at}/pods`, pod("p", spec));
    if (violation === undefined) assert.equal(answer.status, 201, answer.text);
    else assert.equal(answer.json.message, `pods "p" is forbidden: violates PodSecurity "${level}:latest": ${violation}`);
  });
}

test("PodSecurity warns of templates and of pods a stricter level would refuse", async () => {
  const at = await namespace("warned", {
    "pod-security.kubernetes.io/warn": "baseline",
    "pod-security.kubernetes.io/enforce": "privileged",
  });
  const labels = { app: "a" };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { hostPID: true, containers: [container()] } } },
  };
  const made = await post("/apis/apps/v1/namespaces/warned/deployments", deployment);
  assert.equal(made.status, 201);
  assert.match(String(made.headers.warning), /would violate PodSecurity \\?"baseline:latest\\?": host namespaces \(hostPID=true\)/);
  assert.equal((await post(`${at}/pods`, pod("p", { hostPID: true, containers: [container()] }))).status, 201);
  const stricter = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "baseline" } } };
  const changed = await api.call("PATCH", "/api/v1/namespaces/warned", "admin", stricter, merge);
  assert.equal(changed.status, 200);
  assert.match(String(changed.headers.warning), /existing pods in namespace .*warned.* violate the new PodSecurity enforce level/);
  const wrong = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "strict" } } };
  assert.equal((await api.call("PATCH", "/api/v1/namespaces/warned", "admin", wrong, merge)).status, 422);
});

test("claims and volumes are protected, nodes start tainted, ingresses get the default class", async () => {
  const at = await namespace("kept");
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const claim = await post(`${at}/persistentvolumeclaims`, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "p" },
    spec,
  });
  assert.deepEqual(claim.json.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
  const node = await post("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
  assert.deepEqual(node.json.spec.taints, [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  const mark = { "ingressclass.kubernetes.io/is-default-class": "true" };
  await post("/apis/networking.k8s.io/v1/ingressclasses", {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "alb", annotations: mark },
    spec: { controller: "ingress.k8s.aws/alb" },
  });
  const ingress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "i" },
    spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  };
  assert.equal((await post("/apis/networking.k8s.io/v1/namespaces/kept/ingresses", ingress)).json.spec.ingressClassName, "alb");
});

test("runtime classes bring overhead and placement; extended resources bring a toleration", async () => {
  const at = await namespace("runtimes");
  await post("/apis/node.k8s.io/v1/runtimeclasses", {
    apiVersion: "node.k8s.io/v1",
    kind: "RuntimeClass",
    metadata: { name: "vm" },
    handler: "vm",
    overhead: { podFixed: { memory: "64Mi" } },
    scheduling: { nodeSelector: { vm: "yes" } },
  });
  const made = await post(
    `${at}/pods`,
    pod("a", { runtimeClassName: "vm", containers: [container({ limits: { "nvidia.com/gpu": "1" } })] }),
  );
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.spec.overhead, { memory: "64Mi" });
  assert.deepEqual(made.json.spec.nodeSelector, { vm: "yes" });
  assert.ok(made.json.spec.tolerations.some((each: any) => each.key === "nvidia.com/gpu" && each.operator === "Exists"));
  const missing = await post(`${at}/pods`, pod("b", { runtimeClassName: "absent", containers: [container()] }));
  assert.equal(missing.json.message, 'pods "b" is forbidden: pod rejected: RuntimeClass "absent" not found');
});

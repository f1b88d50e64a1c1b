// The access control objects of a new cluster beside kube-apiserver's own list (1.33, default feature gates).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bootstrapRoles } from "../../src/kubernetes/auth/bootstrap/objects.ts";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const controllers = `attachdetach-controller certificate-controller clusterrole-aggregation-controller cronjob-controller
  daemon-set-controller deployment-controller disruption-controller endpoint-controller endpointslice-controller
  endpointslicemirroring-controller ephemeral-volume-controller expand-controller generic-garbage-collector
  horizontal-pod-autoscaler job-controller legacy-service-account-token-cleaner namespace-controller node-controller
  persistent-volume-binder pod-garbage-collector pv-protection-controller pvc-protection-controller replicaset-controller
  replication-controller resourcequota-controller root-ca-cert-publisher route-controller selinux-warning-controller
  service-account-controller service-cidrs-controller service-controller statefulset-controller ttl-after-finished-controller
  ttl-controller validatingadmissionpolicy-status-controller`
  .split(/\s+/)
  .map((name) => `system:controller:${name}`);

const names = (list: any) => list.items.map((each: any) => each.metadata.name as string);
const group = "/apis/rbac.authorization.k8s.io/v1";

test("every controller has its role, bound to its service account", async () => {
  const roles = names((await api.call("GET", `${group}/clusterroles`, "admin")).json);
  assert.deepEqual(
    roles.filter((name: string) => name.startsWith("system:controller:")),
    controllers,
  );
  const bindings = (await api.call("GET", `${group}/clusterrolebindings`, "admin")).json.items;
  for (const name of controllers) {
    const binding = bindings.find((each: any) => each.metadata.name === name);
    assert.equal(binding?.roleRef.name, name);
    assert.deepEqual(binding.subjects, [
      { kind: "ServiceAccount", name: name.replace("system:controller:", ""), namespace: "kube-system" },
    ]);
  }
});

test("nobody holds the role of nodes by a binding", async () => {
  const { json } = await api.call("GET", `${group}/clusterrolebindings/system:node`, "admin");
  assert.equal(json.roleRef.name, "system:node");
  assert.equal(json.subjects, undefined);
});

test("system namespaces have the roles of their parts", async () => {
  assert.deepEqual(names((await api.call("GET", `${group}/namespaces/kube-system/roles`, "admin")).json), [
    "extension-apiserver-authentication-reader",
    "system::leader-locking-kube-controller-manager",
    "system::leader-locking-kube-scheduler",
    "system:controller:bootstrap-signer",
    "system:controller:cloud-provider",
    "system:controller:token-cleaner",
  ]);
  assert.deepEqual(names((await api.call("GET", `${group}/namespaces/kube-public/rolebindings`, "admin")).json), [
    "system:controller:bootstrap-signer",
  ]);
});

test("an older version lacks the controllers that came later", () => {
  const older = bootstrapRoles(31).map((each) => each.metadata.name);
  assert.ok(!older.includes("system:controller:service-cidrs-controller"));
  assert.ok(older.includes("system:controller:job-controller"));
  const rulesOf = (minor: number, name: string) =>
    JSON.stringify(bootstrapRoles(minor).find(({ metadata }) => metadata.name === name)?.rules);
  assert.equal(rulesOf(33, "system:controller:resource-claim-controller"), undefined);
  assert.ok(rulesOf(34, "system:controller:resource-claim-controller"));
  assert.ok(!rulesOf(33, "system:kube-scheduler")?.includes("resourceclaims"));
  assert.ok(rulesOf(34, "system:kube-scheduler")?.includes("resourceclaims/status"));
});

const review = (user: string, resourceAttributes: object) =>
  api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "admin", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, resourceAttributes },
  });
const account = (name: string) => `system:serviceaccount:kube-system:${name}`;

const decisions: [user: string, object, boolean][] = [
  [account("horizontal-pod-autoscaler"), { verb: "update", group: "apps", resource: "deployments", subresource: "scale" }, true],
  [account("horizontal-pod-autoscaler"), { verb: "update", group: "apps", resource: "deployments" }, false],
  [account("job-controller"), { verb: "create", resource: "pods", namespace: "default" }, true],
  [account("job-controller"), { verb: "create", resource: "secrets", namespace: "default" }, false],
  [
    account("certificate-controller"),
    { verb: "sign", group: "certificates.k8s.io", resource: "signers", name: "kubernetes.io/kubelet-serving" },
    true,
  ],
  [account("certificate-controller"), { verb: "sign", group: "certificates.k8s.io", resource: "signers", name: "example.com/x" }, false],
  ["system:kube-scheduler", { verb: "get", resource: "configmaps", namespace: "kube-system", name: "kube-scheduler" }, true],
  ["system:kube-scheduler", { verb: "get", resource: "configmaps", namespace: "default", name: "kube-scheduler" }, false],
];
for (const [user, attributes, allowed] of decisions) {
  test(`${user} ${JSON.stringify(attributes)}: ${allowed ? "yes" : "no"}`, async () => {
    assert.equal((await review(user, attributes)).json.status.allowed, allowed);
  });
}

test("a start gives roles and bindings back what was taken from them", async () => {
  const role = `${group}/clusterroles/system:controller:job-controller`;
  const binding = `${group}/clusterrolebindings/system:controller:job-controller`;
  const before = [(await api.call("GET", role, "admin")).json.rules, (await api.call("GET", binding, "admin")).json.subjects];
  const merge = { "content-type": "application/merge-patch+json" };
  await api.call("PATCH", role, "admin", { rules: before[0].slice(0, 1) }, merge);
  await api.call("PATCH", binding, "admin", { subjects: [] }, merge);
  assert.equal(
    (await review(account("job-controller"), { verb: "create", resource: "pods", namespace: "default" })).json.status.allowed,
    false,
  );
  await api.server.start();
  assert.equal(
    (await review(account("job-controller"), { verb: "create", resource: "pods", namespace: "default" })).json.status.allowed,
    true,
  );
  assert.deepEqual((await api.call("GET", binding, "admin")).json.subjects, before[1]);
});

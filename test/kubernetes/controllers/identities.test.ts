// Controllers act under their own names: what they write shows it, and what is taken from their roles they cannot do.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { bootstrapRoles } from "../../../src/kubernetes/auth/bootstrap/objects.ts";
import {
  API_SERVER,
  CONTROLLER_MANAGER,
  componentManager,
  componentUser,
  controllerUser,
  SCHEDULER,
} from "../../../src/kubernetes/auth/components.ts";
import type { KubeClient } from "../../../src/kubernetes/client/client.ts";
import { deployment, podTemplate } from "../../support/fake-cluster.ts";
import { runningCluster } from "../running-cluster.ts";

const rbac = "rbac.authorization.k8s.io";
const roles = `clusterroles.${rbac}`;

test("a component is a service account or a user, never a master unless it is the API server itself", () => {
  const uid = (namespace: string, name: string) => `${namespace}/${name}`;
  const account = componentUser(controllerUser("job-controller"), uid);
  assert.equal(account.username, "system:serviceaccount:kube-system:job-controller");
  assert.equal(account.uid, "kube-system/job-controller");
  assert.deepEqual(account.groups, ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]);
  for (const name of [SCHEDULER, CONTROLLER_MANAGER, "eks:node-manager"]) {
    assert.deepEqual(componentUser(name, uid), { username: name, groups: ["system:authenticated"] });
  }
  assert.deepEqual(componentUser(API_SERVER, uid).groups, ["system:masters"]);
  const managers = [controllerUser("job-controller"), controllerUser("generic-garbage-collector"), SCHEDULER, API_SERVER].map(
    componentManager,
  );
  assert.deepEqual(managers, ["kube-controller-manager", "kube-controller-manager", "kube-scheduler", "kube-apiserver"]);
});

const settled = async (t: TestContext) => {
  const running = await runningCluster(t, 1);
  await running.until("the default service account", () => !!running.client.get("serviceaccounts", "default", "default"));
  return running;
};

test("fields are owned by the programs, and every controller has its account", async (t) => {
  const { client, create, until } = await settled(t);
  await create("deployments.apps", deployment("web", 1));
  await until("a running pod", () => client.list("pods", { namespace: "default" }).some(({ status }) => status?.phase === "Running"));
  const [pod] = client.list("pods", { namespace: "default" });
  const managers = pod!.metadata.managedFields!.map(({ manager, subresource }: any) => `${manager}/${subresource ?? ""}`);
  assert.ok(managers.includes("kube-controller-manager/"), managers.join());
  assert.ok(managers.includes("kubelet/status"), managers.join());
  const wanted = bootstrapRoles(33)
    .map(({ metadata }) => metadata.name as string)
    .filter((name) => name.startsWith("system:controller:"))
    .map((name) => name.slice("system:controller:".length))
    .filter((name) => name !== "route-controller" && name !== "selinux-warning-controller");
  await until("the accounts", () => wanted.every((name) => client.get("serviceaccounts", "kube-system", name)));
  assert.equal(client.get("serviceaccounts", "kube-system", "route-controller"), undefined);
  const before = client.get("serviceaccounts", "kube-system", "job-controller")!.metadata.uid;
  await client.delete("serviceaccounts", "kube-system", "job-controller");
  await until("the account anew", () => {
    const uid = client.get("serviceaccounts", "kube-system", "job-controller")?.metadata.uid;
    return uid !== undefined && uid !== before;
  });
});

test("taking everything from the scheduler and the controllers ends their work, and nothing else", async (t) => {
  const { client, create, until } = await settled(t);
  for (const name of [
    "system:kube-scheduler",
    "system:volume-scheduler",
    "system:kube-controller-manager",
    "system:controller:generic-garbage-collector",
  ])
    await client.delete(`clusterrolebindings.${rbac}`, "", name);
  await create("pods", { apiVersion: "v1", kind: "Pod", ...podTemplate({}), metadata: { name: "p" } } as never);
  await create("deployments.apps", deployment("web", 1));
  await client.create("customresourcedefinitions.apiextensions.k8s.io", "", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com" },
    spec: {
      ...{ group: "example.com", scope: "Namespaced", names: { plural: "things", kind: "Thing" } },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  });
  await until("the deployment's pod", () => client.list("pods", { namespace: "default" }).length === 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(client.list("pods", { namespace: "default" }).every(({ spec }) => !spec.nodeName));
  const { apiVersion, kind, roleRef } = {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:kube-scheduler" },
  };
  const subjects = [{ apiGroup: rbac, kind: "User", name: "system:kube-scheduler" }];
  await client.create(`clusterrolebindings.${rbac}`, "", { apiVersion, kind, metadata: { name: "again" }, roleRef, subjects } as never);
  await until("the pods placed", () => client.list("pods", { namespace: "default" }).every(({ spec }) => spec.nodeName));
});

/** Takes every rule that allows something on a resource out of a role. */
async function strip({ client }: Awaited<ReturnType<typeof settled>>, role: string, resource: string): Promise<void> {
  const found = client.get(roles, "", role)!;
  const rules = found.rules.map((rule: any) => ({ ...rule, resources: rule.resources?.filter((each: string) => each !== resource) }));
  await client.update(roles, { ...found, rules: rules.filter(({ resources }: any) => resources?.length) });
}

test("a replica set controller without rights on pods makes none, and says why", async (t) => {
  const running = await settled(t);
  const { client, create, until } = running;
  await strip(running, "system:controller:replicaset-controller", "pods");
  await create("deployments.apps", deployment("web", 1));
  const reason = () => client.list("events", { namespace: "default" }).find(({ reason }) => reason === "FailedCreate")?.message as string;
  await until("the refusal", () => !!reason());
  assert.equal(
    reason(),
    'Error creating: pods is forbidden: User "system:serviceaccount:kube-system:replicaset-controller" cannot create resource "pods" in API group "" in the namespace "default"',
  );
  assert.deepEqual(client.list("pods", { namespace: "default" }), []);
});

test("a scheduler without bindings leaves pods pending, and says why", async (t) => {
  const running = await settled(t);
  const { client, create, until } = running;
  await strip(running, "system:kube-scheduler", "pods/binding");
  await create("pods", { apiVersion: "v1", kind: "Pod", ...podTemplate({}), metadata: { name: "p" } } as never);
  const failed = () =>
    client.list("events", { namespace: "default" }).find(({ reason }) => reason === "FailedScheduling")?.message as string;
  await until("the refusal", () => !!failed());
  assert.match(failed(), /^running Bind plugin "DefaultBinder": .*User "system:kube-scheduler" cannot create resource "pods\/binding"/);
  assert.equal(client.get("pods", "default", "p")!.spec.nodeName, undefined);
});

test("a controller without its binding does nothing more, and goes on when it has it back", async (t) => {
  const { client, create, until } = await settled(t);
  const name = "system:controller:job-controller";
  const binding = client.get(`clusterrolebindings.${rbac}`, "", name)!;
  await client.delete(`clusterrolebindings.${rbac}`, "", name);
  await create("jobs.batch", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once" },
    spec: { template: podTemplate({}, "busybox", { restartPolicy: "Never" }) },
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(client.list("pods", { namespace: "default" }), []);
  const { roleRef, subjects, apiVersion, kind } = binding;
  await client.create(`clusterrolebindings.${rbac}`, "", { apiVersion, kind, metadata: { name }, roleRef, subjects } as never);
  await until("the pod", () => client.list("pods", { namespace: "default" }).length === 1);
});

const controller = (name: string) => controllerUser(name);
const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
const role = (rules: object[]) => ({ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "mine" }, rules });
const everything = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
type Attempt = (client: KubeClient) => unknown;

const refused: [who: string, what: string, attempt: Attempt][] = [
  [controller("deployment-controller"), "reads secrets", (c) => c.get("secrets", "default", "s")],
  [
    controller("deployment-controller"),
    "makes pods",
    (c) => c.create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } }),
  ],
  [controller("deployment-controller"), "patches deployments", (c) => c.patch("deployments.apps", "default", "d", "merge", {})],
  [controller("replicaset-controller"), "makes secrets", (c) => c.create("secrets", "default", secret)],
  [controller("job-controller"), "removes nodes", (c) => c.delete("nodes", "", "n0")],
  [controller("node-controller"), "reads secrets", (c) => c.list("secrets")],
  [controller("root-ca-cert-publisher"), "reads config maps", (c) => c.list("configmaps")],
  [controller("service-account-controller"), "makes tokens", (c) => c.post("serviceaccounts", "default", "default", "token", {} as never)],
  [controller("generic-garbage-collector"), "grants itself everything", (c) => c.create(roles, "", role(everything) as never)],
  [controller("clusterrole-aggregation-controller"), "makes cluster roles", (c) => c.create(roles, "", role([]) as never)],
  [
    controller("clusterrole-aggregation-controller"),
    "makes bindings",
    (c) => c.create(`clusterrolebindings.${rbac}`, "", role([]) as never),
  ],
  [controller("nobody-controller"), "lists pods", (c) => c.list("pods")],
  [SCHEDULER, "makes pods", (c) => c.create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } })],
  [SCHEDULER, "reads secrets", (c) => c.list("secrets")],
  [CONTROLLER_MANAGER, "removes pods", (c) => c.delete("pods", "default", "p")],
  [CONTROLLER_MANAGER, "makes cluster roles", (c) => c.create(roles, "", role(everything) as never)],
  ["eks:node-manager", "lists nodes where nobody let it", (c) => c.list("nodes")],
  ["system:node:n0", "reads another node's secrets", (c) => c.get("secrets", "default", "s")],
  ["system:masters", "lists pods by being called so", (c) => c.list("pods")],
];

test("no part of the control plane may do more than its role says", async (t) => {
  const { api, client } = await settled(t);
  await client.create("secrets", "default", secret);
  for (const [who, what, attempt] of refused) {
    const tried = async () => attempt(api.server.component(who));
    await assert.rejects(tried, (error: { code?: number }) => error.code === 403, `${who} ${what}`);
  }
});

test("aggregation fills roles with rules that the controller itself does not hold", async (t) => {
  const { client, until } = await settled(t);
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { team: "blue" } }] };
  await client.create(roles, "", { ...role([]), metadata: { name: "sum" }, aggregationRule } as never);
  await client.create(roles, "", { ...role(everything), metadata: { name: "part", labels: { team: "blue" } } } as never);
  await until("the rules", () => client.get(roles, "", "sum")?.rules?.length === 1);
  assert.deepEqual(client.get(roles, "", "sum")!.rules, everything);
});

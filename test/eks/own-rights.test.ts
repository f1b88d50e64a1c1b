// EKS's own parts and the controllers act with the rights a cluster gives them: seen in the cluster, and missed when they are taken.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeleteNodegroupCommand, DescribeNodegroupCommand, UpdateNodegroupConfigCommand } from "@aws-sdk/client-eks";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ minor: 34 });
});
after(() => scenario?.test.close());

const key = `${ACCOUNT}/${REGION}/main`;
const kube = (): KubeClient => scenario.test.atoll.clusters.kube(key)!;
const bindings = "clusterrolebindings.rbac.authorization.k8s.io";
const roles = "clusterroles.rbac.authorization.k8s.io";
const at = () => ({ clusterName: "main", nodegroupName: "workers" });
const eks = () => scenario.test.clients.eks;
const group = async () => (await eks().send(new DescribeNodegroupCommand(at()))).nodegroup;

test("the cluster shows what EKS's node manager and certificate controller may", () => {
  assert.deepEqual(kube().get(roles, "", "eks:node-manager")!.rules, [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "delete"] },
    { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch", "patch"] },
    { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  ]);
  for (const name of [
    "eks:node-manager",
    "eks:certificate-controller",
    "eks:certificate-controller-approver",
    "eks:certificate-controller-signer",
  ]) {
    assert.deepEqual(
      kube()
        .get(bindings, "", name)!
        .subjects.map((each: any) => each.name),
      [name.replace(/-(approver|signer)$/, "")],
    );
  }
});

test("labels of a node group come to its nodes through the node manager", async () => {
  await eks().send(new UpdateNodegroupConfigCommand({ ...at(), labels: { addOrUpdateLabels: { team: "blue" } } }));
  const node = await eventually("the label", async () =>
    kube()
      .list("nodes")
      .find(({ metadata }) => metadata.labels?.team === "blue"),
  );
  const writers = node.metadata.managedFields!.filter(({ fieldsV1 }: any) => JSON.stringify(fieldsV1).includes('"f:team"'));
  assert.deepEqual(
    writers.map(({ manager }) => manager),
    ["node-manager"],
  );
  await eventually("the end of the update", async () => (await group())?.status === "ACTIVE");
});

test("without its binding the node manager is denied, and the node group says AccessDenied until it is back", async () => {
  const binding = kube().get(bindings, "", "eks:node-manager")!;
  await kube().delete(bindings, "", "eks:node-manager");
  await eks().send(new DeleteNodegroupCommand(at()));
  const failed = await eventually("the failure", async () => {
    const found = await group();
    return found?.status === "DELETE_FAILED" && found;
  });
  assert.equal(failed.health?.issues?.[0]?.code, "AccessDenied");
  assert.match(
    failed.health?.issues?.[0]?.message ?? "",
    /User "eks:node-manager" cannot list resource "nodes" in API group "" at the cluster scope/,
  );
  assert.ok(kube().list("nodes").length > 0, "its nodes stay");
  const { apiVersion, kind, roleRef, subjects } = binding;
  await kube().create(bindings, "", { apiVersion, kind, metadata: { name: "eks:node-manager" }, roleRef, subjects } as never);
  await eks().send(new DeleteNodegroupCommand(at()));
  await eventually("the end of the group", () =>
    group().then(
      () => false,
      (error: Error) => error.name === "ResourceNotFoundException",
    ),
  );
  assert.deepEqual(kube().list("nodes"), []);
});

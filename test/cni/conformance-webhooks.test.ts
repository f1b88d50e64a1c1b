// Section L: which groups policies give, and what the controller's webhooks do with pods and nodes.
import assert from "node:assert/strict";
import { type VpcResourceSources, vpcResourceWebhook } from "../../src/clusters/vpc-resource/webhook.ts";
import { type GroupPolicy, groupsOfPod } from "../../src/cni/branch/pod-groups.ts";
import type { AdmissionRequest } from "../../src/kubernetes/admission/types.ts";
import type { NewObject } from "../../src/kubernetes/api/object.ts";
import { conformance } from "./conformance.ts";

const POD_ENI = "vpc.amazonaws.com/pod-eni";
const POD_SG = "fargate.amazonaws.com/pod-sg";
const WINDOWS = "vpc.amazonaws.com/PrivateIPv4Address";
const AWS_NODE = "system:serviceaccount:kube-system:aws-node";
const POD_LABELS = { role: "db", env: "prod" };
const ACCOUNT_LABELS = { team: "a" };

const policy = (groupIds: string[], selectors: Omit<GroupPolicy, "securityGroups">): GroupPolicy => ({
  ...selectors,
  securityGroups: { groupIds },
});
const byPod = { podSelector: { matchLabels: { role: "db" } } };
const byAccount = { serviceAccountSelector: { matchLabels: { team: "a" } } };
const otherAccount = { serviceAccountSelector: { matchLabels: { team: "b" } } };
const groups = (...policies: GroupPolicy[]) => groupsOfPod(policies, POD_LABELS, ACCOUNT_LABELS);

interface World {
  policies?: Record<string, GroupPolicy[]>;
  account?: false;
  settings?: Record<string, string>;
  unlistable?: true;
}

/** Runs both webhooks; returns the object, or throws the denial. */
function admit(request: Partial<AdmissionRequest> & Pick<AdmissionRequest, "operation">, world: World = {}): NewObject | undefined {
  const sources: VpcResourceSources = {
    policies(namespace) {
      if (world.unlistable) throw new Error("timed out");
      return (world.policies ?? { shop: [policy(["sg-1", "sg-2"], byPod)] })[namespace] ?? [];
    },
    serviceAccount: () => (world.account === false ? undefined : { labels: ACCOUNT_LABELS }),
    settings: () => world.settings,
  };
  const whole: AdmissionRequest = {
    ...{ user: { username: "alice", groups: [] }, group: "", version: "v1", kind: "Pod", resource: "pods", subresource: "" },
    ...{ namespace: "shop", name: "p", dryRun: false, object: undefined, oldObject: undefined },
    ...request,
  };
  const plugin = vpcResourceWebhook(sources);
  void plugin.mutate?.(whole);
  void plugin.validate?.(whole);
  return whole.object;
}

function pod({ spec = {}, ...metadata }: { spec?: object; labels?: object; annotations?: object } = {}): any {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "shop", labels: POD_LABELS, ...metadata },
    spec: { containers: [{ name: "one" }, { name: "two" }], ...spec },
  };
}

const create = (object: NewObject, world?: World): any => admit({ operation: "CREATE", object }, world);
const update =
  (before: Record<string, string>, after: Record<string, string>, username = "alice", world?: World) =>
  () =>
    admit(
      { operation: "UPDATE", user: { username, groups: [] }, oldObject: pod({ annotations: before }), object: pod({ annotations: after }) },
      world,
    );
const fargate = (annotations?: object) =>
  pod({ labels: { ...POD_LABELS, "eks.amazonaws.com/fargate-profile": "fp" }, ...(annotations && { annotations }) });
const strangers = { policies: {} };

conformance("L", {
  "L1 by pod, by service account, by both; several add up without duplicates": () => {
    assert.deepEqual(groups(policy(["sg-1"], byPod)), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], byAccount)), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], { ...byPod, ...byAccount })), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], { ...byPod, ...otherAccount })), []);
    assert.deepEqual(groups(policy(["sg-1", "sg-2"], byPod), policy(["sg-2", "sg-3"], byAccount)), ["sg-1", "sg-2", "sg-3"]);
  },
  "L2 an empty selector matches all, an absent one nothing": () => {
    assert.deepEqual(groups(policy(["sg-1"], { podSelector: {} })), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], { serviceAccountSelector: {} })), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], {})), []);
  },
  "L3 another service account, no groups, another namespace; a missing service account is an error": () => {
    assert.deepEqual(groups(policy(["sg-1"], otherAccount)), []);
    assert.deepEqual(groups(policy([], byPod), byPod), []);
    assert.equal(create(pod(), { policies: { other: [policy(["sg-1"], byPod)] } }).spec.containers[0].resources, undefined);
    assert.throws(() => create(pod(), { account: false }), /failed to get matching SGP for pod: ServiceAccount "default" not found/);
  },
  "L4 expressions": () => {
    const prod = { key: "env", operator: "In", values: ["prod"] };
    const dev = { key: "env", operator: "In", values: ["dev"] };
    assert.deepEqual(groups(policy(["sg-1"], { podSelector: { matchExpressions: [prod] } })), ["sg-1"]);
    assert.deepEqual(groups(policy(["sg-1"], { podSelector: { ...byPod.podSelector, matchExpressions: [dev] } })), []);
    assert.deepEqual(groups(policy(["sg-1"], { podSelector: { ...byPod.podSelector, matchExpressions: [prod] } })), ["sg-1"]);
  },
  "L5 a Linux pod asks for an interface beside what it asked for": () => {
    const [first, second] = create(pod()).spec.containers;
    assert.deepEqual(first.resources, { limits: { [POD_ENI]: "1" }, requests: { [POD_ENI]: "1" } });
    assert.equal(second.resources, undefined);
    const given = { limits: { cpu: "1" }, requests: { cpu: "500m", memory: "1Gi" } };
    const { resources } = create(pod({ spec: { containers: [{ name: "one", resources: given }] } })).spec.containers[0];
    assert.deepEqual(resources, { limits: { cpu: "1", [POD_ENI]: "1" }, requests: { cpu: "500m", memory: "1Gi", [POD_ENI]: "1" } });
  },
  "L6 no match and host network change nothing; policies that cannot be listed deny": () => {
    assert.deepEqual(create(pod(), strangers), pod());
    const host = pod({ spec: { hostNetwork: true } });
    assert.deepEqual(create(structuredClone(host)), host);
    assert.throws(() => create(pod(), { unlistable: true }), /mpod\.vpc\.k8s\.aws" denied the request: .*timed out/);
  },
  "L7 Fargate pods get an annotation, never their own": () => {
    assert.equal(create(fargate()).metadata.annotations[POD_SG], "sg-1,sg-2");
    assert.equal(create(fargate()).spec.containers[0].resources, undefined);
    assert.equal(create(fargate(), strangers).metadata.annotations, undefined);
    assert.equal(create(fargate({ [POD_SG]: "sg-mine" })).metadata.annotations[POD_SG], "sg-1,sg-2");
    assert.deepEqual(create(fargate({ [POD_SG]: "sg-mine", a: "b" }), strangers).metadata.annotations, { a: "b" });
  },
  "L8 Windows pods ask for an address while the feature is on": () => {
    const on = { settings: { "enable-windows-ipam": "true" } };
    for (const label of ["kubernetes.io/os", "beta.kubernetes.io/os"]) {
      const windows = () => pod({ spec: { nodeSelector: { [label]: "windows" } } });
      const wanted = { limits: { [WINDOWS]: "1" }, requests: { [WINDOWS]: "1" } };
      assert.deepEqual(create(windows(), on).spec.containers[0].resources, wanted);
      for (const settings of [undefined, {}, { "enable-windows-ipam": "false" }] as (Record<string, string> | undefined)[])
        assert.deepEqual(create(windows(), { ...(settings && { settings }) }), windows());
    }
  },
  "L9 only the controller writes its annotation": () => {
    assert.throws(
      () => create(pod({ annotations: { [POD_ENI]: "[]" } })),
      /pod cannot be created with vpc\.amazonaws\.com\/pod-eni annotation/,
    );
    for (const user of [
      "system:serviceaccount:kube-system:vpc-resource-controller",
      "system:serviceaccount:kube-system:eks-vpc-resource-controller",
      "eks:vpc-resource-controller",
    ])
      assert.doesNotThrow(update({}, { [POD_ENI]: "[]" }, user));
    const denial = /vpod\.vpc\.k8s\.aws" denied the request: annotation is not set by vpc-resource-controller/;
    assert.throws(update({}, { [POD_ENI]: "[]" }), denial);
    assert.throws(update({ [POD_ENI]: "a" }, { [POD_ENI]: "b" }), denial);
    assert.throws(update({ [POD_ENI]: "a" }, {}), denial);
    assert.doesNotThrow(update({ [POD_ENI]: "a" }, { [POD_ENI]: "a", other: "x" }));
    const on = { settings: { "enable-windows-ipam": "true" } };
    assert.throws(update({}, { [WINDOWS]: "10.0.0.7/24" }, "alice", on), denial);
    assert.doesNotThrow(update({}, { [WINDOWS]: "10.0.0.7/24" }));
  },
  "L10 Fargate's annotation never changes; deleting is free": () => {
    const denial = /annotation is not set by mutating webhook/;
    for (const user of ["alice", "eks:vpc-resource-controller"]) {
      assert.throws(update({}, { [POD_SG]: "sg-1" }, user), denial);
      assert.throws(update({ [POD_SG]: "sg-1" }, { [POD_SG]: "sg-2" }, user), denial);
      assert.throws(update({ [POD_SG]: "sg-1" }, {}, user), denial);
    }
    assert.doesNotThrow(() => admit({ operation: "DELETE", oldObject: pod({ annotations: { [POD_ENI]: "a", [POD_SG]: "b" } }) }));
  },
  "L11 aws-node may set two labels of its node and nothing else": () => {
    const node = (labels: Record<string, string>, spec: object = {}): any => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n", resourceVersion: "1", labels: { zone: "a", ...labels } },
      spec,
    });
    const change = (username: string, object: any) => () =>
      admit({ operation: "UPDATE", kind: "Node", resource: "nodes", user: { username, groups: [] }, oldObject: node({}), object });
    const denial = /vnode\.vpc\.k8s\.aws" denied the request: aws-node can only update limited fields on the Node Object/;
    const allowed = node({ "vpc.amazonaws.com/has-trunk-attached": "true", "vpc.amazonaws.com/eniConfig": "az1" });
    allowed.metadata.resourceVersion = "2";
    assert.doesNotThrow(change(AWS_NODE, allowed));
    const taints = { taints: [{ key: "k", effect: "NoSchedule" }] };
    assert.throws(change(AWS_NODE, node({}, taints)), denial);
    assert.throws(change(AWS_NODE, node({ other: "x" })), denial);
    assert.throws(change(AWS_NODE, node({ zone: "b" })), denial);
    assert.doesNotThrow(change("alice", node({ other: "x" }, taints)));
  },
});

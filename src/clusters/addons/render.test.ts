// Objects of add-ons: every published one renders to what can be applied; settings, namespaces and roles arrive.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewObject } from "../../kubernetes/api/object.ts";
import { publishedAddons } from "../../services/eks/addons/catalogue.ts";
import type { AddonFacts } from "./facts.ts";
import { typeOf } from "./install.ts";
import { registryOf } from "./registry.ts";
import { type AddonInstallation, renderAddon } from "./render.ts";
import { container, workload, workloads } from "./workload.ts";

const FACTS: AddonFacts = {
  clusterName: "dev",
  region: "eu-west-1",
  vpcId: "vpc-1",
  ipFamily: "ipv4",
  endpoint: "https://example",
  dnsAddress: "10.100.0.10",
  version: "v1.2.3-eksbuild.4",
  registry: registryOf("eu-west-1"),
};

const render = (name: string, more: Partial<AddonInstallation> = {}): NewObject[] =>
  renderAddon({ name, namespace: "kube-system", values: {}, roles: {}, ...more }, FACTS);

for (const { name, serviceAccounts, namespace } of publishedAddons()) {
  test(`${name} renders to applicable objects`, () => {
    const objects = render(name, { namespace: namespace ?? "kube-system" });
    const names = objects.map(({ kind, metadata }) => `${typeOf(kind)} ${metadata.namespace ?? ""}/${metadata.name}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(workloads(objects).length > 0);
    for (const account of serviceAccounts) assert.ok(names.includes(`serviceaccounts ${namespace}/${account.name}`), account.name);
    for (const { spec, metadata } of workloads(objects)) {
      assert.ok(names.includes(`serviceaccounts ${namespace}/${spec.template.spec.serviceAccountName}`), metadata.name);
      for (const [key, value] of Object.entries(spec.selector.matchLabels)) assert.equal(spec.template.metadata.labels[key], value);
    }
  });
}

test("rendering leaves the manifests as they were", () => {
  const before = JSON.stringify(render("coredns"));
  render("coredns", { values: { podLabels: { a: "b" }, replicaCount: 9 }, roles: { coredns: "arn" }, restartedAt: 1, namespace: "x" });
  assert.equal(JSON.stringify(render("coredns")), before);
});

test("another namespace replaces kube-system everywhere", () => {
  const objects = render("eks-pod-identity-agent", { namespace: "identity" });
  assert.ok(!JSON.stringify(render("coredns", { namespace: "dns" })).includes('"namespace":"kube-system"'));
  assert.equal(workload(objects).metadata.namespace, "identity");
});

test("roles are annotations of their accounts", () => {
  const objects = render("vpc-cni", { roles: { "aws-node": "arn:aws:iam::1:role/r" } });
  const account = objects.find(({ kind }) => kind === "ServiceAccount");
  assert.deepEqual(account?.metadata.annotations, { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r" });
});

test("vpc-cni: environment, agent, ENIConfigs", () => {
  const objects = render("vpc-cni", {
    values: {
      env: { WARM_IP_TARGET: "5", AWS_VPC_ENI_MTU: "1500" },
      nodeAgent: { metricsBindAddr: "9000", enableCloudWatchLogs: "true" },
      eniConfig: { create: true, region: "eu-west-1", subnets: { "eu-west-1a": { id: "subnet-1", securityGroups: ["sg-1"] } } },
      livenessProbeTimeoutSeconds: 3,
      resources: { requests: { cpu: "50m" } },
      nodeSelector: { a: "b" },
    },
  });
  const node = container(workload(objects), "aws-node");
  const values = (name: string) =>
    node.env.filter((each: { name: string }) => each.name === name).map((each: { value: string }) => each.value);
  assert.deepEqual([values("WARM_IP_TARGET"), values("AWS_VPC_ENI_MTU")], [["5"], ["1500"]]);
  assert.equal(node.livenessProbe.timeoutSeconds, 3);
  assert.deepEqual(node.resources, { requests: { cpu: "50m" } });
  const agent = container(workload(objects), "aws-eks-nodeagent");
  assert.ok(agent.args.includes("--metrics-bind-addr=:9000") && agent.args.includes("--enable-cloudwatch-logs=true"));
  assert.equal(agent.args.filter((each: string) => each.startsWith("--metrics-bind-addr")).length, 1);
  const config = objects.find(({ kind }) => kind === "ENIConfig");
  assert.deepEqual([config?.metadata.name, config?.spec], ["eu-west-1a", { subnet: "subnet-1", securityGroups: ["sg-1"] }]);
});

test("coredns: Corefile, budget, autoscaling before replicas", () => {
  const objects = render("coredns", {
    values: {
      corefile: "x",
      replicaCount: 7,
      autoScaling: { enabled: true, minReplicas: 4 },
      podDisruptionBudget: { minAvailable: "50%" },
    },
  });
  assert.equal(objects.find(({ kind }) => kind === "ConfigMap")?.data.Corefile, "x");
  assert.equal(workload(objects).spec.replicas, 4);
  const budget = objects.find(({ kind }) => kind === "PodDisruptionBudget")?.spec;
  assert.deepEqual([budget.minAvailable, budget.maxUnavailable], ["50%", undefined]);
  assert.ok(!render("coredns", { values: { podDisruptionBudget: { enabled: false } } }).some(({ kind }) => kind === "PodDisruptionBudget"));
});

test("pod labels cannot break a selector", () => {
  const labels = workload(render("coredns", { values: { podLabels: { "k8s-app": "other", team: "dns" } } })).spec.template.metadata.labels;
  assert.deepEqual([labels["k8s-app"], labels.team], ["kube-dns", "dns"]);
});

test("kube-proxy's mode and the agent's arguments", () => {
  const config = render("kube-proxy", { values: { mode: "ipvs", ipvs: { scheduler: "lc" } } }).find(
    ({ metadata }) => metadata.name === "kube-proxy-config",
  )?.data.config;
  assert.match(config, /mode: "ipvs"[\s\S]*scheduler: "lc"/);
  const agents = render("eks-pod-identity-agent", {
    values: { agent: { additionalArgs: { "-v": "5" } }, daemonsets: { hybrid: { create: true } } },
  });
  assert.deepEqual(workload(agents).spec.template.spec.containers[0].args.slice(-2), ["-v", "5"]);
  assert.equal(workload(agents, "eks-pod-identity-agent-hybrid").kind, "DaemonSet");
});

test("CSI drivers: controller and node apart, a default storage class on request", () => {
  const objects = render("aws-ebs-csi-driver", {
    values: { controller: { replicaCount: 1 }, node: { tolerations: [] }, defaultStorageClass: { enabled: true } },
  });
  assert.equal(workload(objects, "ebs-csi-controller").spec.replicas, 1);
  assert.deepEqual(workload(objects, "ebs-csi-node").spec.template.spec.tolerations, []);
  assert.ok(objects.some(({ kind }) => kind === "StorageClass"));
});

test("registries: most regions share an account, China has its own domain", () => {
  assert.equal(registryOf("eu-west-1"), "602401143452.dkr.ecr.eu-west-1.amazonaws.com");
  assert.equal(registryOf("cn-north-1"), "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn");
});

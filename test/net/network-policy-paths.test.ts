// Network policies on the way of real packets: with security groups for pods, through Services, from and to nodes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { NetReport } from "../../src/base/net-report.ts";
import { netExplainText } from "../../src/cli/commands/net-explain.ts";
import { NETWORK_POLICY_USER } from "../../src/clusters/network-policy/roles.ts";
import { POLICIES, POLICY_ENDPOINTS } from "../../src/cni/network-policy/types.ts";
import { ACCOUNT } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const POD_ENI = "vpc.amazonaws.com/pod-eni";
let scenario: Scenario;
const cluster = () => scenario.test.atoll.clusters.cluster(`${ACCOUNT}/us-west-2/main`)!;
const client = () => cluster().client();
const nodeNames = () =>
  client()
    .list("nodes")
    .map(({ metadata }) => metadata.name);

async function addPod(name: string, role: string, spec: object = {}): Promise<void> {
  const containers = [{ name: "main", image: "nginx", ports: [{ name: "http", containerPort: 8080 }] }];
  await client().create("pods", "default", {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", labels: { role } } },
    spec: { containers, ...spec },
  });
  await eventually(`${name} Ready`, async () =>
    client()
      .get("pods", "default", name)
      ?.status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True"),
  );
}

/** Makes a policy and waits for its PolicyEndpoint. */
async function addPolicy(name: string, spec: object): Promise<void> {
  await client().create(POLICIES, "default", {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: "default" },
    spec,
  });
  await eventually(`PolicyEndpoint of ${name}`, async () =>
    client()
      .list(POLICY_ENDPOINTS)
      .some((each) => each.spec.policyRef.name === name),
  );
}
async function removePolicies(): Promise<void> {
  for (const { metadata } of client().list(POLICIES)) await client().delete(POLICIES, "default", metadata.name);
  await eventually("no PolicyEndpoints", async () => client().list(POLICY_ENDPOINTS).length === 0);
}

async function explain(from: string, to: string, port: number): Promise<NetReport & { text: string }> {
  const { endpoint, adminToken } = scenario.test.connection;
  const query = new URLSearchParams({ to, port: String(port) });
  const url = `${endpoint}/_atoll/clusters/${ACCOUNT}/us-west-2/main/net/default/${from}?${query}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } });
  assert.equal(response.status, 200, await response.clone().text());
  const report = (await response.json()) as NetReport;
  return { ...report, text: netExplainText(report) };
}
const failure = ({ steps }: NetReport) => steps.find(({ verdict }) => verdict === "fails")?.step;

before(async () => {
  scenario = await startScenario({ nodes: 2 });
  const { ec2, iam } = scenario.test.clients;
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
  await iam.send(new AttachRolePolicyCommand({ RoleName: "cluster", PolicyArn }));
  await client().patch("configmaps", "kube-system", "amazon-vpc-cni", "merge", { data: { "enable-network-policy-controller": "true" } });
  const containers = [
    { name: "aws-node", env: [{ name: "ENABLE_POD_ENI", value: "true" }] },
    { name: "aws-eks-nodeagent", args: ["--enable-network-policy=true"] },
  ];
  await client().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template: { spec: { containers } } } });
  const group = async (GroupName: string) =>
    (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: scenario.network.vpcId }))).GroupId!;
  const [db, app] = [await group("db"), await group("app")];
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5433, UserIdGroupPairs: [{ GroupId: app }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: db, IpPermissions }));
  for (const [role, groupId] of [
    ["db", db],
    ["app", app],
  ] as const)
    await client().create("securitygrouppolicies.vpcresources.k8s.aws", "default", {
      ...{ apiVersion: "vpcresources.k8s.aws/v1beta1", kind: "SecurityGroupPolicy", metadata: { name: role, namespace: "default" } },
      spec: { podSelector: { matchLabels: { role } }, securityGroups: { groupIds: [groupId] } },
    });
  await eventually("trunks", async () =>
    client()
      .list("nodes")
      .every(({ status }) => status?.allocatable?.[POD_ENI] === "9"),
  );
  const [first, second] = nodeNames();
  const on = (name: string | undefined) => ({ nodeSelector: { "kubernetes.io/hostname": name } });
  await Promise.all([
    addPod("app", "app", on(first)),
    addPod("db", "db", on(second)),
    addPod("one", "plain", on(first)),
    addPod("far", "far", on(second)),
    addPod("host", "host", { ...on(first), hostNetwork: true }),
    addPod("host-far", "host", { ...on(second), hostNetwork: true }),
  ]);
});
after(() => scenario?.test.close());

test("a pod with groups of its own: policies and groups must both allow", async () => {
  await addPolicy("db", {
    ...{ podSelector: { matchLabels: { role: "db" } }, policyTypes: ["Ingress"] },
    ingress: [
      { from: [{ podSelector: { matchLabels: { role: "app" } } }], ports: [{ port: 5432 }, { port: 9999 }] },
      { from: [{ podSelector: { matchLabels: { role: "plain" } } }], ports: [{ port: 5432 }] },
    ],
  });
  const both = await explain("app", "default/db", 5432);
  assert.equal(both.passes, true, both.text);
  assert.match(both.text, /security group, ingress: sg-\w+ of eni-\w+ allows tcp 5432/);
  assert.match(both.text, /network policy, ingress: policy default\/db .* allows tcp 5432/);
  assert.equal(failure(await explain("app", "default/db", 5433)), "network policy, ingress", "the group would allow it");
  assert.equal(failure(await explain("app", "default/db", 9999)), "security group, ingress", "the policy would allow it");
  assert.equal(failure(await explain("one", "default/db", 5432)), "security group, ingress");
  await removePolicies();
  assert.equal((await explain("app", "default/db", 5433)).passes, true);
});

test("through a Service: leaving is judged at the Service's address, coming at the pod's port", async () => {
  const ports = [{ name: "web", port: 80, targetPort: "http" }];
  const made = await client().create("services", "default", {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "far", namespace: "default" } },
    spec: { selector: { role: "far" }, ports },
  });
  const address: string = made.spec.clusterIP;
  const open = await explain("one", address, 80);
  assert.equal(open.passes, true, open.text);
  assert.match(
    open.text,
    /kube-proxy: [\d.]+ is Service default\/far; kube-proxy sends it to its only ready pod default\/far \([\d.]+ port 8080\)/,
  );
  assert.match((await explain("one", address, 81)).answer, /has no port tcp 81; its ports: tcp 80/);

  const to = [{ podSelector: { matchLabels: { role: "far" } } }];
  await addPolicy("leave", {
    podSelector: { matchLabels: { role: "plain" } },
    policyTypes: ["Egress"],
    egress: [{ to, ports: [{ port: "http" }] }],
  });
  const allowed = await explain("one", address, 80);
  assert.match(allowed.text, new RegExp(`network policy, egress: policy default/leave .* allows tcp 80 to ${address}: ${address}, TCP 80`));
  assert.equal((await explain("one", "default/far", 8080)).passes, true);
  assert.equal(failure(await explain("one", "default/far", 80)), "network policy, egress");

  const from = [{ podSelector: { matchLabels: { role: "plain" } } }];
  await addPolicy("come", { podSelector: { matchLabels: { role: "far" } }, ingress: [{ from, ports: [{ port: 80 }] }] });
  const port = await explain("one", address, 80);
  assert.equal(failure(port), "network policy, ingress", "the rule names the Service's port, the pod sees its own");
  assert.match(port.answer, /nothing there allows tcp 8080/);
  await removePolicies();
  await client().patch("pods", "default", "far", "merge", { metadata: { labels: { role: "gone" } } });
  await eventually("nobody behind it", async () => /no pod is ready/.test((await explain("one", address, 80)).answer));
  await client().patch("pods", "default", "far", "merge", { metadata: { labels: { role: "far" } } });
});

test("nodes: a pod's own always reaches it, another is judged by its address", async () => {
  await addPolicy("deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  const own = await explain("host", "default/one", 8080);
  assert.equal(own.passes, true, own.text);
  assert.match(own.text, /traffic with the pod's own node is always allowed/);
  assert.match(own.text, /note {3}network policy, egress: default\/deny selects default\/host, but pods on the host network are exempt/);
  assert.equal(failure(await explain("host-far", "default/one", 8080)), "network policy, ingress");
  assert.equal(failure(await explain("one", "default/far", 8080)), "network policy, egress");
  const node = client().get("pods", "default", "host-far")!.status.podIP;
  await addPolicy("node", { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: `${node}/32` } }] }] });
  assert.equal((await explain("host-far", "default/one", 8080)).passes, true);
  await removePolicies();
});

test("the controller has its own rights and no more", async () => {
  const controller = cluster().client({ username: NETWORK_POLICY_USER, groups: ["system:authenticated"] });
  assert.ok(controller.list("pods").length > 0);
  assert.throws(() => controller.list("secrets"), { code: 403 });
  await assert.rejects(controller.delete("pods", "default", "one"), { code: 403 });
  await assert.rejects(controller.delete(POLICIES, "default", "deny"), { code: 403 });
  const roles = ["clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"];
  for (const type of roles) assert.ok(client().get(type, "", NETWORK_POLICY_USER), type);
});

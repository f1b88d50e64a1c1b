// What aws-node listens on, by way of the API server; the annotation with a pod's address; a node's word on pods without one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { kubeRequest, tokenOf } from "../support/kube.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
let token: string;
before(async () => {
  scenario = await startScenario({ nodes: 1 });
  token = await tokenOf(scenario);
});
after(() => scenario.test.close());

const kube = () => scenario.test.atoll.clusters.kube("111122223333/us-west-2/main")!;
const get = (path: string, as: string | undefined = token) => kubeRequest(scenario.cluster, as, path);
const node = () => kube().list("nodes")[0]!.metadata.name;
const awsNode = () =>
  kube()
    .list("pods", { namespace: "kube-system", labelSelector: "k8s-app=aws-node" })
    .find(({ metadata }) => !metadata.deletionTimestamp);
const withEnv = (env: readonly { name: string; value: string }[]) =>
  kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", {
    spec: { template: { spec: { containers: [{ name: "aws-node", env }] } } },
  });
const addressed = async (name: string) => {
  const containers = [{ name: "c", image: "busybox" }];
  await kube().create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers } });
  return eventually(`address of ${name}`, async () => {
    const pod = kube().get("pods", "default", name);
    return pod?.status?.podIP && pod.status.phase === "Running" ? pod : undefined;
  });
};

test("metrics and introspection of a node", async () => {
  const metrics = await get(`/api/v1/nodes/${node()}:61678/proxy/metrics`);
  assert.equal(metrics.status, 200);
  assert.match(metrics.body, /^awscni_eni_max 3$/m);
  assert.match(metrics.body, /^awscni_ec2api_req_count\{fn="DescribeNetworkInterfaces"\} \d+$/m);
  assert.match(metrics.body, /^# TYPE awscni_aws_api_latency_ms summary$/m);
  const enis = await get(`/api/v1/nodes/${node()}:61679/proxy/v1/enis`);
  const [pool] = Object.values(enis.body) as { TotalIPs: number; AssignedIPs: number; ENIs: object }[];
  assert.ok(pool && pool.TotalIPs >= pool.AssignedIPs && Object.keys(pool.ENIs).length >= 1);
  const settings = await get(`/api/v1/nodes/${node()}:61679/proxy/v1/ipamd-env-settings`);
  assert.equal(settings.body.WARM_ENI_TARGET, 1);
  const commands = await get(`/api/v1/nodes/${node()}:61679/proxy/`);
  assert.equal(commands.body.AvailableCommands.length, 4);
  const byPod = await get(`/api/v1/namespaces/kube-system/pods/${awsNode()?.metadata.name}:61678/proxy/metrics`);
  assert.equal(byPod.status, 200);
});

test("other ports refuse, and other users are refused", async () => {
  const refused = await get(`/api/v1/nodes/${node()}:9999/proxy/metrics`);
  assert.equal(refused.status, 503);
  assert.match(refused.body.message, /connect: connection refused$/);
  assert.equal((await get(`/api/v1/nodes/${node()}/proxy/metrics`)).status, 501, "the kubelet's own port");
  assert.equal((await get("/api/v1/nodes/none:61678/proxy/metrics")).status, 404);
  const path = `/api/v1/nodes/${node()}:61678/proxy/metrics`;
  const issued = await kubeRequest(scenario.cluster, token, "/api/v1/namespaces/default/serviceaccounts/default/token", {
    method: "POST",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  assert.equal((await get(path, issued.body.status.token)).status, 403);
  const posted = await kubeRequest(scenario.cluster, token, path, { method: "POST", body: {} });
  assert.equal(posted.status, 501);
});

test("aws-node writes addresses to pods when its role may", async () => {
  await withEnv([{ name: "ANNOTATE_POD_IP", value: "true" }]);
  const restarted = () => awsNode()?.spec.containers[0].env.some((each: { name: string }) => each.name === "ANNOTATE_POD_IP");
  const serves = async () => restarted() && (await get(`/api/v1/nodes/${node()}:61679/proxy/v1/ipamd-env-settings`)).body.ANNOTATE_POD_IP;
  await eventually("aws-node with the setting", serves);
  const without = await addressed("without");
  assert.equal(without.metadata.annotations?.["vpc.amazonaws.com/pod-ips"], undefined, "the role of aws-node lacks patch");
  await kube().patch("clusterroles.rbac.authorization.k8s.io", "", "aws-node", "json", [
    { op: "add", path: "/rules/-", value: { apiGroups: [""], resources: ["pods"], verbs: ["patch"] } },
  ]);
  const annotated = await addressed("annotated");
  assert.equal(annotated.metadata.annotations?.["vpc.amazonaws.com/pod-ips"], annotated.status.podIP);
});

test("a node says why pods have no address", async () => {
  await withEnv([{ name: "MINIMUM_IP_TARGET", value: "4" }]);
  const containers = [{ name: "c", image: "busybox" }];
  for (let i = 0; i < 20; i++)
    await kube().create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name: `crowd-${i}` }, spec: { containers } });
  const event = await eventually("the event", async () =>
    kube()
      .list("events", { namespace: "default" })
      .find(({ reason, involvedObject }) => reason === "NoPodAddress" && involvedObject.kind === "Node"),
  );
  assert.match(event.message, /^(settings: MINIMUM_IP_TARGET=4|cool-down|interface limit)/);
});

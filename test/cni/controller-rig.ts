// The VPC resource controller over the real EC2 and a small Kubernetes, with a clock that is stepped.
import type { Caller } from "../../src/aws/caller.ts";
import type { Invoke } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { type ControlledCluster, controlCluster, EKS_ACCOUNT } from "../../src/clusters/vpc-resource/control.ts";
import { CNI_NODES, GROUP_POLICIES, POD_ENI } from "../../src/cni/branch/names.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { account, ec2, type Harness, network } from "../ec2/harness.ts";
import { FakeKubeClient } from "../support/fake-kube-client.ts";

const REGION = "us-west-2";

/** What tests hold in their hands. */
export interface ControllerRig {
  readonly aws: Harness;
  readonly clock: FakeClock;
  readonly kube: FakeKubeClient;
  readonly vpcId: string;
  readonly subnetId: string;
  /** EC2 calls by name; what `fail` throws is the answer to one. */
  readonly calls: string[];
  fail: (operation: string) => void;
  /** Adds a node over a new instance; returns the instance's id. */
  node(name: string, type?: string, more?: { labels?: Record<string, string> }): Promise<string>;
  /** Asks for security groups for pods on a node, as its CNI does. */
  enable(name: string, ...features: object[]): Promise<void>;
  policy(name: string, role: string, groupIds: readonly string[]): Promise<void>;
  pod(name: string, node: string, more?: { role?: string; phase?: string; branches?: number }): Promise<KubeObject>;
  /** The interfaces in the pod's annotation; undefined if it has none. */
  branches(pod: string): { eniId: string; vlanId: number; privateIp: string; associationID: string }[] | undefined;
  group(name: string): Promise<string>;
  /** Reconciles until nothing asks for it. */
  settle(): Promise<void>;
  /** Lets time pass, thirty seconds at a time. */
  pass(seconds: number): Promise<void>;
  /** `reason: message` of an object's events. */
  events(name: string): string[];
  /** Ends the controller and starts another, which knows nothing. */
  restart(): void;
}

export async function controllerRig(subnet = "10.0.0.0/20"): Promise<ControllerRig> {
  const clock = new FakeClock("2026-05-01T00:00:00Z");
  const aws = ec2({ clock });
  const net = await network(aws, "10.0.0.0/16", subnet);
  const kube = new FakeKubeClient(clock);
  const calls: string[] = [];
  const user: Caller = { kind: "root", partition: "aws", accountId: account, arn: `arn:aws:iam::${account}:root`, userId: account };
  const eks: Caller = { ...user, kind: "service", accountId: EKS_ACCOUNT, service: "eks.amazonaws.com" } as Caller;
  const as = (caller: Caller) => ({ caller, region: REGION, account });
  const invoke = (async (_service: string, operation: never, input: never, options: { caller: Caller }) => {
    calls.push(operation);
    made.fail(operation);
    return aws.run(operation, input, { caller: options.caller, now: clock.now() });
  }) as unknown as Invoke;
  const waiting = new Set<string>();
  let cluster: ControlledCluster;
  const start = () => {
    const identity = { asClusterRole: async () => as(user), asEks: () => as(eks), asServiceLinkedRole: () => as(user) };
    cluster = controlCluster({ clusterName: "dev", kube, clock, invoke, identity, log: silentLog, look: (name) => waiting.add(name) });
  };
  const made: ControllerRig = {
    ...{ aws, clock, kube, ...net, calls },
    fail: () => {},
    async node(name, type = "m5.large", { labels = {} } = {}) {
      const request = {
        MinCount: 1,
        MaxCount: 1,
        ImageId: "ami-00000000000000001",
        InstanceType: type as "m5.large",
        SubnetId: net.subnetId,
      };
      const { Instances } = await aws.run("RunInstances", request);
      await clock.step(0);
      const instanceId = Instances![0]!.InstanceId!;
      await kube.create("nodes", "", {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name, labels: { "kubernetes.io/os": "linux", ...labels } },
        spec: { providerID: `aws:///us-west-2a/${instanceId}` },
      });
      await made.settle();
      return instanceId;
    },
    async enable(name, ...features) {
      await kube.patch(CNI_NODES, "", name, "merge", { spec: { features: [...features, { name: "SecurityGroupsForPods" }] } });
      await made.settle();
    },
    async policy(name, role, groupIds) {
      const spec = { podSelector: { matchLabels: { role } }, securityGroups: { groupIds } };
      const object = {
        apiVersion: "vpcresources.k8s.aws/v1beta1",
        kind: "SecurityGroupPolicy",
        metadata: { name, namespace: "shop" },
        spec,
      };
      if (kube.get(GROUP_POLICIES, "shop", name)) await kube.patch(GROUP_POLICIES, "shop", name, "merge", { spec });
      else await kube.create(GROUP_POLICIES, "shop", object);
    },
    async pod(name, node, { role = "db", phase = "Pending", branches = 1 } = {}) {
      const resources = branches > 0 ? { limits: { [POD_ENI]: String(branches) }, requests: { [POD_ENI]: String(branches) } } : {};
      const pod = await kube.create("pods", "shop", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "shop", labels: { role } },
        spec: { nodeName: node, containers: [{ name: "main", resources }], terminationGracePeriodSeconds: 0 },
        status: { phase },
      });
      await made.settle();
      return pod;
    },
    branches(pod) {
      const text = kube.get("pods", "shop", pod)?.metadata.annotations?.[POD_ENI];
      return text === undefined ? undefined : JSON.parse(text);
    },
    async group(name) {
      return (await aws.run("CreateSecurityGroup", { GroupName: name, Description: name, VpcId: net.vpcId })).GroupId!;
    },
    async settle() {
      for (let pass = 0; pass < 20; pass++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (waiting.size === 0) return;
        const names = [...waiting];
        waiting.clear();
        // A failure is tried again with the next look, as the loop would.
        for (const name of names) await cluster.reconcileNode(name).catch(() => {});
      }
    },
    async pass(seconds) {
      for (let left = seconds; left > 0; left -= 30) {
        await clock.step(Math.min(left, 30) * 1000);
        for (const { metadata } of [...kube.list("nodes"), ...kube.list(CNI_NODES)]) waiting.add(metadata.name);
        for (const name of known) waiting.add(name);
        await made.settle();
        await cluster.sweep();
      }
    },
    events: (name) =>
      kube
        .list("events")
        .filter(({ involvedObject }) => involvedObject?.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`),
    restart() {
      cluster.close();
      start();
    },
  };
  const known = new Set<string>();
  kube.watch("nodes", {}, ({ object }) => void known.add(object.metadata.name));
  start();
  return made;
}

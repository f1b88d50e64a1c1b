// A node's CNI over the small EC2.
import type { Caller } from "../../src/aws/caller.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { CniHost, type CniHostOptions } from "../../src/nodes/cni-host.ts";
import type { NodeBoot } from "../../src/nodes/node-runtime.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { fakeInvoke } from "./fake-invoke.ts";

const BOOT = {
  ...{ clusterKey: "k", clusterName: "dev", partition: "aws", account: "111122223333", region: "us-west-2", instanceId: "i-1" },
  ...{ instanceType: "m5.large", availabilityZone: "us-west-2a", subnetId: "subnet-1", privateIpAddress: "10.0.0.16" },
  ...{ privateDnsName: "ip-10-0-0-16", imageId: "ami-1", nodeRoleArn: "arn", amiType: "AL2023_x86_64_STANDARD", version: "1.33" },
  ...{ releaseVersion: "1", labels: {}, taints: [] },
} satisfies NodeBoot;

/** A running aws-node pod. */
export function awsNode(uid: string, env: Record<string, string> = {}): KubeObject {
  const all = { ENABLE_IPv4: "true", CLUSTER_NAME: "dev", ...env };
  const container = { name: "aws-node", env: Object.entries(all).map(([name, value]) => ({ name, value })) };
  return {
    metadata: { name: `aws-node-${uid}`, namespace: "kube-system", uid },
    spec: { containers: [container] },
    status: { phase: "Running" },
  } as any;
}

/** A running pod. */
export function pod(uid: string, podIP?: string, annotations?: Record<string, string>): KubeObject {
  const metadata = { name: uid, namespace: "default", uid, ...(annotations && { annotations }) };
  return { metadata, spec: {}, status: { phase: "Running", ...(podIP && { podIP }) } } as any;
}

/** The node, not yet with an aws-node. */
export function cniWorld(change: Partial<CniHostOptions> = {}, instanceType = "m5.large", ec2 = new FakeEc2()) {
  const clock = new FakeClock();
  const seen: { operation: string; input: any; options: any }[] = [];
  const pods: KubeObject[] = [];
  const failures: string[] = [];
  const denials: string[] = [];
  const starvations: string[] = [];
  const host = new CniHost({
    ...{ boot: { ...BOOT, instanceType }, vpcId: "vpc-1", invoke: fakeInvoke(ec2, seen), caller: () => ({ kind: "root" }) as Caller },
    ...{ clock, log: silentLog, poolPeriod: 5000, pods: () => pods, isCordoned: () => false, changed() {} },
    failed: (_pod, cause) => failures.push(cause),
    denied: (_pod, operation) => denials.push(operation),
    node: () => ({ labels: {}, annotations: {} }),
    eniConfig: () => undefined,
    ...{ metadataLag: 0, annotatedPods: { annotations: () => undefined, annotate: async () => {} }, apiAnswers: () => true },
    ...{ maxPods: () => 29, vpcCidrs: async () => ({ ipv4: ["10.0.0.0/16"], ipv6: [] }), starved: (cause) => starvations.push(cause) },
    remember: async (pod, annotations) =>
      void Object.assign(pod.metadata, { annotations: { ...pod.metadata.annotations, ...annotations } }),
    dialPolicyAgent: async () => ({ enforce: async () => true, remove: async () => {} }),
    ...change,
  });
  return { ec2, clock, seen, pods, failures, denials, starvations, host };
}

/** What was begun has been done. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

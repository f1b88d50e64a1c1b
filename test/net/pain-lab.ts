// One node on the real EC2 service, for the pains of users: pods are added until they get no address, then the explanation is asked.
import { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { explainNoAddress } from "../../src/cni/explain/no-address.ts";
import { poolFacts } from "../../src/cni/explain/pool-facts.ts";
import { PlannedSubnet } from "../../src/cni/plan/planned-subnet.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { network } from "../ec2/harness.ts";
import { FlakyEc2 } from "./flaky-ec2.ts";
import { type NodeFacts, PoolNode } from "./pool-node.ts";

/** How a lab differs from an m5.large in a /24 with the default settings. */
export interface LabOptions {
  readonly block?: string;
  readonly type?: string;
  readonly env?: Environment;
  readonly maxPods?: number;
  readonly more?: NodeFacts["more"];
  /** Called before the node exists. */
  before?(ec2: FlakyEc2, subnetId: string): Promise<void>;
}

export interface Lab {
  readonly ec2: FlakyEc2;
  readonly clock: FakeClock;
  readonly node: PoolNode;
  readonly vpcId: string;
  readonly subnetId: string;
  /** Adds so many pods; returns how many got an address. */
  addPods(count: number): Promise<number>;
  /** What `atoll net explain` says about a pod of the node without an address. */
  why(): Promise<string>;
}

/** Makes the VPC and the node; its ipamd looks at the pool every five seconds and has started. */
export async function lab({
  block = "10.0.0.0/24",
  type = "m5.large",
  env = {},
  maxPods = 110,
  more,
  before,
}: LabOptions = {}): Promise<Lab> {
  const clock = new FakeClock();
  const ec2 = new FlakyEc2(clock, 1);
  const { vpcId, subnetId } = await network(ec2.api, "10.0.0.0/16", block);
  await before?.(ec2, subnetId);
  const { Instances = [] } = await ec2.api.run("RunInstances", {
    ...{ MinCount: 1, MaxCount: 1, ImageId: "ami-00000000000000001", InstanceType: type as "m5.large", SubnetId: subnetId },
  });
  const facts = { instanceId: Instances[0]!.InstanceId!, type, vpcId, subnetId, env, period: 5000, ...(more && { more }) };
  const node = new PoolNode(facts, ec2, clock);
  await node.start();
  let pods = 0;
  return {
    ...{ ec2, clock, node, vpcId, subnetId },
    async addPods(count) {
      let given = 0;
      for (let i = 0; i < count; i++) {
        const address = await node.add(`pod-${pods++}`);
        if (address !== undefined) given++;
        else await clock.step(6000);
      }
      return given;
    },
    async why() {
      const pod = {
        namespace: "shop",
        name: "api",
        phase: "Pending",
        node: "node-1",
        address: undefined,
        hostNetwork: false,
        wantsBranch: false,
      };
      const state = {
        name: "node-1",
        ready: true,
        condition: "",
        cordoned: node.cordoned,
        fargate: false,
        instanceType: type,
        awsNode: "Running",
        branches: 0,
      };
      const nodeFacts = { ...state, maxPods, pods: node.pods.size, pool: poolFacts(node.ipamd) };
      const steps = explainNoAddress(pod, nodeFacts, await subnetFacts(ec2, subnetId), clock.now());
      return steps
        .filter(({ verdict }) => verdict !== "ok")
        .map(({ step, text }) => `${step}: ${text}`)
        .join("\n");
    },
  };
}

async function subnetFacts({ api }: FlakyEc2, id: string) {
  const { Subnets } = await api.run("DescribeSubnets", { SubnetIds: [id] });
  const { NetworkInterfaces = [] } = await api.run("DescribeNetworkInterfaces", { Filters: [{ Name: "subnet-id", Values: [id] }] });
  const taken = NetworkInterfaces.flatMap(({ PrivateIpAddresses = [] }) => PrivateIpAddresses.map((each) => each.PrivateIpAddress!));
  const takenPrefixes = NetworkInterfaces.flatMap(({ Ipv4Prefixes = [] }) => Ipv4Prefixes.map((each) => each.Ipv4Prefix!));
  const cidr = Subnets![0]!.CidrBlock!;
  const { available, freePrefixes } = new PlannedSubnet({ name: id, cidr, taken, takenPrefixes }, seededRandom(1)).report();
  return { id, cidr, available, freePrefixes };
}

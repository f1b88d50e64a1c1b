// A cluster scales from 0 to 300 pods and back while real clients look: what they see of subnets, interfaces, addresses and prefixes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreateSubnetCommand, DescribeNetworkInterfacesCommand, DescribeSubnetsCommand, type NetworkInterface } from "@aws-sdk/client-ec2";
import { CreateNodegroupCommand, DescribeNodegroupCommand } from "@aws-sdk/client-eks";
import { ACCOUNT } from "../support/atoll.ts";
import { hasBoto3, onPath, run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { ShiftedTime } from "../support/shifted-time.ts";
import { eventually } from "../support/wait.ts";

const PROGRAM = fileURLToPath(new URL("addresses-program.py", import.meta.url));
const PODS = 300;
// The recommended max pods of the type is 110.
const NODES = 3;
const home = mkdtempSync(join(tmpdir(), "atoll-addresses-"));
const time = new ShiftedTime(join(home, "offset"));
const boto3 = await hasBoto3();

let scenario: Scenario;
let subnets: string[];
let instances: string[];
/** Free addresses of the two subnets without pods, by the mode that was on. */
let idle: number;

/** What a client shows, in one form for all of them. */
interface Seen {
  readonly free: Readonly<Record<string, number>>;
  readonly interfaces: Readonly<Record<string, SeenInterface>>;
}
interface SeenInterface {
  readonly subnet: string;
  readonly description: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly addresses: readonly (readonly [address: string, primary: boolean])[];
  readonly prefixes: readonly string[];
}

const kube = () => scenario.test.atoll.clusters.kube(`${ACCOUNT}/us-west-2/main`)!;
const filters = () => [{ Name: "attachment.instance-id", Values: instances }];
const total = ({ free }: Seen) => Object.values(free).reduce((sum, each) => sum + each, 0);

function seen(Subnets: readonly { SubnetId?: string; AvailableIpAddressCount?: number }[], interfaces: readonly NetworkInterface[]): Seen {
  return {
    free: Object.fromEntries(Subnets.map((each) => [each.SubnetId, each.AvailableIpAddressCount])),
    interfaces: Object.fromEntries(
      interfaces.map((each) => [
        each.NetworkInterfaceId,
        {
          ...{ subnet: each.SubnetId!, description: each.Description!, status: each.Status! },
          tags: Object.fromEntries((each.TagSet ?? []).map(({ Key, Value }) => [Key, Value])),
          addresses: (each.PrivateIpAddresses ?? []).map((address) => [address.PrivateIpAddress!, address.Primary!] as const),
          prefixes: (each.Ipv4Prefixes ?? []).map((prefix) => prefix.Ipv4Prefix!),
        },
      ]),
    ),
  };
}

async function bySdk(): Promise<Seen> {
  const { ec2 } = scenario.test.clients;
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: subnets }));
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters: filters() }));
  return seen(Subnets, NetworkInterfaces);
}

const environment = () => ({ ...scenario.test.environment(), ...time.environment });

async function byCli(): Promise<Seen> {
  const aws = async (...args: string[]) => {
    const { code, stdout, stderr } = await run("aws", ["ec2", ...args, "--output", "json"], { env: environment() });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const { Subnets } = await aws("describe-subnets", "--subnet-ids", ...subnets);
  const filter = `Name=attachment.instance-id,Values=${instances.join(",")}`;
  const { NetworkInterfaces } = await aws("describe-network-interfaces", "--filters", filter);
  return seen(Subnets, NetworkInterfaces);
}

async function byBoto3(): Promise<Seen> {
  const { code, stdout, stderr } = await run("python3", [PROGRAM, subnets.join(","), instances.join(",")], { env: environment() });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** What the SDK sees; the other clients, where they are, see the same. */
async function look(t: TestContext): Promise<Seen> {
  const found = await bySdk();
  if (onPath("aws")) assert.deepEqual(await byCli(), found, "the AWS CLI");
  else t.diagnostic("needs the AWS CLI (aws)");
  if (boto3) assert.deepEqual(await byBoto3(), found, "boto3");
  else t.diagnostic("needs python3 with boto3");
  return found;
}

/** Sets the number of pods and returns their addresses once all are there, or gone. */
async function scale(replicas: number): Promise<string[]> {
  await kube().patch("deployments.apps", "default", "web", "merge", { spec: { replicas } });
  const pods = () => kube().list("pods", { namespace: "default", labelSelector: "app=web" });
  await eventually(`${replicas} pods`, async () => {
    const all = pods();
    return all.length === replicas && all.every(({ status }) => status?.phase === "Running" && status.podIP);
  });
  return pods().map(({ status }) => status.podIP);
}

/** Lets the clock leap over cool-downs until the subnets show so many free addresses. */
async function untilFree(count: number): Promise<void> {
  await eventually(`${count} free addresses`, async () => {
    const now = total(await bySdk());
    if (now === count) return true;
    assert.ok(now < count, `${now} free addresses are more than there were: ${count}`);
    time.step(20_000);
    return false;
  });
}

function contains(prefix: string, address: string): boolean {
  const [base = ""] = prefix.split("/");
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(address) >= number(base) && number(address) < number(base) + 16;
}

/** What holds for interfaces of nodes in every mode. */
function checkInterfaces({ interfaces }: Seen): void {
  const made = Object.values(interfaces).filter(({ tags }) => tags["node.k8s.amazonaws.com/createdAt"]);
  for (const { description, tags, status } of made) {
    assert.equal(description, `aws-K8S-${tags["node.k8s.amazonaws.com/instance_id"]}`);
    assert.ok(instances.includes(tags["node.k8s.amazonaws.com/instance_id"]!));
    assert.equal(status, "in-use");
  }
  for (const { addresses, tags } of Object.values(interfaces)) {
    assert.deepEqual(
      addresses.map(([, primary]) => primary),
      addresses.map((_, i) => i === 0),
      "one primary address, the first",
    );
    assert.ok(tags["node.k8s.amazonaws.com/instance_id"], "the CNI tags every interface it uses");
  }
}

describe("from 0 to 300 pods and back", () => {
  before(async () => {
    scenario = await startScenario({ nodes: 0, clock: time });
    const { ec2, eks } = scenario.test.clients;
    const { vpcId } = scenario.network;
    subnets = [];
    for (const [i, zone] of ["us-west-2a", "us-west-2b"].entries()) {
      const block = { VpcId: vpcId, AvailabilityZone: zone, CidrBlock: `10.20.${16 + 4 * i}.0/22` };
      subnets.push((await ec2.send(new CreateSubnetCommand(block))).Subnet!.SubnetId!);
    }
    const group = { clusterName: "main", nodegroupName: "large", nodeRole: scenario.roles.node, subnets, instanceTypes: ["m5.4xlarge"] };
    await eks.send(new CreateNodegroupCommand({ ...group, scalingConfig: { minSize: NODES, maxSize: NODES, desiredSize: NODES } }));
    await eventually("the node group", async () => {
      const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName: "main", nodegroupName: "large" }));
      return nodegroup?.status === "ACTIVE";
    });
    const ids = kube()
      .list("nodes")
      .map(({ spec }) => String(spec.providerID).split("/").at(-1)!);
    instances = ids.sort();
    await kube().create("deployments.apps", "default", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "c", image: "busybox" }], terminationGracePeriodSeconds: 0 },
        },
      },
    });
    idle = total(await bySdk());
  });
  after(async () => {
    await scenario?.test.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("secondary addresses: every pod's address is on an interface, and the subnets count it", async (t) => {
    const before = await look(t);
    const held = ({ interfaces }: Seen) => Object.values(interfaces).reduce((sum, { addresses }) => sum + addresses.length, 0);
    const everything = total(before) + held(before);
    const addresses = await scale(PODS);
    const during = await look(t);
    checkInterfaces(during);
    const secondary = Object.values(during.interfaces).flatMap((each) =>
      each.addresses.flatMap(([address, primary]) => (primary ? [] : [address])),
    );
    assert.equal(new Set(addresses).size, PODS);
    for (const address of addresses) assert.ok(secondary.includes(address), `${address} is a secondary address`);
    assert.ok(secondary.length >= PODS);
    assert.equal(total(during) + held(during), everything, "what the interfaces hold is what the subnets lack");
    assert.ok(Object.keys(during.interfaces).length > Object.keys(before.interfaces).length);
    await scale(0);
    await untilFree(idle);
    assert.equal(held(await look(t)), held(before));
  });

  test("prefixes: pods live in /28 blocks, which cost sixteen addresses each", async (t) => {
    const env = [
      { name: "ENABLE_PREFIX_DELEGATION", value: "true" },
      { name: "WARM_PREFIX_TARGET", value: "1" },
    ];
    const template = { spec: { containers: [{ name: "aws-node", env }] } };
    await kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });
    const prefixes = ({ interfaces }: Seen) => Object.values(interfaces).flatMap((each) => each.prefixes);
    const singles = ({ interfaces }: Seen) => Object.values(interfaces).reduce((sum, each) => sum + each.addresses.length, 0);
    // Pods keep the addresses they have until they are replaced: CoreDNS here.
    const kept = () =>
      kube()
        .list("pods", { namespace: "kube-system" })
        .filter(({ spec, status }) => !spec.hostNetwork && status?.podIP).length;
    await eventually("secondary addresses of old pods only, a warm prefix on every node", async () => {
      time.step(5000);
      const now = await bySdk();
      return prefixes(now).length >= NODES && singles(now) === Object.keys(now.interfaces).length + kept();
    });
    const before = await look(t);
    const everything = total(before) + singles(before) + 16 * prefixes(before).length;
    const addresses = await scale(PODS);
    const during = await look(t);
    checkInterfaces(during);
    for (const prefix of prefixes(during)) assert.match(prefix, /^10\.20\.\d+\.\d+\/28$/);
    for (const address of addresses)
      assert.ok(
        prefixes(during).some((prefix) => contains(prefix, address)),
        `${address} is in a prefix`,
      );
    assert.ok(prefixes(during).length >= PODS / 16);
    assert.equal(total(during) + singles(during) + 16 * prefixes(during).length, everything);
    await scale(0);
    await untilFree(total(before));
    assert.equal(prefixes(await look(t)).length, prefixes(before).length);
  });
});

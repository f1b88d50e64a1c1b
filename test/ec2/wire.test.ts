// EC2 through the gateway with the official SDK client: codec, authorization per resource, error codes.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-ec2";
import { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createEc2 } from "../../src/services/ec2/index.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { ALICE, policy, ROOT, startWorld } from "../wire/support/world.ts";

async function withClients(
  run: (root: sdk.EC2Client, alice: sdk.EC2Client, step: () => Promise<void>) => Promise<void>,
  statement?: object,
) {
  const clock = new FakeClock();
  const { service } = createEc2({ store: memoryStore(), clock, random: seededRandom(5) });
  const world = await startWorld([service]);
  world.policies.set("alice", { identity: statement ? [policy({ effect: "Allow", ...statement })] : [] });
  const clientOf = (credentials: typeof ROOT) =>
    new sdk.EC2Client({
      endpoint: world.endpoint,
      region: "us-west-2",
      credentials,
      maxAttempts: 1,
      systemClockOffset: world.clock.now() - Date.now(),
    });
  const clients = [clientOf(ROOT), clientOf(ALICE)] as const;
  try {
    await run(...clients, () => clock.step(0));
  } finally {
    for (const client of clients) client.destroy();
    await world.close();
  }
}

const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: Error) => error.name,
  );

test("a small network over the wire", () =>
  withClients(async (root, _alice, step) => {
    const { Vpc } = await root.send(
      new sdk.CreateVpcCommand({
        CidrBlock: "10.0.0.0/16",
        TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "Name", Value: "dev" }] }],
      }),
    );
    const { Subnet } = await root.send(new sdk.CreateSubnetCommand({ VpcId: Vpc!.VpcId, CidrBlock: "10.0.0.0/24" }));
    const SubnetId = Subnet!.SubnetId!;
    assert.equal(Subnet!.AvailableIpAddressCount, 251);
    const { Instances } = await root.send(
      new sdk.RunInstancesCommand({
        MinCount: 1,
        MaxCount: 1,
        ImageId: "ami-00000000000000001",
        InstanceType: "m5.large",
        SubnetId,
        UserData: "aGk=",
      }),
    );
    await step();
    const { Reservations } = await root.send(new sdk.DescribeInstancesCommand({ InstanceIds: [Instances![0]!.InstanceId!] }));
    const [instance] = Reservations![0]!.Instances!;
    assert.equal(instance!.State!.Name, "running");
    assert.ok(instance!.LaunchTime instanceof Date);
    const { NetworkInterface } = await root.send(new sdk.CreateNetworkInterfaceCommand({ SubnetId, Ipv4PrefixCount: 1 }));
    assert.equal(NetworkInterface!.Ipv4Prefixes!.length, 1);
    const { NetworkInterfaces } = await root.send(
      new sdk.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "vpc-id", Values: [Vpc!.VpcId!] }] }),
    );
    assert.equal(NetworkInterfaces!.length, 2);
    const { Vpcs } = await root.send(new sdk.DescribeVpcsCommand({ Filters: [{ Name: "tag:Name", Values: ["d?v"] }] }));
    assert.equal(Vpcs![0]!.VpcId, Vpc!.VpcId);
    assert.equal(await codeOf(root.send(new sdk.DeleteSubnetCommand({ SubnetId }))), "DependencyViolation");
    assert.equal(
      await codeOf(root.send(new sdk.DescribeSubnetsCommand({ SubnetIds: ["subnet-0123456789abcdef0"] }))),
      "InvalidSubnetID.NotFound",
    );
  }));

test("a user may do what the policy says, resource by resource", () =>
  withClients(
    async (root, alice) => {
      const { Vpc } = await root.send(new sdk.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
      const { Subnet } = await root.send(new sdk.CreateSubnetCommand({ VpcId: Vpc!.VpcId, CidrBlock: "10.0.0.0/24" }));
      const input = { SubnetId: Subnet!.SubnetId };
      await root.send(new sdk.CreateTagsCommand({ Resources: [Subnet!.SubnetId!], Tags: [{ Key: "team", Value: "blue" }] }));
      assert.equal(await codeOf(alice.send(new sdk.CreateNetworkInterfaceCommand(input))), "UnauthorizedOperation");
      await root.send(new sdk.CreateTagsCommand({ Resources: [Subnet!.SubnetId!], Tags: [{ Key: "team", Value: "red" }] }));
      await alice.send(new sdk.CreateNetworkInterfaceCommand(input));
      const tagged = { ...input, TagSpecifications: [{ ResourceType: "network-interface" as const, Tags: [{ Key: "a", Value: "b" }] }] };
      assert.equal(await codeOf(alice.send(new sdk.CreateNetworkInterfaceCommand(tagged))), "UnauthorizedOperation");
    },
    {
      actions: ["ec2:CreateNetworkInterface"],
      resources: ["*"],
      conditions: { StringEqualsIfExists: { "ec2:ResourceTag/team": ["red"] } },
    },
  ));

// The AWS SDK for JavaScript v3, unmodified: waiters, paginators, error classes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import {
  DescribeSubnetsCommand,
  paginateDescribeInstances,
  paginateDescribeSubnets,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import {
  CreateAccessEntryCommand,
  CreateClusterCommand,
  CreateNodegroupCommand,
  CreatePodIdentityAssociationCommand,
  DeleteClusterCommand,
  DeleteNodegroupCommand,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  InvalidParameterException,
  paginateListAccessEntries,
  paginateListNodegroups,
  paginateListPodIdentityAssociations,
  ResourceInUseException,
  ResourceNotFoundException,
  TagResourceCommand,
  UpdateClusterVersionCommand,
  waitUntilClusterActive,
  waitUntilClusterDeleted,
  waitUntilNodegroupActive,
  waitUntilNodegroupDeleted,
} from "@aws-sdk/client-eks";
import { GetRoleCommand, NoSuchEntityException, paginateListRoles } from "@aws-sdk/client-iam";
import { startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { podIdentityTrust } from "../support/policies.ts";
import { run } from "../support/run.ts";
import { createNetwork, createRole, createRoles, type Network, type Roles } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

/** Waiters look every second at most; none may need a minute. */
const FAST = { minDelay: 0.1, maxDelay: 0.2, maxWaitTime: 20 };
const NAME = "sdk";
const PROGRAM = fileURLToPath(new URL("../../examples/sdk/who-am-i.ts", import.meta.url));

let atoll: TestAtoll;
let network: Network;
let roles: Roles;
let freeBefore: number;
before(async () => {
  atoll = await startTestAtoll();
  network = await createNetwork(atoll.clients.ec2);
  roles = await createRoles(atoll.clients.iam);
  freeBefore = await freeAddresses();
});
after(() => atoll?.close());

async function freeAddresses(): Promise<number> {
  const { Subnets = [] } = await atoll.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...network.subnets] }));
  return Subnets.reduce((sum, { AvailableIpAddressCount = 0 }) => sum + AvailableIpAddressCount, 0);
}

async function collect<Page, Item>(pages: AsyncIterable<Page>, items: (page: Page) => readonly Item[] | undefined): Promise<Item[][]> {
  const found: Item[][] = [];
  for await (const page of pages) found.push([...(items(page) ?? [])]);
  return found;
}

test("a cluster and its node groups become ACTIVE", async () => {
  const { eks } = atoll.clients;
  const resourcesVpcConfig = { subnetIds: [...network.subnets] };
  const { cluster } = await eks.send(
    new CreateClusterCommand({
      name: NAME,
      roleArn: roles.cluster,
      version: "1.33",
      resourcesVpcConfig,
      accessConfig: { authenticationMode: "API" },
    }),
  );
  assert.equal(cluster?.status, "CREATING");
  assert.ok(cluster?.createdAt instanceof Date);
  assert.equal((await waitUntilClusterActive({ client: eks, ...FAST }, { name: NAME })).state, "SUCCESS");
  for (let i = 0; i < 5; i++) {
    const scalingConfig = { minSize: 0, maxSize: 1, desiredSize: i === 0 ? 1 : 0 };
    const nodegroupName = `group-${i}`;
    await eks.send(
      new CreateNodegroupCommand({ clusterName: NAME, nodegroupName, nodeRole: roles.node, subnets: [...network.subnets], scalingConfig }),
    );
  }
  for (let i = 0; i < 5; i++) {
    const { state } = await waitUntilNodegroupActive({ client: eks, ...FAST }, { clusterName: NAME, nodegroupName: `group-${i}` });
    assert.equal(state, "SUCCESS");
  }
  assert.ok((await freeAddresses()) < freeBefore);
});

test("paginators see every item once, in pages of the size asked for", async () => {
  const { eks, iam, ec2 } = atoll.clients;
  const groups = await collect(paginateListNodegroups({ client: eks, pageSize: 2 }, { clusterName: NAME }), (page) => page.nodegroups);
  assert.deepEqual(groups, [["group-0", "group-1"], ["group-2", "group-3"], ["group-4"]]);

  const roleArn = await createRole(iam, "pods", podIdentityTrust());
  for (let i = 0; i < 3; i++) {
    await eks.send(
      new CreatePodIdentityAssociationCommand({ clusterName: NAME, namespace: "shop", serviceAccount: `account-${i}`, roleArn }),
    );
    await eks.send(
      new CreateAccessEntryCommand({ clusterName: NAME, principalArn: await createRole(iam, `person-${i}`, podIdentityTrust()) }),
    );
  }
  const associations = await collect(
    paginateListPodIdentityAssociations({ client: eks, pageSize: 1 }, { clusterName: NAME }),
    (page) => page.associations,
  );
  assert.deepEqual(
    associations.map((page) => page.length),
    [1, 1, 1],
  );
  const entries = (
    await collect(paginateListAccessEntries({ client: eks, pageSize: 2 }, { clusterName: NAME }), (page) => page.accessEntries)
  ).flat();
  assert.equal(new Set(entries).size, entries.length);
  for (const name of ["node", "person-0", "person-1", "person-2"])
    assert.ok(entries.includes(`arn:aws:iam::111122223333:role/${name}`), name);

  const names = (await collect(paginateListRoles({ client: iam, pageSize: 2 }, {}), (page) => page.Roles))
    .flat()
    .map((role) => role.RoleName);
  for (const name of ["cluster", "node", "pods"]) assert.equal(names.filter((each) => each === name).length, 1);
  const subnets = await collect(paginateDescribeSubnets({ client: ec2, pageSize: 5 }, {}), (page) => page.Subnets);
  assert.deepEqual(
    subnets.map((page) => page.length),
    [5, 1],
  );
});

test("errors are of the modelled classes", async () => {
  const { eks, iam } = atoll.clients;
  await assert.rejects(eks.send(new DescribeClusterCommand({ name: "nowhere" })), (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.deepEqual([error.message, error.$fault, error.$metadata.httpStatusCode], ["No cluster found for name: nowhere.", "client", 404]);
    assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
  const resourcesVpcConfig = { subnetIds: [...network.subnets] };
  await assert.rejects(eks.send(new CreateClusterCommand({ name: NAME, roleArn: roles.cluster, resourcesVpcConfig })), (error) => {
    assert.ok(error instanceof ResourceInUseException);
    assert.equal(error.clusterName, NAME);
    return true;
  });
  const oneSubnet = { subnetIds: network.subnets.slice(0, 1) };
  await assert.rejects(
    eks.send(new CreateClusterCommand({ name: "bad", roleArn: roles.cluster, resourcesVpcConfig: oneSubnet })),
    (error) => error instanceof InvalidParameterException && /at least two different AZs/i.test(error.message),
  );
  await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "nobody" })), (error) => error instanceof NoSuchEntityException);
});

test("an update runs to its end, and tags are read back at once", async () => {
  const { eks } = atoll.clients;
  const { update } = await eks.send(new UpdateClusterVersionCommand({ name: NAME, version: "1.34" }));
  assert.deepEqual([update?.type, update?.status], ["VersionUpdate", "InProgress"]);
  await eventually("update Successful", async () => {
    const { update: now } = await eks.send(new DescribeUpdateCommand({ name: NAME, updateId: update!.id! }));
    assert.notEqual(now?.status, "Failed", JSON.stringify(now?.errors));
    return now?.status === "Successful";
  });
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: NAME }));
  assert.equal(cluster?.version, "1.34");
  await eks.send(new TagResourceCommand({ resourceArn: cluster!.arn!, tags: { team: "blue" } }));
  assert.deepEqual((await eks.send(new DescribeClusterCommand({ name: NAME }))).cluster?.tags, { team: "blue" });
});

test("the example says who it is and which subnets it sees", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [PROGRAM], { env: atoll.environment() });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  const { arn, subnets } = JSON.parse(stdout);
  assert.equal(arn, "arn:aws:iam::111122223333:root");
  assert.equal(subnets.length, 6);
});

test("CloudTrail has the calls, newest first, with who made them", async () => {
  const { Events = [] } = await atoll.clients.cloudtrail.send(
    new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: "EventSource", AttributeValue: "eks.amazonaws.com" }], MaxResults: 50 }),
  );
  assert.ok(Events.some(({ EventName }) => EventName === "CreateNodegroup"));
  const times = Events.map(({ EventTime }) => EventTime!.getTime());
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
});

test("everything is deleted in order and gives back what it had", async () => {
  const { eks, ec2 } = atoll.clients;
  const instances = (await collect(paginateDescribeInstances({ client: ec2 }, {}), (page) => page.Reservations)).flat();
  const ids = instances.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId!));
  assert.equal(ids.length, 1);
  await assert.rejects(eks.send(new DeleteClusterCommand({ name: NAME })), ResourceInUseException);
  for (let i = 0; i < 5; i++) await eks.send(new DeleteNodegroupCommand({ clusterName: NAME, nodegroupName: `group-${i}` }));
  for (let i = 0; i < 5; i++) {
    const { state } = await waitUntilNodegroupDeleted({ client: eks, ...FAST }, { clusterName: NAME, nodegroupName: `group-${i}` });
    assert.equal(state, "SUCCESS");
  }
  assert.equal((await waitUntilInstanceTerminated({ client: ec2, ...FAST }, { InstanceIds: ids })).state, "SUCCESS");
  await eks.send(new DeleteClusterCommand({ name: NAME }));
  assert.equal((await waitUntilClusterDeleted({ client: eks, ...FAST }, { name: NAME })).state, "SUCCESS");
  assert.equal(await freeAddresses(), freeBefore);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import { hindrance } from "./join.ts";
import type { NodeBoot } from "./node-runtime.ts";

const NAME = "ip-10-0-0-5.us-west-2.compute.internal";
const OWN = "aws:///us-west-2a/i-new";
const boot = {
  ...{ instanceId: "i-new", availabilityZone: "us-west-2a", privateDnsName: NAME, nodeRoleArn: "arn:aws:iam::111122223333:role/node" },
} as NodeBoot;
const MEMBER = { username: `system:node:${NAME}`, groups: ["system:nodes"] };

interface Situation {
  readonly user?: { readonly username: string; readonly groups: readonly string[] } | undefined;
  readonly node?: { readonly spec?: { readonly providerID?: string } };
  readonly kubelet?: boolean;
}

const clusterIn = ({ user = MEMBER, node, kubelet = false }: Situation) =>
  ({
    mapIdentity: async () => user,
    running: { stores: { of: () => ({ get: (_: string, name: string) => (name === NAME ? node : undefined) }) } },
    fleet: { get: (name: string) => (kubelet && name === NAME ? {} : undefined) },
  }) as unknown as EmbeddedCluster;

const identities = (known = true) =>
  ({
    directory: { role: () => (known ? {} : undefined) },
    sessions: { callerFor: () => ({ arn: "arn", accountId: "111122223333", userId: "AROA:i-new" }) },
  }) as unknown as Parameters<typeof hindrance>[0];

const cases: [string, Situation, RegExp | undefined][] = [
  ["an admitted role and a free name", {}, undefined],
  ["its own node, after a restart", { node: { spec: { providerID: OWN } } }, undefined],
  ["a node that nobody's machine is", { node: { spec: {} } }, undefined],
  ["somebody else's user name", { user: { ...MEMBER, username: "system:node:other" } }, /not mapped to system:nodes/],
  ["a user outside system:nodes", { user: { ...MEMBER, groups: [] } }, /not mapped to system:nodes/],
  [
    "the node of an earlier machine",
    { node: { spec: { providerID: "aws:///us-west-2a/i-old" } } },
    /still that of aws:\/\/\/us-west-2a\/i-old$/,
  ],
  ["a machine whose node was deleted and that runs on", { kubelet: true }, /another machine still runs/],
];
for (const [what, situation, expected] of cases) {
  test(`${what}: ${expected ? "waits" : "joins"}`, async () => {
    const found = await hindrance(identities(), clusterIn(situation), boot, "i-new");
    if (expected) assert.match(found ?? "", expected);
    else assert.equal(found, undefined);
  });
}

test("without a control plane, or with a role that is gone, it waits", async () => {
  assert.match((await hindrance(identities(), undefined, boot, "i-new")) ?? "", /control plane/);
  assert.match((await hindrance(identities(false), clusterIn({}), boot, "i-new")) ?? "", /not mapped/);
});

test("on Fargate the machine is its pod", async () => {
  const fargate = { ...boot, fargate: { podUid: "uid-1", vcpus: 1, memoryMiB: 2048, podAddress: "10.0.0.5" } };
  const of = (uid: string) => clusterIn({ node: { spec: { providerID: `aws:///us-west-2a/${uid}/${NAME}` } } });
  assert.equal(await hindrance(identities(), of("uid-1"), fargate, NAME), undefined);
  assert.match((await hindrance(identities(), of("uid-0"), fargate, NAME)) ?? "", /uid-0/);
});

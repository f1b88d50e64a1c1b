// Add-ons: catalogue, rules and words, life cycle with health, owned associations, preserve (spec addons §2, §3, §17).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FakeKubeClient } from "../support/fake-kube-client.ts";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, makeRole, refusal, trust, type World } from "./world.ts";

let world: World;
let running: Control;

before(async () => {
  world = createWorld();
  running = control(world);
  await world.eks("CreateCluster", { ...clusterRequest(await makeGround(world)), version: "1.33", bootstrapSelfManagedAddons: false });
  await running.settle();
});
after(async () => {
  await running.close();
  world.close();
});

const kube = (): FakeKubeClient => running.clusters.kube(`${ACCOUNT}/us-west-2/dev`)!;
const create = (addonName: string, more: object = {}) => world.eks("CreateAddon", { clusterName: "dev", addonName, ...more });
const describe = async (addonName: string) => (await world.eks("DescribeAddon", { clusterName: "dev", addonName })).addon!;

/** Plays the controllers that report a workload's replicas. */
async function report(type: string, name: string, status: object): Promise<void> {
  const live = kube().get(type, "kube-system", name)!;
  await kube().patch(
    type,
    "kube-system",
    name,
    "merge",
    { status: { observedGeneration: live.metadata.generation, ...status } },
    { subresource: "status" },
  );
}

test("the catalogue: versions newest first, one default per Kubernetes version", async () => {
  const { addons } = await world.eks("DescribeAddonVersions", { kubernetesVersion: "1.33", types: ["networking"], owners: ["aws"] });
  assert.deepEqual(
    addons?.map((addon) => addon.addonName),
    ["coredns", "kube-proxy", "vpc-cni"],
  );
  for (const addon of addons!) {
    const defaults = addon.addonVersions!.filter((version) => version.compatibilities?.some((each) => each.defaultVersion));
    assert.equal(defaults.length, 1, addon.addonName);
  }
  const proxy = addons!.find((addon) => addon.addonName === "kube-proxy")!;
  assert.ok(proxy.addonVersions!.every((version) => version.compatibilities!.every((each) => each.clusterVersion === "1.33")));
  const none = await world.eks("DescribeAddonVersions", { publishers: ["nobody"] });
  assert.deepEqual(none.addons, []);
  const cni = (await world.eks("DescribeAddonVersions", { addonName: "vpc-cni" })).addons![0]!;
  const described = await world.eks("DescribeAddonConfiguration", {
    addonName: "vpc-cni",
    addonVersion: cni.addonVersions![0]!.addonVersion,
  });
  assert.ok(JSON.parse(described.configurationSchema!).definitions);
  assert.deepEqual(described.podIdentityConfiguration, [
    { serviceAccount: "aws-node", recommendedManagedPolicies: ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"] },
  ]);
});

const refused: [title: string, run: () => Promise<unknown>, code: string, message: string | RegExp][] = [
  ["unknown add-on", () => create("nothing"), "InvalidParameterException", "Addon specified is not supported"],
  [
    "unknown version",
    () => create("coredns", { addonVersion: "v9.9.9-eksbuild.1" }),
    "InvalidParameterException",
    "Addon version specified is not supported",
  ],
  [
    "version of another minor",
    () => create("kube-proxy", { addonVersion: "v1.34.0-eksbuild.1" }),
    "InvalidParameterException",
    "Addon version specified is not supported",
  ],
  ["no cluster", () => create("coredns", { clusterName: "none" }), "ResourceNotFoundException", "No cluster found for name: none."],
  [
    "bad YAML",
    () => create("coredns", { configurationValues: "{" }),
    "InvalidParameterException",
    /^ConfigurationValue provided in request is not supported/,
  ],
  [
    "a setting of the wrong type",
    () => create("coredns", { configurationValues: '{"replicaCount":"2"}' }),
    "InvalidParameterException",
    "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.replicaCount: string found, integer expected]",
  ],
  ["absent", () => describe("coredns"), "ResourceNotFoundException", "No addon: coredns found in cluster: dev"],
  [
    "foreign service account",
    () => create("vpc-cni", { podIdentityAssociations: [{ serviceAccount: "x", roleArn: `arn:aws:iam::${ACCOUNT}:role/x` }] }),
    "InvalidParameterException",
    "Service account x in pod identity configuration is not supported for addon vpc-cni",
  ],
];

for (const [title, run, code, message] of refused) {
  test(`refused: ${title}`, async () => {
    const error = await refusal(run());
    assert.equal(error.code, code);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test("a deployment keeps the add-on CREATING until its replicas are there; without them it ends DEGRADED, and recovers", async () => {
  const { addon } = await create("coredns", { tags: { a: "b" } });
  assert.equal(addon?.status, "CREATING");
  assert.equal(addon.addonVersion, "v1.12.1-eksbuild.2");
  assert.match(addon.addonArn!, new RegExp(`^arn:aws:eks:us-west-2:${ACCOUNT}:addon/dev/coredns/[0-9a-f-]{36}$`));
  assert.equal((await refusal(create("coredns"))).message, "Addon already exists.");
  await running.settle(2);
  assert.equal((await describe("coredns")).status, "CREATING");
  await running.settle(1, 16 * 60_000);
  const degraded = await describe("coredns");
  assert.equal(degraded.status, "DEGRADED");
  assert.equal(degraded.health?.issues?.[0]?.code, "InsufficientNumberOfReplicas");
  await report("deployments.apps", "coredns", { replicas: 2, availableReplicas: 2, updatedReplicas: 2 });
  await running.settle(1, 31_000);
  assert.equal((await describe("coredns")).status, "ACTIVE");
  assert.deepEqual((await world.eks("ListAddons", { clusterName: "dev" })).addons, ["coredns"]);
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn: addon.addonArn })).tags, { a: "b" });
});

test("an update has its own Update and leaves the new version; deletion takes the objects along", async () => {
  const { update } = await world.eks("UpdateAddon", {
    clusterName: "dev",
    addonName: "coredns",
    resolveConflicts: "OVERWRITE",
    addonVersion: "v1.12.1-eksbuild.2",
  });
  assert.deepEqual(
    [update?.type, update?.status, update?.params],
    [
      "AddonUpdate",
      "InProgress",
      [
        { type: "AddonVersion", value: "v1.12.1-eksbuild.2" },
        { type: "ResolveConflicts", value: "OVERWRITE" },
      ],
    ],
  );
  await running.settle();
  const described = await world.eks("DescribeUpdate", { name: "dev", addonName: "coredns", updateId: update!.id });
  assert.equal(described.update?.status, "Successful");
  await world.eks("DeleteAddon", { clusterName: "dev", addonName: "coredns" });
  await running.settle();
  assert.equal((await refusal(describe("coredns"))).code, "ResourceNotFoundException");
  assert.equal(kube().get("deployments.apps", "kube-system", "coredns"), undefined);
});

test("a daemon set without nodes is healthy at once; its role is an association the add-on owns", async () => {
  const roleArn = await makeRole(world, "cni", trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]));
  await create("vpc-cni", { podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn }] });
  await running.settle();
  await report("daemonsets.apps", "aws-node", { desiredNumberScheduled: 0, numberReady: 0 });
  await running.settle(2);
  const addon = await describe("vpc-cni");
  assert.equal(addon.status, "ACTIVE");
  assert.equal(addon.podIdentityAssociations?.length, 1);
  const { associations } = await world.eks("ListPodIdentityAssociations", { clusterName: "dev" });
  assert.equal(associations?.[0]?.ownerArn, addon.addonArn);
  const at = { clusterName: "dev", associationId: associations?.[0]?.associationId };
  assert.equal((await refusal(world.eks("DeletePodIdentityAssociation", at))).code, "InvalidRequestException");
  await world.eks("DeleteAddon", { clusterName: "dev", addonName: "vpc-cni" });
  await running.settle();
  assert.deepEqual((await world.eks("ListPodIdentityAssociations", { clusterName: "dev" })).associations, []);
});

test("with preserve the objects stay and only the record goes", async () => {
  await create("kube-proxy");
  await running.settle();
  await world.eks("DeleteAddon", { clusterName: "dev", addonName: "kube-proxy", preserve: true });
  await running.settle();
  assert.equal((await refusal(describe("kube-proxy"))).code, "ResourceNotFoundException");
  assert.ok(kube().get("daemonsets.apps", "kube-system", "kube-proxy"));
});

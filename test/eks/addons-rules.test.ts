// What the add-on operations take and refuse, who may call them, and how updates end (spec addons §2.2, §3, §5, §17 by number).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { UpdateAddonRequest } from "@aws-sdk/client-eks";
import { failure } from "../../src/kubernetes/api/status.ts";
import type { FakeKubeClient } from "../support/fake-kube-client.ts";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, makeRole, refusal, trust, type World } from "./world.ts";

let world: World;
let running: Control;
let podRole: string;
const ROLLOUT = 60_000;

before(async () => {
  world = createWorld();
  running = control(world, { timing: { addonRollout: ROLLOUT } });
  podRole = await makeRole(world, "pod", trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]));
  await world.eks("CreateCluster", { ...clusterRequest(await makeGround(world)), version: "1.33", bootstrapSelfManagedAddons: false });
  await running.settle();
});
after(async () => {
  await running.close();
  world.close();
});

const kube = (): FakeKubeClient => running.clusters.kube(`${ACCOUNT}/us-west-2/dev`)!;
const at = (addonName: string) => ({ clusterName: "dev", addonName });
const create = (addonName: string, more: object = {}) => world.eks("CreateAddon", { ...at(addonName), ...more });
const update = (addonName: string, more: Partial<UpdateAddonRequest>) => world.eks("UpdateAddon", { ...at(addonName), ...more });
const describe = async (addonName: string) => (await world.eks("DescribeAddon", at(addonName))).addon!;
const remove = async (addonName: string, preserve = false) => {
  await world.eks("DeleteAddon", { ...at(addonName), preserve });
  await running.settle();
};

/** Plays the controllers that report a workload's replicas: all wanted ones. */
async function report(type: "deployments.apps" | "daemonsets.apps", name: string, ready: number): Promise<void> {
  const live = kube().get(type, "kube-system", name)!;
  const counts =
    type === "deployments.apps"
      ? { availableReplicas: ready, updatedReplicas: ready }
      : { numberReady: ready, desiredNumberScheduled: ready, updatedNumberScheduled: ready };
  const status = { observedGeneration: live.metadata.generation, ...counts };
  await kube().patch(type, "kube-system", name, "merge", { status }, { subresource: "status" });
}

test("vectors 1, 7: the default version; DEGRADED without replicas, ACTIVE with them, and the issue is gone", async () => {
  const { addon } = await create("CoreDNS");
  assert.deepEqual([addon?.addonName, addon?.status, addon?.addonVersion], ["coredns", "CREATING", "v1.12.1-eksbuild.2"]);
  await running.settle(2, ROLLOUT / 3);
  assert.equal((await describe("coredns")).status, "CREATING");
  await running.settle(1, ROLLOUT);
  const degraded = await describe("coredns");
  assert.deepEqual(
    [degraded.status, degraded.health?.issues?.map(({ code, message }) => [code, message])],
    ["DEGRADED", [["InsufficientNumberOfReplicas", "The add-on is unhealthy because it doesn't have the desired number of replicas."]]],
  );
  await report("deployments.apps", "coredns", 2);
  await running.settle(1, 3000);
  const healthy = await describe("COREDNS");
  assert.deepEqual([healthy.status, healthy.health?.issues], ["ACTIVE", []]);
});

test("vector 12: an update lists what was asked in the service's order, and the add-on keeps its settings until it succeeds", async () => {
  const values = '{ "replicaCount": 2 }';
  const { update: started } = await update("coredns", {
    configurationValues: values,
    resolveConflicts: "OVERWRITE",
    serviceAccountRoleArn: podRole,
    addonVersion: "v1.13.2-eksbuild.19",
  });
  assert.deepEqual(
    started?.params?.map(({ type }) => type),
    ["AddonVersion", "ServiceAccountRoleArn", "ResolveConflicts", "ConfigurationValues"],
  );
  const during = await describe("coredns");
  assert.deepEqual([during.status, during.addonVersion, during.configurationValues], ["UPDATING", "v1.12.1-eksbuild.2", undefined]);
  const busy = await refusal(update("coredns", {}));
  assert.deepEqual(
    [busy.code, busy.message],
    ["ResourceInUseException", "Addon coredns cannot be updated as it is currently in UPDATING state"],
  );
  await running.settle();
  await report("deployments.apps", "coredns", 2);
  await running.settle(1, 1000);
  const done = await describe("coredns");
  assert.deepEqual(
    [done.status, done.addonVersion, done.configurationValues, done.serviceAccountRoleArn],
    ["ACTIVE", "v1.13.2-eksbuild.19", values, podRole],
  );
  const { updateIds } = await world.eks("ListUpdates", { name: "dev", addonName: "coredns" });
  assert.deepEqual(updateIds, [started!.id]);
  assert.deepEqual((await world.eks("ListUpdates", { name: "dev" })).updateIds, []);
});

test("a rollout that never becomes healthy goes back to the former version, and its Update has failed", async () => {
  const { update: started } = await update("coredns", { addonVersion: "v1.12.1-eksbuild.2" });
  await running.settle();
  const image = () => kube().get("deployments.apps", "kube-system", "coredns")!.spec.template.spec.containers[0].image as string;
  assert.match(image(), /v1\.12\.1/);
  await running.settle(1, ROLLOUT + 1000);
  assert.match(image(), /v1\.13\.2/);
  const { update: ended } = await world.eks("DescribeUpdate", { name: "dev", addonName: "coredns", updateId: started!.id! });
  assert.deepEqual([ended?.status, ended?.errors?.[0]?.errorCode], ["Failed", "InsufficientNumberOfReplicas"]);
  assert.deepEqual([(await describe("coredns")).status, (await describe("coredns")).addonVersion], ["DEGRADED", "v1.13.2-eksbuild.19"]);
  await report("deployments.apps", "coredns", 2);
  await running.settle(1, 3000);
  assert.equal((await describe("coredns")).status, "ACTIVE");
});

test("a workload that somebody deleted makes the add-on DEGRADED once it has been gone for a while", async () => {
  await kube().delete("deployments.apps", "kube-system", "coredns");
  await running.settle(1, 16_000);
  assert.equal((await describe("coredns")).status, "ACTIVE");
  await running.settle(2, ROLLOUT);
  assert.deepEqual(
    [(await describe("coredns")).status, (await describe("coredns")).health?.issues?.[0]?.code],
    ["DEGRADED", "K8sResourceNotFound"],
  );
  await remove("coredns");
});

test("vector 6: an association that is not the add-on's stands in its way", async () => {
  const input = { clusterName: "dev", namespace: "kube-system", serviceAccount: "aws-node", roleArn: podRole };
  const { association } = await world.eks("CreatePodIdentityAssociation", input);
  const wanted = { podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn: podRole }] };
  const error = await refusal(create("vpc-cni", wanted));
  assert.deepEqual([error.code, error.message], ["ResourceInUseException", `Association already exists: ${association!.associationId}`]);
  assert.equal((await refusal(describe("vpc-cni"))).code, "ResourceNotFoundException");
  await world.eks("DeletePodIdentityAssociation", { clusterName: "dev", associationId: association!.associationId });
});

const ROLE = `arn:aws:iam::${ACCOUNT}:role/none`;
const refused: [title: string, input: () => Promise<unknown>, code: string, message: string | RegExp][] = [
  [
    "version too old for associations",
    () =>
      create("aws-ebs-csi-driver", {
        addonVersion: "v1.24.1-eksbuild.1",
        podIdentityAssociations: [{ serviceAccount: "ebs-csi-controller-sa", roleArn: podRole }],
      }),
    "InvalidParameterException",
    "Pod Identity feature is not supported for addon version: v1.24.1-eksbuild.1",
  ],
  [
    "account without permissions",
    () => associate("coredns", "coredns"),
    "InvalidParameterException",
    "Service account coredns in pod identity configuration is not supported for addon coredns",
  ],
  [
    "role that does not exist",
    () => create("vpc-cni", { serviceAccountRoleArn: ROLE }),
    "InvalidParameterException",
    "Role provided in the request does not exist.",
  ],
  [
    "role that is none",
    () => create("vpc-cni", { serviceAccountRoleArn: "arn:aws:iam::1:user/x" }),
    "InvalidParameterException",
    /is not valid/,
  ],
  [
    "namespace that is none",
    () => create("metrics-server", { namespaceConfig: { namespace: "Bad_Name" } }),
    "InvalidParameterException",
    /namespace/i,
  ],
  [
    "listed without a version",
    () => create("amazon-sagemaker-spaces"),
    "InvalidParameterException",
    "Addon version specified is not supported",
  ],
  [
    "marketplace version",
    () => create("datadog_operator", { addonVersion: "v1.0.0-eksbuild.1" }),
    "InvalidParameterException",
    "Addon version specified is not supported",
  ],
  ["nothing there to update", () => update("coredns", {}), "ResourceNotFoundException", "No addon: coredns found in cluster: dev"],
  [
    "nothing there to delete",
    () => world.eks("DeleteAddon", at("coredns")),
    "ResourceNotFoundException",
    "No addon: coredns found in cluster: dev",
  ],
  [
    "nothing there to list updates of",
    () => world.eks("ListUpdates", { name: "dev", addonName: "coredns" }),
    "ResourceNotFoundException",
    "No addon: coredns found in cluster: dev",
  ],
  [
    "unknown add-on's versions",
    () => world.eks("DescribeAddonVersions", { addonName: "nothing" }),
    "InvalidParameterException",
    "Addon specified is not supported",
  ],
  [
    "unknown version's schema",
    () => world.eks("DescribeAddonConfiguration", { addonName: "coredns", addonVersion: "v0" }),
    "InvalidParameterException",
    "Addon version specified is not supported",
  ],
];

function associate(addonName: string, serviceAccount: string) {
  return create(addonName, { podIdentityAssociations: [{ serviceAccount, roleArn: podRole }] });
}

for (const [title, input, code, message] of refused) {
  test(`refused: ${title}`, async () => {
    const error = await refusal(input());
    assert.equal(error.code, code);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(world.state.addons.count(), 0);
    assert.equal(world.state.associations.count(), 0);
  });
}

test("a trust policy without pods.eks.amazonaws.com is refused in the add-on API's own words", async () => {
  const half = await makeRole(world, "half", trust("pods.eks.amazonaws.com"));
  const error = await refusal(create("vpc-cni", { podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn: half }] }));
  assert.equal(error.message, "Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.");
});

test("vector 9: with a Kubernetes version every entry is for that one, and one is the default", async () => {
  const { addons } = await world.eks("DescribeAddonVersions", { addonName: "kube-proxy", kubernetesVersion: "1.30" });
  const versions = addons?.[0]?.addonVersions ?? [];
  assert.ok(versions.length > 1);
  assert.ok(versions.every(({ compatibilities }) => compatibilities?.length === 1 && compatibilities[0]?.clusterVersion === "1.30"));
  assert.equal(versions.filter(({ compatibilities }) => compatibilities?.[0]?.defaultVersion).length, 1);
  assert.deepEqual((await world.eks("DescribeAddonVersions", { kubernetesVersion: "1.12" })).addons, []);
});

test("versions come in pages of add-ons, AWS's own first", async () => {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await world.eks("DescribeAddonVersions", { maxResults: 7, nextToken });
    names.push(...answer.addons!.map(({ addonName }) => addonName!));
    nextToken = answer.nextToken;
  } while (nextToken);
  const { addons } = await world.eks("DescribeAddonVersions", {});
  assert.deepEqual(
    names,
    addons?.map(({ addonName }) => addonName),
  );
  const owners = addons!.map(({ owner }) => owner);
  assert.equal(owners.lastIndexOf("aws"), owners.indexOf("community") - 1);
  const storage = await world.eks("DescribeAddonVersions", { types: ["storage"], publishers: ["s3"] });
  assert.deepEqual(
    storage.addons?.map(({ addonName }) => addonName),
    ["aws-mountpoint-s3-csi-driver"],
  );
});

const troubles: [title: string, error: () => Error, code: string, message: string][] = [
  [
    "a webhook refuses",
    () => failure(403, "Forbidden", 'admission webhook "policy.example" denied the request: no images from there'),
    "AdmissionRequestDenied",
    'admission webhook "policy.example" denied the request: no images from there',
  ],
  ["the engine may not", () => failure(403, "Forbidden", "daemonsets.apps is forbidden"), "AccessDenied", "daemonsets.apps is forbidden"],
  [
    "an object cannot be changed so",
    () => failure(422, "Invalid", "field is immutable"),
    "UnsupportedAddonModification",
    "field is immutable",
  ],
  ["something unexplained, again and again", () => new Error("disk full"), "InternalFailure", "disk full"],
];

for (const [title, error, code, message] of troubles) {
  test(`CREATE_FAILED: ${title}`, async () => {
    kube().intercept = (_verb, type) => {
      if (type === "daemonsets.apps") throw error();
    };
    await create("kube-proxy");
    await running.settle(60, 1000);
    kube().intercept = () => {};
    const addon = await describe("kube-proxy");
    assert.deepEqual(
      [addon.status, addon.health?.issues?.map((issue) => [issue.code, issue.message])],
      ["CREATE_FAILED", [[code, message]]],
    );
    const busy = await refusal(update("kube-proxy", {}));
    assert.equal(busy.message, "Addon kube-proxy cannot be updated as it is currently in CREATE_FAILED state");
    await remove("kube-proxy");
  });
}

test("a request token answers with the first result; with other parameters it is refused", async () => {
  const first = await create("kube-proxy", { clientRequestToken: "t" });
  const second = await create("kube-proxy", { clientRequestToken: "t" });
  assert.equal(second.addon?.addonArn, first.addon?.addonArn);
  const error = await refusal(create("kube-proxy", { clientRequestToken: "t", resolveConflicts: "OVERWRITE" }));
  assert.equal(error.message, "The clientRequestToken was already used with different parameters");
  await running.settle();
  await report("daemonsets.apps", "kube-proxy", 0);
  await running.settle();
  const updates = [await update("kube-proxy", { clientRequestToken: "u" }), await update("kube-proxy", { clientRequestToken: "u" })];
  assert.equal(updates[0]?.update?.id, updates[1]?.update?.id);
  await running.settle();
});

test("who may: passing roles and making associations are permissions of their own", async () => {
  const { AccessKey } = await makeUser("addons-only", { Effect: "Allow", Action: "eks:*Addon*", Resource: "*" });
  const as = { caller: world.iam.credentials.credential(AccessKey!.AccessKeyId!)!.caller };
  const tryTo = (more: object) => refusal(world.eks("CreateAddon", { ...at("vpc-cni"), ...more }, as));
  assert.match((await tryTo({ serviceAccountRoleArn: podRole })).message, /iam:PassRole on resource: .*role\/pod/);
  const associations = [{ serviceAccount: "aws-node", roleArn: podRole }];
  assert.match(
    (await tryTo({ podIdentityAssociations: associations })).message,
    /eks:CreatePodIdentityAssociation on resource: .*cluster\/dev/,
  );
  assert.match((await tryTo({ tags: { a: "b" } })).message, /eks:TagResource/);
  await create("vpc-cni", { podIdentityAssociations: associations });
  await running.settle();
  const error = await refusal(world.eks("DeleteAddon", at("vpc-cni"), as));
  assert.match(error.message, /eks:DeletePodIdentityAssociation on resource: .*podidentityassociation\/dev\/a-/);
  await world.eks("DeleteAddon", { ...at("vpc-cni"), preserve: true }, as);
  await running.settle();
  assert.equal(world.state.associations.list()[0]?.ownerArn, undefined);
  const { AccessKey: key } = await makeUser("one-addon", { Effect: "Allow", Action: "*", Resource: "arn:aws:eks:*:*:addon/dev/coredns/*" });
  const other = { caller: world.iam.credentials.credential(key!.AccessKeyId!)!.caller };
  assert.equal((await refusal(world.eks("DescribeAddon", at("kube-proxy"), other))).code, "AccessDeniedException");
});

test("deleting the cluster takes the add-ons' records along", async () => {
  await create("eks-pod-identity-agent");
  await world.eks("DeleteCluster", { name: "dev" });
  await running.settle();
  assert.equal(world.state.addons.count(), 0);
  assert.equal((await refusal(describe("eks-pod-identity-agent"))).message, "No cluster found for name: dev.");
});

async function makeUser(UserName: string, statement: object) {
  await world.call("iam", "CreateUser", { UserName });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await world.call("iam", "PutUserPolicy", { UserName, PolicyName: "p", PolicyDocument });
  return world.call("iam", "CreateAccessKey", { UserName });
}

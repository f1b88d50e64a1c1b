// Every waiter of SDK v3 and of boto3, to its success and to its failure.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as sdk from "@aws-sdk/client-eks";
import { eksState } from "../../../src/services/eks/state.ts";
import { trust } from "../../support/policies.ts";
import { hasBoto3, run } from "../../support/run.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { ACCOUNT, DAY, REGION, type Stage, startStage } from "../acceptance/stage.ts";

const PROGRAM = fileURLToPath(new URL("program.py", import.meta.url));
const FAST = { minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 15 };

/** One step of a client: an operation, or a waiter and how it has to end. */
type Step = { readonly input: object } & ({ readonly call: string } | { readonly wait: string; readonly ends: "SUCCESS" | "FAILURE" });

/** A client that does steps and says what came of each. */
interface Client {
  readonly name: string;
  steps(steps: readonly Step[]): Promise<string[]>;
}

let stage: Stage;
/** Runs pods on Fargate, nodes, and both; and what makes creations fail. */
let facts: { fargate: string; both: string; node: string; open: string };
before(async () => {
  // boto3 signs with the machine's time.
  stage = await startStage({ at: new Date().toISOString() });
  const fargate = await createRole(stage.iam, "pods", trust({ Service: "eks-fargate-pods.amazonaws.com" }));
  const both = await createRole(stage.iam, "both", trust({ Service: ["ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com"] }));
  const open = await stage.openSubnet("10.0.90.0/24");
  facts = { fargate, both, node: stage.ground.nodeRole, open };
  await stage.failed("failed");
  const connector = await createRole(stage.iam, "connector", trust({ Service: "ssm.amazonaws.com" }));
  await stage.eks.send(new sdk.RegisterClusterCommand({ name: "pending", connectorConfig: { roleArn: connector, provider: "GKE" } }));
});
after(() => stage?.close());

const call = (operation: string, input: object): Step => ({ call: operation, input });
const reaches = (wait: string, input: object): Step => ({ wait, input, ends: "SUCCESS" });
const fails = (wait: string, input: object): Step => ({ wait, input, ends: "FAILURE" });

/** Everything is made; some of it cannot be. */
function makings(clusterName: string): Step[] {
  const { subnets } = stage.ground;
  const group = (nodegroupName: string) => ({ clusterName, nodegroupName });
  const profile = (fargateProfileName: string) => ({ clusterName, fargateProfileName });
  const addon = (addonName: string) => ({ clusterName, addonName });
  const none = { minSize: 0, maxSize: 1, desiredSize: 0 };
  const selectors = [{ namespace: "default" }];
  return [
    call("CreateCluster", stage.request(clusterName)),
    reaches("ClusterActive", { name: clusterName }),
    fails("ClusterActive", { name: "failed" }),
    fails("ClusterDeleted", { name: clusterName }),
    fails("ClusterDeleted", { name: "pending" }),
    call("CreateNodegroup", { ...group("good"), nodeRole: facts.both, subnets, scalingConfig: none }),
    reaches("NodegroupActive", group("good")),
    call("CreateNodegroup", { ...group("bad"), nodeRole: facts.node, subnets: [facts.open], scalingConfig: none }),
    fails("NodegroupActive", group("bad")),
    call("CreateNodegroup", { ...group("stuck"), nodeRole: facts.node, subnets, scalingConfig: none }),
    reaches("NodegroupActive", group("stuck")),
    call("CreateFargateProfile", { ...profile("good"), podExecutionRoleArn: facts.fargate, selectors }),
    reaches("FargateProfileActive", profile("good")),
    call("CreateFargateProfile", { ...profile("bad"), podExecutionRoleArn: facts.both, selectors }),
    fails("FargateProfileActive", profile("bad")),
    call("CreateAddon", addon("kube-proxy")),
    reaches("AddonActive", addon("kube-proxy")),
    call("CreateAddon", addon("eks-pod-identity-agent")),
    reaches("AddonActive", addon("eks-pod-identity-agent")),
    call("CreateAddon", addon("datadog_operator")),
    fails("AddonActive", addon("datadog_operator")),
  ];
}

/** Something of it can no longer be taken away. */
async function sabotage(clusterName: string): Promise<() => Promise<void>> {
  const key = `${ACCOUNT}/${REGION}/${clusterName}`;
  const state = eksState(stage.test.atoll.stores.aws);
  const kube = stage.test.atoll.clusters.kube(key)!;
  const bindings = "clusterrolebindings.rbac.authorization.k8s.io";
  const binding = kube.get(bindings, "", "eks:addon-cluster-admin")!;
  await kube.delete(bindings, "", "eks:addon-cluster-admin");
  // Nothing here keeps these from going; what waiters read is the status.
  state.nodegroups.update(`${key}/stuck`, (nodegroup) => ({ ...nodegroup, status: "DELETE_FAILED" }));
  state.fargateProfiles.update(`${key}/bad`, (profile) => ({ ...profile, status: "DELETE_FAILED" }));
  return async () => {
    const { apiVersion, kind, roleRef, subjects } = binding as Record<string, unknown>;
    await kube.create(bindings, "", { apiVersion, kind, metadata: { name: "eks:addon-cluster-admin" }, roleRef, subjects } as never);
  };
}

function failingEnds(clusterName: string): Step[] {
  return [
    fails("NodegroupDeleted", { clusterName, nodegroupName: "stuck" }),
    call("DeleteAddon", { clusterName, addonName: "eks-pod-identity-agent" }),
    fails("AddonDeleted", { clusterName, addonName: "eks-pod-identity-agent" }),
    fails("FargateProfileDeleted", { clusterName, fargateProfileName: "bad" }),
  ];
}

function ends(clusterName: string): Step[] {
  const groups = ["good", "bad", "stuck"].map((nodegroupName) => ({ clusterName, nodegroupName }));
  const profiles = ["good", "bad"].map((fargateProfileName) => ({ clusterName, fargateProfileName }));
  const addon = { clusterName, addonName: "kube-proxy" };
  return [
    ...groups.flatMap((group) => [call("DeleteNodegroup", group), reaches("NodegroupDeleted", group)]),
    ...profiles.flatMap((profile) => [call("DeleteFargateProfile", profile), reaches("FargateProfileDeleted", profile)]),
    ...[call("DeleteAddon", addon), reaches("AddonDeleted", addon)],
    ...[call("DeleteCluster", { name: clusterName }), reaches("ClusterDeleted", { name: clusterName })],
  ];
}

const commands = sdk as unknown as Record<string, new (input: object) => sdk.DescribeClusterCommand>;
const waiters = sdk as unknown as Record<string, (parameters: object, input: object) => Promise<{ state: string }>>;

const v3: Client = {
  name: "SDK v3",
  async steps(steps) {
    const done: string[] = [];
    for (const step of steps) {
      if ("call" in step) {
        await stage.eks.send(new commands[`${step.call}Command`]!(step.input));
        done.push("called");
      } else {
        const waiting = waiters[`waitUntil${step.wait}`]!({ client: stage.eks, ...FAST }, step.input);
        done.push(await waiting.then(({ state }) => state, failure));
      }
    }
    return done;
  },
};

/** A waiter that has seen its failure state throws an error with the state in its message. */
const failure = (error: Error) => (/"state":"FAILURE"/.test(error.message) ? "FAILURE" : error.message);

let names: readonly string[] = [];
const boto3: Client = {
  name: "boto3",
  async steps(steps) {
    const { code, stdout, stderr } = await run("python3", [PROGRAM], { env: stage.test.environment(), input: JSON.stringify(steps) });
    assert.equal(code, 0, stderr);
    const { done, waiters: known } = JSON.parse(stdout);
    names = known;
    return done;
  },
};

async function all(client: Client, steps: readonly Step[]): Promise<void> {
  const done = await client.steps(steps);
  for (const [index, step] of steps.entries())
    assert.equal(
      done[index],
      "call" in step ? "called" : step.ends,
      `${"call" in step ? step.call : step.wait} ${JSON.stringify(step.input)}`,
    );
}

const waitersOf = (steps: readonly Step[]) => new Set(steps.flatMap((step) => ("wait" in step ? [`${step.wait} ${step.ends}`] : [])));

for (const [client, skip, clusterName] of [
  [v3, false, "by-sdk"],
  [boto3, !(await hasBoto3()) && "needs python3 with boto3", "by-boto3"],
] as const) {
  describe(`waiters of ${client.name}`, { skip }, () => {
    test("see what is made become ACTIVE, or fail", () => all(client, makings(clusterName)));

    test("see what is deleted go, or stay", async () => {
      const mend = await sabotage(clusterName);
      await all(client, failingEnds(clusterName));
      await mend();
      await all(client, ends(clusterName));
    });
  });
}

test("an add-on without its replicas is DEGRADED, and its waiter fails", async () => {
  await stage.create("degraded");
  const addon = { clusterName: "degraded", addonName: "coredns" };
  await stage.eks.send(new sdk.CreateAddonCommand({ ...addon, resolveConflicts: "OVERWRITE" }));
  const waiting = sdk.waitUntilAddonActive({ client: stage.eks, ...FAST }, addon).then(({ state }) => state, failure);
  await eventually("the add-on is applied", async () => (await stage.eks.send(new sdk.DescribeAddonCommand(addon))).addon);
  stage.time.step(DAY / 24);
  assert.equal(await waiting, "FAILURE");
});

test("the waiter of certificate authorities follows an update to either end", async () => {
  const { update } = await stage.eks.send(new sdk.CreateCertificateAuthorityCommand({ clusterName: "degraded" }));
  const wait = (updateId: string | undefined) =>
    sdk
      .waitUntilCertificateAuthorityUpdateComplete({ client: stage.eks, ...FAST }, { name: "degraded", updateId })
      .then(({ state }) => state, failure);
  assert.equal(await wait(update?.id), "SUCCESS");
  // Its failure is that of any update.
  const oidc = { identityProviderConfigName: "deaf", issuerUrl: "https://localhost:1/", clientId: "kubernetes" };
  const doomed = await stage.eks.send(new sdk.AssociateIdentityProviderConfigCommand({ clusterName: "degraded", oidc }));
  assert.equal(await wait(doomed.update?.id), "FAILURE");
});

test("there are no other waiters", (t) => {
  const seen = waitersOf([...makings("x"), ...failingEnds("x"), ...ends("x")]);
  const driven = [...new Set([...seen].map((text) => text.split(" ")[0]!))];
  const exported = Object.keys(sdk).flatMap((name) => name.match(/^waitUntil(.+)/)?.[1] ?? []);
  assert.deepEqual([...driven, "CertificateAuthorityUpdateComplete"].sort(), exported.sort());
  for (const waiter of driven) assert.ok(seen.has(`${waiter} SUCCESS`) && seen.has(`${waiter} FAILURE`), waiter);
  if (names.length === 0) return t.diagnostic("boto3 was not asked");
  assert.deepEqual(driven.map((name) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase()).sort(), [...names].sort());
});

// Add-ons in a running cluster, through the official SDK: what is installed, conflicts, settings, roles (spec addons §17, by number).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Addon,
  CreateAddonCommand,
  type CreateAddonCommandInput,
  DeleteAddonCommand,
  DescribeAddonCommand,
  DescribeUpdateCommand,
  ListPodIdentityAssociationsCommand,
  UpdateAddonCommand,
  type UpdateAddonCommandInput,
  waitUntilAddonActive,
} from "@aws-sdk/client-eks";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { trust } from "../support/policies.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
let podRole: string;
before(async () => {
  scenario = await startScenario({ minor: 34 });
  podRole = await createRole(
    scenario.test.clients.iam,
    "pod",
    trust({ Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]),
  );
});
after(() => scenario?.test.close());

const eks = () => scenario.test.clients.eks;
const kube = (): KubeClient => scenario.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`)!;
const at = (addonName: string) => ({ clusterName: "main", addonName });
const describe = async (addonName: string): Promise<Addon> => (await eks().send(new DescribeAddonCommand(at(addonName)))).addon!;

/** Creates an add-on and waits for the end of CREATING. */
async function create(addonName: string, more: Partial<CreateAddonCommandInput> = {}): Promise<Addon> {
  const { addon } = await eks().send(new CreateAddonCommand({ ...at(addonName), ...more }));
  assert.equal(addon?.status, "CREATING");
  return eventually(`add-on ${addonName}`, async () => {
    const now = await describe(addonName);
    return now.status !== "CREATING" && now;
  });
}

/** Updates an add-on and waits for the Update's end. */
async function update(addonName: string, more: Partial<UpdateAddonCommandInput>) {
  const { update: started } = await eks().send(new UpdateAddonCommand({ ...at(addonName), ...more }));
  assert.equal(started?.status, "InProgress");
  return eventually(`update of ${addonName}`, async () => {
    const { update: now } = await eks().send(new DescribeUpdateCommand({ name: "main", addonName, updateId: started!.id }));
    return now?.status !== "InProgress" && now;
  });
}

async function remove(addonName: string, preserve = false): Promise<void> {
  await eks().send(new DeleteAddonCommand({ ...at(addonName), preserve }));
  await eventually(`end of ${addonName}`, () =>
    describe(addonName).then(
      () => false,
      (error: Error) => error.name === "ResourceNotFoundException",
    ),
  );
}

const system = (type: string, name: string) => kube().get(type, "kube-system", name);
const edit = (type: string, name: string, body: object) =>
  kube().patch(type, "kube-system", name, "merge", body, { fieldManager: "kubectl-edit" });
const envOf = (name: string) =>
  (system("daemonsets.apps", "aws-node")!.spec.template.spec.containers[0].env as { name: string; value?: string }[]).find(
    (each) => each.name === name,
  )?.value;

test("the Pod Identity agent is installed on every node, its objects owned by the field manager eks", async () => {
  const addon = await create("eks-pod-identity-agent");
  assert.deepEqual([addon.status, addon.health?.issues, addon.namespaceConfig?.namespace], ["ACTIVE", [], "kube-system"]);
  const daemonSet = system("daemonsets.apps", "eks-pod-identity-agent")!;
  assert.equal(daemonSet.status.numberReady, 2);
  const entry = daemonSet.metadata.managedFields?.find(({ manager }) => manager === "eks");
  assert.equal(entry?.operation, "Apply");
  assert.match(
    daemonSet.spec.template.spec.containers[0].image,
    /^602401143452\.dkr\.ecr\.us-west-2\.amazonaws\.com\/eks\/eks-pod-identity-agent:v1\./,
  );
});

test("vector 3: over an edited self-managed form NONE fails and names the field, and changes nothing; OVERWRITE then adopts it", async () => {
  await edit("configmaps", "coredns", { data: { Corefile: "mine" } });
  const revision = system("deployments.apps", "coredns")!.metadata.resourceVersion;
  const failed = await create("coredns", { addonVersion: "v1.13.2-eksbuild.19" });
  assert.equal(failed.status, "CREATE_FAILED");
  assert.deepEqual(
    failed.health?.issues?.map(({ code, message }) => [code, message]),
    [
      [
        "ConfigurationConflict",
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nConfigMap coredns - .data.Corefile",
      ],
    ],
  );
  assert.equal(system("deployments.apps", "coredns")!.metadata.resourceVersion, revision);
  await remove("coredns");
  assert.equal(system("configmaps", "coredns")!.data.Corefile, "mine", "what the failed add-on never had stays");
  assert.equal((await create("coredns")).status, "CREATE_FAILED");
  const adopted = await create("coredns", { resolveConflicts: "OVERWRITE" });
  assert.equal(adopted.status, "ACTIVE");
  assert.notEqual(adopted.addonArn, failed.addonArn);
  assert.match(system("configmaps", "coredns")!.data.Corefile, /kubernetes cluster\.local/);
});

test("updates: NONE fails over a changed field, PRESERVE leaves it, configuration values win over it", async () => {
  await edit("configmaps", "coredns", { data: { Corefile: "mine" } });
  const refused = await update("coredns", { configurationValues: "replicaCount: 3" });
  assert.equal(refused.status, "Failed");
  assert.equal(refused.errors?.[0]?.errorCode, "ConfigurationConflict");
  assert.equal((await describe("coredns")).status, "UPDATE_FAILED");
  assert.equal((await describe("coredns")).configurationValues, undefined);

  const kept = await update("coredns", { resolveConflicts: "PRESERVE", configurationValues: "replicaCount: 3" });
  assert.equal(kept.status, "Successful");
  assert.equal(system("configmaps", "coredns")!.data.Corefile, "mine");
  assert.equal(system("deployments.apps", "coredns")!.spec.replicas, 3);
  assert.equal(system("deployments.apps", "coredns")!.status.availableReplicas, 3);

  const configured = JSON.stringify({ replicaCount: 2, corefile: "configured", tolerations: [], podLabels: { team: "dns" } });
  await update("coredns", { resolveConflicts: "PRESERVE", configurationValues: configured });
  const addon = await describe("coredns");
  assert.deepEqual([addon.status, addon.configurationValues], ["ACTIVE", configured]);
  assert.equal(system("configmaps", "coredns")!.data.Corefile, "configured");
  const { metadata, spec } = system("deployments.apps", "coredns")!.spec.template;
  assert.equal(metadata.labels.team, "dns");
  assert.deepEqual(spec.tolerations ?? [], []);
});

test("replicas are the user's unless configured", async () => {
  await update("coredns", { resolveConflicts: "OVERWRITE", configurationValues: "{}" });
  await kube().patch("deployments.apps", "kube-system", "coredns", "merge", { spec: { replicas: 4 } }, { fieldManager: "kubectl" });
  const done = await update("coredns", { resolveConflicts: "NONE", addonVersion: "v1.12.4-eksbuild.1" });
  assert.equal(done.status, "Successful", JSON.stringify(done.errors));
  assert.equal(system("deployments.apps", "coredns")!.spec.replicas, 4);
});

test("vectors 2, 4: vpc-cni takes its environment as text, and moves by one minor version at a time", async () => {
  const values = {
    env: { ENABLE_PREFIX_DELEGATION: "true" },
    enableNetworkPolicy: "true",
    init: { env: { DISABLE_TCP_EARLY_DEMUX: "true" } },
  };
  const addon = await create("vpc-cni", { configurationValues: JSON.stringify(values), addonVersion: "v1.20.4-eksbuild.1" });
  assert.equal(addon.status, "ACTIVE", JSON.stringify(addon.health));
  assert.equal(envOf("ENABLE_PREFIX_DELEGATION"), "true");
  const pod = system("daemonsets.apps", "aws-node")!.spec.template.spec;
  assert.ok(pod.containers[1].args.includes("--enable-network-policy=true"));
  assert.equal(system("configmaps", "amazon-vpc-cni")!.data["enable-network-policy-controller"], "true");
  const unknown = create("vpc-cni-x");
  await assert.rejects(unknown, { name: "InvalidParameterException", message: "Addon specified is not supported" });
  await assert.rejects(update("vpc-cni", { configurationValues: '{"env":{"FOO":"1"}}' }), {
    message:
      "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$.env.FOO: is not defined in the schema and the schema does not allow additional properties]",
  });
  await assert.rejects(update("vpc-cni", { addonVersion: "v1.23.1-eksbuild.1" }), {
    name: "InvalidParameterException",
    message: "Updating VPC-CNI can only go up or down 1 minor version at a time",
  });
  const step = await update("vpc-cni", { addonVersion: "v1.21.1-eksbuild.8", configurationValues: "{}" });
  assert.equal(step.status, "Successful", JSON.stringify(step.errors));
  assert.equal((await describe("vpc-cni")).addonVersion, "v1.21.1-eksbuild.8");
  assert.equal(envOf("ENABLE_PREFIX_DELEGATION"), "false");
});

test("vector 5: associations are owned, replaced, kept when unnamed, and left behind with preserve", async () => {
  const account = "ebs-csi-controller-sa";
  const associations = async () =>
    (await eks().send(new ListPodIdentityAssociationsCommand({ clusterName: "main", serviceAccount: account }))).associations ?? [];
  await create("aws-ebs-csi-driver", { serviceAccountRoleArn: podRole });
  const annotation = () => system("serviceaccounts", account)!.metadata.annotations?.["eks.amazonaws.com/role-arn"];
  assert.equal(annotation(), podRole);
  await update("aws-ebs-csi-driver", { podIdentityAssociations: [{ serviceAccount: account, roleArn: podRole }] });
  const addon = await describe("aws-ebs-csi-driver");
  assert.equal((await associations())[0]?.ownerArn, addon.addonArn);
  assert.deepEqual(addon.podIdentityAssociations, [(await associations())[0]?.associationArn]);
  // The agent serves the association: web identity variables would come first in the SDKs' chains.
  assert.equal(annotation(), undefined);
  const restarted = system("deployments.apps", "ebs-csi-controller")!.spec.template.metadata.annotations["eks.amazonaws.com/restartedAt"];
  assert.ok(Date.parse(restarted) > 0);
  await update("aws-ebs-csi-driver", { resolveConflicts: "OVERWRITE" });
  assert.equal((await associations()).length, 1);
  await update("aws-ebs-csi-driver", { podIdentityAssociations: [] });
  assert.deepEqual(await associations(), []);
  await update("aws-ebs-csi-driver", { podIdentityAssociations: [{ serviceAccount: account, roleArn: podRole }] });
  await remove("aws-ebs-csi-driver", true);
  assert.deepEqual(
    (await associations()).map(({ ownerArn }) => ownerArn),
    [undefined],
  );
});

test("vector 8: after preserve the objects stay, and NONE adopts them again; without it they go", async () => {
  assert.ok(system("deployments.apps", "ebs-csi-controller"));
  const again = await create("aws-ebs-csi-driver", { resolveConflicts: "NONE" });
  assert.equal(again.status, "ACTIVE", JSON.stringify(again.health));
  await remove("aws-ebs-csi-driver");
  assert.equal(system("deployments.apps", "ebs-csi-controller"), undefined);
  assert.equal(kube().get("csidrivers.storage.k8s.io", "", "ebs.csi.aws.com"), undefined);
});

test("vector 11: a namespace of one's own is made, used and shown", async () => {
  const addon = await create("metrics-server", { namespaceConfig: { namespace: "monitoring" } });
  assert.deepEqual([addon.status, addon.namespaceConfig?.namespace], ["ACTIVE", "monitoring"]);
  assert.equal(kube().get("deployments.apps", "monitoring", "metrics-server")?.status.availableReplicas, 2);
  assert.equal(system("deployments.apps", "metrics-server"), undefined);
  const service = kube().get("apiservices.apiregistration.k8s.io", "", "v1beta1.metrics.k8s.io");
  assert.deepEqual(service?.spec.service, { name: "metrics-server", namespace: "monitoring", port: 443 });
  assert.equal(service?.status.conditions[0].reason, "Passed");
});

test("an add-on whose certificates come from cert-manager needs it first", async () => {
  const failed = await create("adot");
  assert.deepEqual([failed.status, failed.health?.issues?.[0]?.code], ["CREATE_FAILED", "K8sResourceNotFound"]);
  await create("cert-manager");
  assert.equal((await create("adot")).status, "ACTIVE");
});

test("what the API server refuses leaves everything as it was", async () => {
  const before = system("configmaps", "coredns")!.metadata.resourceVersion;
  const values = JSON.stringify({ corefile: "never", podLabels: { team: "not valid!" } });
  const ended = await update("coredns", { configurationValues: values, resolveConflicts: "OVERWRITE" });
  assert.equal(ended.status, "Failed");
  assert.equal(ended.errors?.[0]?.errorCode, "UnsupportedAddonModification");
  assert.match(ended.errors?.[0]?.errorMessage ?? "", /not valid!/);
  assert.equal(system("configmaps", "coredns")!.metadata.resourceVersion, before);
});

test("without its cluster role binding the engine is refused", async () => {
  await kube().delete("clusterrolebindings.rbac.authorization.k8s.io", "", "eks:addon-cluster-admin");
  const failed = await create("kube-proxy");
  assert.deepEqual([failed.status, failed.health?.issues?.[0]?.code], ["CREATE_FAILED", "AccessDenied"]);
});

test("vector 10: marketplace add-ons are not subscribed to, and their waiter gives up at once", async () => {
  const failed = await create("datadog_operator");
  assert.deepEqual([failed.status, failed.health?.issues?.[0]?.code], ["CREATE_FAILED", "AddonSubscriptionNeeded"]);
  assert.equal(failed.publisher, "Datadog");
  await assert.rejects(waitUntilAddonActive({ client: eks(), maxWaitTime: 30 }, at("datadog_operator")), /CREATE_FAILED|FAILURE/);
});

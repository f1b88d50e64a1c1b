// aws-node under a role of its own, and pods that fall back to the node's: conformance flow 4 of spec identity §8.6, §2.10, and vpc-cni §9.5.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DescribeInstancesCommand, ModifyInstanceMetadataOptionsCommand } from "@aws-sdk/client-ec2";
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { CreateOpenIDConnectProviderCommand, DetachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { tokenOf } from "../support/kube.ts";
import { installAgent, PodMaker } from "../support/pod-identity.ts";
import { irsaTrust, podIdentityTrust } from "../support/policies.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const SDK_PROGRAM = fileURLToPath(new URL("../../examples/sdk/who-am-i.ts", import.meta.url));
let scenario: Scenario;
let client: KubeClient;

before(async () => {
  scenario = await startScenario({ nodes: 1 });
  client = scenario.test.atoll.clusters.clusters()[0]!.client();
});
after(() => scenario?.test.close());

const awsNode = () => client.list("pods", { namespace: "kube-system" }).find((pod) => pod.metadata.labels?.["k8s-app"] === "aws-node")!;

/** A new aws-node pod, as after `kubectl delete pods -l k8s-app=aws-node`; resolves with it when it runs. */
async function restart() {
  const old = awsNode();
  await client.delete("pods", "kube-system", old.metadata.name);
  return eventually("a new aws-node runs", async () => {
    const pod = awsNode();
    return pod && pod.metadata.uid !== old.metadata.uid && pod.status?.phase === "Running" && pod;
  });
}

/** ARNs that ipamd has called EC2 under since a moment, by CloudTrail. */
async function callersSince(moment: number): Promise<Set<string>> {
  const { LookupEventsCommand } = await import("@aws-sdk/client-cloudtrail");
  const { Events = [] } = await scenario.test.clients.cloudtrail.send(new LookupEventsCommand({ MaxResults: 50 }));
  const parsed = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
  const own = parsed.filter((each) => each.userAgent?.startsWith("amazon-vpc-cni") && each.eventSource === "ec2.amazonaws.com");
  return new Set(own.filter((each) => Date.parse(each.eventTime) >= moment - 1000).map((each) => each.userIdentity.arn));
}

test("a pod without anything is the node, through IMDSv2; not when the hop limit is 1", async () => {
  const pods = await PodMaker.in(scenario, "plain");
  await pods.serviceAccount("plain");
  await pods.pod("plain", "plain");
  const program = ["env", `AWS_REGION=${REGION}`, process.execPath, SDK_PROGRAM];
  const reached = await pods.run("plain", program);
  assert.equal(reached.code, 0, reached.stderr);
  assert.match(JSON.parse(reached.stdout).arn, /^arn:aws:sts::111122223333:assumed-role\/node\/i-[0-9a-f]{17}$/);
  const { Reservations } = await scenario.test.clients.ec2.send(new DescribeInstancesCommand({}));
  const InstanceId = Reservations![0]!.Instances![0]!.InstanceId!;
  const limit = (HttpPutResponseHopLimit: number) =>
    scenario.test.clients.ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpPutResponseHopLimit }));
  await limit(1);
  const environment = await pods.run("plain", ["env"]);
  assert.match(environment.stdout, /^AWS_EC2_METADATA_DISABLED=true$/m);
  assert.doesNotMatch(environment.stdout, /AWS_EC2_METADATA_SERVICE_ENDPOINT/);
  await limit(2);
});

test("aws-node under IRSA: the node role loses its policy, and the network stays", async () => {
  const { iam } = scenario.test.clients;
  const issuer = scenario.cluster.identity!.oidc!.issuer!;
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  const arn = await createRole(iam, "AmazonEKSVPCCNIRole", irsaTrust(ACCOUNT, issuer, "kube-system:aws-node"), {
    managed: ["AmazonEKS_CNI_Policy"],
  });
  const annotations = { "eks.amazonaws.com/role-arn": arn };
  await client.patch("serviceaccounts", "kube-system", "aws-node", "merge", { metadata: { annotations } });
  await iam.send(new DetachRolePolicyCommand({ RoleName: "node", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" }));
  const moment = Date.now();
  const pod = await restart();
  const names = pod.spec.containers.flatMap((each: any) => each.env.map(({ name }: { name: string }) => name));
  assert.equal(names.filter((name: string) => name === "AWS_ROLE_ARN").length, 2, "one for each container");
  const callers = await eventually("ipamd called EC2", async () => {
    const found = await callersSince(moment);
    return [...found].some((each) => each.includes("AmazonEKSVPCCNIRole")) && found;
  });
  assert.ok([...callers].every((each) => /assumed-role\/AmazonEKSVPCCNIRole\/\d+$|assumed-role\/node\//.test(each)));
  const pods = await PodMaker.in(scenario, "later");
  await pods.serviceAccount("x");
  await pods.pod("x", "x");
});

test("aws-node with an association acts as the associated role", async () => {
  const { iam, eks } = scenario.test.clients;
  await installAgent(scenario, await tokenOf(scenario));
  const roleArn = await createRole(iam, "cni-by-association", podIdentityTrust(), { managed: ["AmazonEKS_CNI_Policy"] });
  const where = { clusterName: "main", namespace: "kube-system", serviceAccount: "aws-node" };
  await eks.send(new CreatePodIdentityAssociationCommand({ ...where, roleArn }));
  const moment = Date.now();
  await restart();
  await eventually("ipamd called EC2 as the associated role", async () =>
    [...(await callersSince(moment))].some((each) => each.includes("/cni-by-association/eks-main-aws-node-")),
  );
});

test("without rights: MissingIAMPermissions on the aws-node pod, naming the call", async () => {
  const { iam } = scenario.test.clients;
  await iam.send(
    new DetachRolePolicyCommand({ RoleName: "cni-by-association", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" }),
  );
  const pod = await restart();
  const event = await eventually("the event", async () =>
    client
      .list("events", { namespace: "kube-system" })
      .find((each: any) => each.reason === "MissingIAMPermissions" && each.involvedObject.name === pod.metadata.name),
  );
  assert.equal((event as any).type, "Warning");
  assert.match((event as any).message, /^Unauthorized operation: failed to call \w+ due to missing permissions\./);
});

// Pods that a Fargate profile takes run on a real cluster: admission, machine, access entry, address; others stay where they were.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateSubnetCommand, CreateVpcCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateFargateProfileCommand,
  DeleteFargateProfileCommand,
  waitUntilClusterActive,
  waitUntilFargateProfileActive,
  waitUntilFargateProfileDeleted,
} from "@aws-sdk/client-eks";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { ACCOUNT, REGION, startTestAtoll } from "../support/atoll.ts";
import { eventually } from "../support/wait.ts";
import { trust } from "./world.ts";

/** Waits until assertions hold; their message is lost, the text stays. */
const holds = (what: string, check: () => unknown) =>
  eventually(what, async () => {
    try {
      await check();
      return true;
    } catch {
      return false;
    }
  });

test("a deployment on Fargate", async () => {
  const atoll = await startTestAtoll();
  try {
    const { ec2, eks, iam } = atoll.clients;
    const role = async (RoleName: string, service: string) => {
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(service) }));
      return Role!.Arn!;
    };
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    const subnetIds: string[] = [];
    for (const [index, zone] of ["a", "b"].entries()) {
      const subnet = { VpcId: Vpc!.VpcId!, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${REGION}${zone}` };
      subnetIds.push((await ec2.send(new CreateSubnetCommand(subnet))).Subnet!.SubnetId!);
    }
    const resourcesVpcConfig = { subnetIds };
    const accessConfig = { authenticationMode: "API" as const };
    const roleArn = await role("cluster", "eks.amazonaws.com");
    await eks.send(new CreateClusterCommand({ name: "dev", roleArn, resourcesVpcConfig, accessConfig }));
    const quickly = { client: eks, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    await waitUntilClusterActive(quickly, { name: "dev" });
    const profile = { clusterName: "dev", fargateProfileName: "apps" };
    const podExecutionRoleArn = await role("pods", "eks-fargate-pods.amazonaws.com");
    const selectors = [{ namespace: "default", labels: { app: "web*" } }];
    await eks.send(new CreateFargateProfileCommand({ ...profile, podExecutionRoleArn, selectors }));
    await waitUntilFargateProfileActive(quickly, profile);

    const kube = atoll.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/dev`)!.client();
    const deployment = (app: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: app, namespace: "default" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app } },
        template: { metadata: { labels: { app } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
      },
    });
    await kube.create("deployments.apps", "default", deployment("web1"));
    await kube.create("deployments.apps", "default", deployment("other"));
    const pods = (app: string) => kube.list("pods", { namespace: "default", labelSelector: `app=${app}` });
    await holds("web runs", () =>
      assert.deepEqual(
        pods("web1").map((pod) => pod.status?.phase),
        ["Running", "Running"],
      ),
    );
    // Fargate's scheduler writes in its own name, and so do the controllers.
    const managers = pods("web1")[0]!.metadata.managedFields!.map(({ manager }: { manager?: string }) => manager);
    for (const wanted of ["kube-controller-manager", "fargate-scheduler", "kubelet"]) assert.ok(managers.includes(wanted), managers.join());
    assert.deepEqual(
      pods("other").map((pod) => pod.status?.phase),
      ["Pending", "Pending"],
    );
    const Filters = [{ Name: "description", Values: ["Amazon EKS Fargate *"] }];
    const enis = async () => (await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces!;
    const addresses = (await enis()).map((eni) => eni.PrivateIpAddress).sort();
    assert.deepEqual(
      pods("web1")
        .map((pod) => pod.status?.podIP)
        .sort(),
      addresses,
    );
    for (const pod of pods("web1")) {
      assert.equal(pod.spec.schedulerName, "fargate-scheduler");
      assert.equal(pod.metadata.labels?.["eks.amazonaws.com/fargate-profile"], "apps");
      assert.equal(pod.spec.nodeName, `fargate-ip-${pod.status.podIP.replaceAll(".", "-")}.${REGION}.compute.internal`);
    }
    await kube.delete("pods", "default", pods("web1")[0]!.metadata.name);
    await holds("one interface for one pod", async () => {
      assert.equal((await enis()).length, 2);
      assert.ok(pods("web1").length === 2 && pods("web1").every((pod) => pod.status?.phase === "Running"));
    });

    await eks.send(new DeleteFargateProfileCommand(profile));
    await waitUntilFargateProfileDeleted(quickly, profile);
    await holds("interfaces are gone", async () => assert.equal((await enis()).length, 0));
    assert.deepEqual(kube.list("nodes"), []);
    await holds("pods wait again", () =>
      assert.deepEqual(
        pods("web1").map((pod) => pod.status?.phase),
        ["Pending", "Pending"],
      ),
    );
  } finally {
    await atoll.close();
  }
});

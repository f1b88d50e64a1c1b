// Fargate pods with security groups of their own: the policy's groups are on the machine's interface, instead of the cluster's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateSecurityGroupCommand, CreateSubnetCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { CreateFargateProfileCommand, DescribeFargateProfileCommand } from "@aws-sdk/client-eks";
import { REGION } from "../support/atoll.ts";
import { trust } from "../support/policies.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
});
after(() => scenario.test.close());

test("groups of a matching policy, and the cluster's without one", async () => {
  const { ec2, eks, iam } = scenario.test.clients;
  const { vpcId } = scenario.network;
  const subnet = { VpcId: vpcId, CidrBlock: "10.20.9.0/24", AvailabilityZone: `${REGION}a` };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(subnet));
  const podExecutionRoleArn = await createRole(iam, "pods", trust({ Service: "eks-fargate-pods.amazonaws.com" }), {
    managed: ["AmazonEKSFargatePodExecutionRolePolicy"],
  });
  const profile = { clusterName: scenario.name, fargateProfileName: "apps" };
  const selectors = [{ namespace: "default" }];
  await eks.send(new CreateFargateProfileCommand({ ...profile, podExecutionRoleArn, selectors, subnets: [Subnet!.SubnetId!] }));
  await eventually("the profile", async () => {
    const { fargateProfile } = await eks.send(new DescribeFargateProfileCommand(profile));
    return fargateProfile?.status === "ACTIVE";
  });
  const kube = scenario.test.atoll.clusters.kube("111122223333/us-west-2/main")!;
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "db", Description: "db", VpcId: vpcId }));
  await kube.create("securitygrouppolicies.vpcresources.k8s.aws", "default", {
    apiVersion: "vpcresources.k8s.aws/v1beta1",
    kind: "SecurityGroupPolicy",
    metadata: { name: "db" },
    spec: { podSelector: { matchLabels: { role: "db" } }, securityGroups: { groupIds: [GroupId] } },
  });
  const pod = (name: string, role: string, annotations = {}) =>
    kube.create("pods", "default", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { role }, annotations },
      spec: { containers: [{ name: "main", image: "nginx" }] },
    });
  await pod("db", "db");
  await pod("other", "other", { "fargate.amazonaws.com/pod-sg": "sg-mine" });
  const groupsOf = async (name: string) => {
    const found = await eventually(`${name} runs`, async () => {
      const now = kube.get("pods", "default", name);
      return now?.status?.podIP ? now : undefined;
    });
    const Filters = [{ Name: "addresses.private-ip-address", Values: [found.status.podIP] }];
    const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    return NetworkInterfaces[0]?.Groups?.map((each) => each.GroupId);
  };
  assert.deepEqual(await groupsOf("db"), [GroupId]);
  assert.deepEqual(await groupsOf("other"), [scenario.cluster.resourcesVpcConfig?.clusterSecurityGroupId]);
  assert.equal(kube.get("pods", "default", "other")?.metadata.annotations?.["fargate.amazonaws.com/pod-sg"], undefined);
  assert.deepEqual(kube.list("cninodes.vpcresources.k8s.aws"), [], "Fargate nodes have none");
});

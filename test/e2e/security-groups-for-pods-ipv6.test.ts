// Security groups for pods in an IPv6 cluster: the pod's address is the branch's IPv6 one, the groups of its policy decide.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  CreateSecurityGroupCommand,
  DescribeVpcsCommand,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import { CreateClusterCommand, DescribeClusterCommand } from "@aws-sdk/client-eks";
import type { NetReport } from "../../src/base/net-report.ts";
import { netExplainText } from "../../src/cli/commands/net-explain.ts";
import { ACCOUNT, REGION, startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { trust } from "../support/policies.ts";
import { createNetwork, createNodegroup, createRole } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const POD_ENI = "vpc.amazonaws.com/pod-eni";
const NODE_IPV6 = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["ec2:AssignIpv6Addresses", "ec2:Describe*", "ec2:CreateTags"], Resource: "*" }],
});

let atoll: TestAtoll;
let group: string;
before(async () => {
  atoll = await startTestAtoll();
  const { ec2, eks, iam } = atoll.clients;
  const { vpcId, subnets } = await createNetwork(ec2);
  await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpcId, AmazonProvidedIpv6CidrBlock: true }));
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] }));
  const block = Vpcs![0]!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!;
  for (const [index, SubnetId] of subnets.entries()) {
    const Ipv6CidrBlock = block.replace(/00::\/56$/, `0${index}::/64`);
    await ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock }));
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, AssignIpv6AddressOnCreation: { Value: true } }));
  }
  const managed = ["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"];
  const roleArn = await createRole(iam, "cluster", trust({ Service: "eks.amazonaws.com" }), { managed });
  const nodeRole = await createRole(iam, "node", trust({ Service: "ec2.amazonaws.com" }), {
    managed: ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly"],
    policy: NODE_IPV6,
  });
  await eks.send(
    new CreateClusterCommand({
      ...{ name: "main", roleArn, resourcesVpcConfig: { subnetIds: [...subnets] }, kubernetesNetworkConfig: { ipFamily: "ipv6" } },
      accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" },
    }),
  );
  await eventually("the cluster", async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: "main" }));
    return cluster?.status === "ACTIVE";
  });
  await createNodegroup(eks, "main", nodeRole, subnets, 1);
  group = (await ec2.send(new CreateSecurityGroupCommand({ GroupName: "db", Description: "db", VpcId: vpcId }))).GroupId!;
});
after(() => atoll.close());

test("a pod on a branch", async () => {
  const kube = atoll.atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`)!;
  const env = [{ name: "ENABLE_POD_ENI", value: "true" }];
  const template = { spec: { containers: [{ name: "aws-node", env }] } };
  await kube.patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });
  await kube.create("securitygrouppolicies.vpcresources.k8s.aws", "default", {
    apiVersion: "vpcresources.k8s.aws/v1beta1",
    kind: "SecurityGroupPolicy",
    metadata: { name: "db" },
    spec: { podSelector: { matchLabels: { role: "db" } }, securityGroups: { groupIds: [group] } },
  });
  for (const name of ["db", "other"])
    await kube.create("pods", "default", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { role: name } },
      spec: { containers: [{ name: "main", image: "nginx" }] },
    });
  const addressOf = (name: string) => eventually(name, async () => kube.get("pods", "default", name)?.status?.podIP as string | undefined);
  const address = await addressOf("db");
  await addressOf("other");
  const [branch] = JSON.parse(kube.get("pods", "default", "db")!.metadata.annotations![POD_ENI]!);
  assert.match(address, /:/);
  assert.equal(address, branch.ipv6Addr);
  assert.match(branch.subnetV6Cidr, /::\/64$/);
  const { endpoint, adminToken } = atoll.connection;
  const ask = async (from: string, to: string) => {
    const url = `${endpoint}/_atoll/clusters/${ACCOUNT}/${REGION}/main/net/default/${from}?to=default/${to}&port=80`;
    return (await (await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })).json()) as NetReport;
  };
  const out = await ask("db", "other");
  assert.match(netExplainText(out), /rule 10: iif vlan[0-9a-f]{11} lookup 101; route ::\/0 via fe80:ec2::1 dev vlan\.eth\.1/);
  const into = await ask("other", "db");
  assert.equal(into.passes, false);
  assert.match(into.answer, new RegExp(`no rule of ${group} on ${branch.eniId}`));
});

// Custom networking as users set it up: a secondary CIDR, an ENIConfig per zone, the environment of aws-node.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AssociateVpcCidrBlockCommand,
  CreateSubnetCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario();
});
after(() => scenario.test.close());

const kube = () => scenario.test.atoll.clusters.kube("111122223333/us-west-2/main")!;

test("pods of new nodes get addresses of the ENIConfig's subnet, host network pods keep the node's", async () => {
  const { ec2 } = scenario.test.clients;
  const { vpcId } = scenario.network;
  await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpcId, CidrBlock: "100.64.0.0/16" }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...scenario.network.subnets] }));
  for (const [i, zone] of [...new Set(Subnets.map((subnet) => subnet.AvailabilityZone!))].entries()) {
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, AvailabilityZone: zone, CidrBlock: `100.64.${i}.0/24` }));
    await kube().create("eniconfigs.crd.k8s.amazonaws.com", "", {
      apiVersion: "crd.k8s.amazonaws.com/v1alpha1",
      kind: "ENIConfig",
      metadata: { name: zone },
      spec: { subnet: Subnet!.SubnetId },
    });
  }
  const env = [
    { name: "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", value: "true" },
    { name: "ENI_CONFIG_LABEL_DEF", value: "topology.kubernetes.io/zone" },
  ];
  const template = { spec: { containers: [{ name: "aws-node", env }] } };
  await kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });

  // As the guide says, only nodes that start afterwards use it: the old ones are replaced by their group.
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const old = Reservations.flatMap((each) => each.Instances ?? []);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: old.map((each) => each.InstanceId!) }));
  // Not by name: a new node may be given the address, and so the name, of an old one.
  const isOld = (node: KubeObject) => old.some(({ InstanceId }) => node.spec.providerID.endsWith(`/${InstanceId}`));
  await eventually("new nodes Ready", async () => {
    const nodes = kube()
      .list("nodes")
      .filter((node) => !isOld(node));
    return (
      nodes.length === 2 &&
      nodes.every((node) => node.status?.conditions?.some((each: any) => each.type === "Ready" && each.status === "True"))
    );
  });
  await kube().create("pods", "default", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app" },
    spec: { containers: [{ name: "c", image: "busybox" }] },
  });
  const pod = await eventually("the pod's address", async () => {
    const found = kube().get("pods", "default", "app");
    return found?.status?.podIP ? found : undefined;
  });
  assert.match(pod.status.podIP, /^100\.64\.[01]\.\d+$/);
  const proxy = kube()
    .list("pods", { namespace: "kube-system", labelSelector: "k8s-app=kube-proxy" })
    .find((each) => each.spec.nodeName === pod.spec.nodeName);
  assert.match(proxy?.status.podIP, /^10\.20\./);
});

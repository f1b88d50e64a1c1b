// Load balancers over a restart of Atoll, and target groups of the customer's own bound to pods.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import {
  CreateTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { startAutoMode } from "../support/auto-mode.ts";
import { eventually } from "../support/wait.ts";

const BINDINGS = "targetgroupbindings.eks.amazonaws.com";

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
  },
};

test("load balancers outlive a restart, and targets follow pods of before and after; bindings of one's own come and go", async () => {
  const auto = await startAutoMode({ durable: true });
  const { test: atoll, network } = auto;
  const clients: ElasticLoadBalancingV2Client[] = [];
  const elb = () => {
    const client = new ElasticLoadBalancingV2Client({
      endpoint: atoll.atoll.endpoint,
      region: REGION,
      credentials: atoll.root,
      maxAttempts: 1,
    });
    clients.push(client);
    return client;
  };
  const kube = (): KubeClient => atoll.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();
  const balancers = async () => (await elb().send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const targets = async (TargetGroupArn: string) => {
    const { TargetHealthDescriptions = [] } = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions.map(({ Target }) => Target!.Id!).sort();
  };
  const addresses = () =>
    kube()
      .list("pods", { labelSelector: "app=web" })
      .flatMap((pod) => (pod.metadata.deletionTimestamp ? [] : [pod.status?.podIP]))
      .sort();
  const follow = (arn: string, count: number) =>
    eventually(
      `${count} targets`,
      async () => addresses().length === count && JSON.stringify(await targets(arn)) === JSON.stringify(addresses()),
    );
  try {
    const Tags = [{ Key: "kubernetes.io/role/internal-elb", Value: "1" }];
    await atoll.clients.ec2.send(new CreateTagsCommand({ Resources: [...network.subnets], Tags }));
    await kube().create("deployments.apps", "default", deployment);
    await kube().create("services", "default", {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "default" } },
      spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    const before = await eventually("the load balancer", async () => (await balancers())[0]);
    const group = await eventually(
      "its group",
      async () => (await elb().send(new DescribeTargetGroupsCommand({}))).TargetGroups?.[0]?.TargetGroupArn,
    );
    await follow(group, 1);

    await atoll.restart();
    await eventually("the cluster runs", async () => atoll.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`) !== undefined);
    await kube().patch("deployments.apps", "default", "web", "merge", { spec: { replicas: 2 } });
    await follow(group, 2);
    assert.deepEqual(
      (await balancers()).map(({ LoadBalancerArn }) => LoadBalancerArn),
      [before.LoadBalancerArn],
    );

    const own = await elb().send(
      new CreateTargetGroupCommand({ Name: "own", Protocol: "TCP", Port: 80, VpcId: network.vpcId, TargetType: "ip" }),
    );
    const targetGroupARN = own.TargetGroups![0]!.TargetGroupArn!;
    await kube().create(BINDINGS, "default", {
      ...{ apiVersion: "eks.amazonaws.com/v1", kind: "TargetGroupBinding", metadata: { name: "own", namespace: "default" } },
      spec: { targetGroupARN, targetType: "ip", serviceRef: { name: "web", port: 80 } },
    });
    await follow(targetGroupARN, 2);
    await assert.rejects(kube().patch(BINDINGS, "default", "own", "merge", { spec: { targetType: "instance" } }), /immutable/);
    await kube().delete(BINDINGS, "default", "own");
    await eventually("it is gone", async () => kube().get(BINDINGS, "default", "own") === undefined);
    assert.deepEqual(await targets(targetGroupARN), [], "the customer's group stays, empty");
    await follow(group, 2);

    await kube().delete("services", "default", "web");
    await eventually("the load balancer is gone", async () => (await balancers()).length === 0);
    await assert.rejects(
      kube().create(BINDINGS, "default", {
        apiVersion: "eks.amazonaws.com/v1",
        kind: "TargetGroupBinding",
        metadata: { name: "x" },
        spec: { targetGroupARN },
      }),
      /targetType|serviceRef/,
    );
  } finally {
    for (const client of clients) client.destroy();
    await atoll.close();
  }
});

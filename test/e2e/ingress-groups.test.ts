// Ingresses that share a load balancer: they join, are refused by namespace, leave, and the last one takes it along.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { startAutoMode } from "../support/auto-mode.ts";
import { eventually } from "../support/wait.ts";

const INGRESSES = "ingresses.networking.k8s.io";

test("ingresses of a group share a load balancer until the last one leaves", async () => {
  const auto = await startAutoMode();
  const { atoll, root, clients } = auto.test;
  const elb = new ElasticLoadBalancingV2Client({ endpoint: atoll.endpoint, region: REGION, credentials: root, maxAttempts: 1 });
  try {
    const kube = atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();
    const Tags = [{ Key: "kubernetes.io/role/internal-elb", Value: "1" }];
    await clients.ec2.send(new CreateTagsCommand({ Resources: [...auto.network.subnets], Tags }));
    await kube.create("ingressclassparams.eks.amazonaws.com", "", {
      ...{ apiVersion: "eks.amazonaws.com/v1", kind: "IngressClassParams", metadata: { name: "web" } },
      spec: { group: { name: "web" }, namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "default" } } },
    });
    const parameters = { apiGroup: "eks.amazonaws.com", kind: "IngressClassParams", name: "web" };
    await kube.create("ingressclasses.networking.k8s.io", "", {
      ...{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name: "web" } },
      spec: { controller: "eks.amazonaws.com/alb", parameters },
    });
    await kube.create("services", "default", {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } },
    });
    const ingress = (name: string, namespace = "default") => {
      const path = { path: `/${name}`, pathType: "Exact", backend: { service: { name: "web", port: { number: 80 } } } };
      const spec = { ingressClassName: "web", rules: [{ http: { paths: [path] } }] };
      return kube.create(INGRESSES, namespace, { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name }, spec });
    };
    const hostname = (name: string) => kube.get(INGRESSES, "default", name)?.status?.loadBalancer?.ingress?.[0]?.hostname;
    const paths = async () => {
      const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
      if (LoadBalancers.length !== 1) return [];
      const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers[0]!.LoadBalancerArn! }));
      if (Listeners.length !== 1) return [];
      const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: Listeners[0]!.ListenerArn! }));
      return Rules.flatMap(({ Conditions }) => Conditions![0]?.Values ?? []);
    };
    const have = (...wanted: string[]) =>
      eventually(`paths ${wanted}`, async () => JSON.stringify(await paths()) === JSON.stringify(wanted));

    await ingress("a");
    await ingress("b");
    await have("/a", "/b");
    await eventually("both show it", async () => hostname("a") !== undefined && hostname("a") === hostname("b"));
    assert.deepEqual(kube.get(INGRESSES, "default", "a")!.metadata.finalizers, ["group.ingress.eks.amazonaws.com/web"]);

    await ingress("c", "kube-public");
    await eventually("the namespace is refused", async () =>
      kube.list("events").some((event: any) => event.reason === "FailedBuildModel" && /namespaceSelector/.test(event.message)),
    );
    await have("/a", "/b");
    await kube.delete(INGRESSES, "kube-public", "c");

    await kube.patch(INGRESSES, "default", "a", "merge", { spec: { ingressClassName: "other" } });
    await have("/b");
    await eventually("it has left", async () => hostname("a") === undefined && !kube.get(INGRESSES, "default", "a")!.metadata.finalizers);
    assert.equal((await elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups!.length, 1);

    await kube.delete(INGRESSES, "default", "b");
    await eventually("the last one is gone", async () => kube.get(INGRESSES, "default", "b") === undefined);
    assert.deepEqual((await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers, []);
    assert.deepEqual((await elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
  } finally {
    elb.destroy();
    await auto.test.close();
  }
});

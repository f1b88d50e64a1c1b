// Load balancing of EKS Auto Mode with kubectl and the SDK: Services become Network Load Balancers whose targets follow pods, Ingresses
// become Application Load Balancers; nothing is left behind; and what missing tags and permissions look like.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { CreateTagsCommand, DescribeNetworkInterfacesCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { DeleteClusterCommand, DescribeClusterCommand, UpdateClusterConfigCommand } from "@aws-sdk/client-eks";
import {
  CreateLoadBalancerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type AutoModeCluster, startAutoMode } from "../support/auto-mode.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { run as runCommand } from "../support/run.ts";
import { eventually } from "../support/wait.ts";

const kubeOf = ({ test: { atoll } }: AutoModeCluster): KubeClient => atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();

const elbOf = ({ test: { atoll, root } }: AutoModeCluster) =>
  new ElasticLoadBalancingV2Client({ endpoint: atoll.endpoint, region: REGION, credentials: root, maxAttempts: 1 });

const deployment = (name: string, replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "nginx", ports: [{ containerPort: 8080 }] }] },
    },
  },
});

const service = (name: string, more: object = {}, annotations: Record<string, string> = {}, app = name) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default", annotations },
  spec: { type: "LoadBalancer", selector: { app }, ports: [{ name: "http", port: 80, targetPort: 8080 }], ...more },
});

const tagSubnets = ({ test: { clients }, network }: AutoModeCluster, Key: string) =>
  clients.ec2.send(new CreateTagsCommand({ Resources: [...network.subnets], Tags: [{ Key, Value: "1" }] }));

const told = (kube: KubeClient, reason: string, text: RegExp) =>
  eventually(`event ${reason}`, async () => kube.list("events").some((event: any) => event.reason === reason && text.test(event.message)));

const podAddresses = (kube: KubeClient, app: string): string[] =>
  kube
    .list("pods", { labelSelector: `app=${app}` })
    .flatMap((pod) => (pod.metadata.deletionTimestamp ? [] : [pod.status?.podIP]))
    .sort();

async function healthOf(elb: ElasticLoadBalancingV2Client, TargetGroupArn: string) {
  const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target!.Id!, Target!.Port!, TargetHealth!.State!] as const).sort();
}

const balancers = async (elb: ElasticLoadBalancingV2Client) => (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];

async function leftovers({ test: { clients } }: AutoModeCluster, elb: ElasticLoadBalancingV2Client) {
  const { NetworkInterfaces = [] } = await clients.ec2.send(new DescribeNetworkInterfacesCommand({}));
  const { SecurityGroups = [] } = await clients.ec2.send(new DescribeSecurityGroupsCommand({}));
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  return {
    interfaces: NetworkInterfaces.flatMap(({ Description }) => (Description?.startsWith("ELB ") ? [Description] : [])),
    groups: SecurityGroups.flatMap(({ GroupName }) => (GroupName?.startsWith("k8s-") ? [GroupName] : [])),
    targetGroups: TargetGroups.map(({ TargetGroupName }) => TargetGroupName),
    loadBalancers: (await balancers(elb)).map(({ LoadBalancerName }) => LoadBalancerName),
  };
}

const NOTHING = { interfaces: [], groups: [], targetGroups: [], loadBalancers: [] };

test("a service becomes a network load balancer whose targets follow its pods, and goes with it", async () => {
  const auto = await startAutoMode();
  const elb = elbOf(auto);
  try {
    const kube = kubeOf(auto);
    await kube.create("deployments.apps", "default", deployment("web", 2));
    await kube.create("services", "default", service("web", { loadBalancerSourceRanges: ["203.0.113.0/24"] }));
    assert.equal(kube.get("services", "default", "web")!.spec.loadBalancerClass, "eks.amazonaws.com/nlb");
    await told(
      kube,
      "FailedBuildModel",
      /unable to resolve at least one subnet \(0 match VPC and tags: \[kubernetes\.io\/role\/internal-elb\]\)/,
    );
    assert.deepEqual(await leftovers(auto, elb), NOTHING);

    await tagSubnets(auto, "kubernetes.io/role/internal-elb");
    await kube.patch("services", "default", "web", "merge", { metadata: { labels: { look: "again" } } });
    const hostname = await eventually(
      "a host name",
      async () => kube.get("services", "default", "web")?.status?.loadBalancer?.ingress?.[0]?.hostname as string | undefined,
    );
    const [made] = await balancers(elb);
    assert.deepEqual([made!.DNSName, made!.Type, made!.Scheme, made!.AvailabilityZones!.length], [hostname, "network", "internal", 2]);
    assert.match(made!.LoadBalancerName!, /^k8s-default-web-[0-9a-f]{10}$/);
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: made!.LoadBalancerArn! }));
    const group = TargetGroups![0]!.TargetGroupArn!;
    const healthy = () =>
      eventually("healthy targets", async () => {
        const wanted = podAddresses(kube, "web").map((address) => [address, 8080, "healthy"]);
        return JSON.stringify(await healthOf(elb, group)) === JSON.stringify(wanted) && wanted;
      });
    assert.equal((await healthy()).length, 2);
    await kube.patch("deployments.apps", "default", "web", "merge", { spec: { replicas: 3 } });
    await eventually("three pods", async () => podAddresses(kube, "web").filter(Boolean).length === 3);
    assert.equal((await healthy()).length, 3);

    const { SecurityGroups = [] } = await auto.test.clients.ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: made!.SecurityGroups! }),
    );
    const front = SecurityGroups.find(({ GroupName }) => GroupName === made!.LoadBalancerName)!;
    assert.deepEqual(
      front.IpPermissions!.map(({ FromPort, ToPort, IpRanges }) => [FromPort, ToPort, IpRanges![0]!.CidrIp]),
      [[80, 80, "203.0.113.0/24"]],
    );
    const cluster = auto.cluster.resourcesVpcConfig!.clusterSecurityGroupId!;
    const open = async () => {
      const found = await auto.test.clients.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [cluster] }));
      return found.SecurityGroups![0]!.IpPermissions!.filter(({ FromPort }) => FromPort === 8080).length;
    };
    await eventually("the way to pods is open", async () => (await open()) === 1);
    await told(kube, "SuccessfullyReconciled", /Successfully reconciled/);
    const LookupAttributes = [{ AttributeKey: "EventName" as const, AttributeValue: "CreateLoadBalancer" }];
    const { Events = [] } = await auto.test.clients.cloudtrail.send(new LookupEventsCommand({ LookupAttributes }));
    const { userIdentity, requestParameters } = JSON.parse(Events[0]!.CloudTrailEvent!);
    assert.deepEqual([userIdentity.sessionContext.sessionIssuer.arn, userIdentity.invokedBy], [auto.clusterRole, "eks.amazonaws.com"]);
    assert.ok(requestParameters.tags.some(({ key, value }: any) => key === "eks:eks-cluster-name" && value === "auto"));

    await kube.delete("services", "default", "web");
    await eventually("the service is gone", async () => kube.get("services", "default", "web") === undefined);
    await eventually("nothing is left", async () => JSON.stringify(await leftovers(auto, elb)) === JSON.stringify(NOTHING));
    assert.equal(await open(), 0);
    await eventually("bindings are gone", async () => kube.list("targetgroupbindings.eks.amazonaws.com").length === 0);
  } finally {
    elb.destroy();
    await auto.test.close();
  }
});

test("with kubectl: exposed, shown, changed in place or replaced, deleted", { skip: !kubectl("33") && "needs kubectl" }, async () => {
  const auto = await startAutoMode();
  const elb = elbOf(auto);
  try {
    const kube = kubeOf(auto);
    const kubeconfig = await writeKubeconfig({ test: auto.test, cluster: auto.cluster, name: "auto" });
    const run = async (line: string) => {
      const env = { KUBECONFIG: kubeconfig, HOME: auto.test.home, PATH: process.env.PATH ?? "" };
      const { code, stdout, stderr } = await runCommand(kubectl("33")!, line.split(" "), { env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    await tagSubnets(auto, "kubernetes.io/role/internal-elb");
    await tagSubnets(auto, "kubernetes.io/role/elb");
    await run("create deployment web --image=nginx --replicas=1 --port=8080");
    await run("expose deployment web --type=LoadBalancer --port=80 --target-port=8080");
    const first = await eventually("the load balancer", async () => (await balancers(elb))[0]);
    await run(`wait service/web --for=jsonpath={.status.loadBalancer.ingress[0].hostname}=${first.DNSName} --timeout=10s`);
    assert.match(await run("get service web"), new RegExp(`LoadBalancer .*${first.DNSName}`));
    await run("wait --for=create targetgroupbindings --all --timeout=10s");
    assert.match(await run("get targetgroupbindings"), /k8s-default-web-[0-9a-f]{10} +web +80 +ip/);

    const annotate = (text: string) => run(`annotate --overwrite service web service.beta.kubernetes.io/aws-load-balancer-${text}`);
    await annotate("attributes=load_balancing.cross_zone.enabled=true");
    const crossZone = async () => {
      const { Attributes } = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: first.LoadBalancerArn! }));
      return Attributes!.find(({ Key }) => Key === "load_balancing.cross_zone.enabled")!.Value === "true";
    };
    await eventually("changed in place", crossZone);
    await annotate("scheme=internet-facing");
    await eventually("another one instead", async () => {
      const [only, ...others] = await balancers(elb);
      return others.length === 0 && only?.Scheme === "internet-facing" && only.DNSName !== first.DNSName;
    });
    await annotate("nlb-target-type=instance");
    const nodes = () => kube.list("nodes").map((node) => node.spec.providerID.split("/").pop());
    await eventually("nodes are targets", async () => {
      const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
      if (TargetGroups.length !== 1 || TargetGroups[0]!.TargetType !== "instance") return false;
      const seen = await healthOf(elb, TargetGroups[0]!.TargetGroupArn!);
      const { nodePort } = kube.get("services", "default", "web")!.spec.ports[0];
      return JSON.stringify(seen) === JSON.stringify(nodes().map((id) => [id, nodePort, "healthy"]));
    });
    await annotate("scheme=public");
    await told(kube, "FailedBuildModel", /Failed build model due to unknown scheme: public/);
    assert.equal((await balancers(elb)).length, 1, "what cannot be built leaves what is there");
    await run("delete service web --timeout=10s");
    assert.deepEqual((await balancers(elb)).length, 0);
  } finally {
    elb.destroy();
    await auto.test.close();
  }
});

test("ingresses of a class with parameters share an application load balancer with rules; it outlives neither them nor the cluster", async () => {
  const auto = await startAutoMode();
  const elb = elbOf(auto);
  try {
    const kube = kubeOf(auto);
    await tagSubnets(auto, "kubernetes.io/role/elb");
    // Somebody else's load balancer in the same account, with another cluster's tags.
    const foreign = await elb.send(
      new CreateLoadBalancerCommand({
        ...{ Name: "k8s-default-shop-foreign", Type: "network", Subnets: [auto.network.subnets[0]!] },
        Tags: [
          { Key: "eks:eks-cluster-name", Value: "other" },
          { Key: "ingress.eks.amazonaws.com/stack", Value: "default/shop" },
        ],
      }),
    );
    const foreignName = foreign.LoadBalancers![0]!.LoadBalancerName!;
    await kube.create("ingressclassparams.eks.amazonaws.com", "", {
      ...{ apiVersion: "eks.amazonaws.com/v1", kind: "IngressClassParams", metadata: { name: "alb" } },
      spec: { scheme: "internet-facing", loadBalancerAttributes: [{ key: "idle_timeout.timeout_seconds", value: "90" }] },
    });
    await kube.create("ingressclasses.networking.k8s.io", "", {
      ...{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name: "alb" } },
      spec: {
        controller: "eks.amazonaws.com/alb",
        parameters: { apiGroup: "eks.amazonaws.com", kind: "IngressClassParams", name: "alb" },
      },
    });
    for (const name of ["a", "b"]) {
      await kube.create("deployments.apps", "default", deployment(name, 1));
      await kube.create("services", "default", service(name, { type: "ClusterIP" }));
    }
    const path = (value: string, name: string) => ({
      ...{ path: value, pathType: "Prefix" },
      backend: { service: { name, port: { number: 80 } } },
    });
    await kube.create("ingresses.networking.k8s.io", "default", {
      ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "shop", namespace: "default" } },
      spec: { ingressClassName: "alb", rules: [{ host: "shop.example.com", http: { paths: [path("/", "a"), path("/cart", "b")] } }] },
    });
    const shown = () => kube.get("ingresses.networking.k8s.io", "default", "shop")?.status?.loadBalancer?.ingress?.[0]?.hostname;
    const hostname = await eventually("a host name", async () => shown() as string | undefined);
    const own = (await balancers(elb)).find(({ DNSName }) => DNSName === hostname)!;
    assert.deepEqual([own.Type, own.Scheme], ["application", "internet-facing"]);
    const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: own.LoadBalancerArn! }));
    assert.deepEqual(
      Listeners!.map(({ Port, Protocol, DefaultActions }) => [Port, Protocol, DefaultActions![0]!.FixedResponseConfig?.StatusCode]),
      [[80, "HTTP", "404"]],
    );
    const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn: Listeners![0]!.ListenerArn! }));
    assert.deepEqual(
      Rules!.map(({ Priority, Conditions }) => [Priority, Conditions!.map(({ Values }) => Values!.join())]),
      [
        ["1", ["shop.example.com", "/cart,/cart/*"]],
        ["2", ["shop.example.com", "/*"]],
        ["default", []],
      ],
    );
    for (const [index, name] of ["b", "a"].entries()) {
      const arn = Rules![index]!.Actions![0]!.TargetGroupArn!;
      await eventually(`pods of ${name}`, async () => {
        const wanted = podAddresses(kube, name).map((address) => [address, 8080, "healthy"]);
        return wanted.length === 1 && JSON.stringify(await healthOf(elb, arn)) === JSON.stringify(wanted);
      });
    }

    await kube.delete("ingresses.networking.k8s.io", "default", "shop");
    await eventually("the ingress is gone", async () => kube.get("ingresses.networking.k8s.io", "default", "shop") === undefined);
    await eventually("only the foreign one is left", async () => {
      const { groups, targetGroups, loadBalancers } = await leftovers(auto, elb);
      return JSON.stringify([groups, targetGroups, loadBalancers]) === JSON.stringify([[], [], [foreignName]]);
    });

    await tagSubnets(auto, "kubernetes.io/role/internal-elb");
    await kube.create("services", "default", service("late", {}, {}, "a"));
    await eventually("the late load balancer", async () => (await balancers(elb)).length === 2);
    await auto.test.clients.eks.send(new DeleteClusterCommand({ name: "auto" }));
    await eventually("the cluster is gone", () =>
      auto.test.clients.eks.send(new DescribeClusterCommand({ name: "auto" })).then(
        () => false,
        ({ name }) => name === "ResourceNotFoundException",
      ),
    );
    assert.deepEqual(await leftovers(auto, elb).then(({ interfaces, ...others }) => ({ ...others, interfaces: interfaces.length })), {
      groups: [],
      targetGroups: [],
      loadBalancers: [foreignName],
      interfaces: 1,
    });
  } finally {
    elb.destroy();
    await auto.test.close();
  }
});

test("without its policy the cluster role makes nothing, and it is told; Auto Mode leaves nothing when it ends", async () => {
  const auto = await startAutoMode({ policies: ["AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSNetworkingPolicy"] });
  const elb = elbOf(auto);
  try {
    const { eks, iam } = auto.test.clients;
    const kube = kubeOf(auto);
    await tagSubnets(auto, "kubernetes.io/role/internal-elb");
    await kube.create("services", "default", service("web"));
    await told(kube, "FailedDeployModel", /CreateSecurityGroup, api error UnauthorizedOperation: /);
    assert.deepEqual(await leftovers(auto, elb), NOTHING);
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSLoadBalancingPolicy";
    await iam.send(new AttachRolePolicyCommand({ RoleName: "auto-cluster", PolicyArn }));
    await kube.patch("services", "default", "web", "merge", { metadata: { labels: { look: "again" } } });
    await eventually("the load balancer", async () => (await balancers(elb)).length === 1);
    // The policy allows no tags but EKS's own.
    const tagged = { "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags": "team=a" };
    await kube.create("services", "default", service("tagged", {}, tagged));
    await told(kube, "FailedDeployModel", /due to operation error EC2: CreateSecurityGroup, api error UnauthorizedOperation/);

    await eks.send(
      new UpdateClusterConfigCommand({
        name: "auto",
        computeConfig: { enabled: false },
        storageConfig: { blockStorage: { enabled: false } },
        kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: false } },
      }),
    );
    await eventually("Auto Mode is off", async () => {
      const { cluster } = await eks.send(new DescribeClusterCommand({ name: "auto" }));
      return cluster!.status === "ACTIVE" && cluster!.computeConfig?.enabled === false;
    });
    assert.deepEqual(await leftovers(auto, elb), NOTHING);
    const web = kube.get("services", "default", "web")!;
    assert.deepEqual([web.metadata.finalizers, web.status.loadBalancer], [undefined, {}]);
    await kube.delete("services", "default", "web");
    await kube.create("services", "default", service("classic"));
    assert.equal(kube.get("services", "default", "classic")!.spec.loadBalancerClass, undefined);
    await told(kube, "SyncLoadBalancerFailed", /Atoll does not provide Classic Load Balancers/);
  } finally {
    elb.destroy();
    await auto.test.close();
  }
});

// Fargate profiles: what EKS refuses, the life of a profile, which pods it takes and what becomes of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { selectProfile } from "../../src/services/eks/fargate-selection.ts";
import { type Control, control } from "./runtimes.ts";
import {
  ACCOUNT,
  clusterRequest,
  createWorld,
  type Ground,
  makeGround,
  makeRole,
  makeSubnet,
  refusal,
  trust,
  type World,
} from "./world.ts";

const KEY = `${ACCOUNT}/us-west-2/dev`;
const PODS = "eks-fargate-pods.amazonaws.com";
const PROFILE = `arn:aws:eks:us-west-2:${ACCOUNT}:fargateprofile/dev`;

interface Scene {
  world: World;
  ground: Ground;
  running: Control;
  role: string;
}

async function begin(accessConfig: object = { authenticationMode: "API" }, options: Parameters<typeof control>[1] = {}): Promise<Scene> {
  const world = createWorld();
  const ground = await makeGround(world);
  await world.eks("CreateCluster", { ...clusterRequest(ground), accessConfig });
  const running = control(world, options);
  await running.settle();
  const role = await makeRole(world, "pods", trust(PODS));
  return { world, ground, running, role };
}

const end = async ({ world, running }: Scene) => {
  await running.close();
  world.close();
};

const request = ({ role }: Scene, name = "fp", selectors: object[] = [{ namespace: "apps" }]) => ({
  clusterName: "dev",
  fargateProfileName: name,
  podExecutionRoleArn: role,
  selectors: selectors as { namespace: string }[],
});
const create = (scene: Scene, more: object = {}) => scene.world.eks("CreateFargateProfile", { ...request(scene), ...more });
const status = async ({ world }: Scene, fargateProfileName = "fp") =>
  (await world.eks("DescribeFargateProfile", { clusterName: "dev", fargateProfileName })).fargateProfile?.status;

/** What the admission plugin makes of a pod that a profile takes. */
const fargatePod = (name: string, spec: object = {}, profile = "fp") => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "apps", labels: { "eks.amazonaws.com/fargate-profile": profile } },
  spec: { schedulerName: "fargate-scheduler", containers: [{ name: "a", image: "a" }], ...spec },
  status: { phase: "Pending" },
});
const kubeOf = ({ running }: Scene) => running.clusters.kube(KEY)!;
const interfaces = async ({ world }: Scene) =>
  (await world.ec2("DescribeNetworkInterfaces", { Filters: [{ Name: "description", Values: ["Amazon EKS Fargate *"] }] }))
    .NetworkInterfaces!;

test("a profile becomes ACTIVE with the cluster's private subnets and an access entry, and goes again", async () => {
  const scene = await begin();
  const { fargateProfile } = await create(scene, { tags: { a: "b" } });
  assert.equal(fargateProfile?.status, "CREATING");
  assert.match(fargateProfile.fargateProfileArn!, new RegExp(`^${PROFILE}/fp/[0-9a-f-]{36}$`));
  assert.deepEqual(fargateProfile.subnets, scene.ground.subnets.slice(0, 2));
  assert.deepEqual(fargateProfile.selectors, [{ namespace: "apps", labels: {} }]);
  assert.deepEqual(fargateProfile.health, { issues: [] });
  await scene.running.settle();
  assert.equal(await status(scene), "ACTIVE");
  const { accessEntry } = await scene.world.eks("DescribeAccessEntry", { clusterName: "dev", principalArn: scene.role });
  assert.equal(accessEntry?.type, "FARGATE_LINUX");
  assert.equal(accessEntry.username, "system:node:{{SessionName}}");
  assert.deepEqual(accessEntry.kubernetesGroups, ["system:bootstrappers", "system:nodes", "system:node-proxier"]);
  assert.ok(scene.world.iam.directory.roleByName(ACCOUNT, "AWSServiceRoleForAmazonEKSForFargate"));
  assert.equal((await refusal(scene.world.eks("DeleteCluster", { name: "dev" }))).code, "ResourceInUseException");

  const arn = fargateProfile.fargateProfileArn!;
  await scene.world.eks("TagResource", { resourceArn: arn, tags: { c: "d" } });
  assert.deepEqual((await scene.world.eks("ListTagsForResource", { resourceArn: arn })).tags, { a: "b", c: "d" });

  const deleted = await scene.world.eks("DeleteFargateProfile", { clusterName: "dev", fargateProfileName: "fp" });
  assert.equal(deleted.fargateProfile?.status, "DELETING");
  await scene.running.settle();
  const gone = await refusal(scene.world.eks("DescribeFargateProfile", { clusterName: "dev", fargateProfileName: "fp" }));
  assert.equal(gone.code, "ResourceNotFoundException");
  assert.equal(gone.message, "No Fargate Profile found with name: fp.");
  assert.ok(await scene.world.eks("DescribeAccessEntry", { clusterName: "dev", principalArn: scene.role }), "the entry stays");
  await end(scene);
});

test("where the ConfigMap counts, the pod execution role is in aws-auth", async () => {
  const scene = await begin({});
  await create(scene);
  await scene.running.settle();
  const map = kubeOf(scene).get("configmaps", "kube-system", "aws-auth");
  assert.match(map?.data.mapRoles, /system:node:\{\{SessionName\}\}/);
  assert.match(map?.data.mapRoles, /system:node-proxier/);
  await end(scene);
});

test("EKS's refusals, in its words", async () => {
  const scene = await begin();
  const { world, ground } = scene;
  const { InternetGateway } = await world.ec2("CreateInternetGateway", {});
  await world.ec2("AttachInternetGateway", { InternetGatewayId: InternetGateway!.InternetGatewayId, VpcId: ground.vpcId });
  const { RouteTable } = await world.ec2("CreateRouteTable", { VpcId: ground.vpcId });
  const route = { RouteTableId: RouteTable!.RouteTableId, DestinationCidrBlock: "0.0.0.0/0" };
  await world.ec2("CreateRoute", { ...route, GatewayId: InternetGateway!.InternetGatewayId });
  const open = await makeSubnet(world, ground.vpcId, "10.0.77.0/24", "us-west-2a");
  await world.ec2("AssociateRouteTable", { RouteTableId: RouteTable!.RouteTableId, SubnetId: open });
  const other = await world.ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
  const foreign = await makeSubnet(world, other.Vpc!.VpcId!, "10.9.0.0/24", "us-west-2a");
  const stranger = await makeRole(world, "stranger", trust("ec2.amazonaws.com"));
  const pinned = await makeRole(
    world,
    "pinned",
    trust(PODS, ["sts:AssumeRole"], { ArnLike: { "aws:SourceArn": `arn:aws:eks:us-west-2:${ACCOUNT}:fargateprofile/other/*` } }),
  );
  const six = Array.from({ length: 6 }, (_, index) => ({ namespace: `n${index}` }));
  const labels = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`k${index}`, "v"]));
  const cases: [more: object, code: string, message: RegExp][] = [
    [{ clusterName: "none" }, "ResourceNotFoundException", /^No cluster found for name: none\.$/],
    [{ fargateProfileName: "-x" }, "InvalidParameterException", /Value '-x' at 'fargateProfileName'/],
    [{ selectors: [] }, "InvalidParameterException", /^Fargate Profile requires at least one selector\.$/],
    [
      { selectors: [{}] },
      "InvalidParameterException",
      /^Fargate Profile must have at least one selector with at least one namespace value\.$/,
    ],
    [{ selectors: six }, "InvalidParameterException", /more than 5 Selectors/],
    [{ selectors: [{ namespace: "a", labels }] }, "InvalidParameterException", /^Request contains Selector with more than 5 Label pairs$/],
    [{ selectors: [{ namespace: "Not Valid" }] }, "InvalidParameterException", /namespace 'Not Valid'/],
    [{ subnets: [open] }, "InvalidParameterException", new RegExp(`^Subnet ${open} provided in Fargate Profile is not a private subnet$`)],
    [{ subnets: [foreign] }, "InvalidParameterException", /does not belong to VPC/],
    [{ subnets: ["subnet-0123456789abcdef0"] }, "InvalidParameterException", /does not exist/],
    [{ podExecutionRoleArn: stranger }, "InvalidParameterException", /^Misconfigured PodExecutionRole Trust Policy; Please add/],
    [{ podExecutionRoleArn: pinned }, "InvalidParameterException", /^Misconfigured PodExecutionRole Trust Policy; Please add/],
    [{ podExecutionRoleArn: `arn:aws:iam::${ACCOUNT}:role/none` }, "InvalidParameterException", /role with name none cannot be found/],
    [{ tags: { "aws:x": "y" } }, "InvalidParameterException", /reserved/],
  ];
  for (const [more, code, message] of cases) {
    const error = await refusal(create(scene, more));
    assert.equal(error.code, code, JSON.stringify(more));
    assert.match(error.message, message);
  }
  assert.equal(world.state.fargateProfiles.count(""), 0, "nothing was written");
  await end(scene);
});

test("a trust policy pinned to the cluster's profiles passes", async () => {
  const scene = await begin();
  const condition = {
    ArnLike: { "aws:SourceArn": `${PROFILE}/*` },
    StringEquals: { "aws:SourceAccount": ACCOUNT },
  };
  const pinned = await makeRole(scene.world, "pinned", trust(PODS, ["sts:AssumeRole"], condition));
  await create(scene, { podExecutionRoleArn: pinned });
  await end(scene);
});

test("one profile at a time, each name once, tokens and pages", async () => {
  const scene = await begin({ authenticationMode: "API" }, { timing: { fargateProfileCreate: 5000 } });
  const { world, running } = scene;
  const first = await create(scene, { clientRequestToken: "t" });
  const again = await create(scene, { clientRequestToken: "t" });
  assert.equal(again.fargateProfile?.fargateProfileArn, first.fargateProfile?.fargateProfileArn);
  const changed = await refusal(create(scene, { clientRequestToken: "t", selectors: [{ namespace: "x" }] }));
  assert.equal(changed.code, "InvalidParameterException");
  const taken = await refusal(create(scene));
  assert.equal(taken.message, "A Fargate Profile already exists with this name in this cluster.");
  assert.equal(taken.code, "ResourceInUseException");
  const busy = await refusal(world.eks("CreateFargateProfile", request(scene, "fp2")));
  assert.equal(busy.message, "Cannot create Fargate Profile fp2 because cluster dev currently has Fargate profile fp in status CREATING");
  await running.settle(6);
  for (let index = 2; index <= 10; index++) {
    await world.eks("CreateFargateProfile", request(scene, `fp${index}`));
    await running.settle(6);
  }
  const full = await refusal(world.eks("CreateFargateProfile", request(scene, "fp11")));
  assert.equal(full.code, "ResourceLimitExceededException");
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await world.eks("ListFargateProfiles", { clusterName: "dev", maxResults: 3, ...(nextToken ? { nextToken } : {}) });
    names.push(...page.fargateProfileNames!);
    nextToken = page.nextToken;
  } while (nextToken);
  assert.equal(new Set(names).size, 10);
  await end(scene);
});

test("a role that nodes use cannot run pods: CREATE_FAILED, and deletable", async () => {
  const scene = await begin();
  await scene.world.eks("CreateAccessEntry", { clusterName: "dev", principalArn: scene.role, type: "EC2_LINUX" });
  await create(scene);
  await scene.running.settle();
  const { fargateProfile } = await scene.world.eks("DescribeFargateProfile", { clusterName: "dev", fargateProfileName: "fp" });
  assert.equal(fargateProfile?.status, "CREATE_FAILED");
  assert.equal(fargateProfile.health?.issues?.[0]?.code, "PodExecutionRoleAlreadyInUse");
  await scene.world.eks("DeleteFargateProfile", { clusterName: "dev", fargateProfileName: "fp" });
  await scene.running.settle();
  assert.equal(scene.world.state.fargateProfiles.count(""), 0);
  await end(scene);
});

test("every pod gets a machine with an interface of its own, and everything goes with the pod", async () => {
  const scene = await begin();
  await create(scene);
  await scene.running.settle();
  const kube = kubeOf(scene);
  await kube.create("pods", "apps", fargatePod("one"));
  const resources = { requests: { cpu: "900m", memory: "1900Mi" } };
  await kube.create("pods", "apps", fargatePod("two", { containers: [{ name: "a", image: "a", resources }] }));
  await scene.running.settle(3);

  const enis = await interfaces(scene);
  assert.equal(enis.length, 2);
  const cluster = (await scene.world.eks("DescribeCluster", { name: "dev" })).cluster!;
  for (const eni of enis) {
    assert.ok(scene.ground.subnets.slice(0, 2).includes(eni.SubnetId!));
    assert.equal(eni.Groups?.[0]?.GroupId, cluster.resourcesVpcConfig?.clusterSecurityGroupId);
    assert.equal(eni.RequesterManaged, true);
  }
  const one = kube.get("pods", "apps", "one")!;
  const node = kube.get("nodes", "", one.spec.nodeName)!;
  assert.match(node.metadata.name, /^fargate-ip-10-0-\d+-\d+\.us-west-2\.compute\.internal$/);
  assert.equal(node.metadata.labels?.["eks.amazonaws.com/compute-type"], "fargate");
  assert.deepEqual(node.spec.taints, [{ key: "eks.amazonaws.com/compute-type", value: "fargate", effect: "NoSchedule" }]);
  assert.equal(one.metadata.annotations?.CapacityProvisioned, "0.25vCPU 0.5GB");
  assert.equal(kube.get("pods", "apps", "two")?.metadata.annotations?.CapacityProvisioned, "1vCPU 3GB");
  const made = scene.world.records.filter(
    (record) => record.operation === "CreateNetworkInterface" && record.caller.arn.includes("Fargate"),
  );
  assert.equal(made.length, 2);

  await kube.delete("pods", "apps", "one", { gracePeriodSeconds: 0 });
  await scene.running.settle(2);
  assert.equal((await interfaces(scene)).length, 1);
  assert.equal(kube.get("nodes", "", node.metadata.name), undefined);
  await end(scene);
});

test("pods Fargate cannot run are told why, once", async () => {
  const scene = await begin();
  await create(scene);
  await scene.running.settle();
  const kube = kubeOf(scene);
  await kube.create("pods", "apps", fargatePod("host", { hostNetwork: true }));
  const privileged = { containers: [{ name: "a", image: "a", securityContext: { privileged: true } }] };
  await kube.create("pods", "apps", fargatePod("root", privileged));
  await kube.create("pods", "apps", fargatePod("lost", {}, "nothing"));
  await scene.running.settle(3, 11_000);
  const events = kube.list("events").map((event) => event.message);
  assert.deepEqual(events.sort(), [
    "Misconfigured Fargate Profile: fargate profile nothing is not active",
    "Pod not supported on Fargate: fields not supported: HostNetwork",
    "Pod not supported on Fargate: invalid SecurityContext fields: Privileged",
  ]);
  assert.equal((await interfaces(scene)).length, 0);
  await end(scene);
});

test("a role that no longer trusts Fargate blocks launches until it does again", async () => {
  const scene = await begin();
  await create(scene);
  await scene.running.settle();
  const policy = (document: string) => scene.world.call("iam", "UpdateAssumeRolePolicy", { RoleName: "pods", PolicyDocument: document });
  await policy(trust("ec2.amazonaws.com"));
  const kube = kubeOf(scene);
  await kube.create("pods", "apps", fargatePod("one"));
  await scene.running.settle();
  assert.match(kube.list("events")[0]?.message, /fargate profile fp blocked for new launches due to: Pod execution role is not found/);
  await policy(trust(PODS));
  await scene.running.settle(2, 11_000);
  assert.ok(kube.get("pods", "apps", "one")?.spec.nodeName);
  await end(scene);
});

test("deleting a profile stops its pods and leaves no interface behind", async () => {
  const scene = await begin();
  await create(scene);
  await scene.running.settle();
  await kubeOf(scene).create("pods", "apps", fargatePod("one"));
  await scene.running.settle(2);
  assert.equal((await interfaces(scene)).length, 1);
  await scene.world.eks("DeleteFargateProfile", { clusterName: "dev", fargateProfileName: "fp" });
  await scene.running.settle(2, 200);
  assert.ok(kubeOf(scene).get("pods", "apps", "one")?.metadata.deletionTimestamp);
  assert.equal((await interfaces(scene)).length, 1, "while the pod ends, its machine stays");
  await kubeOf(scene).delete("pods", "apps", "one", { gracePeriodSeconds: 0 });
  await scene.running.settle(2, 200);
  assert.equal(scene.world.state.fargateProfiles.count(""), 0);
  assert.equal(kubeOf(scene).list("pods").length, 0);
  assert.equal((await interfaces(scene)).length, 0);
  await end(scene);
});

test("controllers that die between any two calls leave one machine per pod", async () => {
  for (const after of [false, true]) {
    for (let at = 1; at <= 8; at++) {
      const scene = await begin();
      await create(scene);
      await scene.running.settle();
      await scene.running.close();
      const { clusters, nodes } = scene.running;
      await kubeOf(scene).create("pods", "apps", fargatePod("one"));
      const dying = control(scene.world, { clusters, nodes, crash: { at, after } });
      await dying.settle();
      await dying.close();
      scene.running = control(scene.world, { clusters, nodes });
      await scene.running.settle(3);
      assert.ok(kubeOf(scene).get("pods", "apps", "one")?.spec.nodeName, `crash at ${at}`);
      assert.equal((await interfaces(scene)).length, 1, `crash at ${at}`);
      await end(scene);
    }
  }
});

test("which profile takes a pod", () => {
  const profile = (name: string, namespace: string, labels: Record<string, string> = {}, state = "ACTIVE") => ({
    ...{ name, status: state as "ACTIVE", selectors: [{ namespace, labels }] },
  });
  const profiles = [
    profile("b", "prod-*"),
    profile("a", "prod-?", { "app*": "web?" }),
    profile("c", "*", { tier: "x" }),
    profile("d", "dev", {}, "CREATING"),
  ];
  const cases: [namespace: string, labels: Record<string, string>, name: string | undefined][] = [
    ["prod-1", { app: "web1" }, "a"],
    ["prod-1", { "app.kubernetes.io/name": "web1" }, "a"],
    ["prod-1", { app: "web" }, "b"],
    ["prod-12", { app: "web1" }, "b"],
    ["prod-1", { app: "web1", "eks.amazonaws.com/fargate-profile": "b" }, "b"],
    ["prod-1", { app: "web1", "eks.amazonaws.com/fargate-profile": "zzz" }, "a"],
    ["other", { tier: "x" }, "c"],
    ["other", {}, undefined],
    ["dev", {}, undefined],
  ];
  for (const [namespace, labels, name] of cases) assert.equal(selectProfile(profiles, { namespace, labels })?.name, name, namespace);
});

// Fargate profiles (acceptance item 16).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateSubnetCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateFargateProfileCommand,
  DeleteClusterCommand,
  DeleteFargateProfileCommand,
  DescribeClusterCommand,
  DescribeFargateProfileCommand,
  type FargateProfileSelector,
  ListFargateProfilesCommand,
} from "@aws-sdk/client-eks";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { ACCOUNT, clientsIn, layGround, MINUTE, REGION, refused, type Stage, startStage } from "./stage.ts";

const clusterName = "sixteen";
let stage: Stage;
let podExecutionRoleArn: string;
before(async () => {
  stage = await startStage({ timing: "realistic" });
  podExecutionRoleArn = await createRole(stage.iam, "pods", trust({ Service: "eks-fargate-pods.amazonaws.com" }));
  await stage.create(clusterName);
});
after(() => stage?.close());

const send = (fargateProfileName: string, selectors: FargateProfileSelector[], subnets?: string[]) =>
  stage.eks.send(
    new CreateFargateProfileCommand({ clusterName, fargateProfileName, podExecutionRoleArn, selectors, ...(subnets && { subnets }) }),
  );
const read = async (fargateProfileName: string) =>
  (await stage.eks.send(new DescribeFargateProfileCommand({ clusterName, fargateProfileName }))).fargateProfile!;
async function create(name: string, selectors: FargateProfileSelector[]): Promise<void> {
  await send(name, selectors);
  stage.time.step(2 * MINUTE);
  await eventually(`${name} ACTIVE`, async () => (await read(name)).status === "ACTIVE");
}

describe("16 Fargate", () => {
  test("a public subnet is refused", async () => {
    const open = await stage.openSubnet("10.0.80.0/24");
    const call = send("open", [{ namespace: "default" }], [stage.ground.subnets[0]!, open]);
    await refused(call, "InvalidParameterException", `Subnet ${open} provided in Fargate Profile is not a private subnet`);
  });

  test("a zone without Fargate is refused, and the others named", async () => {
    const { ec2, eks } = clientsIn(stage, "us-east-1");
    const { subnets, vpcId } = await layGround(ec2, "us-east-1");
    await eks.send(new CreateClusterCommand(stage.request("east", { resourcesVpcConfig: { subnetIds: subnets.slice(0, 2) } })));
    stage.time.step(10 * MINUTE);
    await eventually(
      "east ACTIVE",
      async () => (await eks.send(new DescribeClusterCommand({ name: "east" }))).cluster?.status === "ACTIVE",
    );
    const third = { VpcId: vpcId, CidrBlock: "10.0.9.0/24", AvailabilityZoneId: "use1-az3" };
    const { SubnetId = "", AvailabilityZone } = (await ec2.send(new CreateSubnetCommand(third))).Subnet!;
    const profile = { clusterName: "east", fargateProfileName: "third", podExecutionRoleArn, selectors: [{ namespace: "n" }] };
    const error = await refused(
      eks.send(new CreateFargateProfileCommand({ ...profile, subnets: [SubnetId] })),
      "UnsupportedAvailabilityZoneException",
      new RegExp(`^Fargate Profile creation for the Availability Zone ${AvailabilityZone} for Subnet ${SubnetId} is not supported`),
    );
    assert.ok(!(error.validZones as string[]).includes(AvailabilityZone!));
  });

  test("five selectors of five labels, none with six; at least one, with a namespace", async () => {
    const selectors = (count: number) => Array.from({ length: count }, (_, i) => ({ namespace: `n-${i}` }));
    const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l-${i}`, "v"]));
    await refused(send("six", selectors(6)), "InvalidParameterException", "Request contains more than 5 Selectors");
    await refused(
      send("six", [{ namespace: "n", labels: labels(6) }]),
      "InvalidParameterException",
      "Request contains Selector with more than 5 Label pairs",
    );
    await refused(send("six", []), "InvalidParameterException", "Fargate Profile requires at least one selector.");
    await refused(
      send("six", [{ labels: labels(1) }]),
      "InvalidParameterException",
      "Fargate Profile must have at least one selector with at least one namespace value.",
    );
    await create("five", [...selectors(4), { namespace: "n", labels: labels(5) }]);
    assert.equal((await read("five")).selectors?.length, 5);
    assert.deepEqual((await read("five")).subnets, stage.ground.subnets.slice(0, 2));
  });

  test("one at a time comes or goes", async () => {
    await send("first", [{ namespace: "first" }]);
    const second = () => send("second", [{ namespace: "second" }]);
    const because = (action: string, status: string) =>
      `Cannot ${action} Fargate Profile second because cluster ${clusterName} currently has Fargate profile first in status ${status}`;
    await refused(second(), "ResourceInUseException", because("create", "CREATING"));
    stage.time.step(2 * MINUTE);
    await eventually("first ACTIVE", async () => (await read("first")).status === "ACTIVE");
    await create("second", [{ namespace: "second" }]);
    await refused(second(), "ResourceInUseException", "A Fargate Profile already exists with this name in this cluster.");
    const remove = (fargateProfileName: string) => stage.eks.send(new DeleteFargateProfileCommand({ clusterName, fargateProfileName }));
    assert.equal((await remove("first")).fargateProfile?.status, "DELETING");
    await refused(remove("second"), "ResourceInUseException", because("delete", "DELETING"));
    stage.time.step(2 * MINUTE);
    await eventually("first gone", () =>
      read("first").then(
        () => false,
        () => true,
      ),
    );
    await refused(read("first"), "ResourceNotFoundException", "No Fargate Profile found with name: first.");
    await refused(stage.eks.send(new DeleteClusterCommand({ name: clusterName })), "ResourceInUseException", /Fargate profiles/);
    assert.deepEqual((await stage.eks.send(new ListFargateProfilesCommand({ clusterName }))).fargateProfileNames, ["five", "second"]);
  });

  test("wildcards match, and the first name in the alphabet wins unless the pod names another", async () => {
    await create("b-all", [{ namespace: "team-*" }]);
    await create("a-web", [{ namespace: "team-?", labels: { "app*": "we?" } }]);
    const kube = stage.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/${clusterName}`)!;
    const place = async (namespace: string, name: string, labels: Record<string, string>): Promise<string | undefined> => {
      if (!kube.get("namespaces", "", namespace))
        await kube.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      const spec = { containers: [{ name: "c", image: "nginx" }] };
      await kube.create("pods", namespace, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec });
      const pod = kube.get("pods", namespace, name)!;
      return pod.spec.schedulerName === "fargate-scheduler" ? pod.metadata.labels?.["eks.amazonaws.com/fargate-profile"] : undefined;
    };
    assert.equal(await place("team-1", "web", { "app.name": "web" }), "a-web");
    assert.equal(await place("team-1", "other", { "app.name": "webs" }), "b-all");
    assert.equal(await place("team-12", "web", { "app.name": "web" }), "b-all");
    assert.equal(await place("team-1", "asked", { "app.name": "web", "eks.amazonaws.com/fargate-profile": "b-all" }), "b-all");
    assert.equal(await place("default", "plain", {}), undefined);
  });
});

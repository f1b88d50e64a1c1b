// Atoll stops and starts again: pods on Fargate keep their machines, and new ones get theirs.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CreateSubnetCommand, CreateVpcCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateFargateProfileCommand,
  waitUntilClusterActive,
  waitUntilFargateProfileActive,
} from "@aws-sdk/client-eks";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { type Atoll, startAtoll } from "../../src/atoll.ts";
import { createLog } from "../../src/base/log.ts";
import { readConfig } from "../../src/config.ts";
import { ACCOUNT, REGION, sdkClients } from "../support/atoll.ts";
import { eventually } from "../support/wait.ts";
import { trust } from "./world.ts";

test("machines outlive the process", async () => {
  const home = mkdtempSync(join(tmpdir(), "atoll-fargate-"));
  const config = readConfig({ dataDir: join(home, "data"), port: 0, tlsPort: 0, account: ACCOUNT, region: REGION }, {});
  const start = () => startAtoll(config, { log: createLog("warn") });
  const kubeOf = (atoll: Atoll) => atoll.clusters.cluster(`${ACCOUNT}/${REGION}/dev`)?.client();
  const pod = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "c", image: "nginx" }] },
  });
  const runs = (atoll: Atoll, name: string) =>
    eventually(`${name} runs`, async () => {
      const found = kubeOf(atoll)?.get("pods", "default", name);
      return found?.status?.phase === "Running" ? found : undefined;
    });
  let atoll = await start();
  try {
    const { ec2, eks, iam } = sdkClients(atoll.endpoint, atoll.rootKey);
    const role = async (RoleName: string, service: string) =>
      (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(service) }))).Role!.Arn!;
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    const subnetIds: string[] = [];
    for (const [index, zone] of ["a", "b"].entries()) {
      const subnet = { VpcId: Vpc!.VpcId!, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${REGION}${zone}` };
      subnetIds.push((await ec2.send(new CreateSubnetCommand(subnet))).Subnet!.SubnetId!);
    }
    const quickly = { client: eks, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    const cluster = { name: "dev", roleArn: await role("cluster", "eks.amazonaws.com"), resourcesVpcConfig: { subnetIds } };
    await eks.send(new CreateClusterCommand(cluster));
    await waitUntilClusterActive(quickly, { name: "dev" });
    const profile = { clusterName: "dev", fargateProfileName: "fp" };
    const podExecutionRoleArn = await role("pods", "eks-fargate-pods.amazonaws.com");
    await eks.send(new CreateFargateProfileCommand({ ...profile, podExecutionRoleArn, selectors: [{ namespace: "default" }] }));
    await waitUntilFargateProfileActive(quickly, profile);
    await kubeOf(atoll)!.create("pods", "default", pod("first"));
    const before = await runs(atoll, "first");
    for (const client of [ec2, eks, iam]) client.destroy();
    await atoll.close();

    atoll = await start();
    const after = await runs(atoll, "first");
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.equal(after.status.podIP, before.status.podIP);
    await kubeOf(atoll)!.create("pods", "default", pod("second"));
    const second = await runs(atoll, "second");
    assert.notEqual(second.status.podIP, after.status.podIP);
    const again = sdkClients(atoll.endpoint, atoll.rootKey).ec2;
    const Filters = [{ Name: "description", Values: ["Amazon EKS Fargate *"] }];
    assert.equal((await again.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces?.length, 2);
    await kubeOf(atoll)!.delete("pods", "default", "first");
    await eventually("the interface is gone", async () => {
      const { NetworkInterfaces } = await again.send(new DescribeNetworkInterfacesCommand({ Filters }));
      return NetworkInterfaces?.length === 1;
    });
    again.destroy();
  } finally {
    await atoll.close();
    rmSync(home, { recursive: true, force: true });
  }
});

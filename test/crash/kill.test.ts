// kill -9 at the worst moments: everything converges afterwards, no address is held twice or lost.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateNodegroupCommand,
  DeleteClusterCommand,
  DeleteNodegroupCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
} from "@aws-sdk/client-eks";
import type { Connection } from "../../src/base/connection.ts";
import { type Clients, makeClients } from "../../src/cli/demo/clients.ts";
import { eksToken, KubernetesClient, type KubernetesObject } from "../../src/cli/demo/kubernetes.ts";
import { createNetwork, type Network } from "../../src/cli/demo/network.ts";
import { createClusterRole, createNodeRole } from "../../src/cli/demo/roles.ts";
import { waitFor } from "../../src/cli/demo/wait.ts";
import { checkAddresses } from "../../src/services/ec2/index.ts";
import { sqliteStore } from "../../src/store/sqlite.ts";
import { AtollProcess } from "../support/process.ts";

const NAME = "crash";
const PODS = 200;

interface Pod extends KubernetesObject {
  readonly spec: { readonly nodeName?: string; readonly hostNetwork?: boolean };
}

describe("kill -9", { concurrency: false }, () => {
  const atoll = new AtollProcess();
  let connection: Connection;
  let clients: Clients;
  let network: Network;
  let roles: { cluster: string; node: string };

  const start = async () => {
    connection = await atoll.start();
    clients = makeClients(connection);
  };
  const killAndRestart = async () => {
    await atoll.kill();
    await start();
  };
  const clusterStatus = async (name: string) =>
    clients.eks.send(new DescribeClusterCommand({ name })).then(
      ({ cluster }) => cluster?.status,
      (error: Error) => (error.name === "ResourceNotFoundException" ? "gone" : Promise.reject(error)),
    );
  const kubernetes = async () => {
    const { cluster } = await clients.eks.send(new DescribeClusterCommand({ name: NAME }));
    return new KubernetesClient(cluster!, await eksToken(NAME, connection));
  };

  before(async () => {
    await start();
    network = await createNetwork(clients.ec2);
    roles = { cluster: await createClusterRole(clients.iam), node: await createNodeRole(clients.iam) };
  });
  after(() => atoll.dispose());

  for (const delay of [0, 10, 40, 90]) {
    test(`${delay} ms after CreateCluster was answered`, async () => {
      const name = delay === 90 ? NAME : `${NAME}-${delay}`;
      const subnetIds = [...network.privateSubnets];
      await clients.eks.send(new CreateClusterCommand({ name, roleArn: roles.cluster, resourcesVpcConfig: { subnetIds } }));
      await wait(delay);
      await killAndRestart();
      await waitFor(`${name} ACTIVE`, async () => ((await clusterStatus(name)) === "ACTIVE" ? true : undefined));
      const { NetworkInterfaces = [] } = await clients.ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "description", Values: [`Amazon EKS ${name}`] }] }),
      );
      assert.equal(NetworkInterfaces.length, 2, "control-plane interfaces: one for each subnet, none twice");
    });
  }

  test("while a node group is being made", async () => {
    const key = { clusterName: NAME, nodegroupName: "workers" };
    const subnets = [...network.privateSubnets];
    const scalingConfig = { minSize: 2, maxSize: 2, desiredSize: 2 };
    await clients.eks.send(
      new CreateNodegroupCommand({ ...key, nodeRole: roles.node, subnets, instanceTypes: ["m5.4xlarge"], scalingConfig }),
    );
    await wait(40);
    await killAndRestart();
    await waitFor("node group ACTIVE", async () => {
      const { nodegroup } = await clients.eks.send(new DescribeNodegroupCommand(key));
      return nodegroup?.status === "ACTIVE" ? true : undefined;
    });
    const { Reservations = [] } = await clients.ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["running", "pending"] }] }),
    );
    assert.equal(Reservations.flatMap((each) => each.Instances ?? []).length, 2, "two instances, none twice");
  });

  test(`in the middle of ${PODS} pod creations, twice`, async () => {
    const api = await kubernetes();
    await api.create("/apis/apps/v1/namespaces/default/deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "many" },
      spec: {
        replicas: PODS,
        selector: { matchLabels: { app: "many" } },
        template: { metadata: { labels: { app: "many" } }, spec: { containers: [{ name: "c", image: "busybox" }] } },
      },
    });
    await wait(100);
    await killAndRestart();
    await waitFor("API again", async () => ((await clusterStatus(NAME)) === "ACTIVE" ? true : undefined));
    await wait(150);
    await killAndRestart();
    const pods = await waitFor(`${PODS} pods Running`, async () => {
      const listed = await kubernetes()
        .then((again) => again.list("/api/v1/namespaces/default/pods"))
        .catch(() => []);
      return listed.length === PODS && listed.every((pod) => pod.status.phase === "Running" && pod.status.podIP)
        ? (listed as Pod[])
        : undefined;
    });
    await checkPodAddresses(clients, pods);
  });

  test("during deletion", async () => {
    await clients.eks.send(new DeleteNodegroupCommand({ clusterName: NAME, nodegroupName: "workers" }));
    await wait(30);
    await killAndRestart();
    await waitFor("node group gone", async () =>
      clients.eks.send(new DescribeNodegroupCommand({ clusterName: NAME, nodegroupName: "workers" })).then(
        () => undefined,
        (error: Error) => (error.name === "ResourceNotFoundException" ? true : Promise.reject(error)),
      ),
    );
    for (const name of [NAME, `${NAME}-0`, `${NAME}-10`, `${NAME}-40`]) await clients.eks.send(new DeleteClusterCommand({ name }));
    await wait(5);
    await killAndRestart();
    for (const name of [NAME, `${NAME}-0`, `${NAME}-10`, `${NAME}-40`]) {
      await waitFor(`${name} gone`, async () => ((await clusterStatus(name)) === "gone" ? true : undefined));
    }
    const { NetworkInterfaces = [] } = await clients.ec2.send(new DescribeNetworkInterfacesCommand({}));
    const left = NetworkInterfaces.filter(({ InterfaceType }) => InterfaceType !== "natGateway");
    assert.deepEqual(
      left.map(({ Description }) => Description),
      [],
      "interfaces were left behind",
    );
  });

  test("the store agrees: every address owned once, nothing of a deleted cluster kept", async () => {
    await atoll.stop();
    const store = sqliteStore(join(atoll.dataDir, "aws.db"));
    try {
      assert.deepEqual(checkAddresses(store), []);
    } finally {
      await store.close();
    }
    const directory = join(atoll.dataDir, "clusters", connection.account, connection.region);
    assert.deepEqual(existsSync(directory) ? readdirSync(directory) : [], []);
  });
});

/** Every pod's address is its own and belongs to an interface of its node. */
async function checkPodAddresses({ ec2 }: Clients, pods: readonly Pod[]): Promise<void> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const instances = new Map(Reservations.flatMap((each) => each.Instances ?? []).map((each) => [each.PrivateDnsName, each.InstanceId]));
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
  const owner = new Map(
    NetworkInterfaces.flatMap((eni) =>
      (eni.PrivateIpAddresses ?? []).map((each) => [each.PrivateIpAddress, eni.Attachment?.InstanceId] as const),
    ),
  );
  const seen = new Set<string>();
  for (const { metadata, spec, status } of pods) {
    const address = status.podIP ?? "";
    assert.ok(!seen.has(address), `${address} is held twice, by ${metadata.name} too`);
    seen.add(address);
    assert.equal(
      owner.get(address),
      instances.get(spec.nodeName),
      `${metadata.name}: ${address} is not on an interface of ${spec.nodeName}`,
    );
  }
}

// The sockets of a whole cluster's nodes: `--cni-sockets`, from the start of Atoll to its end.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type SocketClient, socketClient } from "../support/grpc.ts";
import { onPath, run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const PYTHON = fileURLToPath(new URL("cni-socket-program.py", import.meta.url));
const ENVIRONMENT = { PATH: process.env.PATH ?? "" };
const CLUSTER = "111122223333/us-west-2/main";

let scenario: Scenario;
let base: string;
const clients: SocketClient[] = [];

before(async () => {
  base = mkdtempSync(join(tmpdir(), "atoll-cni-"));
  scenario = await startScenario({ flags: { cniSockets: join(base, "run") } });
});
after(async () => {
  for (const client of clients) client.close();
  await scenario.test.close();
  const left = readdirSync(join(base, "run"));
  rmSync(base, { recursive: true });
  assert.deepEqual(left, [], "nothing is left behind");
});

const kube = () => scenario.test.atoll.clusters.kube(CLUSTER)!;
const nodes = () => kube().list("nodes");
const socketOf = (providerId: string, name = "ipamd.sock") => join(base, "run", providerId.split("/").at(-1)!, name);

function clientOf(path: string): SocketClient {
  const client = socketClient(path);
  clients.push(client);
  return client;
}

/** The aws-node pod of a node. */
const awsNodeOf = (node: string) =>
  kube()
    .list("pods")
    .find(({ metadata, spec }) => metadata.labels?.["k8s-app"] === "aws-node" && spec.nodeName === node)!;

/** The version that plugin and ipamd of a node compare. */
function versionOn(node: string): string {
  const variables: { name: string; value: string }[] = awsNodeOf(node).spec.containers[0].env;
  return variables.find(({ name }) => name === "VPC_CNI_VERSION")!.value;
}

/** A Python that has gRPC; undefined if there is none. The system's may have it where the first on the path has not. */
async function findPython(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    if (!(python.startsWith("/") ? existsSync(python) : onPath(python))) continue;
    if ((await run(python, ["-c", "import grpc"], { env: ENVIRONMENT })).code === 0) return python;
  }
  return undefined;
}

/** ipamd of a node, as the process has it. */
function ipamdOf(name: string) {
  const node = scenario.test.atoll.nodes.byName(CLUSTER, name);
  assert.ok(node && "cni" in node && node.cni?.ipamd);
  return node.cni.ipamd;
}

test("every node serves ipamd and the network policy agent, each its own", async () => {
  assert.equal(nodes().length, 2);
  for (const { metadata, spec } of nodes()) {
    const client = clientOf(socketOf(spec.providerID));
    assert.equal(statSync(socketOf(spec.providerID)).mode & 0o777, 0o660);
    const { reply } = await client.call("rpc.ConfigServerBackend/GetNetworkPolicyConfigs");
    assert.equal(reply.InstanceID, spec.providerID.split("/").at(-1));
    assert.equal(metadata.name, `ip-${reply.NodeIPv4.replaceAll(".", "-")}.us-west-2.compute.internal`);
    const agent = clientOf(socketOf(spec.providerID, "npa.sock"));
    assert.deepEqual(await agent.call("grpc.health.v1.Health/Check", { service: "grpc.health.v1.np-agent" }), {
      reply: { status: "SERVING" },
    });
  }
});

test("a pod that runs has over the socket the address it has", async () => {
  const pod = await eventually("a pod with an address of the pool", async () =>
    kube()
      .list("pods")
      .find(({ spec, status }) => !spec.hostNetwork && status?.podIP),
  );
  const { metadata, spec, status } = pod;
  const node = nodes().find(({ metadata: { name } }) => name === spec.nodeName)!;
  const before = ipamdOf(spec.nodeName).stats.assigned;
  const sandbox = { K8S_POD_INFRA_CONTAINER_ID: metadata.uid, ContainerID: metadata.uid, IfName: "eth0", NetworkName: "aws-cni" };
  const names = { K8S_POD_NAME: metadata.name, K8S_POD_NAMESPACE: metadata.namespace };
  const { reply } = await clientOf(socketOf(node.spec.providerID)).call("rpc.CNIBackend/AddNetwork", {
    ...{ ...sandbox, ...names, ClientVersion: versionOn(spec.nodeName) },
  });
  assert.equal(reply.IPAllocationMetadata[0].IPv4Addr, status.podIP);
  assert.equal(ipamdOf(spec.nodeName).stats.assigned, before);
});

test("Python's gRPC gets the same answers", async (t) => {
  const python = await findPython();
  if (!python) return t.skip("needs python3 with grpcio");
  const { metadata, spec } = nodes()[0]!;
  const before = ipamdOf(metadata.name).stats.assigned;
  const version = versionOn(metadata.name);
  const { code, stdout, stderr } = await run(python, [PYTHON, socketOf(spec.providerID), version], { env: ENVIRONMENT });
  assert.equal(code, 0, stderr);
  const { added, removed, ...rest } = JSON.parse(stdout);
  assert.deepEqual([added.success, added.table, added.cidrs, added.mode], [1, 254, ["10.20.0.0/16"], "standard"]);
  assert.deepEqual(removed, { success: 1, address: added.address });
  assert.equal(ipamdOf(metadata.name).stats.assigned, before);
  assert.deepEqual(rest, {
    health: { 1: [1] },
    unhealthy: { code: "NOT_FOUND", details: "unknown service" },
    config: {
      ...{ 1: "standard", 3: metadata.name.split(".")[0]?.slice(3).replaceAll("-", ".") },
      ...{ 5: spec.providerID.split("/").at(-1), 6: "us-west-2" },
    },
    wrong: { code: "FAILED_PRECONDITION", details: `wrong client version "v1.0" (!= "${version}")` },
  });
});

test("the gRPC library is loaded only by who wants sockets", async () => {
  const program = [
    'const { createRequire } = await import("node:module");',
    'await import("./src/atoll.ts");',
    'const loaded = Object.keys(createRequire(process.cwd() + "/x.js").cache);',
    "console.log(loaded.filter((file) => /node_modules.(@grpc|protobufjs)/.test(file)).length);",
  ];
  const options = { env: ENVIRONMENT, cwd: fileURLToPath(new URL("../..", import.meta.url)) };
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program.join("\n")], options);
  assert.equal(stdout.trim(), "0", stderr);
});

test("the sockets go with a deleted aws-node pod and come with the next", async () => {
  const { metadata, spec } = nodes()[0]!;
  const path = socketOf(spec.providerID);
  const { ctimeNs: before } = statSync(path, { bigint: true });
  await kube().delete("pods", "kube-system", awsNodeOf(metadata.name).metadata.name);
  await eventually("a new socket", async () => existsSync(path) && statSync(path, { bigint: true }).ctimeNs !== before);
  const client = clientOf(path);
  await eventually("it is served", async () => (await client.call("grpc.health.v1.Health/Check")).reply?.status === "SERVING");
});

test("the sockets of a node that is gone are gone", async () => {
  const { spec } = nodes()[1]!;
  const instanceId = spec.providerID.split("/").at(-1);
  await scenario.test.atoll.nodes.shutdown(instanceId);
  assert.deepEqual(readdirSync(join(base, "run")).includes(instanceId), false);
});

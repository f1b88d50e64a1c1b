// Nodes whose ipamd is reached over Unix sockets, in a directory of the test's own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { NodeSockets } from "../../src/nodes/cni/node-sockets.ts";
import type { CniHostOptions } from "../../src/nodes/cni-host.ts";
import { type SocketClient, socketClient } from "../support/grpc.ts";
import { eventually } from "../support/wait.ts";
import { awsNode, cniWorld } from "./cni-world.ts";

/** A directory that is removed with the test. */
export function ownDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "atoll-sockets-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A client that is closed with the test. */
export function clientOf(t: TestContext, path: string): SocketClient {
  const client = socketClient(path);
  t.after(() => client.close());
  return client;
}

/** A node below `base` that waits for its aws-node. */
export function socketNode(t: TestContext, base: string, instanceId = "i-1", change: Partial<CniHostOptions> = {}) {
  const sockets = new NodeSockets(base, instanceId);
  const world = cniWorld({ sockets, ...change });
  t.after(async () => {
    world.host.close();
    await sockets.close();
  });
  return { ...world, sockets, path: join(base, instanceId, "ipamd.sock"), agentPath: join(base, instanceId, "npa.sock") };
}

/** The same with an aws-node that serves, and a client of its socket. */
export async function servingNode(t: TestContext, base = ownDirectory(t), instanceId = "i-1", change: Partial<CniHostOptions> = {}) {
  const node = socketNode(t, base, instanceId, change);
  // As the manifest has it.
  node.host.awsNodeChanged(awsNode("1", { NETWORK_POLICY_ENFORCING_MODE: "standard" }), true);
  await serves(node.host);
  return { ...node, base, client: clientOf(t, node.path) };
}

/** Waits until the node's network is ready. */
export async function serves(host: { notReady: string | undefined }): Promise<void> {
  await eventually("ipamd serves", async () => host.notReady === undefined);
}

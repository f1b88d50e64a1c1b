// ipamd's AddNetwork over its Unix socket, beside the same call inside the process.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeSockets } from "../src/nodes/cni/node-sockets.ts";
import { addRequest, delRequest, pluginWorld } from "../test/cni/plugin-world.ts";
import { socketClient } from "../test/support/grpc.ts";
import type { Figure } from "./figure.ts";

const WARM_UP = 500;
const COUNT = 3000;

export async function cniSockets(): Promise<Figure[]> {
  const { rpc, made } = await pluginWorld({ env: { IP_COOLDOWN_PERIOD: "0" } });
  const base = mkdtempSync(join(tmpdir(), "atoll-bench-"));
  const sockets = new NodeSockets(base, "i-1");
  await sockets.open(rpc, undefined);
  const client = socketClient(join(base, "i-1", "ipamd.sock"));
  try {
    const remove = (pod: string) => rpc.delNetwork(delRequest(pod));
    const inside = await p99(async (pod) => (await rpc.addNetwork(addRequest(pod))).Success, remove);
    const value = await p99(async (pod) => (await client.call("rpc.CNIBackend/AddNetwork", addRequest(pod))).reply?.Success, remove);
    return [{ name: "AddNetwork over ipamd's socket, p99", value, unit: "ms", ratio: value / inside, reference: "the call in-process" }];
  } finally {
    client.close();
    await sockets.close();
    made.ipamd.close();
    rmSync(base, { recursive: true });
  }
}

/** Milliseconds that 99 of 100 calls stay below, one after the other. */
async function p99(add: (pod: string) => Promise<boolean>, remove: (pod: string) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < WARM_UP + COUNT; i++) {
    const began = performance.now();
    const hasAddress = await add(`p${i}`);
    if (i >= WARM_UP) taken.push(performance.now() - began);
    if (!hasAddress) throw new Error("a pod got no address");
    await remove(`p${i}`);
  }
  return taken.sort((a, b) => a - b)[Math.floor(COUNT * 0.99)] ?? 0;
}

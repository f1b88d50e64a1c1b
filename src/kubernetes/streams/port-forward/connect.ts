// One forwarded connection: joins the client's stream with the pod's port and tells what went wrong.
import type { Duplex, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ConnectPort } from "../back-end.ts";

/** Ports a client may name. */
export function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Carries bytes until both sides are done; `error` is told why a connection failed (in the kubelet's words, `pod` is its sandbox), then ended. Never rejects. */
export async function forward(connect: ConnectPort, port: number, pod: string, data: Duplex, error: Writable): Promise<void> {
  let target: Duplex;
  try {
    target = await connect(port);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    error.end(`error forwarding port ${port} to pod ${pod}, uid : ${why}`);
    data.destroy();
    return;
  }
  target.on("error", () => {});
  if (data.destroyed) {
    target.destroy();
    return;
  }
  // Each direction ends by itself; when one breaks, so does the other.
  const end = (each: Promise<void>) =>
    each.catch(() => {
      target.destroy();
      data.destroy();
    });
  await Promise.all([end(pipeline(data, target)), end(pipeline(target, data))]);
  if (!error.writableEnded) error.end();
}

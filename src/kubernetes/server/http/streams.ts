// What a kubelet answers: logs, as far as the cluster has them; the rest needs containers.
import type { StatusError } from "../../api/object.ts";
import { notImplemented } from "../../api/status.ts";
import type { ServerContext, Target } from "../context.ts";
import { readObject } from "../read.ts";
import type { RequestInfo } from "./path.ts";
import { commonHeaders, type Exchange, sendBytes } from "./respond.ts";

/** 501 that says why there is no stream. */
export function streamRefused(resource: string, subresource: string): StatusError {
  return notImplemented(`${resource}/${subresource} is not available: the nodes of this cluster are simulated and run no containers`);
}

/** Serves a subresource that a kubelet answers. Throws StatusError. */
export async function serveStream(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  watches: Set<() => void>,
): Promise<void> {
  const object = readObject(context, target);
  const { streams: backEnd } = context.options;
  if (info.subresource !== "log" || !backEnd?.logs) {
    throw streamRefused(info.resource, info.subresource);
  }
  const text = await backEnd.logs(object, info.query);
  if (typeof text === "string") return sendBytes(exchange, 200, text, "text/plain");
  const { response } = exchange;
  response.writeHead(200, { ...commonHeaders(exchange), "content-type": "text/plain" });
  response.flushHeaders();
  const chunks = text[Symbol.asyncIterator]();
  const stop = () => void chunks.return?.();
  watches.add(stop);
  response.on("close", stop);
  for (let chunk = await chunks.next(); !chunk.done && !response.destroyed; chunk = await chunks.next()) response.write(chunk.value);
  watches.delete(stop);
  response.end();
}

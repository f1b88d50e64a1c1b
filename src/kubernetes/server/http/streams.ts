// What a kubelet answers: logs, as far as the cluster has them; the rest needs containers.
import { badRequest, failure } from "../../api/status.ts";
import { streamRefused } from "../../streams/refusal.ts";
import type { ServerContext, Target } from "../context.ts";
import type { KubeletStreams } from "../options.ts";
import { readObject } from "../read.ts";
import type { RequestInfo } from "./path.ts";
import { prepareStream } from "./prepare-stream.ts";
import { commonHeaders, type Exchange, sendBytes } from "./respond.ts";

const upgraded = new Set(["exec", "attach", "portforward"]);

/** Serves a subresource that a kubelet answers. Throws StatusError. */
export async function serveStream(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  watches: Set<() => void>,
): Promise<void> {
  const { streams: backEnd } = context.options;
  if (info.subresource === "proxy" && backEnd?.port) return serveProxy(context, exchange, info, target, backEnd.port);
  const object = readObject(context, target);
  if (upgraded.has(info.subresource)) {
    await prepareStream(context, info, object);
    throw badRequest("Upgrade request required");
  }
  if (info.subresource !== "log" || !backEnd?.logs) throw streamRefused(info.resource, info.subresource);
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

/** `[scheme:]name:port`: what simulated nodes listen on is answered, everything else is a refused connection. */
async function serveProxy(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  answer: NonNullable<KubeletStreams["port"]>,
): Promise<void> {
  const parts = target.name.split(":");
  const [name = "", port = ""] = parts.length === 3 ? parts.slice(1) : parts;
  const object = readObject(context, { ...target, name });
  if (info.resource === "services" || !/^\d{1,5}$/.test(port) || info.verb !== "get") throw streamRefused(info.resource, info.subresource);
  const answered = answer(object, Number(port), `/${info.rest}`);
  if (!answered) {
    const address = object.status?.podIP ?? object.status?.addresses?.[0]?.address ?? name;
    throw failure(503, "ServiceUnavailable", `error trying to reach service: dial tcp ${address}:${port}: connect: connection refused`);
  }
  await sendBytes(exchange, answered.status, answered.body, answered.contentType);
}

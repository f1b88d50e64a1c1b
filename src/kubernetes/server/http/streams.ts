// What a kubelet answers: logs, as far as the cluster has them; the rest needs containers.
import { badRequest, failure } from "../../api/status.ts";
import type { UserInfo } from "../../auth/types.ts";
import { streamRefused } from "../../streams/refusal.ts";
import type { ServerContext, Target } from "../context.ts";
import { readObject } from "../read.ts";
import { admitConnection } from "./connect.ts";
import { kubeletAnswer, kubeletPort } from "./kubelet-paths.ts";
import type { RequestInfo } from "./path.ts";
import { prepareStream } from "./prepare-stream.ts";
import { commonHeaders, type Exchange, sendBytes } from "./respond.ts";

const upgraded = new Set(["exec", "attach", "portforward"]);

/** Serves a subresource that a kubelet answers. Throws StatusError. */
export async function serveStream(
  context: ServerContext,
  exchange: Exchange,
  asked: RequestInfo,
  target: Target,
  user: UserInfo,
  watches: Set<() => void>,
): Promise<void> {
  const { streams: backEnd } = context.options;
  const { warnings, trace } = exchange;
  const annotate = (key: string, value: string) => {
    trace.annotations[key] = value;
  };
  const info = await admitConnection(context, asked, target, { user, warnings, annotate });
  if (info.subresource === "proxy") return serveProxy(context, exchange, info, target);
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

/** `[scheme:]name:port`: what simulated nodes listen on is answered, everything else is a refused connection. A node alone is its kubelet. */
async function serveProxy(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target): Promise<void> {
  const parts = target.name.split(":");
  const [name = "", portText = ""] = parts.length === 3 ? parts.slice(1) : parts;
  const object = readObject(context, { ...target, name });
  const isKubelet = info.resource === "nodes" && (portText === "" || Number(portText) === kubeletPort);
  const port = isKubelet ? kubeletPort : Number(portText || Number.NaN);
  const answer = context.options.streams?.port;
  if (info.verb !== "get" || info.resource === "services" || !(port > 0 && port < 65536) || !(isKubelet || answer))
    throw streamRefused(info.resource, info.subresource);
  const path = `/${info.rest}`;
  const answered = isKubelet ? kubeletAnswer(context, object, path) : answer?.(object, port, path);
  if (!answered) {
    const address = object.status?.podIP ?? object.status?.addresses?.[0]?.address ?? name;
    throw failure(503, "ServiceUnavailable", `error trying to reach service: dial tcp ${address}:${port}: connect: connection refused`);
  }
  await sendBytes(exchange, answered.status, answered.body, answered.contentType);
}

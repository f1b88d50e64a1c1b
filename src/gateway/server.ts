// HTTP on the outside of the request path.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { uuid } from "../aws/ids.ts";
import type { WireRequest } from "../aws/protocol/wire.ts";
import { BodyAborted, readBody } from "./body.ts";
import { CORS } from "./encode.ts";
import type { Context, Exchange } from "./exchange.ts";
import { failureOf } from "./failure.ts";
import { always, request as requestStages, travel } from "./pipeline.ts";

/** A handler as node:http wants it. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const BODY_LIMIT = 10 * 1024 * 1024;
const BODY_TIMEOUT = 30_000;

/** Serves AWS requests. Never throws and never rejects. */
export function awsHandler(context: Context): HttpHandler {
  return (incoming, response) => {
    response.on("error", () => response.destroy());
    handle(context, incoming, response).catch((error: unknown) => {
      context.log.error({ err: error }, "a request could not be answered");
      response.destroy();
    });
  };
}

async function handle(context: Context, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (incoming.method === "OPTIONS") {
    incoming.resume();
    response.writeHead(200, { ...CORS, "content-length": "0" }).end();
    return;
  }
  const limits = { bytes: context.bodyLimit ?? BODY_LIMIT, milliseconds: context.bodyTimeout ?? BODY_TIMEOUT };
  let exchange: Exchange;
  try {
    exchange = newExchange(context, incoming, await readBody(incoming, limits, context.clock));
    await travel(requestStages, exchange, context);
  } catch (thrown) {
    if (thrown instanceof BodyAborted) return;
    exchange = newExchange(context, incoming, Buffer.alloc(0));
    exchange.error = failureOf(thrown, exchange, context);
    for (const stage of always) await stage.run(exchange, context);
    response.setHeader("connection", "close");
  }
  answer(exchange, incoming, response);
}

// Clients correct their clocks by the Date header, so it must be the clock that signatures are checked with.
function answer({ response, now }: Exchange, incoming: IncomingMessage, out: ServerResponse): void {
  if (!response || out.destroyed) return;
  const body = Buffer.from(response.body, "utf8");
  out.writeHead(response.status, { ...response.headers, date: httpDate(now), "content-length": String(body.length) });
  out.end(incoming.method === "HEAD" ? undefined : body);
}

let dateSecond = -1;
let dateText = "";

function httpDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}

function newExchange({ clock, random, store }: Context, incoming: IncomingMessage, body: Buffer): Exchange {
  const secure = Boolean((incoming.socket as TLSSocket).encrypted);
  const headers = incoming.headers as WireRequest["headers"];
  const url = incoming.url ?? "/";
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return {
    requestId: uuid(random),
    now: clock.now(),
    wire: { method: incoming.method ?? "GET", path, query: mark < 0 ? "" : url.slice(mark + 1), headers, body },
    sourceIp: (incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    userAgent: headers["user-agent"] ?? "",
    endpoint: `${secure ? "https" : "http"}://${headers.host ?? "localhost"}`,
    secure,
    revision: store.revision,
  };
}

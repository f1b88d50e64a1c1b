// Stage 8: the answer, output or error, in the service's protocol.
import type { LoadedModel } from "../aws/models/index.ts";
import type { OperationShape } from "../aws/protocol/shape.ts";
import type { WireRequest, WireResponse } from "../aws/protocol/wire.ts";
import type { Exchange, Stage } from "./exchange.ts";
import { failureOf } from "./failure.ts";

export const encode: Stage = {
  name: "encode",
  run(exchange, context) {
    if (!exchange.wire) return;
    if (!exchange.error) {
      try {
        exchange.response = decorate(exchange, output(exchange));
        return;
      } catch (thrown) {
        exchange.error = failureOf(thrown, exchange, context);
      }
    }
    const { protocol } = exchange.service as LoadedModel;
    exchange.response = decorate(exchange, protocol.encodeError(exchange.error, answerContext(exchange)));
  },
};

function output(exchange: Exchange): WireResponse {
  const { protocol } = exchange.service as LoadedModel;
  return protocol.encode(exchange.route?.operation as OperationShape, exchange.output as object, answerContext(exchange));
}

function answerContext({ service, requestId, wire }: Exchange) {
  const { model, shapes } = service as LoadedModel;
  return { requestId, settings: model.settings, shapes, request: wire as WireRequest };
}

/** CORS headers as EKS sends them (spec eks §1.1). */
export const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers":
    "*,Authorization,Date,X-Amz-Date,X-Amz-Security-Token,X-Amz-Target,content-type,x-amz-content-sha256,x-amz-user-agent," +
    "x-amzn-platform-id,x-amzn-trace-id",
  "access-control-allow-methods": "GET,HEAD,PUT,POST,DELETE,OPTIONS",
  "access-control-expose-headers": "x-amzn-errortype,x-amzn-errormessage,x-amzn-trace-id,x-amzn-requestid,x-amz-apigw-id,date",
};

// EKS stands behind API Gateway, whose headers some clients log.
function decorate({ service, requestId, now }: Exchange, response: WireResponse): WireResponse {
  if (service?.model.protocol !== "restJson1") return response;
  const hex = requestId.replaceAll("-", "");
  const gateway = {
    "x-amz-apigw-id": `${Buffer.from(hex, "hex").toString("base64url").slice(0, 15)}=`,
    "x-amzn-trace-id": `Root=1-${Math.floor(now / 1000).toString(16)}-${hex.slice(0, 24)}`,
  };
  return { ...response, headers: { ...response.headers, ...gateway, ...CORS } };
}

// awsJson1.1: CloudTrail and CloudWatch Logs. Operations are named by the X-Amz-Target header.
import { fromJson, parseJsonObject, toJson } from "./json.ts";
import type { Protocol } from "./wire.ts";

const FAULT_STATUS = { client: 400, server: 500 } as const;

export const awsJson1_1: Protocol = {
  route({ headers }, shapes) {
    const target = headers["x-amz-target"] ?? "";
    const operation = shapes.operations.get(target.slice(target.lastIndexOf(".") + 1));
    return operation ? { operation } : { unknown: target };
  },

  decode: ({ operation }, { body }) => (operation.input ? (fromJson(operation.input, parseJsonObject(body)) as object) : {}),

  encode: (operation, output, { requestId }) => ({
    status: 200,
    headers: headers(requestId),
    body: operation.output ? JSON.stringify(toJson(operation.output, output)) : "{}",
  }),

  encodeError(error, { requestId, shapes }) {
    const shape = shapes.errors.get(error.code);
    const fields = shape ? (toJson(shape, { ...error.fields, Message: error.message }) as object) : {};
    return {
      // Whose fault it is decides, not the modelled status, which stems from the service's former query protocol.
      status: shape ? FAULT_STATUS[shape.fault] : (error.status ?? 400),
      headers: headers(requestId),
      body: JSON.stringify({ __type: shape?.name ?? error.code, ...fields, message: error.message }),
    };
  },
};

function headers(requestId: string): Record<string, string> {
  return { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId };
}

/** The service part of a target. botocore puts a Java package before CloudTrail's, so only the last two dotted parts count. */
export function targetService(target: string): string {
  return target.split(".").at(-2) ?? "";
}

// Routes and decodes a request without a server.

import type { AwsError } from "../../../src/aws/errors.ts";
import { loadModel, modelOf } from "../../../src/aws/models/index.ts";
import type { WireRequest, WireResponse } from "../../../src/aws/protocol/wire.ts";

/** A request with defaults; `body` as text. */
export function wire({ body = "", ...rest }: Partial<Omit<WireRequest, "body">> & { readonly body?: string | Uint8Array }): WireRequest {
  return { method: "POST", path: "/", query: "", headers: {}, ...rest, body: typeof body === "string" ? Buffer.from(body) : body };
}

/** The operation's name and the decoded input; `undefined` if no operation is addressed. */
export async function decoded(service: string, request: WireRequest): Promise<{ operation: string; input: object } | undefined> {
  const { protocol, shapes, model } = await loadModel(modelOf(service));
  const route = protocol.route(request, shapes, model.settings);
  return "unknown" in route ? undefined : { operation: route.operation.name, input: protocol.decode(route, request) };
}

/** The answer to an operation. */
export async function encoded(service: string, operation: string, output: object, request = wire({})): Promise<WireResponse> {
  const { protocol, shapes, model } = await loadModel(modelOf(service));
  const shape = shapes.operations.get(operation);
  if (!shape) throw new Error(`there is no ${operation}`);
  return protocol.encode(shape, output, { requestId: "rid", settings: model.settings, shapes, request });
}

/** The answer for an error. */
export async function encodedError(service: string, error: AwsError, request = wire({})): Promise<WireResponse> {
  const { protocol, shapes, model } = await loadModel(modelOf(service));
  return protocol.encodeError(error, { requestId: "rid", settings: model.settings, shapes, request });
}

/** The errors of validation for an input. */
export async function invalid(service: string, operation: string, input: object): Promise<AwsError | undefined> {
  const { shapes, model, validate } = await loadModel(modelOf(service));
  const shape = shapes.operations.get(operation)?.input;
  const violations = shape ? validate(shape, input) : [];
  return violations.length > 0 ? model.wording.invalid(violations, operation) : undefined;
}

// A stand-in for AWS services that Atoll does not have: it answers in the protocol the client used, that the service is not there.
import type { LoadedModel, Model } from "../aws/models/index.ts";
import { jsonWording } from "../aws/models/json-wording.ts";
import { queryWording } from "../aws/models/query-wording.ts";
import { protocols } from "../aws/protocol/protocols.ts";
import type { ProtocolName, WireRequest } from "../aws/protocol/wire.ts";

/** `scoped` is the service named in the credential scope. */
export function foreignService(request: WireRequest, scoped: string | undefined): LoadedModel {
  const protocol = guess(request);
  const name = scoped ?? "unknown";
  const model: Model = {
    name,
    protocol,
    settings: { version: "", xmlNamespace: "https://amazonaws.com/" },
    signingName: name,
    eventSource: `${name}.amazonaws.com`,
    actionPrefix: name,
    global: false,
    unsigned: new Set(),
    mask: undefined,
    maskAlso: new Set(),
    wording: protocol === "awsQuery" ? queryWording : jsonWording(() => "ValidationException", 404, protocol === "restJson1" ? 403 : 400),
    constraints: {},
    load: async () => ({}),
  };
  const shapes = { operations: new Map(), errors: new Map(), enumValues: () => undefined };
  return { model, shapes, protocol: protocols[protocol], validate: () => [] };
}

function guess({ headers, method, query }: WireRequest): ProtocolName {
  if (headers["x-amz-target"] !== undefined) return "awsJson1_1";
  const form = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  return (method === "POST" && form) || /(^|&)Action=/.test(query) ? "awsQuery" : "restJson1";
}

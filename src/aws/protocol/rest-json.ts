// restJson1: EKS and EKS Auth.
import type { AwsError } from "../errors.ts";
import { decode, scalarFromText } from "./form.ts";
import { fromJson, parseJsonObject, toJson } from "./json.ts";
import { getOwn } from "./record.ts";
import { routeRest } from "./router.ts";
import type { Member, StructureShape } from "./shape.ts";
import { type Protocol, type Route, statusOf, type WireRequest } from "./wire.ts";

export const restJson1: Protocol = {
  route: (request, shapes) => routeRest(request.method, request.path, shapes) ?? { unknown: `${request.method} ${request.path}` },

  decode(route, request) {
    const input = route.operation.input;
    if (!input) return {};
    const { bound, body: members } = bindingsOf(input);
    const body = members.members.length > 0 ? parseJsonObject(request.body) : {};
    const result = fromJson(members, body) as Record<string, unknown>;
    readBindings(bound, route, request, result);
    return result;
  },

  encode(operation, output, { requestId }) {
    const body = operation.output ? JSON.stringify(toJson(operation.output, output)) : "{}";
    return { status: operation.http?.status ?? 200, headers: headers(requestId), body };
  },

  encodeError(error, { requestId, shapes }) {
    const type = shapes.errors.get(error.code)?.code ?? error.code;
    return {
      status: statusOf(error, shapes),
      headers: { ...headers(requestId), "x-amzn-errortype": type },
      body: JSON.stringify({ ...modelledMembers(error, shapes.errors.get(error.code)?.members ?? []), message: error.message }),
    };
  },
};

interface Bindings {
  readonly bound: readonly Member[];
  /** The input without what is bound elsewhere. */
  readonly body: StructureShape;
}

const bindings = new WeakMap<StructureShape, Bindings>();

function bindingsOf(input: StructureShape): Bindings {
  let known = bindings.get(input);
  if (!known) {
    const elsewhere = (member: Member) => member.label || member.query !== undefined || member.header !== undefined;
    known = { bound: input.members.filter(elsewhere), body: { ...input, members: input.members.filter((member) => !elsewhere(member)) } };
    bindings.set(input, known);
  }
  return known;
}

function headers(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": requestId };
}

// EKS sends every member of an exception, unset ones as null (spec eks §1.2).
function modelledMembers(error: AwsError, members: readonly Member[]): object {
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const value = getOwn(error.fields, member.name);
    result[member.name] = value === undefined || value === null ? null : toJson(member.shape, value);
  }
  return result;
}

function readBindings(bound: readonly Member[], route: Route, request: WireRequest, result: Record<string, unknown>): void {
  const query = bound.some((member) => member.query !== undefined) ? parseQuery(request.query) : undefined;
  for (const member of bound) {
    if (member.label) {
      const text = route.labels?.[member.name];
      if (text !== undefined) result[member.name] = scalarFromText(member.shape, text, member.name);
    } else if (member.query !== undefined) {
      const values = query?.get(member.query);
      if (values) result[member.name] = fromValues(member, values);
    } else if (member.header !== undefined) {
      const text = request.headers[member.header];
      if (text !== undefined) result[member.name] = fromValues(member, [text]);
    }
  }
}

function fromValues(member: Member, values: readonly string[]): unknown {
  if (member.shape.kind !== "list") return scalarFromText(member.shape, values.at(-1) as string, member.name);
  const element = member.shape.member.shape;
  return values.map((text, index) => scalarFromText(element, text, `${member.name}.${index + 1}`));
}

function parseQuery(text: string): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const values = result.get(name) ?? [];
    values.push(equals < 0 ? "" : decode(pair.slice(equals + 1)));
    result.set(name, values);
  }
  return result;
}

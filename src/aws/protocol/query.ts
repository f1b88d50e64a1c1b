// awsQuery (IAM, STS) and ec2Query: form-encoded requests, XML answers.
import { fromForm, parseForm } from "./form.ts";
import { toJson } from "./json.ts";
import type { Member, OperationShape } from "./shape.ts";
import { type AnswerContext, type Protocol, statusOf, type WireRequest, type WireResponse } from "./wire.ts";
import { element, membersToXml } from "./xml.ts";

export const awsQuery: Protocol = {
  route,
  decode: ({ operation }, request) => (operation.input ? (fromForm(operation.input, formOf(request), "awsQuery") as object) : {}),

  encode(operation, output, context) {
    if (wantsJson(context)) return json(200, jsonResult(operation, output, context.requestId), context.requestId);
    const result = operation.output
      ? `<${operation.name}Result>${membersToXml(operation.output.members, output)}</${operation.name}Result>`
      : "";
    const metadata = `<ResponseMetadata>${element("RequestId", context.requestId)}</ResponseMetadata>`;
    return xml(
      200,
      `<${operation.name}Response xmlns="${context.settings.xmlNamespace}">${result}${metadata}</${operation.name}Response>`,
      context,
    );
  },

  encodeError(error, context) {
    const shape = context.shapes.errors.get(error.code);
    const status = statusOf(error, context.shapes);
    const code = shape?.code ?? error.code;
    const type = status >= 500 ? "Receiver" : "Sender";
    if (wantsJson(context)) {
      return json(status, { Error: { Code: code, Message: error.message, Type: type }, RequestId: context.requestId }, context.requestId);
    }
    const members = shape ? membersToXml(extraMembers(shape.members), error.fields) : "";
    const detail = `${element("Type", type)}${element("Code", code)}${element("Message", error.message)}${members}`;
    const body = `<Error>${detail}</Error>${element("RequestId", context.requestId)}`;
    return xml(status, `<ErrorResponse xmlns="${context.settings.xmlNamespace}">${body}</ErrorResponse>`, context);
  },
};

export const ec2Query: Protocol = {
  route,
  decode: ({ operation }, request) => (operation.input ? (fromForm(operation.input, formOf(request), "ec2Query") as object) : {}),

  encode(operation, output, context) {
    // Operations without a result say so with <return>.
    const result = operation.output ? membersToXml(operation.output.members, output) : element("return", "true");
    const body = `${element("requestId", context.requestId)}${result}`;
    return xml(200, `<${operation.name}Response xmlns="${context.settings.xmlNamespace}/">${body}</${operation.name}Response>`, context);
  },

  encodeError(error, context) {
    const detail = `<Errors><Error>${element("Code", error.code)}${element("Message", error.message)}</Error></Errors>`;
    return xml(statusOf(error, context.shapes), `<Response>${detail}${element("RequestID", context.requestId)}</Response>`, context);
  },
};

function route(request: WireRequest, shapes: { readonly operations: ReadonlyMap<string, OperationShape> }) {
  const action = formOf(request).children.get("Action")?.value ?? "";
  const operation = shapes.operations.get(action);
  return operation ? { operation } : { unknown: action };
}

const forms = new WeakMap<WireRequest, ReturnType<typeof parseForm>>();

/** Parameters of a request: the query string's and, for a POST, the body's. Throws MalformedRequest. */
export function formOf(request: WireRequest): ReturnType<typeof parseForm> {
  let form = forms.get(request);
  if (!form) {
    form = parseForm(request.query, Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString("utf8"));
    forms.set(request, form);
  }
  return form;
}

function wantsJson({ settings, request }: AnswerContext): boolean {
  return Boolean(settings.jsonOnDemand) && (request.headers.accept ?? "").includes("application/json");
}

function jsonResult(operation: OperationShape, output: object, requestId: string): object {
  const result = operation.output ? { [`${operation.name}Result`]: toJson(operation.output, output) } : {};
  return { [`${operation.name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } };
}

// The message has its own element; its member is called message or Message.
function extraMembers(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => member.name.toLowerCase() !== "message");
}

function json(status: number, body: object, requestId: string): WireResponse {
  return { status, headers: { "content-type": "application/json", "x-amzn-requestid": requestId }, body: JSON.stringify(body) };
}

function xml(status: number, body: string, { requestId }: AnswerContext): WireResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

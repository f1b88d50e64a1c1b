// OpenAPI documents, made again whenever custom resources change.
import { notAcceptable } from "../../api/status.ts";
import { OpenApiV2, OpenApiV3 } from "../../openapi/index.ts";
import type { ServerContext } from "../context.ts";
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendBytes, sendTagged } from "./respond.ts";

interface Documents {
  readonly generation: number;
  readonly v3: OpenApiV3;
  readonly v2: OpenApiV2;
}

const made = new WeakMap<ServerContext, Documents>();

function documentsOf(context: ServerContext): Documents {
  const { generation } = context.catalog;
  let documents = made.get(context);
  if (documents?.generation !== generation) {
    const resources = context.catalog.all();
    const custom = resources.flatMap((each) =>
      each.custom
        ? [{ group: each.group, version: each.version, kind: each.kind, listKind: each.listKind, schema: each.custom.schema }]
        : [],
    );
    const { gitVersion } = context.options.version;
    documents = { generation, v3: new OpenApiV3(resources, custom, gitVersion), v2: new OpenApiV2(resources, custom, gitVersion) };
    made.set(context, documents);
  }
  return documents;
}

const protobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** What a client may ask for, and what it is told it got: the name with the `@` is the older one. */
const formsV2: Readonly<Record<string, string>> = {
  "application/json": "application/json",
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf": protobufV2,
  [protobufV2]: protobufV2,
};

/** The media type to answer `/openapi/v2` in: the best of the Accept header. Throws 406. */
function acceptedV2(accept: string): string {
  const ranges = accept.split(",").map((each) => {
    const [type = "", ...parameters] = each.split(";").map((part) => part.trim());
    const quality = Number(parameters.find((part) => part.startsWith("q="))?.slice(2) ?? 1);
    return { type, quality: Number.isNaN(quality) ? 1 : quality };
  });
  for (const { type, quality } of ranges.toSorted((a, b) => b.quality - a.quality)) {
    if (quality === 0) continue;
    const form = type === "*/*" || type === "application/*" ? "application/json" : Object.hasOwn(formsV2, type) && formsV2[type];
    if (form) return form;
  }
  throw notAcceptable(Object.keys(formsV2));
}

/** `/openapi/v3`, `/openapi/v3/…` and `/openapi/v2`. */
export async function serveOpenApi(context: ServerContext, exchange: Exchange, info: RequestInfo): Promise<void> {
  const path = info.path.replace(/^\/openapi\//, "").replace(/\/$/, "");
  const documents = documentsOf(context);
  if (path === "v3") return sendTagged(exchange, JSON.stringify(documents.v3.index()), "application/json");
  if (path === "v2") {
    const form = acceptedV2(exchange.request.headers.accept || "*/*");
    const { body, hash } = form === protobufV2 ? documents.v2.protobuf() : documents.v2.json();
    return sendTagged(exchange, body, form, {}, `"${hash}"`);
  }
  const document = path.startsWith("v3/") ? documents.v3.document(path.slice(3)) : undefined;
  if (!document) return sendBytes(exchange, 404, "404 page not found\n", "text/plain; charset=utf-8");
  const wanted = info.query.get("hash");
  if (wanted && wanted !== document.hash) {
    exchange.response.writeHead(301, { location: `/openapi/${path}?hash=${document.hash}`, "content-length": "0" });
    exchange.response.end();
    return;
  }
  const forever = { "cache-control": "public, immutable", expires: new Date(context.now() + 365 * 24 * 3600 * 1000).toUTCString() };
  return sendTagged(exchange, document.body, "application/json", wanted ? forever : {}, `"${document.hash}"`);
}

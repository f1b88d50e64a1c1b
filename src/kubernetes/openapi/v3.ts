// OpenAPI v3: one document per group and version, and the index that names them by content hash.
import { createHash } from "node:crypto";
import { minorOf } from "../schema/minors.ts";
import { apiVersionOf, type Resource } from "../schema/registry.ts";
import { structNamed } from "../schema/types.ts";
import { type CustomSchema, customName, defineCustom } from "./custom.ts";
import { type GroupVersionKind, type Operation, operationsOf, patchTypesOf, rootPath } from "./operations.ts";
import { type Parameter, pathParameters, pretty } from "./parameters.ts";
import { type Definitions, define, defineKind, openApiV3, type Schema } from "./schemas.ts";

const jsonTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
const streamTypes = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"] as const;

function parameter({ name, in: where, type }: Parameter): Schema {
  return { name, in: where, ...(where === "path" ? { required: true } : {}), schema: { type, uniqueItems: true } };
}

function content(types: readonly string[], schema: Schema): Schema {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** Builds one document. `schemaName` finds a kind's schema among built-in and custom ones. */
class Document {
  readonly definitions: Definitions = new Map();
  readonly paths: Record<string, Schema> = {};
  readonly #custom: readonly CustomSchema[];
  readonly #minor: number;

  constructor(custom: readonly CustomSchema[], minor: number) {
    this.#custom = custom;
    this.#minor = minor;
  }

  reference(kind: GroupVersionKind): Schema {
    const name = defineKind(apiVersionOf(kind), kind.kind, openApiV3, this.definitions, this.#minor) ?? this.#customReference(kind);
    return name === undefined ? { type: "object" } : { $ref: `${openApiV3.prefix}${name}` };
  }

  #customReference({ group, version, kind }: GroupVersionKind): string | undefined {
    const custom = this.#custom.find(
      (entry) => entry.group === group && entry.version === version && [entry.kind, entry.listKind].includes(kind),
    );
    if (!custom) return undefined;
    defineCustom(custom, openApiV3, this.definitions, this.#minor);
    return customName(group, version, kind);
  }

  meta(name: string): Schema {
    const struct = structNamed(`meta.v1.${name}`, this.#minor)!;
    define(struct, openApiV3, this.definitions);
    return { $ref: `${openApiV3.prefix}${struct.openApi}` };
  }

  add(operation: Operation): void {
    const answer =
      operation.answer === "text"
        ? { type: "string" }
        : operation.answer === "Status"
          ? this.meta("Status")
          : this.reference(operation.answer);
    const types = operation.answer === "text" ? ["*/*"] : operation.action === "list" ? [...jsonTypes, ...streamTypes] : jsonTypes;
    const codes =
      operation.method === "post"
        ? ["200", "201", "202"]
        : operation.method === "put" || operation.method === "patch"
          ? ["200", "201"]
          : ["200"];
    const entry: Schema = {
      tags: [operation.tag[0]!.toLowerCase() + operation.tag.slice(1)],
      operationId: operation.id,
      ...this.#body(operation),
      parameters: operation.parameters.filter(({ name }) => name !== "pretty").map(parameter),
      responses: Object.fromEntries([
        ...codes.map((code) => [
          code,
          { description: code === "201" ? "Created" : code === "202" ? "Accepted" : "OK", content: content(types, answer) },
        ]),
        ["401", { description: "Unauthorized" }],
      ]),
      "x-kubernetes-action": operation.action,
      "x-kubernetes-group-version-kind": operation.subject,
    };
    const path = this.paths[operation.path] ?? { parameters: [...pathParameters(operation.path), pretty].map(parameter) };
    this.paths[operation.path] = path;
    path[operation.method] = entry;
  }

  #body({ body, subject }: Operation): Schema {
    if (body === undefined) return {};
    if (body === "patch") return { requestBody: { required: true, content: content(patchTypesOf(subject), this.meta("Patch")) } };
    const schema = body === "DeleteOptions" ? this.meta("DeleteOptions") : this.reference(body);
    return { requestBody: { ...(body === "DeleteOptions" ? {} : { required: true }), content: content(["*/*"], schema) } };
  }
}

/** The OpenAPI v3 document of one group and version. */
export function documentV3(resources: readonly Resource[], custom: readonly CustomSchema[], title: string, version: string): object {
  const document = new Document(custom, minorOf(version));
  for (const resource of resources) for (const operation of operationsOf(resource)) document.add(operation);
  return {
    openapi: "3.0.0",
    info: { title, version },
    paths: sorted(document.paths),
    components: {
      schemas: sorted(Object.fromEntries(document.definitions)),
      securitySchemes: { BearerToken: { type: "apiKey", name: "authorization", in: "header" } },
    },
  };
}

function sorted<T>(entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A served document. */
export interface ServedDocument {
  readonly body: Buffer;
  /** Upper-case hexadecimal SHA-512 of the body: the value of `hash=` and, quoted, of ETag. */
  readonly hash: string;
}

function serve(document: object): ServedDocument {
  const body = Buffer.from(JSON.stringify(document), "utf8");
  return { body, hash: createHash("sha512").update(body).digest("hex").toUpperCase() };
}

const shared = new Map<string, ServedDocument>();

/**
 * OpenAPI v3 of one cluster. Documents are built on first use; those of built-in groups are shared between clusters of one version.
 * Make a new one whenever custom resources change.
 *
 * Serve `/openapi/v3` with {@link index} and `/openapi/v3/api/v1`, `/openapi/v3/apis/<g>/<v>` with {@link document}, as
 * `application/json` with `ETag: "<hash>"`, `Vary: Accept`, and 304 on If-None-Match. With a `hash` query equal to the document's,
 * add `Cache-Control: public, immutable` and an Expires a year ahead; with another hash, redirect (301) to the current URL.
 */
export class OpenApiV3 {
  readonly #resources = new Map<string, Resource[]>();
  readonly #custom: readonly CustomSchema[];
  readonly #version: string;
  readonly #own = new Map<string, ServedDocument>();

  /** `version` is the server's, `v1.33.1`; resources are built-in and custom ones together. */
  constructor(resources: readonly Resource[], custom: readonly CustomSchema[], version: string) {
    for (const resource of resources) {
      const key = rootPath(resource.group, resource.version).slice(1);
      this.#resources.set(key, [...(this.#resources.get(key) ?? []), resource]);
    }
    this.#custom = custom;
    this.#version = version;
  }

  /** Body of `/openapi/v3`. */
  index(): object {
    const paths = [...this.#resources.keys()].sort().map((key) => {
      const { hash } = this.document(key)!;
      return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(paths) };
  }

  /** The document under a path of the index (`api/v1`, `apis/apps/v1`); undefined for unknown paths. */
  document(path: string): ServedDocument | undefined {
    const resources = this.#resources.get(path);
    if (!resources) return undefined;
    const [first] = resources;
    const custom = this.#custom.filter(({ group, version }) => group === first?.group && version === first.version);
    const cache = custom.length > 0 ? this.#own : shared;
    const key = custom.length > 0 ? path : `${this.#version}/${path}/${resources.length}`;
    let served = cache.get(key);
    if (served === undefined) {
      served = serve(documentV3(resources, custom, "Kubernetes", this.#version));
      cache.set(key, served);
    }
    return served;
  }
}

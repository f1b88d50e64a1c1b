// OpenAPI v2 (Swagger): one document of everything, for clients that do not know v3; as JSON and as protobuf.
import { createHash } from "node:crypto";
import { minorOf } from "../schema/minors.ts";
import { apiVersionOf, type Resource } from "../schema/registry.ts";
import { structNamed } from "../schema/types.ts";
import { type CustomSchema, customName, defineCustom } from "./custom.ts";
import { encodeDocument } from "./gnostic/encode.ts";
import { type GroupVersionKind, type Operation, operationsOf, patchTypesOf } from "./operations.ts";
import { type Parameter, pathParameters, pretty } from "./parameters.ts";
import { type Definitions, define, defineKind, openApiV2, type Schema } from "./schemas.ts";

const produces = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

function parameter({ name, in: where, type }: Parameter): Schema {
  return { name, in: where, type, uniqueItems: true, ...(where === "path" ? { required: true } : {}) };
}

class Builder {
  readonly definitions: Definitions = new Map();
  readonly paths: Record<string, Schema> = {};
  readonly #custom: readonly CustomSchema[];
  readonly #minor: number;

  constructor(custom: readonly CustomSchema[], minor: number) {
    this.#custom = custom;
    this.#minor = minor;
  }

  #reference(kind: GroupVersionKind): Schema {
    const name = defineKind(apiVersionOf(kind), kind.kind, openApiV2, this.definitions, this.#minor);
    if (name !== undefined) return { $ref: `${openApiV2.prefix}${name}` };
    const { group, version } = kind;
    const custom = this.#custom.find(
      (entry) => entry.group === group && entry.version === version && [entry.kind, entry.listKind].includes(kind.kind),
    );
    if (!custom) return { type: "object" };
    defineCustom(custom, openApiV2, this.definitions, this.#minor);
    return { $ref: `${openApiV2.prefix}${customName(group, version, kind.kind)}` };
  }

  #meta(name: string): Schema {
    const struct = structNamed(`meta.v1.${name}`, this.#minor)!;
    define(struct, openApiV2, this.definitions);
    return { $ref: `${openApiV2.prefix}${struct.openApi}` };
  }

  #schemaOf(target: NonNullable<Operation["body"]> | Operation["answer"]): Schema {
    if (target === "text") return { type: "string" };
    if (target === "Status" || target === "DeleteOptions") return this.#meta(target);
    return target === "patch" ? this.#meta("Patch") : this.#reference(target);
  }

  add(operation: Operation): void {
    const path = this.paths[operation.path] ?? { parameters: [...pathParameters(operation.path), pretty].map(parameter) };
    this.paths[operation.path] = path;
    const { body } = operation;
    const bodies =
      body === undefined
        ? []
        : [{ name: "body", in: "body", ...(body === "DeleteOptions" ? {} : { required: true }), schema: this.#schemaOf(body) }];
    const parameters = [...bodies, ...operation.parameters.filter(({ name }) => name !== "pretty").map(parameter)];
    path[operation.method] = {
      consumes: body === "patch" ? patchTypesOf(operation.subject) : ["*/*"],
      produces: operation.answer === "text" ? ["*/*"] : produces,
      schemes: ["https"],
      tags: [operation.tag[0]!.toLowerCase() + operation.tag.slice(1)],
      operationId: operation.id,
      ...(parameters.length > 0 && { parameters }),
      responses: { 200: { description: "OK", schema: this.#schemaOf(operation.answer) }, 401: { description: "Unauthorized" } },
      "x-kubernetes-action": operation.action,
      "x-kubernetes-group-version-kind": operation.subject,
    };
  }
}

const sorted = (entries: Iterable<[string, Schema]>) => Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** A body with the hash of its bytes in upper-case hexadecimal. */
export interface ServedBody {
  readonly body: Buffer;
  readonly hash: string;
}

/** OpenAPI v2 of one cluster, built on first use. Make a new one whenever custom resources change. */
export class OpenApiV2 {
  readonly #resources: readonly Resource[];
  readonly #custom: readonly CustomSchema[];
  readonly #version: string;
  #document: Schema | undefined;
  #json: ServedBody | undefined;
  #protobuf: ServedBody | undefined;

  constructor(resources: readonly Resource[], custom: readonly CustomSchema[], version: string) {
    this.#resources = resources;
    this.#custom = custom;
    this.#version = version;
  }

  /** The document itself. */
  #build(): Schema {
    if (this.#document) return this.#document;
    const builder = new Builder(this.#custom, minorOf(this.#version));
    for (const resource of this.#resources) for (const operation of operationsOf(resource)) builder.add(operation);
    this.#document = {
      swagger: "2.0",
      info: { title: "Kubernetes", version: this.#version },
      paths: sorted(Object.entries(builder.paths)),
      definitions: sorted(builder.definitions),
      securityDefinitions: { BearerToken: { type: "apiKey", name: "authorization", in: "header" } },
      security: [{ BearerToken: [] }],
    };
    return this.#document;
  }

  /** Body of `GET /openapi/v2` as `application/json`, with the hash to quote in ETag. */
  json(): ServedBody {
    this.#json ??= hashed(Buffer.from(JSON.stringify(this.#build()), "utf8"));
    return this.#json;
  }

  /** The same as `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
  protobuf(): ServedBody {
    this.#protobuf ??= hashed(encodeDocument(this.#build()));
    return this.#protobuf;
  }
}

const hashed = (body: Buffer): ServedBody => ({ body, hash: createHash("sha512").update(body).digest("hex").toUpperCase() });

// Schemas of definitions that are refused, and in which words.
import { type DefinitionCase, definition } from "./definition-cases.ts";

type Json = any;

const root = "spec.validation.openAPIV3Schema";
export const text = { type: "string" };
export const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
export const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

/** A schema; `@` in findings is its place. */
function of(title: string, schema: Json, findings: readonly string[], since?: number): DefinitionCase {
  return { title, definition: definition(schema), findings: findings.map((each) => each.replaceAll("@", root)), ...(since && { since }) };
}
/** A schema of the member `a`, which is `@` in findings. */
export const at = (title: string, schema: Json, findings: readonly string[], since?: number): DefinitionCase =>
  of(
    title,
    object({ a: schema }),
    findings.map((each) => each.replaceAll("@", "@.properties[a]")),
    since,
  );
/** A schema beside a status subresource. */
const withStatus = (title: string, schema: Json, findings: readonly string[]): DefinitionCase => ({
  title,
  definition: definition(schema, { subresources: { status: {} } }),
  findings: findings.map((each) => each.replaceAll("@", root)),
  // Rules joined the list then.
  since: 23,
});

const fields =
  "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]";

const structural: readonly DefinitionCase[] = [
  of("no type at the root", { properties: { a: text } }, ["@.type: Required value: must not be empty at the root"]),
  of("another type at the root", text, ['@.type: Invalid value: "string": must be object at the root']),
  of("any members at the root", { type: "object", additionalProperties: text }, [
    "@.additionalProperties: Forbidden: must not be used at the root",
  ]),
  of("null at the root", object({ a: text }, { nullable: true }), ["@.nullable: Forbidden: nullable cannot be true at the root"]),
  at("no type of a member", { description: "x" }, ["@.type: Required value: must not be empty for specified object fields"]),
  at("no type of items", { type: "array", items: {} }, ["@.items.type: Required value: must not be empty for specified array items"]),
  at("no type of values", { type: "object", additionalProperties: {} }, [
    "@.additionalProperties.type: Required value: must not be empty for specified object fields",
  ]),
  at("no items", { type: "array" }, ["@.items: Required value: must be specified"]),
  at("an unknown type", { type: "text" }, [
    '@.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
  ]),
  at("the type null", { type: "null" }, [
    '@.type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"',
    "@.type: Forbidden: type cannot be set to null, use nullable as an alternative",
  ]),
  at("members and values", { type: "object", properties: { b: text }, additionalProperties: text }, [
    "@.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
  ]),
  at("unique items", { type: "array", items: text, uniqueItems: true }, [
    "@.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
  ]),
  at("a reference", { type: "object", $ref: "#/definitions/x" }, ["@.$ref: Forbidden: $ref is not supported"], 22),
  at("definitions", { type: "object", definitions: { x: text } }, ["@.definitions: Forbidden: definitions is not supported"], 22),
  at("dependencies", { type: "object", dependencies: { x: ["y"] } }, ["@.dependencies: Forbidden: dependencies is not supported"], 22),
  at(
    "patterns of names",
    { type: "object", patternProperties: { "^x": text } },
    ["@.patternProperties: Forbidden: patternProperties is not supported"],
    22,
  ),
  at("an id", { type: "object", id: "x" }, ["@.id: Forbidden: id is not supported"], 22),
  at(
    "further items",
    { type: "array", items: text, additionalItems: text },
    ["@.additionalItems: Forbidden: additionalItems is not supported"],
    22,
  ),
  at(
    "items one by one",
    { type: "array", items: [text, text] },
    ["@.items: Forbidden: items must be a schema object and not an array"],
    22,
  ),
  of("a dialect", object({ a: text }, { $schema: "http://json-schema.org/schema#" }), [
    `@: Invalid value: "": OpenAPIV3Schema 'schema' is not supported`,
  ]),
  at(
    "unknown fields not preserved",
    { type: "object", "x-kubernetes-preserve-unknown-fields": false },
    ["@.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"],
    22,
  ),
  at("a number or a text that is preserved", { "x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true }, [
    "@.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true",
  ]),
  at("an embedded text", { type: "string", "x-kubernetes-embedded-resource": true }, [
    "@.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    '@.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true',
  ]),
  at(
    "an embedded map",
    { "x-kubernetes-embedded-resource": true, additionalProperties: text, "x-kubernetes-preserve-unknown-fields": true },
    [
      "@.additionalProperties: Forbidden: must not be used if x-kubernetes-embedded-resource is set",
      "@.type: Required value: must be object if x-kubernetes-embedded-resource is true",
    ],
  ),
  at("a pattern", { type: "string", pattern: "(" }, [
    '@.pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
  ]),
  of("metadata", object({ kind: { type: "integer" }, apiVersion: { type: "integer" }, metadata: { type: "array", items: text } }), [
    '@.properties[apiVersion].type: Invalid value: "integer": must be string',
    '@.properties[kind].type: Invalid value: "integer": must be string',
    '@.properties[metadata].type: Invalid value: "array": must be object',
    "@.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
  ]),
  of("labels", object({ metadata: object({ name: text, labels: open }) }), [
    "@.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
  ]),
  withStatus("a combination at the root beside status", object({ a: text }, { anyOf: [{ required: ["a"] }] }), [
    `@: Invalid value: ${JSON.stringify(object({ a: text }, { anyOf: [{ required: ["a"] }] }))}: only ${fields} fields are allowed at the root of the schema if the status subresource is enabled`,
  ]),
];

const junctions: readonly DefinitionCase[] = [
  at(
    "structure below a combination",
    {
      type: "object",
      properties: { b: text },
      allOf: [
        {
          type: "object",
          title: "t",
          description: "d",
          nullable: true,
          default: {},
          additionalProperties: { type: "string" },
          "x-kubernetes-preserve-unknown-fields": true,
        },
      ],
    },
    [
      "@.allOf[0].additionalProperties: Forbidden: must be undefined to be structural",
      "@.allOf[0].default: Forbidden: must be undefined to be structural",
      "@.allOf[0].description: Forbidden: must be empty to be structural",
      "@.allOf[0].nullable: Forbidden: must be false to be structural",
      "@.allOf[0].title: Forbidden: must be empty to be structural",
      "@.allOf[0].type: Forbidden: must be empty to be structural",
      "@.allOf[0].x-kubernetes-preserve-unknown-fields: Forbidden: must be false to be structural",
    ],
  ),
  at("extensions below a combination", { ...open, not: { "x-kubernetes-embedded-resource": true, "x-kubernetes-int-or-string": true } }, [
    "@.not.x-kubernetes-embedded-resource: Forbidden: must be false to be structural",
    "@.not.x-kubernetes-int-or-string: Forbidden: must be false to be structural",
  ]),
  at(
    "list types below a combination",
    { type: "array", items: text, oneOf: [{ "x-kubernetes-list-type": "set" }] },
    [
      "@.oneOf[0].x-kubernetes-list-type: Forbidden: must be undefined to be structural",
      "@.oneOf[0].type: Required value: must be array if x-kubernetes-list-type is specified",
    ],
    25,
  ),
  at(
    "rules below a combination",
    { type: "object", properties: { b: text }, anyOf: [{ "x-kubernetes-validations": [{ rule: "true" }] }] },
    ["@.anyOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural"],
    23,
  ),
  of(
    "members that only a combination has",
    { type: "object", properties: { b: text }, anyOf: [{ properties: { b: { minLength: 1 }, c: { minLength: 1 } } }] },
    ["@.properties[c]: Required value: because it is defined in @.anyOf[0].properties[c]"],
  ),
  of(
    "items that only a combination has",
    { type: "object", properties: { b: text }, not: { properties: { b: { items: { minLength: 1 } } } } },
    ["@.properties[b].items: Required value: because it is defined in @.not.properties[b].items"],
  ),
  of(
    "metadata in a combination",
    object({ metadata: { type: "object" } }, { allOf: [{ properties: { metadata: { maxProperties: 3 } } }] }),
    ["@.allOf[0].properties[metadata]: Forbidden: must not be specified in a nested context"],
  ),
];

export const list = (extension: object, items: Json = text) => ({ type: "array", items, ...extension });
const map = (keys: string[], items: Json) => list({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys }, items);
const because = "this property is in x-kubernetes-list-map-keys, so it";

const lists: readonly DefinitionCase[] = [
  at("a list type of a text", { type: "string", "x-kubernetes-list-type": "set" }, [
    '@.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified',
  ]),
  at("a map type of a text", { type: "string", "x-kubernetes-map-type": "atomic" }, [
    '@.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified',
  ]),
  at("an unknown map type", { ...open, "x-kubernetes-map-type": "merged" }, [
    '@.x-kubernetes-map-type: Unsupported value: "merged": supported values: "atomic", "granular"',
  ]),
  at("an unknown list type", list({ "x-kubernetes-list-type": "bag" }), [
    '@.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
  ]),
  at("a set of lists", list({ "x-kubernetes-list-type": "set" }, list({ "x-kubernetes-list-type": "set" })), [
    '@.items.x-kubernetes-list-type: Invalid value: "set": must be atomic as item of a list with x-kubernetes-list-type=set',
  ]),
  at("a set of objects", list({ "x-kubernetes-list-type": "set" }, open), [
    "@.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set",
  ]),
  at("a set of nulls", list({ "x-kubernetes-list-type": "set" }, { type: "string", nullable: true }), [
    "@.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set",
  ]),
  at("keys without a type", list({ "x-kubernetes-list-map-keys": ["a"] }), [
    "@.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty",
  ]),
  at("keys of a set", list({ "x-kubernetes-list-type": "set", "x-kubernetes-list-map-keys": ["a"] }), [
    '@.x-kubernetes-list-type: Invalid value: "set": must be map if x-kubernetes-list-map-keys is non-empty',
  ]),
  at("no keys", map([], object({ b: text })), [
    "@.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
  ]),
  at("keys of texts", map(["b"], text), [
    `@.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`,
  ]),
  at("keys that are not there", map(["b", "c", "b"], object({ b: text }, { required: ["b"] })), [
    '@.x-kubernetes-list-map-keys: Invalid value: ["b","c","b"]: entries must all be names of item properties',
    '@.x-kubernetes-list-map-keys: Invalid value: ["b","c","b"]: must not contain duplicate entries',
  ]),
  at("keys that are objects", map(["b"], object({ b: open }, { required: ["b"] })), [
    `@.items.properties[b].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map`,
  ]),
  at("keys that may be absent or null", map(["b"], { ...object({ b: { type: "string", nullable: true } }), nullable: true }), [
    "@.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map",
    `@.items.properties[b].default: Required value: ${because} must have a default or be a required property`,
    `@.items.properties[b].nullable: Forbidden: ${because} cannot be nullable`,
  ]),
];

const defaults: readonly DefinitionCase[] = [
  at("a default of another type", { type: "integer", default: "x" }, [
    '@.default: Invalid value: "string":  in body must be of type integer: "string"',
  ]),
  at("a default with unknown fields", object({ b: text }, { default: { b: "x", c: 1 } }), [
    '@.default: Invalid value: {"b":"x","c":1}: must not have unknown fields',
  ]),
  at("a default that lacks something", object({ b: text }, { required: ["b"], default: {} }), ["@.default.b: Required value"]),
  at("a default outside its list", { type: "string", enum: ["x", "y"], default: "z" }, [
    '@.default: Unsupported value: "z": supported values: "x", "y"',
  ]),
  at("a default too short", { type: "string", minLength: 3, default: "z" }, [
    '@.default: Invalid value: "z":  in body should be at least 3 chars long',
  ]),
  at("a default inside a list", list({}, object({ b: { type: "integer", default: 0, minimum: 1 } })), [
    "@.items.properties[b].default: Invalid value: 0:  in body should be greater than or equal to 1",
  ]),
  at("an embedded default", { ...open, "x-kubernetes-embedded-resource": true, default: { metadata: { name: "a/b" } } }, [
    "@.default.apiVersion: Required value: must not be empty",
    "@.default.kind: Required value: must not be empty",
    "@.default.metadata.name: Invalid value: \"a/b\": may not contain '/'",
  ]),
  of("a default of the kind", object({ kind: { type: "string", default: "Widget" } }), [
    "@.properties[kind].default: Forbidden: must not be set in top-level kind",
  ]),
  at(
    "a default against a rule",
    { type: "integer", default: 1, "x-kubernetes-validations": [{ rule: "self > 1", message: "more" }] },
    ['@.default: Invalid value: "integer": more'],
    25,
  ),
];

/** Schemas that are refused. */
export const schemaCases: readonly DefinitionCase[] = [...structural, ...junctions, ...lists, ...defaults];
